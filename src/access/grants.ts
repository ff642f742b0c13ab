// The AWS CLI command that would have allowed what was refused.
// https://docs.aws.amazon.com/cli/latest/reference/iam/put-role-policy.html · https://docs.aws.amazon.com/cli/latest/reference/lambda/add-permission.html
import { createHash } from "node:crypto";
import { parseArn } from "../kernel/arn.ts";
import type { AccessQuestion } from "../ports/access.ts";
import type { Verdict } from "./evaluate.ts";
import type { Who } from "./who.ts";

export interface Refused {
  question: AccessQuestion;
  who: Who;
  verdict: Verdict;
  /** Whether IAM knows the user or role. */
  known: boolean;
  /** The resource's own policy as it is, where there is one. */
  resourcePolicy: string | undefined;
}

/** Empty when no single command does it: an explicit denial, a boundary, a session's own limits, two accounts. */
export function grantOf(refused: Refused): string {
  const { verdict, who, question } = refused;
  if (verdict.explicit) return "";
  if (verdict.layer === "identity") return identityGrant(refused);
  if (verdict.layer === "trust") return trustGrant(refused);
  return verdict.layer === "resource" && parseArn(question.resource)?.service === "lambda" ? addPermission(question, who) : "";
}

function identityGrant({ question: { action, resource }, who, known }: Refused): string {
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: resource }] });
  // Named after what it grants, so that a second grant does not replace the first.
  const name = `${action.replace(":", "-")}-${createHash("sha256").update(resource).digest("hex").slice(0, 6)}`;
  const entity = who.identityArn.slice(who.identityArn.lastIndexOf("/") + 1);
  const kind = who.identityArn.includes(":role/") ? "role" : "user";
  const put = `aws iam put-${kind}-policy --${kind}-name ${word(entity)} --policy-name ${name} --policy-document ${quoted(document)}`;
  return known || kind === "user" ? put : `${createRole(entity, [lambdaTrust])} && ${put}`;
}

const lambdaTrust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };

function trustGrant({ question: { action, resource }, who, resourcePolicy }: Refused): string {
  const role = resource.slice(resource.lastIndexOf("/") + 1);
  const added = { Effect: "Allow", Principal: who.service ? { Service: who.service } : { AWS: who.identityArn }, Action: action };
  if (resourcePolicy === undefined) return createRole(role, [added], resource.slice(resource.indexOf(":role/") + 5, -role.length));
  const document = JSON.parse(resourcePolicy) as { Statement: object | object[] };
  return `aws iam update-assume-role-policy --role-name ${word(role)} --policy-document ${quoted(JSON.stringify({ ...document, Statement: [document.Statement, added].flat() }))}`;
}

const createRole = (name: string, statements: object[], path = "/"): string =>
  `aws iam create-role${path === "/" ? "" : ` --path ${word(path)}`} --role-name ${word(name)} --assume-role-policy-document ${quoted(JSON.stringify({ Version: "2012-10-17", Statement: statements }))}`;

function addPermission({ action, resource, context = {} }: AccessQuestion, who: Who): string {
  const parts = resource.split(":");
  const qualifier = parts[7];
  const given = (key: string): string | undefined => [Object.entries(context).find(([name]) => name.toLowerCase() === key)?.[1]].flat()[0];
  const [sourceArn, sourceAccount] = [given("aws:sourcearn"), given("aws:sourceaccount")];
  const [urlAuth, viaUrl] = [given("lambda:functionurlauthtype"), given("lambda:invokedviafunctionurl")];
  // Somebody who did not sign is let in with everybody.
  const principal = who.service === "anonymous" ? "'*'" : word(who.service ?? who.identityArn);
  const sid = `${(who.service ?? who.identityArn).replace(/[^A-Za-z0-9]+/g, "-").slice(-60)}-${createHash("sha256").update(`${action} ${sourceArn}`).digest("hex").slice(0, 6)}`;
  return [
    "aws lambda add-permission", "--function-name", word(parts.slice(0, 7).join(":")), ...(qualifier ? ["--qualifier", quoted(qualifier)] : []),
    "--statement-id", sid, "--action", action, "--principal", principal,
    ...(urlAuth ? ["--function-url-auth-type", word(urlAuth)] : []), ...(viaUrl === "true" ? ["--invoked-via-function-url"] : []),
    ...(sourceArn ? ["--source-arn", quoted(sourceArn)] : []), ...(sourceAccount ? ["--source-account", word(sourceAccount)] : []),
  ].join(" ");
}

/** What callers name is theirs to choose, and these commands are copied into shells: only what no shell looks at stands as it is. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));

/** For a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
