// Holding functions to runtime versions, driven by the real SDK client; which interpreters there are is scripted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, type Runtime, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedProvisioning, scriptedRuntimeVersions } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { runtimeVersionArn } from "../../kernel/runtime-version.ts";
import type { LambdaFunction } from "./function.ts";
import { openFunctionVersions } from "./function-versions.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
const zip = await zipOf({ "index.mjs": "export const handler = async () => 1;" });
const otherZip = await zipOf({ "index.mjs": "export const handler = async () => 2;" });

const machine = scriptedRuntimeVersions();
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  const images = { add: async () => ({ id: "ab".repeat(32), resolvedUri: "photos@sha256:ab" }) };
  room = await openRoom(service, { code: memoryCode(), images, runtimeVersions: machine, provisioning: scriptedProvisioning() });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
async function create(FunctionName: string, ...here: string[]): Promise<void> {
  machine.here["nodejs24.x"] = here;
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip } });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
}
const arnOf = (version: string, runtime: Runtime = "nodejs24.x") => runtimeVersionArn("eu-west-1", runtime, version);
const shown = async (FunctionName: string, Qualifier?: string) => (await lambda.getFunctionConfiguration({ FunctionName, Qualifier })).RuntimeVersionConfig;
const runs = async (name: string) => (await openFunctionVersions({ stores: room.ports.stores }).find(`${ARN}${name}`))!;
async function update(FunctionName: string, more: { Runtime?: Runtime; Timeout?: number } = { Timeout: 7 }): Promise<string | undefined> {
  const { RuntimeVersionConfig } = await lambda.updateFunctionConfiguration({ FunctionName, ...more });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
  return RuntimeVersionConfig!.RuntimeVersionArn;
}

test("Auto follows the newest on the machine, in everything that shows a function but lists", async () => {
  await create("auto", "24.2.0", "24.1.0");
  assert.match(arnOf("24.2.0"), /^arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}$/);
  assert.deepEqual(await shown("auto"), { RuntimeVersionArn: arnOf("24.2.0") });
  assert.deepEqual((await lambda.publishVersion({ FunctionName: "auto" })).RuntimeVersionConfig, { RuntimeVersionArn: arnOf("24.2.0") });
  machine.here["nodejs24.x"] = ["24.3.0", "24.2.0"];
  for (const version of ["$LATEST", "1"]) assert.deepEqual(await shown("auto", version), { RuntimeVersionArn: arnOf("24.3.0") });
  assert.equal((await runs("auto")).pinnedRuntime, undefined);
  for (const { Functions = [] } of [await lambda.listFunctions({})]) assert.equal(Functions.find(({ FunctionName }) => FunctionName === "auto")!.RuntimeVersionConfig, undefined);
  const { $metadata: _, ...config } = await lambda.getRuntimeManagementConfig({ FunctionName: "auto" });
  assert.deepEqual(config, { UpdateRuntimeOn: "Auto", FunctionArn: `${ARN}auto` });
});

test("FunctionUpdate stays with what the function runs on until its code or settings change", async () => {
  await create("at-updates", "24.2.0");
  const { $metadata: _, ...put } = await lambda.putRuntimeManagementConfig({ FunctionName: "at-updates", UpdateRuntimeOn: "FunctionUpdate" });
  assert.deepEqual(put, { UpdateRuntimeOn: "FunctionUpdate", FunctionArn: `${ARN}at-updates` });
  machine.here["nodejs24.x"] = ["24.3.0", "24.2.0"];
  assert.deepEqual([(await shown("at-updates"))!.RuntimeVersionArn, (await runs("at-updates")).pinnedRuntime], [arnOf("24.2.0"), "24.2.0"]);
  assert.equal(await update("at-updates"), arnOf("24.3.0"));
  assert.equal((await runs("at-updates")).pinnedRuntime, "24.3.0");
  machine.here["nodejs24.x"] = ["24.4.0", "24.3.0"];
  await lambda.updateFunctionCode({ FunctionName: "at-updates", ZipFile: otherZip });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "at-updates" });
  assert.equal((await runs("at-updates")).pinnedRuntime, "24.4.0");
  machine.here["nodejs22.x"] = ["22.9.0"];
  assert.equal(await update("at-updates", { Runtime: "nodejs22.x" }), arnOf("22.9.0", "nodejs22.x"));
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "at-updates" })).RuntimeVersionArn, undefined);
});

