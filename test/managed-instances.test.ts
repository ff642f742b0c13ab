// Functions on capacity providers, whole: what the control plane promises, real environments keep.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { type CreateFunctionCommandInput, Lambda, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const Role = "arn:aws:iam::000000000000:role/r";
const LATEST_PUBLISHED = "$LATEST.PUBLISHED";
let platform: TestPlatform;
let lambda: Lambda;
let provider: string;

before(async () => {
  platform = await openTestPlatform();
  lambda = new Lambda(platform.clientConfig);
  provider = await createProvider("provider", 400);
});
after(async () => {
  lambda?.destroy();
  await platform?.close();
});

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); await new Promise((resolve) => setTimeout(resolve, 20))) assert.ok(Date.now() < end, "it took too long");
}
async function createProvider(CapacityProviderName: string, MaxVCpuCount: number): Promise<string> {
  const made = await lambda.createCapacityProvider({ CapacityProviderName, VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: Role }, CapacityProviderScalingConfig: { MaxVCpuCount } });
  await until(async () => (await lambda.getCapacityProvider({ CapacityProviderName })).CapacityProvider!.State === "Active");
  return made.CapacityProvider!.CapacityProviderArn!;
}
/** Answers after `ms`, or when `count` events are in its environment at once. */
const MEETING = (word: string) => `
  import { appendFileSync, statSync } from "node:fs";
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  export const handler = async ({ count = 1, ms = 0 }, { functionVersion, invokedFunctionArn }) => {
    appendFileSync("/tmp/met", ".");
    while (statSync("/tmp/met").size < count) await pause(5);
    await pause(ms);
    return ["${word}", functionVersion, invokedFunctionArn, process.env.AWS_LAMBDA_INITIALIZATION_TYPE];
  };`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const scale = (FunctionName: string, MinExecutionEnvironments: number, MaxExecutionEnvironments: number) =>
  lambda.putFunctionScalingConfig({ FunctionName, Qualifier: LATEST_PUBLISHED, FunctionScalingConfig: { MinExecutionEnvironments, MaxExecutionEnvironments } });
const settled = (FunctionName: string, Qualifier?: string) => until(async () => (await lambda.getFunctionConfiguration({ FunctionName, ...(Qualifier ? { Qualifier } : {}) })).LastUpdateStatus === "Successful");
const create = async (FunctionName: string, code: string, more: Partial<CreateFunctionCommandInput> = {}, arn = provider, limits: object = {}) => {
  await lambda.createFunction({
    FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", Timeout: 20, Code: { ZipFile: await zipOf({ "index.mjs": code }) }, Publish: true, PublishTo: "LATEST_PUBLISHED",
    CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn: arn, ...limits } }, ...more,
  });
  await settled(FunctionName);
};
const active = (FunctionName: string, Qualifier = LATEST_PUBLISHED) => waitUntilPublishedVersionActive({ client: lambda, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 30 }, { FunctionName, Qualifier });
const run = async (FunctionName: string, event: object = {}, Qualifier?: string) => {
  const { Payload, FunctionError } = await lambda.invoke({ FunctionName, ...(Qualifier ? { Qualifier } : {}), Payload: JSON.stringify(event) });
  assert.equal(FunctionError, undefined, Payload!.transformToString());
  return JSON.parse(Payload!.transformToString());
};

test("several events are in one environment at once, kept ready from the moment the version is Active", { timeout: 60_000 }, async () => {
  await create("met", MEETING("one"));
  await active("met");
  const answers = await Promise.all(Array.from({ length: 6 }, () => run("met", { count: 6 })));
  for (const answer of answers) assert.deepEqual(answer, ["one", LATEST_PUBLISHED, "arn:aws:lambda:eu-west-1:000000000000:function:met", "lambda-managed-instances"]);
});

