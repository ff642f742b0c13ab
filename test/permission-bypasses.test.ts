// Ways around a denial that do not work: other spellings of the same thing, and operations that do more than their name says.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatch } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { STS } from "@aws-sdk/client-sts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const F = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/r`;
const ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess";
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[] = "*", more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });
const deny = (Action: string | string[], Resource: string | string[] = "*", more: object = {}) => ({ ...allow(Action, Resource, more), Effect: "Deny" });
const when = (key: string, value: string) => ({ Condition: { StringEquals: { [key]: value } } });
const denied = { name: /^AccessDenied/ };

let platform: TestPlatform;
let root: ReturnType<typeof clients>;

function clients(credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) {
  const config = { ...platform.clientConfig, credentials };
  return { lambda: new Lambda(config), iam: new IAM(config), sts: new STS(config), logs: new CloudWatchLogs(config), cloudwatch: new CloudWatch(config) };
}

let users = 0;
async function userWith(...statements: object[]) {
  const UserName = `user${users++}`;
  await root.iam.createUser({ UserName });
  await root.iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: document(...statements) });
  const { AccessKey } = await root.iam.createAccessKey({ UserName });
  return { UserName, AccessKeyId: AccessKey!.AccessKeyId!, ...clients({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }) };
}

const newFunction = async (lambda: Lambda, FunctionName: string, Tags?: Record<string, string>) =>
  lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async () => 1" }) }, ...(Tags && { Tags }) });

before(async () => {
  platform = await openTestPlatform({ iam: "enforce" });
  root = clients(platform.clientConfig.credentials);
  await root.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await newFunction(root.lambda, "f");
  await waitUntilFunctionActiveV2({ client: root.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "f" });
});
after(() => platform.close());

test("an ARN under another partition is still the same function or log group", async () => {
  await root.logs.createLogGroup({ logGroupName: "secret" });
  const ann = await userWith(allow(["lambda:*", "logs:*"]), deny("lambda:*", F), deny("logs:*", `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:secret*`));
  const Policy = document({ Effect: "Allow", Principal: "*", Action: "lambda:InvokeFunction", Resource: F });
  for (const partition of ["aws", "aws-x", "aws-cn"]) {
    const arn = F.replace("aws", partition);
    await assert.rejects(ann.lambda.putResourcePolicy({ ResourceArn: arn, Policy }), denied, arn);
    await assert.rejects(ann.lambda.getResourcePolicy({ ResourceArn: arn }), denied, arn);
    await assert.rejects(ann.lambda.tagResource({ Resource: arn, Tags: { a: "b" } }), denied, arn);
    await assert.rejects(ann.lambda.listTags({ Resource: arn }), denied, arn);
    const group = `arn:${partition}:logs:eu-west-1:${ACCOUNT}:log-group:secret`;
    await assert.rejects(ann.logs.filterLogEvents({ logGroupIdentifier: group }), denied, group);
    await assert.rejects(ann.logs.listTagsForResource({ resourceArn: group }), denied, group);
  }
  await assert.rejects(ann.lambda.putResourcePolicy({ ResourceArn: F.replace("aws", ""), Policy }), denied, "no partition at all");
});

test("AWS's own policies are attached by the name they have here, which conditions know", async () => {
  await root.iam.createUser({ UserName: "target" });
  const ann = await userWith(allow("iam:AttachUserPolicy"), deny("iam:AttachUserPolicy", "*", { Condition: { ArnEquals: { "iam:PolicyARN": ADMINISTRATOR } } }));
  await assert.rejects(ann.iam.attachUserPolicy({ UserName: "target", PolicyArn: ADMINISTRATOR }), denied);
  await assert.rejects(ann.iam.attachUserPolicy({ UserName: "target", PolicyArn: ADMINISTRATOR.replace("aws", "aws-cn") }), { name: "NoSuchEntityException" });
  assert.deepEqual((await root.iam.listAttachedUserPolicies({ UserName: "target" })).AttachedPolicies, []);
});

test("the region that a request is signed for does not change who an account's users are", async () => {
  const ann = await userWith(allow("iam:CreateUser"), deny("iam:CreateUser", `arn:aws:iam::${ACCOUNT}:user/admin*`));
  const config = { ...platform.clientConfig, credentials: await ann.iam.config.credentials() };
  const inChina = new IAM({ ...config, region: "cn-north-1" });
  await assert.rejects(inChina.createUser({ UserName: "admin1" }), denied);
  inChina.destroy();
});

