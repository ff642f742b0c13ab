// Reserved and provisioned concurrency as the real client sets them; the engine behind the port is scripted.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedProvisioning } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { openFunctionVersions } from "./function-versions.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
const provisioning = scriptedProvisioning();
const zip = await zipOf({ "index.js": "" });
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode(), provisioning });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
/** A function with as many published versions. */
const create = async (FunctionName: string, versions = 0, more = {}) => {
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
  for (let number = 1; number <= versions; number++) {
    await lambda.updateFunctionConfiguration({ FunctionName, Description: `change ${number}` });
    await waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
    await lambda.publishVersion({ FunctionName });
  }
};
const unreserved = async () => (await lambda.getAccountSettings({})).AccountLimit!.UnreservedConcurrentExecutions;

test("reserved concurrency is set, read, shown with the function, and taken away", async () => {
  await create("reserved");
  assert.equal((await lambda.getFunctionConcurrency({ FunctionName: "reserved" })).ReservedConcurrentExecutions, undefined);
  for (const ReservedConcurrentExecutions of [0, 7]) {
    assert.equal((await lambda.putFunctionConcurrency({ FunctionName: "reserved", ReservedConcurrentExecutions })).ReservedConcurrentExecutions, ReservedConcurrentExecutions);
    assert.equal((await lambda.getFunctionConcurrency({ FunctionName: `${ARN}reserved` })).ReservedConcurrentExecutions, ReservedConcurrentExecutions);
    assert.deepEqual((await lambda.getFunction({ FunctionName: "reserved" })).Concurrency, { ReservedConcurrentExecutions });
  }
  assert.equal(await unreserved(), 993);
  assert.equal(await openFunctionVersions(room.ports).reservedConcurrency!("000000000000", "eu-west-1"), 7);
  assert.equal((await lambda.deleteFunctionConcurrency({ FunctionName: "reserved" })).$metadata.httpStatusCode, 204);
  assert.equal((await lambda.getFunctionConcurrency({ FunctionName: "reserved" })).ReservedConcurrentExecutions, undefined);
  assert.equal(await unreserved(), 1000);
});

