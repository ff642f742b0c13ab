// What a caller gives a session along: policies that limit it, and tags.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session · https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
import type { PrincipalSession } from "../../kernel/call.ts";
import { parseArn } from "../../kernel/arn.ts";
import { duplicateTags, foreignPolicy, malformedPolicy, policyTooLarge, tooManyPolicyArns, transitiveNotGiven, transitiveTaken } from "./errors.ts";

/** "The plaintext that you use for both inline and managed session policies can't exceed 2,048 characters": only the inline one is text here. */
const POLICY_MAX = 2048;
/** "You can provide up to 10 managed policy ARNs" (API_AssumeRole). */
const POLICY_ARNS_MAX = 10;

interface Policies {
  Policy?: string | undefined;
  PolicyArns?: { arn?: string | undefined }[] | undefined;
}

export function sessionPolicies({ Policy, PolicyArns }: Policies, account: string): Pick<PrincipalSession, "policies" | "policyArns"> {
  if (Policy !== undefined) checkPolicy(Policy);
  if (PolicyArns && PolicyArns.length > POLICY_ARNS_MAX) throw tooManyPolicyArns(POLICY_ARNS_MAX);
  const arns = (PolicyArns ?? []).map(({ arn = "" }) => arn);
  for (const arn of arns) {
    const owner = parseArn(arn);
    if (owner?.service !== "iam" || !owner.resource.startsWith("policy/") || (owner.account !== account && owner.account !== "aws")) throw foreignPolicy(arn);
  }
  return { ...(Policy !== undefined && { policies: [Policy] }), ...(arns.length > 0 && { policyArns: arns }) };
}

function checkPolicy(text: string): void {
  if (text.length > POLICY_MAX) throw policyTooLarge(Math.ceil((text.length / POLICY_MAX) * 100));
  let document: { Version?: unknown; Statement?: unknown };
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
  const statements = [document?.Statement ?? []].flat() as Record<string, unknown>[];
  const good = typeof document === "object" && document !== null && statements.length > 0
    && statements.every((one) => typeof one === "object" && one !== null && (one["Effect"] === "Allow" || one["Effect"] === "Deny") && ("Action" in one || "NotAction" in one) && ("Resource" in one || "NotResource" in one));
  if (!good) throw malformedPolicy("Syntax errors in policy.");
  if (statements.some((one) => "Principal" in one || "NotPrincipal" in one)) throw malformedPolicy("Policy document should not specify a principal.");
}

interface Tags {
  Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined;
  TransitiveTagKeys?: string[] | undefined;
}

/** With the transitive tags of the session that asks. */
export function sessionTags({ Tags = [], TransitiveTagKeys = [] }: Tags, asking: PrincipalSession | undefined): Pick<PrincipalSession, "tags" | "transitiveTagKeys"> {
  const tags = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
  const keys = new Set(Tags.map(({ Key = "" }) => Key.toLowerCase()));
  if (keys.size < Tags.length) throw duplicateTags();
  const inherited = asking?.transitiveTagKeys ?? [];
  if (inherited.some((key) => keys.has(key.toLowerCase()))) throw transitiveTaken();
  if (!TransitiveTagKeys.every((key) => keys.has(key.toLowerCase()))) throw transitiveNotGiven();
  for (const key of inherited) tags[key] = asking?.tags?.[key] ?? "";
  const transitive = [...inherited, ...TransitiveTagKeys];
  return { ...(Object.keys(tags).length > 0 && { tags }), ...(transitive.length > 0 && { transitiveTagKeys: transitive }) };
}
