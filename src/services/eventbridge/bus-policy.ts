// A bus's policy: what it must look like, and the statements that PutPermission makes. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
import { partitionOf } from "../../kernel/arn.ts";
import { type BusKey, busArn } from "./bus.ts";
import { badPolicy, noSuchStatement, policyTooLong } from "./errors.ts";

const POLICY_CHARACTERS_MAX = 10_240;

interface Statement {
  Sid?: string;
  [member: string]: unknown;
}
interface PolicyDocument {
  Version: string;
  Statement: Statement[];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** The text, or a ValidationException. */
export function checkedPolicy(text: string): string {
  if (text.length > POLICY_CHARACTERS_MAX) throw policyTooLong();
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw badPolicy("it is not JSON");
  }
  if (!isObject(document)) throw badPolicy("it is not a JSON object");
  const statements = [document["Statement"] ?? []].flat();
  if (statements.length === 0) throw badPolicy("it has no Statement");
  for (const statement of statements) {
    if (!isObject(statement)) throw badPolicy("a statement is not an object");
    if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") throw badPolicy("a statement's Effect is neither Allow nor Deny");
    for (const member of ["Principal", "Action", "Resource"]) if (statement[member] === undefined && statement[`Not${member}`] === undefined) throw badPolicy(`a statement has no ${member}`);
  }
  return text;
}

export interface Permission {
  statementId: string;
  action: string;
  /** An account, or "*". */
  principal: string;
  condition?: { Type: string; Key: string; Value: string };
}

/** A statement of the same id is replaced; the members as AWS gives them (recorded). */
export function withPermission(bus: BusKey, policy: string | undefined, { statementId, action, principal, condition }: Permission): string {
  const document = documentOf(policy);
  const statement: Statement = {
    Sid: statementId, Effect: "Allow",
    Principal: principal === "*" ? "*" : { AWS: `arn:${partitionOf(bus.region)}:iam::${principal}:root` },
    Action: action, Resource: busArn(bus),
    ...(condition && { Condition: { [condition.Type]: { [condition.Key]: condition.Value } } }),
  };
  return checkedPolicy(JSON.stringify({ ...document, Statement: [...document.Statement.filter(({ Sid }) => Sid !== statementId), statement] }));
}

/** Undefined when nothing is left. */
export function withoutPermission(policy: string | undefined, statementId: string): string | undefined {
  const document = documentOf(policy);
  const left = document.Statement.filter(({ Sid }) => Sid !== statementId);
  if (left.length === document.Statement.length) throw noSuchStatement();
  return left.length === 0 ? undefined : JSON.stringify({ ...document, Statement: left });
}

function documentOf(policy: string | undefined): PolicyDocument {
  if (policy === undefined) return { Version: "2012-10-17", Statement: [] };
  const { Statement, ...rest } = JSON.parse(policy) as PolicyDocument;
  return { ...rest, Statement: [Statement].flat() };
}