test("renaming takes the permission for the new name, too", async () => {
  await root.iam.createUser({ UserName: "dev1" });
  await root.iam.createGroup({ GroupName: "dev1" });
  const ann = await userWith(allow(["iam:UpdateUser", "iam:UpdateGroup"], [`arn:aws:iam::${ACCOUNT}:user/dev*`, `arn:aws:iam::${ACCOUNT}:group/dev*`]));
  await assert.rejects(ann.iam.updateUser({ UserName: "dev1", NewUserName: "admin" }), { ...denied, message: new RegExp(`iam:UpdateUser on resource: arn:aws:iam::${ACCOUNT}:user/admin because`) });
  await assert.rejects(ann.iam.updateUser({ UserName: "dev1", NewPath: "/admins/" }), denied);
  await assert.rejects(ann.iam.updateGroup({ GroupName: "dev1", NewGroupName: "admins" }), denied);
  await ann.iam.updateUser({ UserName: "dev1", NewUserName: "dev2" });
  await ann.iam.updateGroup({ GroupName: "dev1", NewGroupName: "dev2" });
});

test("tags given at creation take the permission to tag", async () => {
  const ann = await userWith(allow(["iam:Create*", "iam:PassRole", "lambda:CreateFunction", "logs:CreateLogGroup"]), deny(["iam:Tag*", "lambda:TagResource", "logs:Tag*"]));
  const Tags = [{ Key: "team", Value: "admin" }];
  const trust = document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });
  await assert.rejects(ann.iam.createUser({ UserName: "t", Tags }), denied);
  await assert.rejects(ann.iam.createRole({ RoleName: "t", AssumeRolePolicyDocument: trust, Tags }), denied);
  await assert.rejects(ann.iam.createPolicy({ PolicyName: "t", PolicyDocument: document(allow("s3:*")), Tags }), denied);
  await assert.rejects(ann.iam.createInstanceProfile({ InstanceProfileName: "t", Tags }), denied);
  await assert.rejects(newFunction(ann.lambda, "tagged", { team: "admin" }), denied);
  await assert.rejects(ann.logs.createLogGroup({ logGroupName: "t", tags: { team: "admin" } }), denied);
  await ann.iam.createUser({ UserName: "t" });
  await ann.logs.createLogGroup({ logGroupName: "t" });
});

test("a federated user's tags, which policies ask about, take the permission to give them", async () => {
  const ann = await userWith(allow("sts:GetFederationToken"), allow("lambda:GetFunction", "*", when("aws:PrincipalTag/team", "x")));
  await assert.rejects(ann.sts.getFederationToken({ Name: "me", Tags: [{ Key: "team", Value: "x" }], Policy: document(allow("*")) }), { ...denied, message: /sts:TagSession on resource: .*federated-user\/me/ });
  await ann.sts.getFederationToken({ Name: "me", Policy: document(allow("*")) });
});

test("who may change only the bounded may change them, and nobody else", async () => {
  const { Policy } = await root.iam.createPolicy({ PolicyName: "limit", PolicyDocument: document(allow("s3:*")) });
  await root.iam.createUser({ UserName: "bounded", PermissionsBoundary: Policy!.Arn! });
  await root.iam.createUser({ UserName: "free" });
  const ann = await userWith(allow(["iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:DeleteUserPermissionsBoundary"], "*", when("iam:PermissionsBoundary", Policy!.Arn!)), deny("iam:DeleteUserPermissionsBoundary"));
  await ann.iam.attachUserPolicy({ UserName: "bounded", PolicyArn: ADMINISTRATOR });
  await assert.rejects(ann.iam.attachUserPolicy({ UserName: "free", PolicyArn: ADMINISTRATOR }), denied);
  await assert.rejects(ann.iam.putUserPolicy({ UserName: ann.UserName, PolicyName: "p", PolicyDocument: document(allow("*")) }), denied);
  await assert.rejects(ann.iam.deleteUserPermissionsBoundary({ UserName: "bounded" }), denied);
});

