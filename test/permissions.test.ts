// IAM at work in a whole Evoke: what is enforced, what is only said, and what a function's own credentials may do.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as iamSdk from "@aws-sdk/client-iam";
import * as sdk from "@aws-sdk/client-lambda";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import * as stsSdk from "@aws-sdk/client-sts";
import type { Log } from "../src/kernel/log.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const ARN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:`;
const LAMBDA_TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[] = "*", more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });

/** Asks with the credentials it was born with: an operation of Lambda's or STS's, without any SDK. */
const SOURCE = `
const { createHash, createHmac } = require("node:crypto");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
exports.handler = async ({ service, path, body = "", method = "POST" }) => {
  const e = process.env, date = new Date().toISOString().replace(/[-:]|\\.\\d{3}/g, ""), day = date.slice(0, 8);
  const url = new URL(path, e.AWS_ENDPOINT_URL), hash = createHash("sha256").update(body).digest("hex");
  const headers = { host: url.host, "x-amz-date": date, "x-amz-security-token": e.AWS_SESSION_TOKEN };
  const names = Object.keys(headers).sort(), signed = names.join(";");
  const canonical = [method, url.pathname, url.search.slice(1), ...names.map((n) => n + ":" + headers[n]), "", signed, hash].join("\\n");
  const scope = [day, e.AWS_REGION, service, "aws4_request"].join("/");
  const key = [day, e.AWS_REGION, service, "aws4_request"].reduce(hmac, "AWS4" + e.AWS_SECRET_ACCESS_KEY);
  const signature = createHmac("sha256", key).update(["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\\n")).digest("hex");
  const answer = await fetch(url, { method, ...(method === "GET" ? {} : { body }), headers: { ...headers, ...(service === "sts" ? { "content-type": "application/x-www-form-urlencoded" } : {}), authorization: "AWS4-HMAC-SHA256 Credential=" + e.AWS_ACCESS_KEY_ID + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature } });
  return { status: answer.status, text: await answer.text() };
};`;

interface Caller { accessKeyId: string; secretAccessKey: string; sessionToken?: string }

function clients(platform: TestPlatform, credentials: Caller) {
  const config = { ...platform.clientConfig, credentials };
  return { lambda: new sdk.Lambda(config), iam: new iamSdk.IAM(config), sts: new stsSdk.STS(config), logs: new CloudWatchLogsClient(config) };
}

async function newUser(iam: iamSdk.IAM, UserName: string, policy?: string): Promise<Caller> {
  await iam.createUser({ UserName });
  if (policy) await iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: policy });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
}

async function newFunction(lambda: sdk.Lambda, FunctionName: string, Role: string): Promise<void> {
  await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": SOURCE }) } });
  await sdk.waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName });
}

async function until(seen: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !(await seen()); await new Promise((resolve) => { setTimeout(resolve, 50); })) assert.ok(Date.now() < end, "it took too long");
}

const denied = (name: string, sentence: string) => (error: Error) => {
  assert.deepEqual([error.name, error.message], [name, sentence]);
  return true;
};
const notAuthorized = (who: string, action: string, resource: string, why = `because no identity-based policy allows the ${action} action`) => `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${why}`.trim();

