// Functions on capacity providers with the real client: their settings, what is published, what is invoked, and how they scale.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateFunctionCommandInput, type FunctionScalingConfig, Lambda, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { memoryCode, recordedEvents, scriptedFunctions, scriptedProvisioning } from "../../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../../test/support/room.ts";
import { zipOf } from "../../../../test/support/zip.ts";
import { realIds } from "../../../kernel/ids.ts";
import { openDirectory } from "../directory.ts";
import { openFunctionVersions } from "../function-versions.ts";
import { lambda as service } from "../service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:";
const ROLE = "arn:aws:iam::000000000000:role/r";
const PROVIDER = `${ARN}capacity-provider:provider`;
const LATEST_PUBLISHED = "$LATEST.PUBLISHED";
const zip = await zipOf({ "index.js": "1" });
const otherZip = await zipOf({ "index.js": "2" });
const functions = scriptedFunctions();
const provisioning = scriptedProvisioning();
const events = recordedEvents();
let room: OpenRoom;
let lambda: Lambda;

const createProvider = async (CapacityProviderName: string, MaxVCpuCount = 400) => {
  await lambda.createCapacityProvider({ CapacityProviderName, VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: ROLE }, CapacityProviderScalingConfig: { MaxVCpuCount } });
  await until(async () => (await lambda.getCapacityProvider({ CapacityProviderName })).CapacityProvider!.State === "Active");
  return `${ARN}capacity-provider:${CapacityProviderName}`;
};
before(async () => {
  room = await openRoom(service, { code: memoryCode(), provisioning, functions, events });
  lambda = new Lambda(room.clientConfig);
  await createProvider("provider");
});
after(() => room.close());

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); await new Promise((resolve) => setTimeout(resolve, 5))) assert.ok(Date.now() < end, "it took too long");
}
const configOf = (FunctionName: string, Qualifier?: string) => lambda.getFunctionConfiguration({ FunctionName, ...(Qualifier ? { Qualifier } : {}) });
const settled = (FunctionName: string, Qualifier?: string) => until(async () => (await configOf(FunctionName, Qualifier)).LastUpdateStatus === "Successful");
const on = (CapacityProviderArn: string, more: object = {}) => ({ LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn, ...more } });
const create = async (FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}) => {
  const made = await lambda.createFunction({ FunctionName, Role: ROLE, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, CapacityProviderConfig: on(PROVIDER), ...more });
  await settled(FunctionName);
  return made;
};
const publish = async (FunctionName: string, more: { PublishTo?: "LATEST_PUBLISHED"; Description?: string } = { PublishTo: "LATEST_PUBLISHED" }) => {
  const version = await lambda.publishVersion({ FunctionName, ...more });
  await settled(FunctionName, version.Version);
  return version;
};
const update = async (FunctionName: string, Description: string) => {
  await lambda.updateFunctionConfiguration({ FunctionName, Description });
  await settled(FunctionName);
};
const scale = async (FunctionName: string, Qualifier: string, FunctionScalingConfig?: FunctionScalingConfig) =>
  (await lambda.putFunctionScalingConfig({ FunctionName, Qualifier, ...(FunctionScalingConfig ? { FunctionScalingConfig } : {}) })).FunctionState;
const scaling = async (FunctionName: string, Qualifier: string) => {
  const { AppliedFunctionScalingConfig: applied, RequestedFunctionScalingConfig: requested } = await lambda.getFunctionScalingConfig({ FunctionName, Qualifier });
  return [applied, requested];
};
const invoke = (FunctionName: string, Qualifier?: string) => lambda.invoke({ FunctionName, ...(Qualifier ? { Qualifier } : {}) });
const refused = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
const invalid = (message: string | RegExp) => refused("InvalidParameterValueException", message);

