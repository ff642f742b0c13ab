// Who may do what: one policy engine for callers, services and execution roles. Finds the policies, keeps what was decided, refuses or reports.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import type { Clock } from "../kernel/clock.ts";
import { ServiceError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { AccessQuestion, Actor, Decision, Gatekeeper, IamMode } from "../ports/access.ts";
import type { IdentityPolicies } from "../ports/identity-policies.ts";
import { asksForTags, type Caller, callerKey, loadCaller } from "./callers.ts";
import { requestContext } from "./context.ts";
import { type Asked, evaluate } from "./evaluate.ts";
import { grantOf } from "./grants.ts";
import { passingKeys } from "./passing.ts";
import { type Policy, policyOf } from "./policy.ts";
import { sentenceOf } from "./sentences.ts";
import { whoIs } from "./who.ts";

export interface AccessParts {
  mode: IamMode;
  identityPolicies: IdentityPolicies;
  /** The resource-based policy of an ARN, as JSON text; a role's is its trust policy. */
  resourcePolicy(arn: string): Promise<string | undefined>;
  /** The tags of a resource; asked for only when a policy asks about them. */
  resourceTags(arn: string, asked: Pick<AccessQuestion, "action" | "context">): Promise<Record<string, string> | undefined>;
  clock: Clock;
  log: Log;
}

/** What another process changed is seen within this time; IAM itself takes longer. */
const KEPT_MS = 1000;
const CALLERS_MAX = 1000;
const DECISIONS_MAX = 1000;
const RESOURCES_MAX = 1000;
const REPORTED_MAX = 10_000;
const ALLOWED: Decision = { allowed: true };

export function openAccess(parts: AccessParts): Gatekeeper {
  const { mode, clock, log } = parts;
  const callers = new Map<string, Caller>();
  const reported = new Set<string>();
  const resources = new Map<string, { document: string; policy: Policy }>();
  let round = 0;
  const fresh = (kept: { round: number; untilMs: number }, nowMs = clock.monotonicMs()): boolean => kept.round === round && nowMs < kept.untilMs;

  /** Taken apart once for as long as it says the same. */
  const ready = (resource: string, document: string): Policy => {
    const kept = resources.get(resource);
    if (kept?.document === document) return kept.policy;
    if (resources.size >= RESOURCES_MAX) resources.clear();
    const policy = policyOf(document, resource, "resource");
    resources.set(resource, { document, policy });
    return policy;
  };

  const callerOf = async (actor: Actor): Promise<Caller> => {
    const key = callerKey(actor);
    const before = callers.get(key);
    if (before && fresh(before)) return before;
    const at = { round, untilMs: clock.monotonicMs() + KEPT_MS };
    const caller = await loadCaller(parts.identityPolicies, actor, before);
    Object.assign(caller, at);
    if (!callers.has(key) && callers.size >= CALLERS_MAX) callers.delete(callers.keys().next().value!);
    callers.set(key, caller);
    return caller;
  };

  const work = async (question: AccessQuestion): Promise<Decision> => {
    const { actor, action, resource } = question;
    const at = { round, untilMs: clock.monotonicMs() + KEPT_MS };
    const resourcePolicy = resource === "*" ? undefined : await parts.resourcePolicy(resource);
    if (resourcePolicy === undefined && isOwnersRoot(actor, question)) return ALLOWED; // a bucket without a policy: not worth keeping
    const caller = await callerOf(actor);
    const asking = resourcePolicy === undefined ? undefined : ready(resource, resourcePolicy);
    const wantsTags = caller.asksForTags || asksForTags([asking]);
    const tags = wantsTags && resource !== "*" ? await parts.resourceTags(resource, question) : undefined;
    const { who, identity, boundary, session } = caller;
    const owner = ownerOf(question);
    const context = requestContext(caller.lasting, passingKeys({ question, nowMs: question.call?.now.getTime() ?? clock.now(), owner, tags, temporary: "arn" in actor && actor.session !== undefined }));
    const asked: Asked = { who, action: action.toLowerCase(), resource, owner, context, policies: { identity, ...(boundary && { boundary }), ...(session && { session }), ...(asking && { resource: asking }) } };
    const verdict = evaluate(asked);
    const decision: Decision = verdict.allowed ? ALLOWED : {
      allowed: false, explicit: verdict.explicit, sentence: sentenceOf(who.arn, action, resource, verdict), grant: reported.has(reportOf(question)) ? "" : grantOf({ question, who, verdict, known: caller.known, resourcePolicy }),
    };
    if (!context.perRequest && question.context?.["aws:ResourceAccount"] === undefined) {
      if (caller.decisions.size >= DECISIONS_MAX) caller.decisions.clear();
      const ofResource = caller.decisions.get(resource) ?? new Map();
      caller.decisions.set(resource, ofResource.set(action, { decision, ...at }));
    }
    return decision;
  };

  const decide = (question: AccessQuestion): Decision | Promise<Decision> => {
    const { actor } = question;
    if (ownsIt(actor, question)) return ALLOWED;
    const caller = callers.get(callerKey(actor));
    const kept = caller?.decisions.get(question.resource)?.get(question.action); // joining the two texts to one key would cost more than the look-up
    // Nothing is kept of a question that says whose the resource is, and what is kept of one that does not is no answer to it.
    if (!kept || question.context?.["aws:ResourceAccount"] !== undefined) return work(question);
    const nowMs = clock.monotonicMs();
    return fresh(kept, nowMs) && fresh(caller!, nowMs) ? kept.decision : work(question);
  };

  /** One line per distinct refusal, until something changes. */
  const report = (question: AccessQuestion, { sentence, grant }: Decision & { allowed: false }) => {
    const key = reportOf(question);
    if (reported.has(key) || reported.size >= REPORTED_MAX) return;
    reported.add(key);
    // One line, whatever the caller named: a text with line ends must not read like other lines of the log.
    log.warn(`AWS would refuse this. ${sentence}.${grant ? ` To allow it: ${grant}` : ""}`.replace(/[^\P{Cc}]/gu, " "));
  };

  const settle = (question: AccessQuestion, decision: Decision): string | undefined => {
    if (decision.allowed) return undefined;
    if (mode === "enforce") return decision.sentence;
    report(question, decision);
    return undefined;
  };

  const refusal = (question: AccessQuestion): string | undefined | Promise<string | undefined> => {
    if (mode === "off") return undefined;
    const decision = decide(question);
    return decision instanceof Promise ? decision.then((answer) => settle(question, answer)) : settle(question, decision);
  };

  return {
    mode,
    refusal,
    decide: async (question) => decide(question),
    async check(question) {
      const sentence = await refusal(question);
      if (sentence !== undefined) throw new ServiceError("AccessDeniedException", sentence, { status: 403 });
    },
    changed() {
      round++;
      reported.clear();
    },
  };
}

const reportOf = ({ actor, action, resource }: AccessQuestion): string => `${whoIs(actor, undefined).identityArn} ${action} ${resource}`;

/** What the policy of a bucket, or of an access point, cannot keep from the root of its account: documented at PutBucketPolicy. */
const NEVER_LOCKED_OUT = /^s3:((Get|Put|Delete)BucketPolicy$|\w*AccessPoint)/;
/** Buckets, access points, and what is in them. */
const OF_BUCKETS = /^arn:aws:s3:(::|[^:]+:\d+:accesspoint\/)/;

/** The root of an account may do everything in it, but what a bucket's policy denies everybody. */
function ownsIt(actor: Actor, question: AccessQuestion): boolean {
  return isOwnersRoot(actor, question) && !(question.action.startsWith("s3:") && OF_BUCKETS.test(question.resource) && !NEVER_LOCKED_OUT.test(question.action));
}

function isOwnersRoot(actor: Actor, question: AccessQuestion): boolean {
  if (!("arn" in actor) || !actor.arn.endsWith(":root")) return false;
  const owner = ownerOf(question);
  return owner === "" || owner === actor.accountId;
}

/** The account in the ARN; "" where there is none (buckets, "*"). */
function ownerOf({ resource, context }: AccessQuestion): string {
  const given = context?.["aws:ResourceAccount"];
  if (typeof given === "string") return given;
  let start = 0;
  for (let colons = 0; colons < 4; colons++) {
    start = resource.indexOf(":", start) + 1;
    if (start === 0) return "";
  }
  const account = resource.slice(start, resource.indexOf(":", start));
  return /^\d{12}$/.test(account) ? account : "";
}