test("what ran goes on while its successor is initialised, and when that cannot be", { timeout: 90_000 }, async () => {
  await create("succeeded", MEETING("one"));
  await active("succeeded");
  assert.equal((await run("succeeded"))[0], "one");
  await lambda.updateFunctionCode({ FunctionName: "succeeded", ZipFile: await zipOf({ "index.mjs": "await new Promise((resolve) => setTimeout(resolve, 500)); throw new Error('never');" }), Publish: true, PublishTo: "LATEST_PUBLISHED" });
  assert.equal((await run("succeeded"))[0], "one");
  await until(async () => (await lambda.getFunctionConfiguration({ FunctionName: "succeeded", Qualifier: LATEST_PUBLISHED })).LastUpdateStatus === "Failed");
  for (let times = 0; times < 3; times++) assert.equal((await run("succeeded"))[0], "one");
  await settled("succeeded");
  await lambda.updateFunctionCode({ FunctionName: "succeeded", ZipFile: await zipOf({ "index.mjs": MEETING("three") }), Publish: true, PublishTo: "LATEST_PUBLISHED" });
  await settled("succeeded", LATEST_PUBLISHED);
  assert.equal((await run("succeeded"))[0], "three");
});

test("more environments than MaxExecutionEnvironments, and more vCPUs than the provider has, there never are", { timeout: 60_000 }, async () => {
  await create("narrow", MEETING("narrow"), {}, await createProvider("small", 2), { PerExecutionEnvironmentMaxConcurrency: 1 });
  await active("narrow");
  await scale("narrow", 1, 1);
  const slow = () => run("narrow", { ms: 1500 });
  const refused = () => assert.rejects(run("narrow"), { name: "TooManyRequestsException" });
  const first = slow();
  await pause(300);
  await refused(); // the one environment has the one event it takes
  await first;
  await scale("narrow", 1, 5);
  const both = [slow(), slow()];
  await pause(300);
  await refused(); // two environments are two vCPUs
  await Promise.all(both);
  await lambda.updateCapacityProvider({ CapacityProviderName: "small", CapacityProviderScalingConfig: { MaxVCpuCount: 3 } });
  const all = [slow(), slow(), slow()];
  await Promise.all(all);
});

test("a deactivated version takes nothing, has no environment, and comes back", { timeout: 60_000 }, async () => {
  await create("off", MEETING("off"));
  await active("off");
  await scale("off", 0, 0);
  await until(async () => (await lambda.getFunctionConfiguration({ FunctionName: "off", Qualifier: LATEST_PUBLISHED })).State === "Deactivated");
  await assert.rejects(run("off"), { name: "ResourceConflictException" });
  await scale("off", 1, 2);
  await active("off");
  assert.equal((await run("off"))[0], "off");
});

test("events, function URLs and queues reach $LATEST.PUBLISHED", { timeout: 60_000 }, async () => {
  await create("reached", `
    import { appendFileSync, existsSync, readFileSync } from "node:fs";
    export const handler = async (event, { invokedFunctionArn }) => {
      if (event.came ?? event.Records) appendFileSync("/tmp/came", (event.came ?? event.Records[0].body) + " " + invokedFunctionArn.split(":").slice(6).join(":") + "\\n");
      return existsSync("/tmp/came") ? readFileSync("/tmp/came", "utf8").split("\\n").sort().join() : "";
    };`);
  await active("reached");
  await lambda.invoke({ FunctionName: "reached", InvocationType: "Event", Payload: JSON.stringify({ came: "event" }) });
  const sqs = new SQS(platform.clientConfig);
  const { QueueUrl } = await sqs.createQueue({ QueueName: "managed", Attributes: { VisibilityTimeout: "60" } });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
  await lambda.createEventSourceMapping({ FunctionName: "reached", EventSourceArn: Attributes!["QueueArn"], BatchSize: 1 });
  await sqs.sendMessage({ QueueUrl, MessageBody: "message" });
  sqs.destroy();
  const { FunctionUrl } = await lambda.createFunctionUrlConfig({ FunctionName: "reached", AuthType: "NONE" });
  for (const [StatementId, Action, more] of [["url", "lambda:InvokeFunctionUrl", { FunctionUrlAuthType: "NONE" }], ["invoke", "lambda:InvokeFunction", { InvokedViaFunctionUrl: true }]] as const) await lambda.addPermission({ FunctionName: "reached", StatementId, Action, Principal: "*", ...more });
  await until(async () => (await (await fetch(FunctionUrl!)).text()) === ",event reached,message reached");
});