test("a function on a capacity provider has defaults of its own, and its $LATEST takes no invocations", async () => {
  const made = await create("defaults");
  assert.deepEqual([made.State, made.MemorySize, made.SnapStart, made.LoggingConfig], ["Pending", 2048, undefined, { LogFormat: "JSON", ApplicationLogLevel: "INFO", SystemLogLevel: "INFO", LogGroup: "/aws/lambda/defaults" }]);
  assert.deepEqual(made.CapacityProviderConfig, on(PROVIDER, { PerExecutionEnvironmentMaxConcurrency: 64, ExecutionEnvironmentMemoryGiBPerVCpu: 2 }));
  const { State, LastUpdateStatus } = await configOf("defaults");
  assert.deepEqual([State, LastUpdateStatus], ["ActiveNonInvocable", "Successful"]);
  const none = refused("NoPublishedVersionException", "The function can't be invoked because no published version exists. For functions with capacity provider configuration, either publish a version to $LATEST.PUBLISHED, or specify a published version qualifier.");
  await assert.rejects(invoke("defaults"), none);
  await assert.rejects(invoke("defaults", "$LATEST"), none);
  await assert.rejects(lambda.invoke({ FunctionName: "defaults", InvocationType: "Event" }), none);
  await assert.rejects(invoke("defaults", LATEST_PUBLISHED), refused("ResourceNotFoundException", `Function not found: ${ARN}function:defaults:$LATEST.PUBLISHED`));
  assert.deepEqual((await lambda.listFunctions({})).Functions!.find(({ FunctionName }) => FunctionName === "defaults")!.CapacityProviderConfig, made.CapacityProviderConfig);
});

test("each runtime has its own concurrency for each vCPU, up to 1600 in all", async () => {
  const concurrencyOf = async (more: Partial<CreateFunctionCommandInput>, given: object = {}) => {
    const { CapacityProviderConfig } = await create("concurrency", { ...more, CapacityProviderConfig: on(PROVIDER, given) });
    await lambda.deleteFunction({ FunctionName: "concurrency" });
    await until(() => configOf("concurrency").then(() => false, () => true));
    return CapacityProviderConfig!.LambdaManagedInstancesCapacityProviderConfig!.PerExecutionEnvironmentMaxConcurrency;
  };
  assert.equal(await concurrencyOf({ Runtime: "python3.13" }), 16);
  assert.equal(await concurrencyOf({ Runtime: "java21" }), 32);
  assert.equal(await concurrencyOf({ Runtime: "dotnet8" }), 32);
  assert.equal(await concurrencyOf({ Runtime: "provided.al2023" }), 8);
  assert.equal(await concurrencyOf({ MemorySize: 8192 }, { ExecutionEnvironmentMemoryGiBPerVCpu: 4 }), 128);
  assert.equal(await concurrencyOf({ MemorySize: 32_768 }, { PerExecutionEnvironmentMaxConcurrency: 7 }), 7);
});

test("larger limits, and what does not go with a capacity provider", async () => {
  const cannot = (more: Partial<CreateFunctionCommandInput>, message: string | RegExp) => assert.rejects(create("cannot", more), invalid(message));
  await cannot({ Runtime: "nodejs20.x" }, "Runtime Enum nodejs20.x does not support specified feature: Lambda Managed Instances");
  await cannot({ Runtime: "python3.12" }, /^Runtime Enum python3.12/);
  await cannot({ Runtime: "provided.al2" }, /^Runtime Enum provided.al2/);
  await cannot({ MemorySize: 2047 }, "'MemorySize' value failed to satisfy constraint: Member must have value greater than or equal to 2048");
  await cannot({ CapacityProviderConfig: on(PROVIDER, { ExecutionEnvironmentMemoryGiBPerVCpu: 4 }) }, /needs at least 1 vCPU: 2048 MB/);
  await cannot({ CapacityProviderConfig: on(PROVIDER, { PerExecutionEnvironmentMaxConcurrency: 65 }) }, /less than or equal to 64: 64 for each vCPU/);
  await cannot({ LoggingConfig: { LogFormat: "Text" } }, /^LogLevel is not supported when LogFormat is set to "Text".* LogFormat to "JSON" and try again\.$/);
  await cannot({ Runtime: "python3.13", SnapStart: { ApplyOn: "PublishedVersions" } }, /^SnapStart is not supported/);
  await cannot({ TenancyConfig: { TenantIsolationMode: "PER_TENANT" } }, /^Tenant isolation is not supported/);
  await cannot({ VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] } }, /^VpcConfig is not supported/);
  await cannot({ Architectures: ["arm64"] }, /^The function's architecture arm64 is not that of the capacity provider: x86_64\.$/);
  await assert.rejects(create("cannot", { Timeout: 5401 }), { name: "ValidationException" });
  await assert.rejects(create("cannot", { CapacityProviderConfig: on(`${ARN}capacity-provider:none`) }), refused("ResourceNotFoundException", `Capacity provider not found: ${ARN}capacity-provider:none`));
  const large = await create("large", { Timeout: 5400, MemorySize: 32_768, EphemeralStorage: { Size: 32_768 } });
  assert.deepEqual([large.Timeout, large.MemorySize, large.EphemeralStorage], [5400, 32_768, { Size: 32_768 }]);
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "large", LoggingConfig: { LogFormat: "Text" } }), invalid(/"JSON"/));
  await assert.rejects(lambda.putFunctionConcurrency({ FunctionName: "large", ReservedConcurrentExecutions: 1 }), invalid(/^Reserved concurrency is not supported/));
  await publish("large", {});
  await assert.rejects(lambda.putProvisionedConcurrencyConfig({ FunctionName: "large", Qualifier: "1", ProvisionedConcurrentExecutions: 1 }), invalid(/^Provisioned concurrency is not supported/));
});

