// A topic's policy: the default one, what a policy must look like, and the statements that AddPermission makes. No I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
import { partitionOf } from "../../kernel/arn.ts";
import { actionOutOfScope, badAccountId, badPolicy, policyTooLong, statementExists } from "./errors.ts";
import type { Topic } from "./topic.ts";
import { GRANTABLE } from "./topic-lookup.ts";

const POLICY_BYTES_MAX = 30_720;

interface Statement {
  Sid?: string;
  Effect: string;
  Principal: unknown;
  Action: string | string[];
  Resource: string | string[];
  Condition?: unknown;
}

interface PolicyDocument {
  Version: string;
  Id?: string;
  Statement: Statement[];
}

/** The order of members and all, as GetTopicAttributes gives it (recorded). */
const defaultPolicy = ({ arn, account }: Pick<Topic, "arn" | "account">): string => JSON.stringify({
  Version: "2008-10-17",
  Id: "__default_policy_ID",
  Statement: [{
    Sid: "__default_statement_ID", Effect: "Allow", Principal: { AWS: "*" },
    Action: ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
    Resource: arn, Condition: { StringEquals: { "AWS:SourceOwner": account } },
  }],
});

export const policyOf = (topic: Pick<Topic, "arn" | "account" | "attributes">): string => topic.attributes["Policy"] ?? defaultPolicy(topic);

/** Throws InvalidParameter. */
export function checkPolicy(text: string, arn: string): void {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw policyTooLong();
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw badPolicy("null"); // recorded in AWS's own CloudFormation handler of topic policies
  }
  if (!isObject(document)) throw badPolicy("it is not a JSON object");
  const version = document["Version"];
  if (version !== undefined && version !== "2008-10-17" && version !== "2012-10-17") throw badPolicy("its Version must be 2008-10-17 or 2012-10-17");
  const statements = [document["Statement"] ?? []].flat();
  if (statements.length === 0) throw badPolicy("it has no Statement");
  for (const statement of statements) checkStatement(statement, arn);
  const sids = statements.map((statement) => (statement as Statement).Sid).filter((sid) => sid !== undefined);
  if (new Set(sids).size < sids.length) throw badPolicy("two statements have the same Sid");
}

function checkStatement(statement: unknown, arn: string): void {
  if (!isObject(statement)) throw badPolicy("a statement is not an object");
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") throw badPolicy("a statement's Effect is neither Allow nor Deny");
  if (statement["Principal"] === undefined && statement["NotPrincipal"] === undefined) throw badPolicy("a statement has no Principal");
  for (const action of textsOf(statement, "Action")) {
    if (action !== "*" && !/^sns:[a-z*?]+$/i.test(action)) throw actionOutOfScope();
  }
  for (const resource of textsOf(statement, "Resource")) {
    if (resource !== arn && !/[*?]/.test(resource)) throw badPolicy(`${resource} is not this topic`);
  }
  const condition = statement["Condition"];
  if (condition !== undefined && (!isObject(condition) || !Object.values(condition).every(isObject))) throw badPolicy("a statement's Condition is not an object of objects");
}

function textsOf(statement: Record<string, unknown>, name: string): string[] {
  const values = [statement[name] ?? statement[`Not${name}`] ?? []].flat();
  if (values.length === 0 || !values.every((value) => typeof value === "string")) throw badPolicy(`a statement's ${name} is not a text or a list of texts`);
  return values as string[];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The policy with one more statement, in the form AWS gives it (recorded). */
export function withPermission(topic: Topic, label: string, accountIds: string[], actionNames: string[]): string {
  const document = documentOf(topic);
  if (document.Statement.some(({ Sid }) => Sid === label)) throw statementExists();
  if (!actionNames.every((action) => GRANTABLE.includes(action))) throw actionOutOfScope();
  const bad = accountIds.find((id) => !/^\d{12}$/.test(id));
  if (bad !== undefined) throw badAccountId(bad);
  const oneOr = <T>(values: T[]): T | T[] => (values.length === 1 ? values[0]! : values);
  const statement: Statement = {
    Sid: label, Effect: "Allow",
    Principal: { AWS: oneOr(accountIds.map((id) => `arn:${partitionOf(topic.region)}:iam::${id}:root`)) },
    Action: oneOr(actionNames.map((action) => `SNS:${action}`)), Resource: topic.arn,
  };
  const text = JSON.stringify({ ...document, Statement: [...document.Statement, statement] });
  checkPolicy(text, topic.arn);
  return text;
}

/** Removing what is not there is no error (recorded). */
export function withoutPermission(topic: Topic, label: string): string {
  const document = documentOf(topic);
  return JSON.stringify({ ...document, Statement: document.Statement.filter(({ Sid }) => Sid !== label) });
}

function documentOf(topic: Topic): PolicyDocument {
  const { Statement, ...rest } = JSON.parse(policyOf(topic)) as PolicyDocument;
  return { ...rest, Statement: [Statement ?? []].flat() };
}
