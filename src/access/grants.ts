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

/** Empty when no single command does it: an explicit denial, a boundary, a session's own limits, and a resource whose policy has no command here. */
export function grantOf(refused: Refused): string {
  const { verdict } = refused;
  if (verdict.explicit) return "";
  if (verdict.layer === "identity") return identityGrant(refused);
  if (verdict.layer === "trust") return trustGrant(refused);
  return verdict.layer === "resource" ? resourceGrant(refused) : "";
}

function identityGrant({ question: { action, resource }, who, known }: Refused): string {
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: exactly(resource) }] });
  // Named after what it grants, so that a second grant does not replace the first.
  const name = `${action.replace(":", "-")}-${createHash("sha256").update(resource).digest("hex").slice(0, 6)}`;
  const entity = who.identityArn.slice(who.identityArn.lastIndexOf("/") + 1);
  const kind = who.identityArn.includes(":role/") ? "role" : "user";
  const put = `aws iam put-${kind}-policy --${kind}-name ${word(entity)} --policy-name ${name} --policy-document ${quoted(document)}`;
  // Several refusals of one role are told before anybody can make it, and each command must work after the others.
  return known || kind === "user" ? put : `aws iam get-role --role-name ${word(entity)} || ${createRole(entity, [lambdaTrust], pathOf(who.identityArn))} && ${put}`;
}

const lambdaTrust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };

function trustGrant({ question: { action, resource }, who, resourcePolicy }: Refused): string {
  const role = resource.slice(resource.lastIndexOf("/") + 1);
  const added = { Effect: "Allow", Principal: who.service ? { Service: who.service } : { AWS: who.identityArn }, Action: action };
  if (resourcePolicy === undefined) return createRole(role, [added], pathOf(resource));
  return `aws iam update-assume-role-policy --role-name ${word(role)} --policy-document ${quoted(withStatement(resourcePolicy, added))}`;
}

const pathOf = (roleArn: string): string => roleArn.slice(roleArn.indexOf(":role/") + 5, roleArn.lastIndexOf("/") + 1);

/** A policy as it is, with one statement more. */
function withStatement(policy: string | undefined, added: object): string {
  const document = JSON.parse(policy ?? '{"Version":"2012-10-17"}') as { Statement?: object | object[] };
  return JSON.stringify({ ...document, Statement: [document.Statement ?? [], added].flat() });
}

/** What is in the name of an object is no wildcard and no variable. */
const exactly = (resource: string): string => (resource.startsWith("arn:aws:s3:::") ? resource.replaceAll(/[*?$]/g, "${$&}") : resource);

const createRole = (name: string, statements: object[], path = "/"): string =>
  `aws iam create-role${path === "/" ? "" : ` --path ${word(path)}`} --role-name ${word(name)} --assume-role-policy-document ${quoted(JSON.stringify({ Version: "2012-10-17", Statement: statements }))}`;

/** What a resource's own policy would have to say; S3 and SQS have no command that adds one statement, and SNS none that names a service. */
function resourceGrant({ question, who, resourcePolicy }: Refused): string {
  const { service, region, account, resource: name = "" } = parseArn(question.resource) ?? {};
  if (service === "lambda" && name.startsWith("layer:")) return question.action === "lambda:GetLayerVersion" ? addLayerPermission(question, who) : ""; // AddLayerVersionPermission takes no other
  if (service === "lambda") return name.endsWith(":$LATEST") ? "" : addPermission(question, who); // "We currently do not support adding policies for $LATEST."
  const Policy = withStatement(resourcePolicy, statementOf(question, who));
  if (service === "sns") return `aws sns set-topic-attributes --topic-arn ${word(question.resource)} --attribute-name Policy --attribute-value ${quoted(Policy)}`;
  if (service === "sqs") return `aws sqs set-queue-attributes --queue-url ${word(`https://sqs.${region}.amazonaws.com/${account}/${name}`)} --attributes ${quoted(JSON.stringify({ Policy }))}`;
  return service === "s3" && account === "" ? `aws s3api put-bucket-policy --bucket ${word(name.split("/")[0]!)} --policy ${quoted(Policy)}` : "";
}

function statementOf({ action, resource, context }: AccessQuestion, who: Who): object {
  const { sourceArn, sourceAccount } = sourceOf(context);
  const Principal = who.service === "anonymous" ? "*" : who.service ? { Service: who.service } : { AWS: who.identityArn };
  const Condition = { ...(sourceArn && { ArnEquals: { "aws:SourceArn": sourceArn } }), ...(sourceAccount && { StringEquals: { "aws:SourceAccount": sourceAccount } }) };
  return { Effect: "Allow", Principal, Action: action, Resource: exactly(resource), ...(Object.keys(Condition).length > 0 && { Condition }) };
}

const givenIn = (context: AccessQuestion["context"] = {}) => (key: string): string | undefined => [Object.entries(context).find(([name]) => name.toLowerCase() === key)?.[1]].flat()[0];

/** Which resource of whose a service acts for. */
function sourceOf(context: AccessQuestion["context"]): { sourceArn: string | undefined; sourceAccount: string | undefined } {
  const given = givenIn(context);
  return { sourceArn: given("aws:sourcearn"), sourceAccount: given("aws:sourceaccount") };
}

/** Layers know accounts alone. */
function addLayerPermission({ action, resource }: AccessQuestion, who: Who): string {
  const parts = resource.split(":");
  return `aws lambda add-layer-version-permission --layer-name ${word(parts.slice(0, 7).join(":"))} --version-number ${word(parts[7] ?? "1")} --statement-id account-${word(who.account)} --action ${action} --principal ${word(who.account)}`;
}

function addPermission({ action, resource, context = {} }: AccessQuestion, who: Who): string {
  const parts = resource.split(":");
  const qualifier = parts[7];
  const given = givenIn(context);
  const { sourceArn, sourceAccount } = sourceOf(context);
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