test("which capacity provider can be changed, whether there is one cannot", async () => {
  const other = await createProvider("other");
  await create("moved");
  await lambda.updateFunctionConfiguration({ FunctionName: "moved", CapacityProviderConfig: on(other, { PerExecutionEnvironmentMaxConcurrency: 10 }) });
  await settled("moved");
  assert.deepEqual((await configOf("moved")).CapacityProviderConfig, on(other, { PerExecutionEnvironmentMaxConcurrency: 10, ExecutionEnvironmentMemoryGiBPerVCpu: 2 }));
  assert.deepEqual((await lambda.listFunctionVersionsByCapacityProvider({ CapacityProviderName: "other" })).FunctionVersions, [{ FunctionArn: `${ARN}function:moved:$LATEST`, State: "ActiveNonInvocable" }]);
  await lambda.createFunction({ FunctionName: "default", Role: ROLE, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip } });
  await settled("default");
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "default", CapacityProviderConfig: on(PROVIDER) }), invalid("CapacityProviderConfig isn't supported for Lambda Default functions."));
  await assert.rejects(lambda.publishVersion({ FunctionName: "default", PublishTo: "LATEST_PUBLISHED" }), invalid("PublishTo is supported for functions with a capacity provider only."));
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "moved", ZipFile: zip, PublishTo: "LATEST_PUBLISHED" }), invalid("PublishTo needs Publish to be true."));
  await lambda.publishVersion({ FunctionName: "default" });
  const plain = refused("AccessDeniedException", "The function provided by the arn does not contain a capacity provider configuration"); // seen at AWS
  await assert.rejects(scale("default", "1", { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 2 }), plain);
  await assert.rejects(scaling("default", "1"), plain);
});