test("Manual stays with the given version through updates, and lets neither runtime nor architecture change", async () => {
  await create("held", "24.2.0", "24.1.0");
  const before = await runs("held");
  const { $metadata: _, ...put } = await lambda.putRuntimeManagementConfig({ FunctionName: "held", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.1.0") });
  assert.deepEqual(put, { UpdateRuntimeOn: "Manual", FunctionArn: `${ARN}held`, RuntimeVersionArn: arnOf("24.1.0") });
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "held" })).RuntimeVersionArn, arnOf("24.1.0"));
  const after = await runs("held");
  assert.ok(after.pinnedRuntime === "24.1.0" && after.revision !== before.revision, "environments of the other version are given up");
  assert.equal(await update("held"), arnOf("24.1.0"));
  const held = (what: string) => ({ name: "InvalidParameterValueException", message: `Cannot change ${what} when runtime management configuration is set to 'Manual'. Change the runtime management configuration to 'Auto' or 'FunctionUpdate', then retry.` });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "held", Runtime: "nodejs22.x" }), held("runtime identifier"));
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "held", ZipFile: otherZip, Architectures: ["arm64"] }), held("architecture"));
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "held", ZipFile: otherZip, Architectures: ["arm64"], DryRun: true }), held("architecture"));
  await lambda.putRuntimeManagementConfig({ FunctionName: "held", UpdateRuntimeOn: "FunctionUpdate" });
  assert.equal((await runs("held")).pinnedRuntime, "24.1.0", "until the next update");
  await lambda.putRuntimeManagementConfig({ FunctionName: "held", UpdateRuntimeOn: "Auto" });
  assert.equal((await runs("held")).pinnedRuntime, undefined);
});

test("a published version begins with what $LATEST had, and has its own from then on; so has the one an alias stands for", async () => {
  await create("versioned", "24.2.0", "24.1.0");
  await lambda.putRuntimeManagementConfig({ FunctionName: "versioned", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.1.0") });
  const first = await lambda.publishVersion({ FunctionName: "versioned" });
  assert.deepEqual(first.RuntimeVersionConfig, { RuntimeVersionArn: arnOf("24.1.0") });
  assert.equal((await lambda.publishVersion({ FunctionName: "versioned" })).Version, "1", "nothing has changed");
  await lambda.putRuntimeManagementConfig({ FunctionName: "versioned", UpdateRuntimeOn: "Auto" });
  assert.equal((await lambda.publishVersion({ FunctionName: "versioned" })).Version, "2", "another runtime version is a change");
  assert.deepEqual([await shown("versioned", "1"), await shown("versioned", "2")], [{ RuntimeVersionArn: arnOf("24.1.0") }, { RuntimeVersionArn: arnOf("24.2.0") }]);
  await lambda.createAlias({ FunctionName: "versioned", Name: "live", FunctionVersion: "2" });
  const put = await lambda.putRuntimeManagementConfig({ FunctionName: "versioned", Qualifier: "live", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.1.0") });
  assert.equal(put.FunctionArn, `${ARN}versioned:live`);
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "versioned", Qualifier: "2" })).UpdateRuntimeOn, "Manual");
  assert.equal((await runs("versioned:2")).pinnedRuntime, "24.1.0");
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "versioned" })).UpdateRuntimeOn, "Auto");
  await assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "versioned", Qualifier: "9", UpdateRuntimeOn: "Auto" }), { message: `Function not found: ${ARN}versioned:9` });
});