test("people may look after what is their own", async () => {
  const ann = await userWith(allow(["iam:GetAccessKeyLastUsed", "iam:ListMFADevices", "iam:ListSSHPublicKeys", "iam:ListSigningCertificates", "iam:ListServiceSpecificCredentials"], `arn:aws:iam::*:user/\${aws:username}`));
  await ann.iam.getAccessKeyLastUsed({ AccessKeyId: ann.AccessKeyId });
  await ann.iam.listMFADevices({ UserName: ann.UserName });
  await ann.iam.listSSHPublicKeys({});
  await ann.iam.listSigningCertificates({});
  await ann.iam.listServiceSpecificCredentials({});
  const bob = await userWith(allow("s3:*"));
  await assert.rejects(ann.iam.getAccessKeyLastUsed({ AccessKeyId: bob.AccessKeyId }), denied);
  await assert.rejects(ann.iam.getAccessKeyLastUsed({ AccessKeyId: "AKIAAAAAAAAAAAAAAAAA" }), denied);
});

test("metrics are put into the namespaces that a policy names", async () => {
  const ann = await userWith(allow("cloudwatch:PutMetricData", "*", when("cloudwatch:namespace", "Mine")));
  await ann.cloudwatch.putMetricData({ Namespace: "Mine", MetricData: [{ MetricName: "n", Value: 1 }] });
  await assert.rejects(ann.cloudwatch.putMetricData({ Namespace: "Theirs", MetricData: [{ MetricName: "n", Value: 1 }] }), denied);
});

test("a simulation of very many actions on very many resources works out no more than it answers", async () => {
  const asked = { PolicyInputList: [document(allow("s3:Get*"))], ActionNames: Array<string>(4000).fill("s3:GetObject"), ResourceArns: Array<string>(4000).fill("arn:aws:s3:::a") };
  const first = await root.iam.simulateCustomPolicy(asked);
  assert.deepEqual([first.EvaluationResults!.length, first.IsTruncated], [100, true]);
  const next = await root.iam.simulateCustomPolicy({ ...asked, Marker: first.Marker!, MaxItems: 7 });
  assert.deepEqual([next.EvaluationResults!.length, next.IsTruncated], [7, true]);
});