test("a durable execution on a capacity provider goes on after its version was published again", { timeout: 60_000 }, async () => {
  const code = (word: string) => zipOf({ ...packageFiles(["@aws/durable-execution-sdk-js"]), "index.js": `
    const { withDurableExecution } = require("@aws/durable-execution-sdk-js");
    exports.handler = withDurableExecution(async (event, ctx) => {
      const began = await ctx.step("began", async () => "${word}");
      for (let n = 0; ; n++) {
        await ctx.wait("pause " + n, { seconds: 1 });
        const ended = await ctx.step("ended " + n, async () => "${word}");
        if (!event.long || ended !== began) return [began, ended];
      }
    });` });
  await create("durable", "", { Code: { ZipFile: await code("one") }, DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 } });
  await active("durable");
  const long = run("durable", { long: true }, LATEST_PUBLISHED);
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => run("durable", {}, LATEST_PUBLISHED))), [["one", "one"], ["one", "one"], ["one", "one"]]);
  await lambda.updateFunctionCode({ FunctionName: "durable", ZipFile: await code("two"), Publish: true, PublishTo: "LATEST_PUBLISHED" });
  await settled("durable", LATEST_PUBLISHED);
  assert.deepEqual(await long, ["one", "two"]);
});

test("a capacity provider is free again when its function is gone", { timeout: 60_000 }, async () => {
  await create("leaves", MEETING("leaves"), {}, await createProvider("left", 10));
  await active("leaves");
  await assert.rejects(lambda.deleteCapacityProvider({ CapacityProviderName: "left" }), { name: "ResourceConflictException", message: /first remove its association/ });
  assert.equal((await lambda.deleteFunction({ FunctionName: "leaves" })).StatusCode, 202);
  await until(() => lambda.deleteCapacityProvider({ CapacityProviderName: "left" }).then(() => true, () => false));
  await until(() => lambda.getCapacityProvider({ CapacityProviderName: "left" }).then(() => false, ({ name }) => name === "ResourceNotFoundException"));
});

test("with --iam enforce a function comes onto a capacity provider with the permission to pass it", async () => {
  const enforcing = await openTestPlatform({ iam: "enforce", credentials: "000000000000:rootsecret" });
  try {
    const as = (accessKeyId: string, secretAccessKey: string) => ({ ...enforcing.clientConfig, credentials: { accessKeyId, secretAccessKey } });
    const [iam, root] = [new IAM(as("000000000000", "rootsecret")), new Lambda(as("000000000000", "rootsecret"))];
    await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) });
    await iam.createUser({ UserName: "ann" });
    const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
    const ann = new Lambda(as(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!));
    const may = (Action: string[], Resource: string) => iam.putUserPolicy({ UserName: "ann", PolicyName: Action.at(-1)!.replace(":", "-"), PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] }) });
    const CapacityProviderArn = provider;
    const given = { CapacityProviderName: "provider", VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: [] }, PermissionsConfig: { CapacityProviderOperatorRoleArn: Role } };
    const refused = (action: string, resource: string) => ({ name: "AccessDeniedException", message: new RegExp(`not authorized to perform: ${action} on resource: ${resource} because`) });
    await assert.rejects(ann.createCapacityProvider(given), refused("lambda:CreateCapacityProvider", CapacityProviderArn));
    await may(["lambda:CreateCapacityProvider", "lambda:GetCapacityProvider"], CapacityProviderArn);
    await assert.rejects(ann.createCapacityProvider(given), refused("iam:PassRole", Role));
    await may(["iam:PassRole"], Role);
    await assert.rejects(ann.createCapacityProvider({ ...given, Tags: { team: "a" } }), refused("lambda:TagResource", CapacityProviderArn));
    await ann.createCapacityProvider(given);
    await until(async () => (await ann.getCapacityProvider(given)).CapacityProvider!.State === "Active");
    const order = { FunctionName: "passed", Role, Runtime: "nodejs24.x" as const, Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.mjs": "" }) }, CapacityProviderConfig: { LambdaManagedInstancesCapacityProviderConfig: { CapacityProviderArn } } };
    await may(["lambda:CreateFunction"], "*");
    await assert.rejects(ann.createFunction(order), refused("lambda:PassCapacityProvider", CapacityProviderArn));
    await assert.rejects(root.getFunction({ FunctionName: "passed" }), { name: "ResourceNotFoundException" });
    await may(["lambda:PassCapacityProvider"], CapacityProviderArn);
    await ann.createFunction(order);
    for (const client of [iam, root, ann]) client.destroy();
  } finally {
    await enforcing.close();
  }
});
