// A bucket's policy: what it must look like, and whether it opens the bucket to everybody. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html, …/access-control-block-public-access.html#access-control-block-public-access-policy-status
import { bucketArn } from "./names.ts";
import { policyActionNotApplicable, policyBadAction, policyBadForm, policyBadPrincipal, policyBadResource, policyLacks, policyNotJson, policyTooLarge } from "./settings-errors.ts";

const POLICY_BYTES_MAX = 20_480;

type Fields = Record<string, unknown>;

/** Throws MalformedPolicy. */
export const checkPolicy = (text: string, bucket: string): void => checkPolicyOf(text, bucketArn(bucket), (resource) => resource);

/**
 * A policy of whatever `arn` is: a bucket, or an access point. `asBucket` says one of its resources as a bucket's ARN, or an object's
 * in it, would be said. Throws MalformedPolicy.
 */
export function checkPolicyOf(text: string, arn: string, asBucket: (resource: string) => string): void {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw policyTooLarge();
  const document = parsed(text);
  if (!isObject(document)) throw policyNotJson();
  if (document["Statement"] === undefined) throw policyLacks("Statement");
  const { Version } = document;
  if (Version !== undefined && Version !== "2008-10-17" && Version !== "2012-10-17") throw policyBadForm("its Version must be 2008-10-17 or 2012-10-17");
  const statements = [document["Statement"]].flat();
  if (statements.length === 0) throw policyBadForm("it has no statement");
  for (const statement of statements) checkStatement(statement, arn, asBucket);
}

function parsed(text: string): unknown {
  try {
    return text.startsWith("{") ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

function checkStatement(statement: unknown, arn: string, asBucket: (resource: string) => string): void {
  if (!isObject(statement)) throw policyBadForm("a statement is not an object");
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") throw policyLacks("Effect");
  const principal = statement["Principal"] ?? statement["NotPrincipal"];
  if (principal === undefined) throw policyLacks("Principal");
  checkPrincipal(principal);
  const actions = texts(statement, "Action");
  if (!actions.every((action) => action === "*" || /^s3(express|tables|-object-lambda)?:[\w*?]+$/i.test(action))) throw policyBadAction();
  const resources = texts(statement, "Resource").map(asBucket);
  if (!resources.every((resource) => isOf(resource, asBucket(arn)))) throw policyBadResource();
  if (statement["Resource"] !== undefined && statement["Action"] !== undefined && !actions.some((action) => resources.some((resource) => applies(action, resource)))) throw policyActionNotApplicable();
  const condition = statement["Condition"];
  if (condition !== undefined && (!isObject(condition) || !Object.values(condition).every(isObject))) throw policyBadForm("a Condition is not an object of objects");
}

function checkPrincipal(principal: unknown): void {
  if (principal === "*") return;
  if (!isObject(principal)) throw policyBadPrincipal(`"${String(principal)}"`);
  for (const [kind, value] of Object.entries(principal)) {
    if (!["AWS", "Service", "Federated", "CanonicalUser"].includes(kind)) throw policyBadPrincipal(`"${kind}" : …`);
    for (const one of [value].flat()) {
      const isKnown = typeof one === "string" && (kind !== "AWS" || one === "*" || /^(\d{12}|arn:[\w-]+:(iam|sts)::(\d{12}|cloudfront):.+|AIDA\w+|AROA\w+)$/.test(one));
      if (!isKnown) throw policyBadPrincipal(`"${kind}" : ${JSON.stringify(one)}`);
    }
  }
}

function texts(statement: Fields, name: string): string[] {
  const value = statement[name] ?? statement[`Not${name}`];
  if (value === undefined) throw policyLacks(name);
  const values = [value].flat();
  if (values.length === 0 || !values.every((one) => typeof one === "string")) throw policyLacks(name);
  return values as string[];
}

/** The bucket, or objects in it; wildcards may stand for parts of its name. */
function isOf(resource: string, arn: string): boolean {
  const slash = resource.indexOf("/");
  return globMatches(slash < 0 ? resource : resource.slice(0, slash), arn);
}

/** Without backtracking beyond the last star, so that no pattern takes long. */
function globMatches(pattern: string, text: string): boolean {
  let [at, next, star, from] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[next] === "*") [star, from] = [next++, at];
    else if (next < pattern.length && (pattern[next] === "?" || pattern[next] === text[at])) { next++; at++; }
    else if (star >= 0) [next, at] = [star + 1, ++from];
    else return false;
  }
  return /^\**$/.test(pattern.slice(next));
}

/** s3:GetObject is about objects, s3:ListBucket about buckets: a statement that names only the other kind would do nothing. */
function applies(action: string, resource: string): boolean {
  if (/[*?]/.test(action) || resource === "*") return true;
  const aboutObjects = /Object|MultipartUpload(Parts)?$|BypassGovernance|Replicate/i.test(action) && !/^s3:(Get|Put)BucketObject/i.test(action);
  return aboutObjects ? /[/*]/.test(resource) : !resource.includes("/");
}

/** Conditions that hold only for somebody in particular. */
const NARROWING = /^(aws:(SourceArn|SourceAccount|SourceOwner|SourceVpc|SourceVpce|PrincipalOrgID|PrincipalOrgPaths|PrincipalAccount|PrincipalArn|userid)|s3:(x-amz-server-side-encryption-aws-kms-key-id|DataAccessPointArn|DataAccessPointAccount|AccessPointNetworkOrigin))$/i;

/** Somebody whom the owner does not know may do something. */
export function isPublic(text: string): boolean {
  const statements = [(JSON.parse(text) as { Statement: Fields | Fields[] }).Statement].flat();
  return statements.some(({ Effect, Principal, NotPrincipal, Condition }) => {
    if (Effect !== "Allow") return false;
    const anybody = NotPrincipal !== undefined || Principal === "*" || (isObject(Principal) && [Principal["AWS"]].flat().includes("*"));
    return anybody && !Object.values((Condition ?? {}) as Record<string, Fields>).some((keys) => Object.entries(keys).some(narrows));
  });
}

function narrows([key, value]: [string, unknown]): boolean {
  const values = [value].flat().map(String);
  if (/^aws:SourceIp$/i.test(key)) return values.every((range) => !/^(0\.0\.0\.0\/0|::\/0)$/.test(range));
  return NARROWING.test(key) && values.every((one) => !/^[*?]+$/.test(one));
}

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