test("a session does not come back to life with a new role or user of the same name", async () => {
  const trust = document({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" });
  const withSession = ({ Credentials }: { Credentials?: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string } | undefined }) =>
    clients({ accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
  await root.iam.createRole({ RoleName: "again", AssumeRolePolicyDocument: trust });
  const ann = await userWith(allow("sts:AssumeRole"));
  const role = withSession(await ann.sts.assumeRole({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/again`, RoleSessionName: "now" }));
  const user = withSession(await ann.sts.getSessionToken({}));
  await root.iam.deleteRole({ RoleName: "again" });
  await root.iam.createRole({ RoleName: "again", AssumeRolePolicyDocument: trust });
  await root.iam.putRolePolicy({ RoleName: "again", PolicyName: "p", PolicyDocument: document(allow("*")) });
  await assert.rejects(role.lambda.listFunctions({}), denied);
  await root.iam.deleteAccessKey({ UserName: ann.UserName, AccessKeyId: ann.AccessKeyId });
  await root.iam.deleteUserPolicy({ UserName: ann.UserName, PolicyName: "p" });
  await root.iam.deleteUser({ UserName: ann.UserName });
  await root.iam.createUser({ UserName: ann.UserName });
  await root.iam.putUserPolicy({ UserName: ann.UserName, PolicyName: "p", PolicyDocument: document(allow("*")) });
  await assert.rejects(user.lambda.listFunctions({}), denied);
  await assert.rejects(user.iam.createAccessKey({}), denied);
});

test("a function whose role was made anew runs with the new one", async () => {
  const echo = "exports.handler = async () => process.env.AWS_ACCESS_KEY_ID";
  const trust = document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });
  const keyOf = async () => {
    await root.iam.createRole({ RoleName: "anew", AssumeRolePolicyDocument: trust });
    await root.lambda.createFunction({ FunctionName: "anew", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/anew`, Code: { ZipFile: await zipOf({ "index.js": echo }) } });
    await waitUntilFunctionActiveV2({ client: root.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "anew" });
    const { Payload } = await root.lambda.invoke({ FunctionName: "anew" });
    await root.lambda.deleteFunction({ FunctionName: "anew" });
    await root.iam.deleteRole({ RoleName: "anew" });
    return Payload!.transformToString();
  };
  assert.notEqual(await keyOf(), await keyOf());
});

test("accounts do not see each other's users in any mode, nor give their functions each other's roles once callers prove who they are", async () => {
  for (const iam of ["audit", "off"] as const) {
    await using own = await openTestPlatform({ iam, credentials: `${ACCOUNT}:rootsecret,111122223333:othersecret` });
    const [here, there] = [{ accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" }, { accessKeyId: "111122223333", secretAccessKey: "othersecret" }].map((credentials) => ({ iam: new IAM({ ...own.clientConfig, credentials }), lambda: new Lambda({ ...own.clientConfig, credentials }) })) as [{ iam: IAM; lambda: Lambda }, { iam: IAM; lambda: Lambda }];
    await here.iam.createUser({ UserName: "ann" });
    await assert.rejects(there.iam.simulatePrincipalPolicy({ PolicySourceArn: `arn:aws:iam::${ACCOUNT}:user/ann`, ActionNames: ["s3:GetObject"] }), { name: "NoSuchEntityException" });
    await assert.rejects(there.iam.getContextKeysForPrincipalPolicy({ PolicySourceArn: `arn:aws:iam::${ACCOUNT}:user/ann` }), { name: "NoSuchEntityException" });
    await assert.rejects(newFunction(there.lambda, "foreign"), { name: "AccessDeniedException", message: "Cross-account pass role is not allowed." });
    await newFunction(here.lambda, "own");
  }
});

test("who may use a function URL is decided by where a visitor comes from, too, and nobody is no AWS service", async () => {
  const { FunctionUrl } = await root.lambda.createFunctionUrlConfig({ FunctionName: "f", AuthType: "NONE" });
  const visit = async (...statements: object[]) => {
    await root.lambda.putResourcePolicy({ ResourceArn: F, Policy: document(...statements.map((statement) => ({ Effect: "Allow", Principal: "*", Action: "lambda:*", Resource: F, ...statement }))) });
    return (await fetch(FunctionUrl!)).status;
  };
  assert.equal(await visit({}), 200);
  assert.equal(await visit({ Condition: { IpAddress: { "aws:SourceIp": ["127.0.0.0/8", "::1"] } } }), 200);
  assert.equal(await visit({ Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }), 403);
  assert.equal(await visit({}, { Effect: "Deny", Condition: { IpAddress: { "aws:SourceIp": ["127.0.0.0/8", "::1"] } } }), 403);
  assert.equal(await visit({}, { Effect: "Deny", Condition: { NotIpAddress: { "aws:SourceIp": ["127.0.0.0/8", "::1"] } } }), 200);
  assert.equal(await visit({ Condition: { Bool: { "aws:PrincipalIsAWSService": "true" } } }), 403);
  assert.equal(await visit({ Principal: { Service: "anonymous" } }), 403);
  assert.equal(await visit({ Condition: { StringEquals: { "aws:PrincipalType": "Anonymous" } } }), 200);
  await root.lambda.deleteResourcePolicy({ ResourceArn: F });
});

test("a service-linked role is made by who may make the one of that name", async () => {
  const linked = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/kafka.amazonaws.com/AWSServiceRoleForKafka`;
  const ann = await userWith(allow(["iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRoleDeletionStatus"], `${linked}*`));
  await ann.iam.createServiceLinkedRole({ AWSServiceName: "kafka.amazonaws.com" });
  const { DeletionTaskId } = await ann.iam.deleteServiceLinkedRole({ RoleName: "AWSServiceRoleForKafka" });
  assert.equal((await ann.iam.getServiceLinkedRoleDeletionStatus({ DeletionTaskId: DeletionTaskId! })).Status, "SUCCEEDED");
  await assert.rejects(ann.iam.createServiceLinkedRole({ AWSServiceName: "ecs.amazonaws.com" }), denied);
});

test("a session takes as many managed policies as AWS lets it, and no thousands", async () => {
  const PolicyArns = Array.from({ length: 11 }, () => ({ arn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }));
  const ann = await userWith(allow("sts:GetFederationToken"));
  await assert.rejects(ann.sts.getFederationToken({ Name: "me", PolicyArns }), { name: "ValidationError", message: "A session takes at most 10 managed policies." });
  await ann.sts.getFederationToken({ Name: "me", PolicyArns: PolicyArns.slice(1) });
});