test("a reservation leaves a hundred to the others, and is for whole functions", async () => {
  await create("greedy");
  const tooMuch = { name: "InvalidParameterValueException", message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]." };
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: "greedy", ReservedConcurrentExecutions: 901 }), tooMuch);
  await lambda.putFunctionConcurrency({ FunctionName: "greedy", ReservedConcurrentExecutions: 900 });
  await lambda.putFunctionConcurrency({ FunctionName: "greedy", ReservedConcurrentExecutions: 899 });
  await create("late");
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: "late", ReservedConcurrentExecutions: 2 }), tooMuch);
  await lambda.deleteFunction({ FunctionName: "greedy" });
  assert.equal(await unreserved(), 1000);
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: "nobody", ReservedConcurrentExecutions: 1 }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}nobody:$LATEST` });
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: `${ARN}late:$LATEST`, ReservedConcurrentExecutions: 1 }), { message: "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN." });
  await assert.rejects(lambda.getFunctionConcurrency({ FunctionName: "nobody" }), { message: `Function not found: ${ARN}nobody` });
  await assert.rejects(lambda.deleteFunctionConcurrency({ FunctionName: "nobody" }), { name: "ResourceNotFoundException" });
});

test("provisioned concurrency of a version is in progress, then ready; deleting it gives the environments up", async () => {
  await create("kept", 1);
  provisioning.ready = () => 0;
  const put = await lambda.putProvisionedConcurrencyConfig({ FunctionName: "kept", Qualifier: "1", ProvisionedConcurrentExecutions: 3 });
  assert.equal(put.$metadata.httpStatusCode, 202);
  assert.deepEqual([put.Status, put.RequestedProvisionedConcurrentExecutions, put.AllocatedProvisionedConcurrentExecutions, put.AvailableProvisionedConcurrentExecutions], ["IN_PROGRESS", 3, 0, 0]);
  assert.match(put.LastModified!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/);
  assert.equal(provisioning.wanted.get("kept:1"), 3);
  const get = () => lambda.getProvisionedConcurrencyConfig({ FunctionName: "kept", Qualifier: "1" });
  assert.deepEqual([(await get()).Status, (await get()).AvailableProvisionedConcurrentExecutions], ["IN_PROGRESS", 0]);
  provisioning.ready = (count) => count;
  const ready = await get();
  assert.deepEqual([ready.Status, ready.AllocatedProvisionedConcurrentExecutions, ready.AvailableProvisionedConcurrentExecutions, ready.StatusReason], ["READY", 3, 3, undefined]);
  const listed = (await lambda.listProvisionedConcurrencyConfigs({ FunctionName: "kept" })).ProvisionedConcurrencyConfigs!;
  assert.deepEqual(listed.map(({ FunctionArn, Status, RequestedProvisionedConcurrentExecutions }) => [FunctionArn, Status, RequestedProvisionedConcurrentExecutions]), [[`${ARN}kept:1`, "READY", 3]]);
  assert.equal(await unreserved(), 997);
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "kept", Qualifier: "1", ProvisionedConcurrentExecutions: 2 });
  assert.deepEqual([provisioning.wanted.get("kept:1"), await unreserved()], [2, 998]);
  assert.equal((await lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "kept", Qualifier: "1" })).$metadata.httpStatusCode, 204);
  assert.equal((await lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "kept", Qualifier: "1" })).$metadata.httpStatusCode, 204);
  assert.deepEqual([provisioning.wanted.has("kept:1"), await unreserved()], [false, 1000]);
  await assert.rejects(get(), { name: "ProvisionedConcurrencyConfigNotFoundException", message: "No Provisioned Concurrency Config found for this function" });
  assert.deepEqual((await lambda.listProvisionedConcurrencyConfigs({ FunctionName: "kept" })).ProvisionedConcurrencyConfigs, []);
});

test("environments that cannot be initialised show as FAILED with their reason", async () => {
  await create("broken", 1);
  provisioning.ready = () => 0;
  provisioning.failure = "FUNCTION_ERROR_INIT_FAILURE";
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "broken", Qualifier: "1", ProvisionedConcurrentExecutions: 1 });
  const { Status, StatusReason } = await lambda.getProvisionedConcurrencyConfig({ FunctionName: "broken", Qualifier: "1" });
  assert.deepEqual([Status, StatusReason], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE"]);
  [provisioning.ready, provisioning.failure] = [(count) => count, undefined];
  await lambda.deleteFunction({ FunctionName: "broken", Qualifier: "1" });
  assert.equal(provisioning.wanted.has("broken:1"), false);
});

test("provisioned concurrency of an alias moves with it, and is shared as its weights say", async () => {
  await create("moving", 2);
  await lambda.createAlias({ FunctionName: "moving", Name: "live", FunctionVersion: "1" });
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "moving", Qualifier: "live", ProvisionedConcurrentExecutions: 4 });
  assert.deepEqual([provisioning.wanted.get("moving:1"), provisioning.wanted.get("moving:2")], [4, undefined]);
  await lambda.updateAlias({ FunctionName: "moving", Name: "live", RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } } });
  assert.deepEqual([provisioning.wanted.get("moving:1"), provisioning.wanted.get("moving:2")], [3, 1]);
  assert.equal((await lambda.getProvisionedConcurrencyConfig({ FunctionName: "moving", Qualifier: "live" })).AvailableProvisionedConcurrentExecutions, 4);
  await lambda.updateAlias({ FunctionName: "moving", Name: "live", FunctionVersion: "2", RoutingConfig: {} });
  assert.deepEqual([provisioning.wanted.get("moving:1"), provisioning.wanted.get("moving:2")], [undefined, 4]);
  await assert.rejects(lambda.updateAlias({ FunctionName: "moving", Name: "live", FunctionVersion: "$LATEST" }), { name: "InvalidParameterValueException" });
  await lambda.deleteAlias({ FunctionName: "moving", Name: "live" });
  assert.deepEqual([provisioning.wanted.has("moving:2"), await unreserved()], [false, 1000]);
});

test("a platform that starts asks for what is provisioned, and a deleted function gives it up", async () => {
  await create("restarted", 1);
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "restarted", Qualifier: "1", ProvisionedConcurrentExecutions: 2 });
  const later = scriptedProvisioning();
  const next = await openRoom(service, { code: memoryCode(), provisioning: later, stores: room.ports.stores });
  while (later.wanted.get("restarted:1") !== 2) await new Promise((resolve) => setImmediate(resolve));
  await new Lambda(next.clientConfig).deleteFunction({ FunctionName: "restarted" });
  assert.equal(later.wanted.size, 0);
  await next.close();
  assert.equal(await unreserved(), 1000);
});

test("what cannot be provisioned is refused in AWS's words", async () => {
  await create("refused", 2);
  await lambda.createAlias({ FunctionName: "refused", Name: "live", FunctionVersion: "1" });
  await lambda.createAlias({ FunctionName: "refused", Name: "newest", FunctionVersion: "$LATEST" });
  const put = (Qualifier: string, ProvisionedConcurrentExecutions: number, FunctionName = "refused") => lambda.putProvisionedConcurrencyConfig({ FunctionName, Qualifier, ProvisionedConcurrentExecutions });
  for (const qualifier of ["$LATEST", "newest"]) await assert.rejects(put(qualifier, 1), { name: "InvalidParameterValueException", message: "Provisioned Concurrency Configs cannot be applied to unpublished function versions." });
  await assert.rejects(put("1", 0), { name: "ValidationException", message: "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1" });
  await assert.rejects(put("noalias", 1, "nobody"), { name: "ResourceNotFoundException", message: `Cannot find alias arn: ${ARN}nobody:noalias` });
  await assert.rejects(put("noalias", 1), { message: `Cannot find alias arn: ${ARN}refused:noalias` });
  await assert.rejects(put("1", 1, "nobody"), { message: `Function not found: ${ARN}nobody:1` });
  await assert.rejects(put("10", 1), { message: `Function not found: ${ARN}refused:10` });
  await assert.rejects(put("1", 1001), { message: "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]." });
  await assert.rejects(put("1", 901), { message: "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]." });
  const latest = { name: "InvalidParameterValueException", message: "The function resource provided must be an alias or a published version." };
  await assert.rejects(lambda.getProvisionedConcurrencyConfig({ FunctionName: "refused", Qualifier: "$LATEST" }), latest);
  await assert.rejects(lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "refused", Qualifier: "$LATEST" }), latest);
  await assert.rejects(lambda.getProvisionedConcurrencyConfig({ FunctionName: "refused", Qualifier: "noalias" }), { message: `Cannot find alias arn: ${ARN}refused:noalias` });
  await assert.rejects(lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "nobody", Qualifier: "1" }), { message: `Function not found: ${ARN}nobody:1` });
  await assert.rejects(lambda.listProvisionedConcurrencyConfigs({ FunctionName: "nobody" }), { message: `Function not found: ${ARN}nobody` });
  await put("1", 1);
  await assert.rejects(put("live", 1), { name: "ResourceConflictException", message: "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version" });
  await lambda.deleteProvisionedConcurrencyConfig({ FunctionName: "refused", Qualifier: "1" });
  await put("live", 1);
  await assert.rejects(put("1", 1), { name: "ResourceConflictException", message: "Version is pointed by a Provisioned Concurrency alias" });
  await lambda.deleteFunction({ FunctionName: "refused" });
  await create("tenants", 1, { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  await assert.rejects(put("1", 1, "tenants"), { name: "InvalidParameterValueException" });
  assert.equal(await unreserved(), 1000);
});

test("provisioned concurrency is within what is reserved", async () => {
  await create("both", 2);
  await lambda.putProvisionedConcurrencyConfig({ FunctionName: "both", Qualifier: "1", ProvisionedConcurrentExecutions: 2 });
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: "both", ReservedConcurrentExecutions: 1 }), { message: " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]." });
  await lambda.putFunctionConcurrency({ FunctionName: "both", ReservedConcurrentExecutions: 2 });
  assert.equal(await unreserved(), 998);
  const tooMuch = { message: "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function" };
  await assert.rejects(lambda.putProvisionedConcurrencyConfig({ FunctionName: "both", Qualifier: "2", ProvisionedConcurrentExecutions: 1 }), tooMuch);
  await assert.rejects(lambda.putProvisionedConcurrencyConfig({ FunctionName: "both", Qualifier: "1", ProvisionedConcurrentExecutions: 3 }), tooMuch);
  await lambda.deleteFunctionConcurrency({ FunctionName: "both" });
  assert.equal(await unreserved(), 998);
  await lambda.deleteFunction({ FunctionName: "both", Qualifier: "1" });
  assert.equal(await unreserved(), 1000);
});
