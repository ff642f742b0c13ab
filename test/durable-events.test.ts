// Durable executions on the event bus: a rule, a queue, a function with AWS's own SDK inside.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { SQS } from "@aws-sdk/client-sqs";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";

test("a rule hears that an execution has begun, and how it has ended", async (t) => {
  const platform = await openTestPlatform();
  const [lambda, events, sqs] = [new Lambda(platform.clientConfig), new EventBridge(platform.clientConfig), new SQS(platform.clientConfig)];
  t.after(async () => {
    for (const client of [lambda, events, sqs]) client.destroy();
    await platform.close();
  });
  const Arn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:statuses`;
  const { QueueUrl } = await sqs.createQueue({ QueueName: "statuses", Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Arn }] }) } });
  await events.putRule({ Name: "statuses", EventPattern: JSON.stringify({ source: ["aws.lambda"], "detail-type": ["Durable Execution Status Change"] }) });
  await events.putTargets({ Rule: "statuses", Targets: [{ Id: "q", Arn }] });

  const FunctionName = "orders";
  const source = `exports.handler = require("@aws/durable-execution-sdk-js").withDurableExecution(async (event, ctx) => ctx.step("one", async () => 1));`;
  await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/worker`, Code: { ZipFile: await zipOf({ ...packageFiles(["@aws/durable-execution-sdk-js"]), "index.js": source }) }, Publish: true, DurableConfig: { ExecutionTimeout: 60, RetentionPeriodInDays: 1 } });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 } as never, { FunctionName });
  const { DurableExecutionArn } = await lambda.invoke({ FunctionName: `${FunctionName}:1`, InvocationType: "Event", DurableExecutionName: "order-123", Payload: "{}" });

  const told = new Map<string, Record<string, unknown>>();
  for (let turn = 0; told.size < 2 && turn < 5; turn++) {
    for (const { Body } of (await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 })).Messages ?? []) {
      const { id: _, time: __, ...event } = JSON.parse(Body!);
      told.set(event.detail.status, event);
    }
  }
  const { StartTimestamp, EndTimestamp } = await lambda.getDurableExecution({ DurableExecutionArn });
  const detail = { durableExecutionArn: DurableExecutionArn, durableExecutionName: "order-123", functionArn: `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:orders:1` };
  const event = { version: "0", "detail-type": "Durable Execution Status Change", source: "aws.lambda", account: ACCOUNT, region: "eu-west-1", resources: [] };
  const startTimestamp = StartTimestamp!.toISOString();
  assert.deepEqual(told.get("RUNNING"), { ...event, detail: { ...detail, status: "RUNNING", startTimestamp } });
  assert.deepEqual(told.get("SUCCEEDED"), { ...event, detail: { ...detail, status: "SUCCEEDED", startTimestamp, endTimestamp: EndTimestamp!.toISOString() } });
});
