// Reserved and provisioned concurrency and tenants, through the whole platform and AWS's own client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  CreateFunctionCommand, DeleteFunctionConcurrencyCommand, DeleteProvisionedConcurrencyConfigCommand, GetProvisionedConcurrencyConfigCommand, InvokeCommand, type LambdaClient,
  PublishVersionCommand, PutFunctionConcurrencyCommand, PutProvisionedConcurrencyConfigCommand, type TooManyRequestsException, waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const CODE = `
const type = process.env.AWS_LAMBDA_INITIALIZATION_TYPE;
exports.handler = async ({ sleepMs = 0 }, { tenantId }) => {
  await new Promise((resolve) => setTimeout(resolve, sleepMs));
  return { type, tenantId };
};`;

let platform: TestPlatform;
let lambda: LambdaClient;
before(async () => {
  platform = await openTestPlatform();
  lambda = platform.lambda;
});
after(() => platform.close());

async function create(FunctionName: string, more: object = {}): Promise<void> {
  await lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/worker", MemorySize: 1769, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": CODE }) }, ...more }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilFunctionActiveV2>[0], { FunctionName });
}

async function invoke(FunctionName: string, event: object = {}, more: { Qualifier?: string; TenantId?: string } = {}): Promise<{ type: string; tenantId?: string }> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));
  return JSON.parse(Buffer.from(Payload!).toString());
}

test("what is above the reserved concurrency gets TooManyRequestsException with its reason, until the reservation is taken back", async () => {
  const FunctionName = "reserved";
  await create(FunctionName);
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 1 }));
  const results = await Promise.allSettled([1, 2, 3].map(() => invoke(FunctionName, { sleepMs: 500 })));
  const refused = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as TooManyRequestsException);
  assert.equal(refused.length, 2);
  for (const { name, Reason, $metadata } of refused) assert.deepEqual([name, Reason, $metadata.httpStatusCode], ["TooManyRequestsException", "ReservedFunctionConcurrentInvocationLimitExceeded", 429]);
  await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
  await Promise.all([1, 2, 3].map(() => invoke(FunctionName, { sleepMs: 100 })));
});

test("provisioned concurrency is ready before it is called, is used, and can be given back", async () => {
  const FunctionName = "provisioned";
  await create(FunctionName);
  const { Version: Qualifier } = await lambda.send(new PublishVersionCommand({ FunctionName }));
  const of = { FunctionName, Qualifier: Qualifier! };
  await lambda.send(new PutProvisionedConcurrencyConfigCommand({ ...of, ProvisionedConcurrentExecutions: 2 }));
  const status = async () => lambda.send(new GetProvisionedConcurrencyConfigCommand(of));
  for (let tries = 0; (await status()).Status !== "READY"; tries++) {
    assert.ok(tries < 200, "never ready");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await status()).AvailableProvisionedConcurrentExecutions, 2);
  assert.equal(platform.platform.engine.stats().environments >= 2, true);
  const types = (await Promise.all([1, 2, 3].map(() => invoke(FunctionName, { sleepMs: 1500 }, { Qualifier: Qualifier! })))).map(({ type }) => type);
  assert.deepEqual(types.sort(), ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]);
  assert.equal((await invoke(FunctionName)).type, "on-demand");
  await lambda.send(new DeleteProvisionedConcurrencyConfigCommand(of));
  assert.equal((await invoke(FunctionName, {}, { Qualifier: Qualifier! })).type, "on-demand");
});

test("a function with tenant isolation is told its tenant", async () => {
  await create("tenants", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } });
  assert.equal((await invoke("tenants", {}, { TenantId: "blue" })).tenantId, "blue");
  assert.equal((await invoke("tenants", {}, { TenantId: "green" })).tenantId, "green");
});