test("a version that has gone is shown with what to do, and comes back with the interpreter", async () => {
  await create("lonely", "24.2.0", "24.1.0");
  await lambda.putRuntimeManagementConfig({ FunctionName: "lonely", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.1.0") });
  machine.here["nodejs24.x"] = ["24.2.0"];
  assert.deepEqual(await shown("lonely"), { RuntimeVersionArn: arnOf("24.1.0"), Error: { ErrorCode: "InvalidRuntime", Message: "nodejs24.x 24.1.0 is not here" } });
  assert.equal((await runs("lonely")).pinnedRuntime, "24.1.0");
  machine.here["nodejs24.x"] = ["24.2.0", "24.1.0"];
  assert.deepEqual(await shown("lonely"), { RuntimeVersionArn: arnOf("24.1.0") });
  await create("nothing-here");
  assert.deepEqual(await shown("nothing-here"), { Error: { ErrorCode: "InvalidRuntime", Message: "nodejs24.x  is not here" } });
});

test("what cannot be held to is refused, and nothing is changed", async () => {
  await create("strict", "24.2.0");
  const refused = (given: { UpdateRuntimeOn?: "Auto" | "Manual" | "FunctionUpdate"; RuntimeVersionArn?: string }, message: RegExp) =>
    assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "strict", UpdateRuntimeOn: "Manual", ...given }), { name: "InvalidParameterValueException", message });
  await refused({}, /^RuntimeVersionArn is required when UpdateRuntimeOn is Manual\.$/);
  for (const mode of ["Auto", "FunctionUpdate"] as const) await refused({ UpdateRuntimeOn: mode, RuntimeVersionArn: arnOf("24.2.0") }, /^RuntimeVersionArn can be given only when UpdateRuntimeOn is Manual/);
  const foreign = [arnOf("24.9.9"), arnOf("22.9.0", "nodejs22.x"), runtimeVersionArn("us-east-1", "nodejs24.x", "24.2.0"), `arn:aws:lambda:eu-west-1::runtime:${"0".repeat(64)}`];
  for (const RuntimeVersionArn of foreign) await refused({ RuntimeVersionArn }, /^The runtime version arn:.* was not found for the runtime nodejs24\.x\. This machine has: arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64} \(24\.2\.0\)\.$/);
  await assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "strict", UpdateRuntimeOn: "Manual", RuntimeVersionArn: "arn:aws:lambda:eu-west-1::layer:x" }), { name: "ValidationException", message: /at 'runtimeVersionArn' failed to satisfy constraint/ });
  await assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "strict", UpdateRuntimeOn: "Never" as "Auto" }), { name: "ValidationException" });
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "strict" })).UpdateRuntimeOn, "Auto");
  await lambda.updateFunctionConfiguration({ FunctionName: "strict", Timeout: 9 });
  const busy = lambda.putRuntimeManagementConfig({ FunctionName: "strict", UpdateRuntimeOn: "FunctionUpdate" });
  await busy.then(() => undefined, (error: Error) => assert.equal(error.name, "ResourceConflictException")); // the update may have ended already
});

test("a function that is being deleted goes, whatever is said of it meanwhile", async () => {
  await create("going", "24.2.0");
  await room.ports.stores.documents<LambdaFunction>("lambda/function").update("000000000000/eu-west-1/going", (fn) => ({ ...fn, state: "Deleting" }));
  await assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "going", UpdateRuntimeOn: "FunctionUpdate" }), { name: "ResourceConflictException", message: /in the following state: Deleting$/ });
});

test("a container image is held to nothing but itself, and shows no runtime version", async () => {
  const { RuntimeVersionConfig } = await lambda.createFunction({ FunctionName: "image", Role: "arn:aws:iam::000000000000:role/r", PackageType: "Image", Code: { ImageUri: "photos:1" } });
  assert.equal(RuntimeVersionConfig, undefined);
  await waitUntilFunctionActiveV2(waiting(), { FunctionName: "image" });
  for (const given of [{ UpdateRuntimeOn: "FunctionUpdate" }, { UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.2.0") }] as const)
    await assert.rejects(lambda.putRuntimeManagementConfig({ FunctionName: "image", ...given }), { name: "InvalidParameterValueException", message: /^Runtime management configurations other than Auto are not supported for functions with packageType Image/ });
  assert.equal((await lambda.putRuntimeManagementConfig({ FunctionName: "image", UpdateRuntimeOn: "Auto" })).UpdateRuntimeOn, "Auto");
});

test("environments that are kept for a version follow it to another runtime version", async () => {
  const kept = room.ports.provisioning as ReturnType<typeof scriptedProvisioning>;
  await create("provisioned", "24.2.0", "24.1.0");
  await lambda.publishVersion({ FunctionName: "provisioned" });
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "provisioned", Qualifier: "1", ProvisionedConcurrentExecutions: 2 });
  const asked: [string | undefined, number][] = [];
  const provision = kept.provision.bind(kept);
  kept.provision = (version, count) => { asked.push([version.pinnedRuntime, count]); provision(version, count); };
  await lambda.putRuntimeManagementConfig({ FunctionName: "provisioned", Qualifier: "1", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("24.1.0") });
  assert.deepEqual(asked, [[undefined, 0], ["24.1.0", 2]]);
});