test("$LATEST.PUBLISHED is what runs where no version is named, and is published again in its place", async () => {
  const made = await create("latest", { Publish: true, PublishTo: "LATEST_PUBLISHED" });
  assert.deepEqual([made.Version, made.State], [LATEST_PUBLISHED, "Pending"]);
  await waitUntilPublishedVersionActive({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName: "latest", Qualifier: LATEST_PUBLISHED });
  await invoke("latest");
  const { version, invokedArn } = functions.seen.at(-1)!;
  assert.deepEqual([version.version, invokedArn], [LATEST_PUBLISHED, `${ARN}function:latest`]);
  assert.deepEqual(version.managed, { capacityProviderArn: PROVIDER, concurrencyPerEnvironmentMax: 64, environmentsMin: 1, environmentsMax: 15_000, memoryGibPerVcpu: 2, providerVcpusMax: 400 });
  await invoke("latest", LATEST_PUBLISHED);
  await assert.rejects(invoke("latest", "$LATEST"), invalid("Functions configured with capacity provider configuration can't be invoked with $LATEST qualifier. To invoke this function, specify a published version qualifier or $LATEST.PUBLISHED."));
  assert.deepEqual((await publish("latest")).RevisionId, (await configOf("latest", LATEST_PUBLISHED)).RevisionId); // nothing has changed: nothing is published

  provisioning.ready = () => 0;
  const again = await lambda.updateFunctionCode({ FunctionName: "latest", ZipFile: otherZip, Publish: true, PublishTo: "LATEST_PUBLISHED" });
  assert.deepEqual([again.FunctionArn, again.State, again.LastUpdateStatus], [`${ARN}function:latest:$LATEST.PUBLISHED`, "Active", "InProgress"]);
  await invoke("latest");
  assert.equal(functions.seen.at(-1)!.version.codeId, version.codeId); // what ran before runs until the new one is initialised
  provisioning.ready = (count) => count;
  await settled("latest", LATEST_PUBLISHED);
  await invoke("latest");
  assert.notEqual(functions.seen.at(-1)!.version.codeId, version.codeId);

  assert.deepEqual((await lambda.listVersionsByFunction({ FunctionName: "latest" })).Versions!.map(({ Version }) => Version), ["$LATEST", LATEST_PUBLISHED]);
  const first = await lambda.listVersionsByFunction({ FunctionName: "latest", MaxItems: 1 });
  assert.deepEqual((await lambda.listVersionsByFunction({ FunctionName: "latest", MaxItems: 1, Marker: first.NextMarker! })).Versions!.map(({ Version }) => Version), [LATEST_PUBLISHED]);
  const all = (await lambda.listFunctions({ FunctionVersion: "ALL", MaxItems: 50 })).Functions!;
  assert.deepEqual(all.filter(({ FunctionName }) => FunctionName === "latest").map(({ Version }) => Version), ["$LATEST", LATEST_PUBLISHED]);
  await lambda.invoke({ FunctionName: "latest", InvocationType: "Event" });
  assert.equal(events.seen.at(-1)!.functionArn, `${ARN}function:latest`);
  assert.equal((await openDirectory({ stores: room.ports.stores, ids: room.ports.ids }).resolve(`${ARN}function:latest`))!.version!.version, LATEST_PUBLISHED);
  assert.equal((await openFunctionVersions({ stores: room.ports.stores }).find(`${ARN}function:latest`))!.version, LATEST_PUBLISHED);
});

