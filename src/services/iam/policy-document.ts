// The grammar of policy documents, checked in AWS's order and with AWS's words.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
// The order and the texts: LocalStack's validated snapshots of CreatePolicy with sixty bad documents (tests/aws/services/iam/test_iam_policies).
import { malformed } from "./errors.ts";
import { principalProblem } from "./policy-principal.ts";
import { resourceProblem } from "./policy-resource.ts";

type Statement = Record<string, unknown>;

const SYNTAX = "Syntax errors in policy.";
const TOP_ELEMENTS = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition"];
const CONDITION = /^(ForAnyValue:|ForAllValues:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$/;
const ASSUME_ACTIONS = /^sts:(AssumeRole|AssumeRoleWithSAML|AssumeRoleWithWebIdentity|TagSession|SetSourceIdentity|SetContext|AssumeRoot|\*|Assume.*)$/i;

/** Policies attached to roles and users. Throws MalformedPolicyDocument. */
export function checkIdentityPolicy(text: string): void {
  const document = parseJson(text);
  if (!document) throw malformed(SYNTAX);
  const statements = checkSyntax(document);
  if (statements.some((statement) => "Principal" in statement || "NotPrincipal" in statement)) throw malformed("Policy document should not specify a principal.");
  if (document["Version"] !== "2012-10-17") throw malformed("Policy document must be version 2012-10-17 or greater.");
  const problems = statements.flatMap(resourcesOf).map(resourceProblem).filter((problem) => problem !== undefined);
  if (problems.some((problem) => problem.legacy) || statements.some(failsLegacyParsing)) throw malformed("The policy failed legacy parsing");
  checkSids(statements);
  if (statements.some((statement) => !actionsOf(statement).length)) throw malformed("Policy statement must contain actions.");
  if (problems.length) throw malformed(problems[0]!.message);
  for (const action of statements.flatMap(actionsOf)) checkAction(action);
  if (statements.some((statement) => !resourcesOf(statement).length)) throw malformed("Policy statement must contain resources.");
}

/** Trust policies: who may take on a role. Throws MalformedPolicyDocument. */
export function checkTrustPolicy(text: string): void {
  const document = parseJson(text);
  if (!document) throw malformed("This policy contains invalid Json");
  const statements = checkSyntax(document);
  for (const statement of statements) {
    if ("Resource" in statement || "NotResource" in statement) throw malformed("Has prohibited field Resource");
    if (!("Principal" in statement) && !("NotPrincipal" in statement)) throw malformed("Missing required field Principal");
    if (!isPrincipal(statement["Principal"] ?? statement["NotPrincipal"])) throw malformed(SYNTAX);
    if (!actionsOf(statement).every((action) => ASSUME_ACTIONS.test(action))) throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    if (!actionsOf(statement).length) throw malformed("Policy statement must contain actions.");
    const problem = principalProblem(statement["Principal"] ?? statement["NotPrincipal"]);
    if (problem) throw malformed(problem);
  }
  if (statements.some(failsLegacyParsing)) throw malformed("The policy failed legacy parsing");
  checkSids(statements);
}

/** Policies of resources, as the simulator is given them; the services that keep such check more. Throws MalformedPolicyDocument. */
export function checkResourcePolicy(text: string): void {
  const document = parseJson(text);
  if (!document) throw malformed(SYNTAX);
  for (const statement of checkSyntax(document)) {
    const principal = statement["Principal"] ?? statement["NotPrincipal"];
    if (principal === undefined) throw malformed("Missing required field Principal");
    if (!isPrincipal(principal)) throw malformed(SYNTAX);
  }
}

/** AWS's URL encoding of documents is RFC 3986's: stricter than encodeURIComponent. */
export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** White space does not count towards a policy's size. */
export const policySize = (text: string): number => text.replace(/\s/g, "").length;

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function checkSyntax(document: Record<string, unknown>): Statement[] {
  const version = document["Version"];
  const good = Object.keys(document).every((key) => TOP_ELEMENTS.includes(key))
    && (version === undefined || version === "2012-10-17" || version === "2008-10-17")
    && (document["Id"] === undefined || typeof document["Id"] === "string");
  const statements = Array.isArray(document["Statement"]) ? document["Statement"] : [document["Statement"]];
  if (!good || !statements.length || !statements.every((statement) => isObject(statement) && isStatement(statement))) throw malformed(SYNTAX);
  return statements as Statement[];
}

function isStatement(statement: Statement): boolean {
  const { Effect: effect, Sid: sid, Condition: condition } = statement;
  return Object.keys(statement).every((key) => STATEMENT_ELEMENTS.includes(key))
    && typeof effect === "string" && /^(allow|deny)$/i.test(effect)
    && (sid === undefined || typeof sid === "string")
    && !("Action" in statement && "NotAction" in statement)
    && !("Resource" in statement && "NotResource" in statement)
    && ["Action", "NotAction", "Resource", "NotResource"].every((key) => isTexts(statement[key]))
    && (condition === undefined || isCondition(condition));
}

function isCondition(condition: unknown): boolean {
  return isObject(condition) && Object.entries(condition).every(([operator, tests]) =>
    CONDITION.test(operator) && isObject(tests) && Object.values(tests).every((value) =>
      [value].flat().every((single) => ["string", "number", "boolean"].includes(typeof single))));
}

function isPrincipal(principal: unknown): boolean {
  if (principal === "*") return true;
  return isObject(principal) && Object.keys(principal).length > 0
    && Object.entries(principal).every(([kind, value]) => ["AWS", "Service", "Federated", "CanonicalUser"].includes(kind) && isTexts(value) && [value].flat().length > 0);
}

/** What an older parser inside IAM stumbles over: the case of Effect, and dates that are none. */
function failsLegacyParsing(statement: Statement): boolean {
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") return true;
  const conditions = Object.entries((statement["Condition"] ?? {}) as Record<string, Record<string, unknown>>);
  return conditions.some(([operator, tests]) => /^(For\w+:)?Date/.test(operator) && Object.values(tests).flat().some((value) => !isDate(String(value))));
}

function isDate(text: string): boolean {
  if (/^-?\d+$/.test(text)) return BigInt(text) < 2n ** 63n && text !== "";
  return /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])([tT]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([zZ]|[+-]\d{2}(:?\d{2})?)?)?)?$|^\d{4}$/.test(text);
}

function checkSids(statements: Statement[]): void {
  const sids = statements.map((statement) => statement["Sid"] as string | undefined).filter((sid): sid is string => sid !== undefined && sid !== "");
  if (sids.some((sid) => !/^[A-Za-z0-9]*$/.test(sid))) throw malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*");
  if (new Set(sids).size !== sids.length) throw malformed("Statement IDs (SID) in a single policy must be unique.");
}

function checkAction(action: string): void {
  if (action === "*") return;
  const [vendor, ...rest] = action.split(":");
  if (!rest.length) throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
  if (rest.length > 1) throw malformed("Actions/Condition can contain only one colon.");
  if (vendor !== "*" && /[^a-zA-Z0-9\-.]/.test(vendor!)) throw malformed(`Vendor ${vendor} is not valid`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => value === undefined || [value].flat(1).every((single) => typeof single === "string");
const texts = (value: unknown): string[] => (value === undefined ? [] : ([value].flat() as string[]));
const actionsOf = (statement: Statement): string[] => texts(statement["Action"] ?? statement["NotAction"]);
const resourcesOf = (statement: Statement): string[] => texts(statement["Resource"] ?? statement["NotResource"]);
