// Resource-based policies of functions and layers: statements made from AddPermission's parameters, and whole documents. No storage.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
import { badPolicyDocument, badPrincipal, policyTooLong } from "./policy-errors.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/QUALIFIER. The revision is that of the function, version or alias (observed). */
export const POLICIES = "lambda/policy";

export const POLICY_LENGTH_MAX = 20_480;

export interface StoredPolicy {
  /** JSON text. */
  document: string;
}

export interface PolicyStatement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal: "*" | Record<string, string | string[]>;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

interface PolicyDocument {
  Version: string;
  Id?: string;
  Statement: PolicyStatement[];
}

export interface Permission {
  statementId: string;
  action: string;
  /** A service, an account id, an ARN, or "*". */
  principal: string;
  /** The ARN it is a permission for. */
  resource: string;
  sourceArn?: string | undefined;
  sourceAccount?: string | undefined;
  eventSourceToken?: string | undefined;
  organizationId?: string | undefined;
  functionUrlAuthType?: string | undefined;
  invokedViaFunctionUrl?: boolean | undefined;
}

/** The element names and the case of AWS:SourceArn as AWS writes them (observed). */
export function statementOf(given: Permission): PolicyStatement {
  const equals = {
    ...(given.sourceAccount !== undefined && { "AWS:SourceAccount": given.sourceAccount }),
    ...(given.eventSourceToken !== undefined && { "lambda:EventSourceToken": given.eventSourceToken }),
    ...(given.organizationId !== undefined && { "aws:PrincipalOrgID": given.organizationId }),
    ...(given.functionUrlAuthType !== undefined && { "lambda:FunctionUrlAuthType": given.functionUrlAuthType }),
  };
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(given.sourceArn !== undefined && { ArnLike: { "AWS:SourceArn": given.sourceArn } }),
    ...(given.invokedViaFunctionUrl !== undefined && { Bool: { "lambda:InvokedViaFunctionUrl": String(given.invokedViaFunctionUrl) } }),
  };
  return {
    Sid: given.statementId, Effect: "Allow", Principal: principalOf(given.principal), Action: given.action, Resource: given.resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}

function principalOf(principal: string): PolicyStatement["Principal"] {
  if (principal === "*") return "*";
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` };
  if (/^arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[^*?]+)|sts::\d{12}:(assumed-role|federated-user)\/[^*?]+)$/.test(principal)) return { AWS: principal };
  // Services are named under amazonaws.com; Alexa's under amazon.com.
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com)$/.test(principal)) return { Service: principal };
  throw badPrincipal();
}

export const statementsOf = (policy: StoredPolicy | undefined): PolicyStatement[] => (policy ? (documentOf(policy).Statement) : []);

const documentOf = ({ document }: StoredPolicy): PolicyDocument => {
  const { Statement, ...rest } = JSON.parse(document) as PolicyDocument;
  return { ...rest, Statement: [Statement].flat() };
};

/** The same document with other statements; a new one where there was none. Throws when it grows too long. */
export function withStatements(policy: StoredPolicy | undefined, statements: PolicyStatement[]): StoredPolicy {
  const document = JSON.stringify({ ...(policy ? documentOf(policy) : { Version: "2012-10-17", Id: "default" }), Statement: statements });
  if (document.length > POLICY_LENGTH_MAX) throw policyTooLong(document.length, POLICY_LENGTH_MAX);
  return { document };
}

/** A whole document, for `resource` and nothing else. Throws InvalidParameterValueException. */
export function checkDocument(document: string, resource: string): StoredPolicy {
  let parsed: Partial<PolicyDocument> | undefined;
  try {
    parsed = JSON.parse(document) as Partial<PolicyDocument>;
  } catch {
    throw badPolicyDocument("it is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw badPolicyDocument("it is not a JSON object");
  if (parsed.Version !== "2012-10-17" && parsed.Version !== "2008-10-17") throw badPolicyDocument("its Version must be 2012-10-17");
  const statements = [parsed.Statement ?? []].flat() as unknown[];
  if (statements.length === 0) throw badPolicyDocument("it has no Statement");
  for (const statement of statements) checkStatement(statement, resource);
  const sids = (statements as PolicyStatement[]).map(({ Sid }) => Sid).filter((sid) => sid !== undefined);
  if (new Set(sids).size < sids.length) throw badPolicyDocument("two statements have the same Sid");
  return { document };
}

const OPERATOR = /^(ForAnyValue:|ForAllValues:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)(IfExists)?$/;

function checkStatement(statement: unknown, resource: string): void {
  if (typeof statement !== "object" || statement === null || Array.isArray(statement)) throw badPolicyDocument("a statement is not an object");
  const given = statement as Record<string, unknown>;
  if (given["Effect"] !== "Allow" && given["Effect"] !== "Deny") throw badPolicyDocument("a statement's Effect is neither Allow nor Deny");
  if (given["Principal"] === undefined && given["NotPrincipal"] === undefined) throw badPolicyDocument("a statement has no Principal");
  const texts = (name: string): string[] => {
    const values = [given[name] ?? given[`Not${name}`] ?? []].flat();
    if (values.length === 0 || !values.every((value) => typeof value === "string")) throw badPolicyDocument(`a statement's ${name} is not a text or a list of texts`);
    return values as string[];
  };
  for (const action of texts("Action")) if (action !== "*" && !/^lambda:[A-Za-z*?]+$/.test(action)) throw badPolicyDocument(`${action} is not an action of Lambda`);
  for (const arn of texts("Resource")) if (arn !== resource) throw badPolicyDocument(`its resource is ${resource}, not ${arn}`);
  const condition = given["Condition"];
  for (const operator of Object.keys(condition ?? {})) if (!OPERATOR.test(operator)) throw badPolicyDocument(`${operator} is not a condition operator`);
  if (condition !== undefined && (typeof condition !== "object" || condition === null || !Object.values(condition).every((tests) => typeof tests === "object" && tests !== null))) throw badPolicyDocument("a statement's Condition is not an object of objects");
}