describe("with --iam enforce", () => {
  let platform: TestPlatform;
  let root: ReturnType<typeof clients>;
  const ROLE = `arn:aws:iam::${ACCOUNT}:role/service/runner`;
  const warnings: string[] = [];

  before(async () => {
    const log: Log = { debug() {}, info() {}, warn: (line, fields) => { warnings.push(`${line} ${JSON.stringify(fields)}`); }, error: (line, fields) => process.stderr.write(`${line} ${JSON.stringify(fields)}\n`) };
    platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,111122223333:othersecret` }, log);
    root = clients(platform, { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" });
    await root.iam.createRole({ RoleName: "runner", Path: "/service/", AssumeRolePolicyDocument: LAMBDA_TRUST });
    await newFunction(root.lambda, "f", ROLE);
    await newFunction(root.lambda, "g", ROLE);
  });
  after(() => platform?.close());

  it("a user may do what a policy says and nothing else, from the moment it says so", async () => {
    const ann = `arn:aws:iam::${ACCOUNT}:user/ann`;
    const { lambda, iam, logs, sts } = clients(platform, await newUser(root.iam, "ann"));
    assert.equal((await sts.getCallerIdentity({})).Arn, ann);
    await assert.rejects(lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" }), denied("AccessDeniedException", notAuthorized(ann, "lambda:InvokeFunction", `${ARN}f`)));
    await root.iam.putUserPolicy({ UserName: "ann", PolicyName: "invoke", PolicyDocument: document(allow("lambda:InvokeFunction", `${ARN}f`)) });
    await lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" });
    await lambda.invoke({ FunctionName: `${ARN}f`, InvocationType: "DryRun" });
    await assert.rejects(lambda.invoke({ FunctionName: "g" }), denied("AccessDeniedException", notAuthorized(ann, "lambda:InvokeFunction", `${ARN}g`)));
    await assert.rejects(lambda.invoke({ FunctionName: "f", Qualifier: "$LATEST" }), denied("AccessDeniedException", notAuthorized(ann, "lambda:InvokeFunction", `${ARN}f:$LATEST`)));
    await assert.rejects(lambda.listFunctions({}), denied("AccessDeniedException", notAuthorized(ann, "lambda:ListFunctions", "*")));
    await assert.rejects(iam.listUsers({}), denied("AccessDenied", notAuthorized(ann, "iam:ListUsers", `arn:aws:iam::${ACCOUNT}:user/`)));
    await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName: "/mine" })), denied("AccessDeniedException", notAuthorized(ann, "logs:CreateLogGroup", `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:/mine:log-stream:`)));
    await root.iam.putUserPolicy({ UserName: "ann", PolicyName: "never", PolicyDocument: document({ Effect: "Deny", Action: "*", Resource: "*" }) });
    await assert.rejects(lambda.invoke({ FunctionName: "f" }), denied("AccessDeniedException", notAuthorized(ann, "lambda:InvokeFunction", `${ARN}f`, "with an explicit deny in an identity-based policy")));
  });

  it("conditions see the caller, the request and the function's tags", async () => {
    await root.lambda.tagResource({ Resource: `${ARN}f`, Tags: { team: "blue" } });
    const bob = clients(platform, await newUser(root.iam, "bob", document(
      allow("lambda:InvokeFunction", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } } }),
      allow("lambda:GetFunction", "*", { Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" }, StringEquals: { "aws:RequestedRegion": "eu-west-1" }, Bool: { "aws:SecureTransport": "true" } } }),
      allow("lambda:TagResource", "*", { Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["stage"] }, StringEquals: { "aws:RequestTag/stage": "dev" } } }),
      allow("lambda:ListTags", "*", { Condition: { DateLessThan: { "aws:CurrentTime": "2001-01-01T00:00:00Z" } } }),
    )));
    await assert.rejects(bob.lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" }), { name: "AccessDeniedException" });
    await root.iam.tagUser({ UserName: "bob", Tags: [{ Key: "Team", Value: "blue" }] });
    await bob.lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" });
    await assert.rejects(bob.lambda.invoke({ FunctionName: "g", InvocationType: "DryRun" }), { name: "AccessDeniedException" });
    await bob.lambda.getFunction({ FunctionName: "g" });
    await assert.rejects(bob.lambda.listTags({ Resource: `${ARN}f` }), { name: "AccessDeniedException" });
    await bob.lambda.tagResource({ Resource: `${ARN}g`, Tags: { stage: "dev" } });
    await assert.rejects(bob.lambda.tagResource({ Resource: `${ARN}g`, Tags: { stage: "dev", team: "red" } }), { name: "AccessDeniedException" });
    await assert.rejects(bob.lambda.tagResource({ Resource: `${ARN}g`, Tags: { stage: "live" } }), { name: "AccessDeniedException" });
  });

  it("a function's credentials do what its role allows, and are refused anything else", async () => {
    const ask = async (event: object) => {
      const { Payload, FunctionError } = await root.lambda.invoke({ FunctionName: "f", Payload: Buffer.from(JSON.stringify(event)) });
      assert.equal(FunctionError, undefined, Payload!.transformToString());
      return JSON.parse(Payload!.transformToString()) as { status: number; text: string };
    };
    const session = `arn:aws:sts::${ACCOUNT}:assumed-role/runner/f`;
    const who = await ask({ service: "sts", path: "/", body: "Action=GetCallerIdentity&Version=2011-06-15" });
    assert.match(who.text, new RegExp(`<Arn>${session}</Arn>`));
    const invokeG = { service: "lambda", path: "/2015-03-31/functions/g/invocations", body: '{"service":"sts","path":"/","body":"Action=GetCallerIdentity&Version=2011-06-15"}' };
    assert.deepEqual([(await ask(invokeG)).status, JSON.parse((await ask(invokeG)).text).Message ?? JSON.parse((await ask(invokeG)).text).message], [403, notAuthorized(session, "lambda:InvokeFunction", `${ARN}g`)]);
    await root.iam.putRolePolicy({ RoleName: "runner", PolicyName: "g", PolicyDocument: document(allow("lambda:InvokeFunction", `${ARN}g`, { Condition: { ArnEquals: { "lambda:SourceFunctionArn": `${ARN}f` } } })) });
    assert.equal((await ask(invokeG)).status, 200);
    assert.equal((await ask({ service: "lambda", path: "/2015-03-31/functions/f", method: "GET" })).status, 403);
    await root.iam.deleteRolePolicy({ RoleName: "runner", PolicyName: "g" });
  });

  it("a destination is reached only when the function's role may send there", async () => {
    const runs = async () => (await root.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/g", filterPattern: '"START RequestId"' }))).events!.length;
    const { $metadata } = await root.lambda.invoke({ FunctionName: "g", Payload: Buffer.from('{"service":"sts","path":"/"}') });
    // The lines of one environment are in order: with this one all earlier ones are there.
    await until(async () => (await root.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/g", filterPattern: `"START RequestId: ${$metadata.requestId}"` }))).events!.length > 0);
    const before = await runs();
    const destined = { FunctionName: "f", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: `${ARN}g` } } };
    await assert.rejects(root.lambda.putFunctionEventInvokeConfig(destined), denied("InvalidParameterValueException", `The function's execution role does not have permissions to call InvokeFunction on ${ARN}g`));
    const permit = () => root.iam.putRolePolicy({ RoleName: "runner", PolicyName: "g", PolicyDocument: document(allow("lambda:InvokeFunction", `${ARN}g`)) });
    await permit();
    await root.lambda.putFunctionEventInvokeConfig(destined);
    await root.iam.deleteRolePolicy({ RoleName: "runner", PolicyName: "g" }); // it had it, and has it no more
    await root.lambda.invoke({ FunctionName: "f", InvocationType: "Event", Payload: Buffer.from('{"service":"sts","path":"/"}') });
    await until(async () => warnings.some((line) => line.includes(notAuthorized(ROLE, "lambda:InvokeFunction", `${ARN}g`))));
    assert.equal(await runs(), before);
    await permit();
    await until(async () => (await runs()) > before);
    await root.lambda.deleteFunctionEventInvokeConfig({ FunctionName: "f" });
    await root.iam.deleteRolePolicy({ RoleName: "runner", PolicyName: "g" });
  });

  it("a role is given only by who may pass it, and only when Lambda may assume it", async () => {
    const cat = clients(platform, await newUser(root.iam, "cat", document(allow("lambda:*"))));
    await assert.rejects(newFunction(cat.lambda, "passed", ROLE), denied("AccessDeniedException", notAuthorized(`arn:aws:iam::${ACCOUNT}:user/cat`, "iam:PassRole", ROLE)));
    await root.iam.putUserPolicy({ UserName: "cat", PolicyName: "pass", PolicyDocument: document(allow("iam:PassRole", ROLE, { Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } })) });
    await newFunction(cat.lambda, "passed", ROLE);
    const cannot = denied("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.");
    await assert.rejects(newFunction(root.lambda, "x", `arn:aws:iam::${ACCOUNT}:role/nobody`), cannot);
    await root.iam.createRole({ RoleName: "for-ec2", AssumeRolePolicyDocument: LAMBDA_TRUST.replace("lambda", "ec2") });
    await assert.rejects(newFunction(root.lambda, "x", `arn:aws:iam::${ACCOUNT}:role/for-ec2`), cannot);
    await assert.rejects(root.lambda.updateFunctionConfiguration({ FunctionName: "f", Role: `arn:aws:iam::${ACCOUNT}:role/for-ec2` }), cannot);
  });

  it("another account comes in by the function's policy and its own", async () => {
    const other = clients(platform, { accessKeyId: "111122223333", secretAccessKey: "othersecret" });
    const invoke = (from: typeof other) => from.lambda.invoke({ FunctionName: `${ARN}f`, InvocationType: "DryRun" });
    const refusal = (who: string) => denied("AccessDeniedException", notAuthorized(who, "lambda:InvokeFunction", `${ARN}f`, "because no resource-based policy allows the lambda:InvokeFunction action"));
    await assert.rejects(invoke(other), refusal("arn:aws:iam::111122223333:root"));
    await root.lambda.addPermission({ FunctionName: "f", StatementId: "other", Action: "lambda:InvokeFunction", Principal: "111122223333" });
    assert.equal((await invoke(other)).StatusCode, 204);
    const dan = clients(platform, await newUser(other.iam, "dan"));
    await assert.rejects(invoke(dan), denied("AccessDeniedException", notAuthorized("arn:aws:iam::111122223333:user/dan", "lambda:InvokeFunction", `${ARN}f`)));
    await other.iam.putUserPolicy({ UserName: "dan", PolicyName: "p", PolicyDocument: document(allow("lambda:InvokeFunction")) });
    assert.equal((await invoke(dan)).StatusCode, 204);
    await root.lambda.removePermission({ FunctionName: "f", StatementId: "other" });
    await assert.rejects(invoke(dan), refusal("arn:aws:iam::111122223333:user/dan"));
  });

  it("roles are assumed by whom they trust, with external ids, session policies, tags and boundaries", async () => {
    const eve = `arn:aws:iam::${ACCOUNT}:user/eve`;
    const { sts } = clients(platform, await newUser(root.iam, "eve"));
    const trust = (more: object = {}) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: eve }, Action: "sts:AssumeRole", ...more }] });
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/ops`;
    const assume = (more: Partial<stsSdk.AssumeRoleCommandInput> = {}, by = sts) => by.assumeRole({ RoleArn, RoleSessionName: "now", ...more });
    const no = denied("AccessDenied", notAuthorized(eve, "sts:AssumeRole", RoleArn, ""));
    await assert.rejects(assume(), no);
    await root.iam.createRole({ RoleName: "ops", AssumeRolePolicyDocument: trust({ Condition: { StringEquals: { "sts:ExternalId": "secret" } } }) });
    await root.iam.putRolePolicy({ RoleName: "ops", PolicyName: "p", PolicyDocument: document(allow(["lambda:*", "sts:*"])) });
    await assert.rejects(assume(), no);
    await assert.rejects(assume({ ExternalId: "guess" }), no);
    const session = async (more: Partial<stsSdk.AssumeRoleCommandInput> = {}, by = sts) => {
      const { Credentials } = await assume({ ExternalId: "secret", ...more }, by);
      return clients(platform, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
    };
    await (await session()).lambda.listFunctions({});
    const limited = await session({ Policy: document(allow("lambda:GetFunction")) });
    await limited.lambda.getFunction({ FunctionName: "f" });
    const me = `arn:aws:sts::${ACCOUNT}:assumed-role/ops/now`;
    await assert.rejects(limited.lambda.listFunctions({}), denied("AccessDeniedException", notAuthorized(me, "lambda:ListFunctions", "*", "because no session policy allows the lambda:ListFunctions action")));
    const { Policy } = await root.iam.createPolicy({ PolicyName: "lists", PolicyDocument: document(allow("lambda:ListFunctions")) });
    const byArn = await session({ PolicyArns: [{ arn: Policy!.Arn! }] });
    await byArn.lambda.listFunctions({});
    await assert.rejects(byArn.lambda.getFunction({ FunctionName: "f" }), { name: "AccessDeniedException" });

    await assert.rejects(session({ Tags: [{ Key: "team", Value: "blue" }] }), denied("AccessDenied", notAuthorized(eve, "sts:TagSession", RoleArn, "")));
    await root.iam.updateAssumeRolePolicy({ RoleName: "ops", PolicyDocument: trust({ Action: ["sts:AssumeRole", "sts:TagSession"] }) });
    await root.iam.putRolePolicy({ RoleName: "ops", PolicyName: "p", PolicyDocument: document(allow("lambda:*", "*", { Condition: { StringEquals: { "aws:PrincipalTag/team": "blue" } } })) });
    await (await session({ Tags: [{ Key: "team", Value: "blue" }] })).lambda.listFunctions({});
    await assert.rejects((await session()).lambda.listFunctions({}), { name: "AccessDeniedException" });

    const { Policy: boundary } = await root.iam.createPolicy({ PolicyName: "edge", PolicyDocument: document(allow("lambda:Get*")) });
    await root.iam.putRolePermissionsBoundary({ RoleName: "ops", PermissionsBoundary: boundary!.Arn! });
    await assert.rejects((await session({ Tags: [{ Key: "team", Value: "blue" }] })).lambda.listFunctions({}), denied("AccessDeniedException", notAuthorized(me, "lambda:ListFunctions", "*", "because no permissions boundary allows the lambda:ListFunctions action")));
    await assert.rejects(root.sts.assumeRole({ RoleArn, RoleSessionName: "now" }), denied("AccessDenied", "Roles may not be assumed by root accounts."));
  });

  it("a federated user does what its maker and the given policy both allow", async () => {
    const policy = document(allow(["sts:GetFederationToken", "lambda:GetFunction", "lambda:ListFunctions"]));
    const maker = clients(platform, await newUser(root.iam, "maker", policy));
    const federate = async (Policy?: string) => {
      const { Credentials, FederatedUser } = await maker.sts.getFederationToken({ Name: "guest", ...(Policy && { Policy }) });
      assert.deepEqual(FederatedUser, { FederatedUserId: `${ACCOUNT}:guest`, Arn: `arn:aws:sts::${ACCOUNT}:federated-user/guest` });
      return clients(platform, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
    };
    await (await federate(document(allow("lambda:GetFunction")))).lambda.getFunction({ FunctionName: "f" });
    await assert.rejects((await federate(document(allow("lambda:*")))).lambda.listTags({ Resource: `${ARN}f` }), { name: "AccessDeniedException" });
    const idle = await federate();
    await assert.rejects(idle.lambda.getFunction({ FunctionName: "f" }), { name: "AccessDeniedException" });
    await assert.rejects(idle.sts.getFederationToken({ Name: "guest" }), { name: "AccessDenied" });
    await assert.rejects(idle.sts.getSessionToken({}), denied("AccessDenied", "Cannot call GetSessionToken with session credentials"));
  });
});

describe("with --iam audit, which is what one's own machine has", () => {
  it("another account's user hears which of the two policies is missing", async (t) => {
    const platform = await openTestPlatform();
    t.after(() => platform.close());
    const root = clients(platform, { accessKeyId: "test", secretAccessKey: "test" });
    await newFunction(root.lambda, "f", `arn:aws:iam::${ACCOUNT}:role/any`);
    const dan = clients(platform, await newUser(clients(platform, { accessKeyId: "111122223333", secretAccessKey: "x" }).iam, "dan"));
    const invoke = () => dan.lambda.invoke({ FunctionName: `${ARN}f`, InvocationType: "DryRun" });
    await assert.rejects(invoke(), { name: "AccessDeniedException", message: /because no resource-based policy allows/ });
    await root.lambda.addPermission({ FunctionName: "f", StatementId: "other", Action: "lambda:InvokeFunction", Principal: "111122223333" });
    await assert.rejects(invoke(), { name: "AccessDeniedException", message: /because no identity-based policy allows/ });
  });

  it("everything works, and each refusal of AWS's is said once, with the command that grants it", async (t) => {
    const lines: string[] = [];
    const log: Log = { debug() {}, info() {}, error() {}, warn: (message) => { if (message.startsWith("AWS would")) lines.push(message); } };
    const platform = await openTestPlatform({}, log);
    t.after(() => platform.close());
    const root = clients(platform, { accessKeyId: "test", secretAccessKey: "test" });
    const role = `arn:aws:iam::${ACCOUNT}:role/any`;
    await newFunction(root.lambda, "f", role);
    assert.deepEqual(lines.splice(0), [
      `AWS would refuse this. User: lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${role}. To allow it: aws iam create-role --role-name any --assume-role-policy-document '${LAMBDA_TRUST}'`,
    ]);
    const ann = clients(platform, await newUser(root.iam, "ann"));
    for (let n = 0; n < 3; n++) await ann.lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" });
    const [line, ...more] = lines.splice(0);
    assert.deepEqual(more, []);
    assert.match(line!, new RegExp(`because no identity-based policy allows the lambda:InvokeFunction action\\. To allow it: aws iam put-user-policy --user-name ann --policy-name lambda-InvokeFunction-\\w+ --policy-document '.*"Resource":"${ARN}f".*'$`));
    const [, name, granted] = /--policy-name (\S+) --policy-document '(.*)'$/.exec(line!)!;
    await root.iam.putUserPolicy({ UserName: "ann", PolicyName: name!, PolicyDocument: granted! });
    await ann.lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" });
    assert.deepEqual(lines, []);
    await root.iam.deleteUserPolicy({ UserName: "ann", PolicyName: name! });
    await ann.lambda.invoke({ FunctionName: "f", InvocationType: "DryRun" });
    assert.equal(lines.length, 1, "said again once something has changed");
  });

  it("a verified caller still comes into another account only by the trust of its role", async (t) => {
    const platform = await openTestPlatform({ iam: "off", credentials: `${ACCOUNT}:rootsecret,111122223333:othersecret` });
    t.after(() => platform.close());
    const root = clients(platform, { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" });
    const other = clients(platform, { accessKeyId: "111122223333", secretAccessKey: "othersecret" });
    const dan = clients(platform, await newUser(other.iam, "dan", document(allow("sts:AssumeRole"))));
    await root.iam.createRole({ RoleName: "guest", AssumeRolePolicyDocument: LAMBDA_TRUST });
    const RoleArn = `arn:aws:iam::${ACCOUNT}:role/guest`;
    await assert.rejects(dan.sts.assumeRole({ RoleArn, RoleSessionName: "now" }), denied("AccessDenied", notAuthorized("arn:aws:iam::111122223333:user/dan", "sts:AssumeRole", RoleArn, "")));
    await root.iam.updateAssumeRolePolicy({ RoleName: "guest", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "111122223333" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "x1" } } }] }) });
    await assert.rejects(dan.sts.assumeRole({ RoleArn, RoleSessionName: "now" }), { name: "AccessDenied" });
    assert.equal((await dan.sts.assumeRole({ RoleArn, RoleSessionName: "now", ExternalId: "x1" })).AssumedRoleUser!.Arn, `arn:aws:sts::${ACCOUNT}:assumed-role/guest/now`);
  });

  it("with --iam off nothing is said either", async (t) => {
    const lines: string[] = [];
    const log: Log = { debug() {}, info() {}, error() {}, warn: (message) => { lines.push(message); } };
    const platform = await openTestPlatform({ iam: "off" }, log);
    t.after(() => platform.close());
    const root = clients(platform, { accessKeyId: "test", secretAccessKey: "test" });
    const ann = clients(platform, await newUser(root.iam, "ann"));
    await ann.lambda.listFunctions({});
    assert.deepEqual(lines.filter((line) => line.startsWith("AWS would")), []);
  });
});
