// What a stopped platform left in between, and what is deleted in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Lambda, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedProvisioning } from "../../../../test/support/ports.ts";
import { openRoom } from "../../../../test/support/room.ts";
import { zipOf } from "../../../../test/support/zip.ts";
import { realClock } from "../../../kernel/clock.ts";
import { silentLog } from "../../../kernel/log.ts";
import { openStores } from "../../../storage/open.ts";
import { lambda as service } from "../service.ts";

const Role = "arn:aws:iam::000000000000:role/r";
const PROVIDER = "arn:aws:lambda:eu-west-1:000000000000:capacity-provider:provider";
const code = memoryCode();
const zip = await zipOf({ "index.js": "" });
const provider = { CapacityProviderName: "provider", VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: Role } };
const demo = { FunctionName: "demo", Role, Runtime: "nodejs24.x" as const, Handler: "index.handler", Code: { ZipFile: zip }, Publish: true, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: PROVIDER } } };
async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); await new Promise((resolve) => setTimeout(resolve, 5))) assert.ok(Date.now() < end, "it took too long");
}
const gone = (asked: Promise<unknown>): Promise<boolean> => asked.then(() => false, (error: Error) => error.name === "ResourceNotFoundException");

test("what a stopped platform left Pending, Deactivating and Deleting is finished by the next one", async (t) => {
  const stores = await openStores({ ephemeral: true, clock: realClock(), log: silentLog });
  t.after(() => stores.close());
  const open = (background?: () => void) => openRoom(service, { stores, code, provisioning: scriptedProvisioning(), ...(background ? { background } : {}) });
  const stopped = await open(() => {});
  const idle = new Lambda(stopped.clientConfig);
  const meanwhile = async (done: (working: Lambda) => Promise<boolean>): Promise<void> => {
    const next = await open();
    await until(() => done(new Lambda(next.clientConfig)));
    await next.close();
  };

  await idle.createCapacityProvider(provider);
  await assert.rejects(idle.createFunction(demo), { name: "ResourceConflictException", message: "The operation cannot be performed at this time. The capacity provider is currently in the following state: Pending" });
  await meanwhile(async (working) => (await working.getCapacityProvider(provider)).CapacityProvider!.State === "Active");
  await idle.createFunction(demo);
  await assert.rejects(idle.putFunctionScalingConfig({ FunctionName: "demo", Qualifier: "1" }), { name: "ResourceConflictException", message: /in the following state: Pending$/ });
  await meanwhile(async (working) => (await working.getFunctionConfiguration({ FunctionName: "demo", Qualifier: "1" })).State === "Active");
  const off = { FunctionName: "demo", Qualifier: "1", FunctionScalingConfig: { MinExecutionEnvironments: 0, MaxExecutionEnvironments: 0 } };
  assert.equal((await idle.putFunctionScalingConfig(off)).FunctionState, "Deactivating");
  assert.deepEqual((await idle.getFunctionScalingConfig(off)).AppliedFunctionScalingConfig, {});
  await meanwhile(async (working) => (await working.getFunctionConfiguration({ FunctionName: "demo", Qualifier: "1" })).State === "Deactivated");
  assert.equal((await idle.deleteFunction({ FunctionName: "demo" })).StatusCode, 202);
  assert.equal((await idle.deleteFunction({ FunctionName: "demo" })).StatusCode, 202); // again
  for (const Qualifier of [undefined, "1"]) {
    const { State, LastUpdateStatus } = await idle.getFunctionConfiguration({ FunctionName: "demo", ...(Qualifier ? { Qualifier } : {}) });
    assert.deepEqual([State, LastUpdateStatus], ["Deleting", "InProgress"]);
  }
  const going = { name: "ResourceConflictException", message: /in the following state: Deleting$/ };
  await assert.rejects(idle.invoke({ FunctionName: "demo", Qualifier: "1" }), going);
  await assert.rejects(idle.updateFunctionConfiguration({ FunctionName: "demo", Timeout: 5 }), going);
  await assert.rejects(idle.publishVersion({ FunctionName: "demo" }), going);
  await assert.rejects(idle.createFunction(demo), { name: "ResourceConflictException", message: "Function already exist: demo" });
  await assert.rejects(idle.deleteCapacityProvider(provider), { name: "ResourceConflictException" });
  await meanwhile((working) => gone(working.getFunction({ FunctionName: "demo" })));
  assert.equal((await idle.deleteCapacityProvider(provider)).CapacityProvider!.State, "Deleting");
  assert.equal((await idle.deleteCapacityProvider(provider)).CapacityProvider!.State, "Deleting");
  await assert.rejects(idle.createFunction(demo), { name: "ResourceConflictException", message: /The capacity provider is currently in the following state: Deleting$/ });
  await assert.rejects(idle.updateCapacityProvider(provider), { name: "ResourceConflictException" });
  await meanwhile((working) => gone(working.getCapacityProvider(provider)));
  await stopped.close();
});

test("the next platform keeps environments of what is Active, and a version deleted while it is initialised keeps none", async (t) => {
  const stores = await openStores({ ephemeral: true, clock: realClock(), log: silentLog });
  t.after(() => stores.close());
  const provisioning = scriptedProvisioning();
  const first = await openRoom(service, { stores, code, provisioning });
  const lambda = new Lambda(first.clientConfig);
  await lambda.createCapacityProvider(provider);
  await until(async () => (await lambda.getCapacityProvider(provider)).CapacityProvider!.State === "Active");
  await lambda.createFunction(demo);
  await waitUntilPublishedVersionActive({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 }, { FunctionName: "demo", Qualifier: "1" });
  await first.close();

  const restarted = scriptedProvisioning();
  let asked = () => {};
  restarted.changed = () => new Promise((resolve) => { asked = () => resolve(undefined); });
  const second = await openRoom(service, { stores, code, provisioning: restarted });
  await until(async () => restarted.wanted.get("demo:1") === 1);
  const again = new Lambda(second.clientConfig);
  restarted.ready = () => 0;
  await again.publishVersion({ FunctionName: "demo", PublishTo: "LATEST_PUBLISHED" });
  await until(async () => restarted.wanted.get("demo:$LATEST.PUBLISHED") === 1);
  await again.deleteFunction({ FunctionName: "demo" });
  restarted.ready = (count) => count;
  asked();
  await until(() => gone(again.getFunction({ FunctionName: "demo" })));
  await until(async () => restarted.wanted.size === 0);
  restarted.ready = () => 0; // an init that takes its time
  await again.createFunction(demo);
  await until(async () => restarted.wanted.get("demo:1") === 1);
  await again.deleteFunction({ FunctionName: "demo" });
  await until(() => gone(again.getFunction({ FunctionName: "demo" })));
  await until(async () => restarted.wanted.size === 0);
  await second.close();
});
