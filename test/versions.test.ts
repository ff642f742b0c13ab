// Versions and aliases of real functions, across accounts too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ARN = "arn:aws:lambda:eu-west-1:111111111111:function:owned";
const Role = "arn:aws:iam::111111111111:role/r";
let platform: TestPlatform;
let owner: Lambda;
let stranger: Lambda;

before(async () => {
  platform = await openTestPlatform();
  const as = (account: string) => new Lambda({ ...platform.clientConfig, credentials: { accessKeyId: account, secretAccessKey: "x" } });
  [owner, stranger] = [as("111111111111"), as("222222222222")];
  await owner.createFunction({ FunctionName: "owned", Role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipSaying("one") } });
  await waitUntilFunctionActiveV2({ client: owner, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 }, { FunctionName: "owned" });
});
after(async () => {
  owner?.destroy();
  stranger?.destroy();
  await platform?.close();
});

const zipSaying = (word: string) => zipOf({ "index.mjs": `let calls = 0; export const handler = async (event, { functionVersion, invokedFunctionArn }) => ["${word}", functionVersion, invokedFunctionArn, ++calls];` });
const run = async (client: Lambda, FunctionName: string, Qualifier?: string) => {
  const { Payload, ExecutedVersion, FunctionError } = await client.invoke({ FunctionName, Qualifier });
  assert.equal(FunctionError, undefined, Payload!.transformToString());
  return [...(JSON.parse(Payload!.transformToString()) as [string, string, string, number]), ExecutedVersion!];
};

test("a published version keeps running its own code in its own environments while $LATEST moves on", async () => {
  await owner.publishVersion({ FunctionName: "owned" });
  assert.deepEqual(await run(owner, "owned", "1"), ["one", "1", `${ARN}:1`, 1, "1"]);
  await owner.updateFunctionCode({ FunctionName: "owned", ZipFile: await zipSaying("two") });
  await waitUntilFunctionUpdatedV2({ client: owner, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 }, { FunctionName: "owned" });
  assert.deepEqual(await run(owner, "owned"), ["two", "$LATEST", ARN, 1, "$LATEST"]);
  assert.deepEqual(await run(owner, "owned", "1"), ["one", "1", `${ARN}:1`, 2, "1"]);
  await owner.createAlias({ FunctionName: "owned", Name: "live", FunctionVersion: "1" });
  assert.deepEqual(await run(owner, "owned:live"), ["one", "1", `${ARN}:live`, 3, "1"]);
});

test("another account's function is closed until its policy names the caller, and then for that qualifier alone", async () => {
  const denied = { name: "AccessDeniedException", message: /is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111111111111:function:owned:live/ };
  await assert.rejects(run(stranger, `${ARN}:live`), denied);
  await owner.addPermission({ FunctionName: "owned", Qualifier: "live", StatementId: "s1", Action: "lambda:InvokeFunction", Principal: "222222222222" });
  assert.equal((await run(stranger, `${ARN}:live`))[0], "one");
  await assert.rejects(run(stranger, ARN), { name: "AccessDeniedException" });
  await assert.rejects(stranger.getFunction({ FunctionName: `${ARN}:live` }), { name: "AccessDeniedException" });
  await assert.rejects(stranger.getFunction({ FunctionName: "owned" }), { name: "ResourceNotFoundException" });
  await owner.deleteAlias({ FunctionName: "owned", Name: "live" });
  await assert.rejects(run(stranger, `${ARN}:live`), { name: "AccessDeniedException" });
});

test("provisioned concurrency becomes READY with real environments, which take invocations without a cold start", async () => {
  const FunctionName = "warm";
  const code = { "index.mjs": "export const handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE;" };
  await owner.createFunction({ FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf(code) }, Publish: true });
  await waitUntilFunctionActiveV2({ client: owner, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 }, { FunctionName });
  await owner.createAlias({ FunctionName, Name: "live", FunctionVersion: "1" });
  assert.equal((await owner.putProvisionedConcurrencyConfig({ FunctionName, Qualifier: "live", ProvisionedConcurrentExecutions: 2 })).Status, "IN_PROGRESS");
  const status = async () => (await owner.getProvisionedConcurrencyConfig({ FunctionName, Qualifier: "live" })).Status;
  for (let tries = 0; (await status()) !== "READY" && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await status(), "READY");
  const answer = await owner.invoke({ FunctionName, Qualifier: "live" });
  assert.deepEqual([answer.ExecutedVersion, answer.Payload!.transformToString()], ["1", '"provisioned-concurrency"']);
  assert.equal((await owner.invoke({ FunctionName })).Payload!.transformToString(), '"on-demand"');
  await owner.deleteFunction({ FunctionName });
});

test("provisioned concurrency of a function that cannot start is FAILED, and says why", async () => {
  const FunctionName = "broken";
  await owner.createFunction({ FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.mjs": "throw new Error('no');" }) }, Publish: true });
  await waitUntilFunctionActiveV2({ client: owner, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 }, { FunctionName });
  await owner.putProvisionedConcurrencyConfig({ FunctionName, Qualifier: "1", ProvisionedConcurrentExecutions: 1 });
  const get = () => owner.getProvisionedConcurrencyConfig({ FunctionName, Qualifier: "1" });
  for (let tries = 0; (await get()).Status === "IN_PROGRESS" && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  const { Status, StatusReason, AvailableProvisionedConcurrentExecutions } = await get();
  assert.deepEqual([Status, StatusReason, AvailableProvisionedConcurrentExecutions], ["FAILED", "FUNCTION_ERROR_INIT_FAILURE", 0]);
  await owner.deleteFunction({ FunctionName });
});

test("the old way to send an event is taken with and without the slash at its end", async () => {
  for (const end of ["", "/"]) {
    const answer = await fetch(`${platform.url}/2014-11-13/functions/owned/invoke-async${end}`, {
      method: "POST", body: "{}", headers: {
        "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d{3}/g, ""),
        authorization: "AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=00",
      },
    });
    assert.equal(answer.status, 202, await answer.text());
  }
});
