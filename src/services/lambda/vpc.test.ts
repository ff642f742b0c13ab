// VpcConfig: kept and shown as AWS shows it, driven by the real SDK client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, type VpcConfig, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { access } from "./access.ts";
import type { LambdaFunction } from "./function.ts";
import { lambda as service } from "./service.ts";
import { vpcIdOf } from "./vpc.ts";

const zip = await zipOf({ "index.mjs": "export const handler = async () => 1;" });
const WITHOUT = { SubnetIds: [], SecurityGroupIds: [], VpcId: "", Ipv6AllowedForDualStack: false };

let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode() });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
const create = (FunctionName: string, VpcConfig?: VpcConfig) =>
  lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...(VpcConfig ? { VpcConfig } : {}) });
const change = async (FunctionName: string, VpcConfig: VpcConfig) => {
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
  const { VpcConfig: shown } = await lambda.updateFunctionConfiguration({ FunctionName, VpcConfig });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
  return shown;
};

test("a VpcConfig is shown wherever the function is, follows updates, and empty lists take it away", async () => {
  const first = { SubnetIds: ["subnet-a1", "subnet-b2"], SecurityGroupIds: ["sg-1"], VpcId: "vpc-be89a84d95fffb5d5", Ipv6AllowedForDualStack: true };
  const { VpcConfig: created } = await create("inside", { SubnetIds: ["subnet-a1", "subnet-b2"], SecurityGroupIds: ["sg-1"], Ipv6AllowedForDualStack: true });
  assert.deepEqual(created, { ...first, VpcId: vpcIdOf({ account: "000000000000", region: "eu-west-1" }) });
  assert.match(created!.VpcId!, /^vpc-[0-9a-f]{17}$/);
  const second = { SubnetIds: ["subnet-c3"], SecurityGroupIds: ["sg-2", "sg-3"], VpcId: created!.VpcId, Ipv6AllowedForDualStack: true };
  assert.deepEqual(await change("inside", { SubnetIds: ["subnet-c3"], SecurityGroupIds: ["sg-2", "sg-3"] }), second);
  const version = await lambda.publishVersion({ FunctionName: "inside" });
  assert.deepEqual(version.VpcConfig, second);
  assert.deepEqual((await lambda.listFunctions({})).Functions!.find(({ FunctionName }) => FunctionName === "inside")!.VpcConfig, second);
  assert.deepEqual(await change("inside", { Ipv6AllowedForDualStack: false }), { ...second, Ipv6AllowedForDualStack: false });
  assert.deepEqual(await change("inside", { SubnetIds: [], SecurityGroupIds: [] }), WITHOUT);
  assert.deepEqual((await lambda.getFunction({ FunctionName: "inside" })).Configuration!.VpcConfig, WITHOUT);
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "inside", Qualifier: "1" })).VpcConfig, second, "a published version keeps its own");
});

test("a function that never had one shows none", async () => {
  assert.equal((await create("outside")).VpcConfig, undefined);
  assert.equal(await change("outside", {}), undefined);
  assert.deepEqual((await create("outside-by-tool", { SubnetIds: [], SecurityGroupIds: [] })).VpcConfig, WITHOUT);
});

test("subnets and groups come together, and their forms and numbers are AWS's", async () => {
  const refused = (VpcConfig: VpcConfig, name: string, message: RegExp) => assert.rejects(create("refused", VpcConfig), { name, message });
  for (const half of [{ SubnetIds: ["subnet-1"] }, { SecurityGroupIds: ["sg-1"] }, { SubnetIds: ["subnet-1"], SecurityGroupIds: [] }])
    await refused(half, "InvalidParameterValueException", /^SubnetIds and SecurityIds must coexist or be both empty list\.$/);
  // As recorded of AWS (LocalStack, test_invalid_vpc_config_subnet, …_security_group).
  await refused({ SubnetIds: ["bad-format"], SecurityGroupIds: ["sg-1"] }, "ValidationException", /^1 validation error detected: Value '\[bad-format\]' at 'vpcConfig\.subnetIds' failed to satisfy constraint: Member must satisfy constraint: \[.*Member must satisfy regular expression pattern: subnet-\[0-9a-z\]\*/);
  await refused({ SubnetIds: ["subnet-1"], SecurityGroupIds: ["bad-format"] }, "ValidationException", /at 'vpcConfig\.securityGroupIds' failed .* pattern: sg-\[0-9a-zA-Z\]\*/);
  await refused({ SubnetIds: Array.from({ length: 17 }, (_, n) => `subnet-${n}`), SecurityGroupIds: ["sg-1"] }, "ValidationException", /at 'vpcConfig\.subnetIds' failed to satisfy constraint: Member must have length less than or equal to 16/);
  await refused({ SubnetIds: ["subnet-1"], SecurityGroupIds: Array.from({ length: 6 }, (_, n) => `sg-${n}`) }, "ValidationException", /at 'vpcConfig\.securityGroupIds' .* less than or equal to 5/);
});

test("what runs is told that it has one, so that the platform can say what that means here", async () => {
  await create("told", { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName: "told" });
  const live = async () => (await room.ports.stores.documents<LambdaFunction>("lambda/function").get("000000000000/eu-west-1/told"))!.live!;
  const before = await live();
  assert.equal(before.inVpc, true);
  await change("told", { SubnetIds: ["subnet-2"], SecurityGroupIds: ["sg-2"] });
  assert.equal((await live()).revision, before.revision, "other subnets are nothing that the function could notice");
  await change("told", { SubnetIds: [] });
  assert.equal((await live()).inVpc, undefined);
});

test("policies are told the subnets, the groups and the VPC that is shown", () => {
  const context = access.CreateFunction!.context as (input: object, call: object) => Record<string, unknown>;
  const call = { account: "000000000000", region: "eu-west-1" };
  const of = (VpcConfig?: VpcConfig) => context({ FunctionName: "asked", VpcConfig }, call);
  assert.deepEqual(of({ SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1", "sg-2"] }), { "lambda:SubnetIds": ["subnet-1"], "lambda:VpcIds": [vpcIdOf(call)], "lambda:SecurityGroupIds": ["sg-1", "sg-2"] });
  for (const none of [undefined, {}, { SubnetIds: [], SecurityGroupIds: [] }]) assert.deepEqual(of(none), {});
  const elsewhere = context({ FunctionName: "arn:aws:lambda:eu-west-1:111122223333:function:asked", VpcConfig: { SubnetIds: ["subnet-1"] } }, call);
  assert.deepEqual(elsewhere["lambda:VpcIds"], [vpcIdOf({ account: "111122223333", region: "eu-west-1" })]);
});
