// Who asks, in the terms of policies: the ARNs a policy may name them by, and the condition keys they bring.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
import { parseArn } from "../kernel/arn.ts";
import { ANONYMOUS, type Principal } from "../kernel/call.ts";
import type { Actor } from "../ports/access.ts";
import type { AppliedPolicies } from "../ports/identity-policies.ts";
import type { Source } from "./context.ts";
import type { Statement } from "./policy.ts";

export interface Who {
  /** As AWS's sentences name them. */
  arn: string;
  /** "" for a service. */
  account: string;
  service?: string;
  kind: "root" | "user" | "role" | "federated" | "service";
  /** The user, role or root itself; for sessions their issuer. With its path. */
  identityArn: string;
  /** AIDA…, AROA… */
  id?: string;
  /** Limited by session policies; a federated user always is. */
  limited?: boolean;
  /** Another user or role has the name now, so what is granted to the name is not granted to these old credentials. */
  gone?: boolean;
}

export function whoIs(actor: Actor, found: AppliedPolicies | undefined): Who {
  if ("service" in actor) return { arn: actor.service, account: "", service: actor.service, kind: "service", identityArn: actor.service };
  if ("arn" in actor && actor.arn === ANONYMOUS.arn) return { arn: actor.arn, account: "", service: actor.arn, kind: "service", identityArn: actor.arn };
  if ("roleArn" in actor) return { arn: actor.roleArn, account: parseArn(actor.roleArn)?.account ?? "", kind: "role", identityArn: actor.roleArn, ...(found ? { id: found.id } : {}) };
  const { arn, accountId: account, session } = actor;
  const limits = session?.policies || session?.policyArns ? { limited: true } : {};
  if (arn.endsWith(":root")) return { arn, account, kind: "root", identityArn: arn, ...limits };
  const { resource = "", partition = "aws" } = parseArn(arn) ?? {};
  const [type, name = ""] = resource.split("/");
  if (type === "federated-user") return { arn, account, kind: "federated", identityArn: session?.issuerArn ?? arn, limited: true };
  const id = found ? { id: found.id } : {};
  // The session of a role nobody has made says the role's path, which its own ARN does not.
  if (type === "assumed-role") return { arn, account, kind: "role", identityArn: !found && session?.roleUnknown ? session.issuerArn : `arn:${partition}:iam::${account}:role${found?.path ?? "/"}${name}`, ...id, ...limits };
  return { arn, account, kind: "user", identityArn: arn, ...id, ...limits };
}

/** How directly a resource-based policy names someone; each lets other policies limit it differently. */
export type Grant = "direct" | "role" | "account";

/** Undefined when the statement is not about them. Without a Principal element it is about whoever the policy is attached to. */
export function named(statement: Statement, who: Who): Grant | undefined {
  const { principals } = statement;
  if (!principals) return "direct";
  const grants = Object.entries(principals.by).flatMap(([kind, values]) => values.map((value) => (who.gone && statement.effect === "Allow" && value !== "*" ? undefined : grantOf(kind, value, who))));
  if (!principals.except) return grants.includes("direct") ? "direct" : grants.includes("role") ? "role" : grants.includes("account") ? "account" : undefined;
  // "When you use NotPrincipal with Deny, you must also specify the account ARN of the not-denied principal", and a session's role.
  const spared = who.kind === "service" || who.kind === "root" ? grants.includes("direct")
    : (grants.includes("direct") && grants.includes("account") && (who.kind !== "role" || who.arn === who.identityArn || grants.includes("role"))) || (grants.includes("role") && who.arn === who.identityArn && grants.includes("account"));
  return spared ? undefined : "direct";
}

function grantOf(kind: string, value: string, who: Who): Grant | undefined {
  if (kind === "Service") return who.service === value && !isNobody(who) ? "direct" : undefined;
  if (kind !== "AWS") return undefined;
  if (value === "*") return "direct";
  if (who.kind === "service") return undefined;
  if (value === who.account || (value.endsWith(":root") && parseArn(value)?.account === who.account && parseArn(value)?.service === "iam")) return who.kind === "root" ? "direct" : "account";
  if (who.kind === "role" && (value === who.identityArn || (who.id !== undefined && value === who.id))) return "role";
  return value === who.arn || (who.kind === "user" && who.id !== undefined && value === who.id) ? "direct" : undefined;
}

/** Who has not signed, at a function URL that asks nobody to or at S3: no service, although handled like one. */
const isNobody = ({ service }: Who): boolean => service === "anonymous";

const TYPES = { root: "Account", user: "User", role: "AssumedRole", federated: "FederatedUser", service: "Service" } as const;

/** The keys that stay the same for as long as the credentials do. */
export function lastingKeys(who: Who, actor: Actor, tags: Record<string, string>): Source {
  const principal: Principal | undefined = "arn" in actor ? actor : undefined;
  const session = principal?.session;
  const nobody = isNobody(who);
  const folded = new Map(Object.entries({ ...tags, ...session?.tags }).map(([key, value]) => [`aws:principaltag/${key.toLowerCase()}`, value]));
  const fixed = new Map<string, string | undefined>(Object.entries({
    "aws:principalarn": who.kind === "service" ? undefined : who.kind === "federated" ? who.arn : who.identityArn,
    // "Anonymous" and "anonymous": reference_policies_condition-keys.html#condition-keys-principalproperties.
    "aws:principalaccount": nobody ? "anonymous" : who.account || undefined,
    "aws:principaltype": nobody ? "Anonymous" : TYPES[who.kind],
    "aws:principalisawsservice": String(who.kind === "service" && !nobody),
    "aws:principalservicename": nobody ? undefined : who.service,
    "aws:userid": nobody ? "anonymous" : principal?.userId,
    "aws:username": who.kind === "user" ? who.arn.slice(who.arn.lastIndexOf("/") + 1) : undefined,
    "aws:tokenissuetime": session ? new Date(session.issuedAtMs).toISOString() : undefined,
    "aws:sourceidentity": session?.sourceIdentity,
    "lambda:sourcefunctionarn": session?.sourceFunctionArn,
  }));
  return (key) => fixed.get(key) ?? folded.get(key);
}
