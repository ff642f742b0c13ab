// Everything about a caller that decisions need, taken apart once: who, which policies, which limits.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
import type { Principal } from "../kernel/call.ts";
import type { Actor, Decision } from "../ports/access.ts";
import type { IdentityPolicies } from "../ports/identity-policies.ts";
import type { Source } from "./context.ts";
import { type Policy, policyOf } from "./policy.ts";
import { lastingKeys, type Who, whoIs } from "./who.ts";

/** What is known of one set of credentials. */
export interface Caller {
  who: Who;
  known: boolean;
  identity: Policy[];
  boundary?: Policy;
  session?: Policy[];
  lasting: Source;
  asksForTags: boolean;
  revision: string | undefined;
  round: number;
  untilMs: number;
  /** By resource and action; only those that rest on nothing of the single request. */
  decisions: Map<string, Map<string, { decision: Decision; round: number; untilMs: number }>>;
}

/** `before` is what was known last; it stays, with its decisions, as long as IAM has not changed. */
export async function loadCaller(policies: IdentityPolicies, actor: Actor, before: Caller | undefined): Promise<Caller> {
  const first = whoIs(actor, undefined);
  const named = first.kind === "service" || first.kind === "root" || first.identityArn.endsWith(":root") ? undefined : await policies.find("arn" in actor && first.kind === "role" ? actor.arn : first.identityArn);
  const found = named && isOf(actor, first, named.id) ? named : undefined;
  // Of a root there is nothing to compare, and the managed policies that limit its sessions may have changed.
  if (before && before.revision === named?.revision && before.known === (named !== undefined) && (named || !first.limited)) return before;
  const who: Who = { ...whoIs(actor, found), ...(named && !found && { gone: true }) };
  const session = who.limited && "arn" in actor ? await sessionPolicies(policies, actor) : undefined;
  const identity = found ? found.identity.map(({ document, name, source }) => policyOf(document, name, source)) : who.identityArn.endsWith(":root") ? [EVERYTHING] : [];
  const boundary = found?.boundary === undefined ? undefined : policyOf(found.boundary);
  return {
    who, known: named !== undefined, identity, lasting: lastingKeys(who, actor, found?.tags ?? {}),
    ...(boundary && { boundary }), ...(session && { session }),
    asksForTags: asksForTags([...identity, boundary, ...(session ?? [])]),
    revision: named?.revision, round: 0, untilMs: 0, decisions: new Map(),
  };
}

/** Whether credentials are of this very user or role: what was deleted and made anew has another id. */
function isOf(actor: Actor, { kind }: Who, id: string): boolean {
  if (!("arn" in actor) || kind === "federated" || actor.session?.roleUnknown) return true;
  return actor.userId === id || actor.userId.startsWith(`${id}:`);
}

/** A managed policy that is not there allows nothing. */
async function sessionPolicies(policies: IdentityPolicies, { session }: Principal): Promise<Policy[]> {
  const managed = await Promise.all((session?.policyArns ?? []).map((arn) => policies.managedPolicy(arn)));
  return [...(session?.policies ?? []), ...managed.filter((document) => document !== undefined)].map((document) => policyOf(document));
}

/** What the root of an account has. */
const EVERYTHING = policyOf(JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] }));

export const asksForTags = (policies: (Policy | undefined)[]): boolean => policies.some((policy) => policy?.keys.some((key) => key.startsWith("aws:resourcetag/") || key.startsWith("s3:existingobjecttag/")));

/** A session's policies are its own, so each of its keys is a caller of its own. */
export function callerKey(actor: Actor): string {
  if ("arn" in actor) return actor.session ? actor.accessKeyId : actor.arn;
  return "service" in actor ? actor.service : `role ${actor.roleArn}`;
}