test("lists of all versions go on after $LATEST.PUBLISHED", async () => {
  const seen: string[] = [];
  for (let Marker: string | undefined; ;) {
    const page = await lambda.listFunctions({ FunctionVersion: "ALL", MaxItems: 1, ...(Marker ? { Marker } : {}) });
    seen.push(...page.Functions!.map(({ FunctionArn }) => FunctionArn!));
    if (!(Marker = page.NextMarker)) break;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.ok(seen.includes(`${ARN}function:latest:$LATEST.PUBLISHED`));
});

test("an alias and other things of a qualifier may be of $LATEST.PUBLISHED, and it is deleted as a version is", async () => {
  await create("of-qualifier");
  await publish("of-qualifier");
  await lambda.createAlias({ FunctionName: "of-qualifier", Name: "live", FunctionVersion: LATEST_PUBLISHED });
  await invoke("of-qualifier", "live");
  assert.equal(functions.seen.at(-1)!.version.version, LATEST_PUBLISHED);
  await lambda.addPermission({ FunctionName: "of-qualifier", Qualifier: LATEST_PUBLISHED, StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" });
  assert.match((await lambda.getPolicy({ FunctionName: "of-qualifier", Qualifier: LATEST_PUBLISHED })).Policy!, /of-qualifier:\$LATEST\.PUBLISHED/);
  await assert.rejects(lambda.deleteFunction({ FunctionName: "of-qualifier", Qualifier: LATEST_PUBLISHED }), refused("ResourceConflictException", "Unable to delete version because the following aliases reference it: [live]"));
  await lambda.deleteAlias({ FunctionName: "of-qualifier", Name: "live" });
  assert.equal((await lambda.deleteFunction({ FunctionName: "of-qualifier", Qualifier: LATEST_PUBLISHED })).StatusCode, 202);
  await until(() => configOf("of-qualifier", LATEST_PUBLISHED).then(() => false, () => true));
  assert.equal(provisioning.wanted.get("of-qualifier:$LATEST.PUBLISHED"), undefined);
  assert.equal((await configOf("of-qualifier")).State, "ActiveNonInvocable");
  await assert.rejects(lambda.getPolicy({ FunctionName: "of-qualifier", Qualifier: LATEST_PUBLISHED }), { name: "ResourceNotFoundException" });
});

test("a version that cannot be initialised is Failed, and one that was published before goes on", async () => {
  await create("broken");
  await publish("broken");
  await update("broken", "next");
  provisioning.ready = () => 0;
  provisioning.failure = "FUNCTION_ERROR_INIT_FAILURE";
  await lambda.publishVersion({ FunctionName: "broken", PublishTo: "LATEST_PUBLISHED" });
  await until(async () => (await configOf("broken", LATEST_PUBLISHED)).LastUpdateStatus === "Failed");
  const { State, LastUpdateStatusReasonCode, LastUpdateStatusReason } = await configOf("broken", LATEST_PUBLISHED);
  assert.deepEqual([State, LastUpdateStatusReasonCode, LastUpdateStatusReason], ["Active", "FunctionError.RuntimeInitError", "No environment of the function could be initialised (FUNCTION_ERROR_INIT_FAILURE). Its log has more."]);
  await invoke("broken");
  await lambda.publishVersion({ FunctionName: "broken" });
  await until(async () => (await configOf("broken", "1")).State === "Failed");
  const first = await configOf("broken", "1");
  assert.deepEqual([first.StateReasonCode, first.LastUpdateStatus], ["FunctionError.RuntimeInitError", undefined]);
  await assert.rejects(invoke("broken", "1"), refused("ResourceConflictException", /in the following state: Failed$/));
  provisioning.ready = (count) => count;
  provisioning.failure = undefined;
  await publish("broken");
  assert.equal((await configOf("broken", LATEST_PUBLISHED)).LastUpdateStatus, "Successful");
  assert.equal(await scale("broken", "1", { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 1 }), "Pending"); // one that failed is tried again
  await until(async () => (await configOf("broken", "1")).State === "Active");
});

test("a scaling config is kept for $LATEST.PUBLISHED, and for no other version than the one it is of", async () => {
  await create("scaled");
  await publish("scaled");
  await publish("scaled", {});
  assert.deepEqual(await scaling("scaled", "1"), [{}, undefined]);
  assert.equal(await scale("scaled", LATEST_PUBLISHED, { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 5 }), "Active");
  assert.deepEqual(await scaling("scaled", LATEST_PUBLISHED), [{ MinExecutionEnvironments: 2, MaxExecutionEnvironments: 5 }, { MinExecutionEnvironments: 2, MaxExecutionEnvironments: 5 }]);
  assert.deepEqual([provisioning.wanted.get("scaled:$LATEST.PUBLISHED"), provisioning.wanted.get("scaled:1")], [2, 1]);
  await invoke("scaled");
  const before = functions.seen.at(-1)!.version;
  assert.deepEqual([before.managed!.environmentsMin, before.managed!.environmentsMax], [2, 5]);
  await update("scaled", "again");
  await publish("scaled");
  await publish("scaled", {});
  await invoke("scaled");
  assert.equal(functions.seen.at(-1)!.version.managed!.environmentsMax, 5);
  await invoke("scaled", "2");
  assert.equal(functions.seen.at(-1)!.version.managed!.environmentsMax, 15_000);
  assert.equal(await scale("scaled", LATEST_PUBLISHED, { MaxExecutionEnvironments: 7 }), "Active");
  assert.deepEqual((await scaling("scaled", LATEST_PUBLISHED))[1], { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 7 });
  await scale("scaled", LATEST_PUBLISHED);
  assert.deepEqual(await scaling("scaled", LATEST_PUBLISHED), [{}, undefined]);
  for (const wrong of [{ MinExecutionEnvironments: 0 }, { MinExecutionEnvironments: 0, MaxExecutionEnvironments: 1 }]) await assert.rejects(scale("scaled", "1", wrong), invalid("A MinExecutionEnvironments of 0 is only valid when MaxExecutionEnvironments is 0, too."));
  for (const wrong of [{ MaxExecutionEnvironments: 0 }, { MinExecutionEnvironments: 3, MaxExecutionEnvironments: 2 }]) await assert.rejects(scale("scaled", "1", wrong), invalid(/less than or equal to MaxExecutionEnvironments/));
  await assert.rejects(scale("scaled", "1", { MaxExecutionEnvironments: 15_001 }), { name: "ValidationException" });
  await assert.rejects(scale("scaled", "$LATEST", { MaxExecutionEnvironments: 1 }), { name: "ValidationException" });
  await assert.rejects(scale("scaled", "9", { MaxExecutionEnvironments: 1 }), refused("ResourceNotFoundException", `Function not found: ${ARN}function:scaled:9`));
  await assert.rejects(scale("none", "1", { MaxExecutionEnvironments: 1 }), { name: "ResourceNotFoundException" });
});

test("what is delivered to a function waits while there is no $LATEST.PUBLISHED to run it", async () => {
  const directory = openDirectory({ stores: room.ports.stores, ids: realIds() });
  const arn = `${ARN}function:waits`;
  await create("waits");
  assert.deepEqual([(await directory.resolve(arn))!.version, await directory.resolve(`${arn}:1`)], [undefined, undefined]);
  await publish("waits");
  assert.equal((await directory.resolve(arn))!.version!.version, LATEST_PUBLISHED);
  await lambda.deleteFunction({ FunctionName: "waits", Qualifier: LATEST_PUBLISHED });
  await until(() => configOf("waits", LATEST_PUBLISHED).then(() => false, () => true));
  assert.deepEqual((await directory.resolve(arn))!.version, undefined);
  await lambda.deleteFunction({ FunctionName: "waits" });
  await until(async () => (await directory.resolve(arn)) === undefined);
});

test("no environments at all deactivate a version until it is to have some again", async () => {
  await create("off");
  await publish("off");
  assert.equal(await scale("off", LATEST_PUBLISHED, { MinExecutionEnvironments: 0, MaxExecutionEnvironments: 0 }), "Deactivating");
  await until(async () => (await configOf("off", LATEST_PUBLISHED)).State === "Deactivated");
  assert.equal(provisioning.wanted.get("off:$LATEST.PUBLISHED"), undefined);
  assert.deepEqual(await scaling("off", LATEST_PUBLISHED), [{ MinExecutionEnvironments: 0, MaxExecutionEnvironments: 0 }, { MinExecutionEnvironments: 0, MaxExecutionEnvironments: 0 }]);
  await assert.rejects(invoke("off"), refused("ResourceConflictException", /in the following state: Deactivated$/));
  await update("off", "while deactivated");
  assert.equal((await publish("off")).State, "Deactivated");
  assert.equal(await scale("off", LATEST_PUBLISHED, { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 20 }), "Pending");
  await until(async () => (await configOf("off", LATEST_PUBLISHED)).State === "Active");
  assert.deepEqual((await scaling("off", LATEST_PUBLISHED))[0], { MinExecutionEnvironments: 1, MaxExecutionEnvironments: 20 });
  await invoke("off");
});

test("the least that versions keep must fit into the provider's vCPUs, and a changed limit reaches what runs", async () => {
  const small = await createProvider("small", 2);
  await create("fits", { CapacityProviderConfig: on(small), Publish: true });
  await settled("fits", "1");
  await create("fits-not", { CapacityProviderConfig: on(small), MemorySize: 8192, Publish: true });
  await until(async () => (await configOf("fits-not", "1")).State === "Failed");
  const failed = await configOf("fits-not", "1");
  assert.deepEqual([failed.StateReasonCode, failed.StateReason], ["CapacityProviderScalingLimitExceeded", "The capacity provider's MaxVCpuCount is 2, and the least that its function versions keep would be 5 vCPUs."]);
  await lambda.updateCapacityProvider({ CapacityProviderName: "small", CapacityProviderScalingConfig: { MaxVCpuCount: 10 } });
  await invoke("fits", "1");
  assert.equal(functions.seen.at(-1)!.version.managed!.providerVcpusMax, 10);
  await scale("fits-not", "1");
  await until(async () => (await configOf("fits-not", "1")).State === "Active");
});

test("a function that is deleted is Deleting, takes nothing, and is gone with its provider's record of it", async () => {
  await create("goes", { Publish: true });
  await settled("goes", "1");
  provisioning.wanted.set("goes:1", 1);
  assert.equal((await lambda.deleteFunction({ FunctionName: "goes" })).$metadata.httpStatusCode, 202);
  await until(() => configOf("goes").then(({ State }) => assert.equal(State, "Deleting") as undefined ?? false, (error: Error) => error.name === "ResourceNotFoundException"));
  assert.equal(provisioning.wanted.get("goes:1"), undefined);
  await create("goes");
  assert.deepEqual((await lambda.listVersionsByFunction({ FunctionName: "goes" })).Versions!.length, 1);
});
