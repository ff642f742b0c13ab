// Rooms open at their first use, and what they keep needs nobody to ask: docs/decisions/0021-rooms-at-first-use.md
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Scheduler } from "@aws-sdk/client-scheduler";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform } from "./support/platform.ts";

test("a schedule fires after a restart although nobody asks its room anything", async () => {
  const data = mkdtempSync(join(tmpdir(), "evoke-rooms-"));
  try {
    const first = await openTestPlatform({ ephemeral: false, data });
    const [sqs, scheduler] = [new SQS(first.clientConfig), new Scheduler(first.clientConfig)];
    await sqs.createQueue({ QueueName: "q" });
    const at = new Date(Date.now() + 3000).toISOString().slice(0, 19);
    await scheduler.createSchedule({ Name: "s", ScheduleExpression: `at(${at})`, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: "arn:aws:sqs:eu-west-1:000000000000:q", RoleArn: "arn:aws:iam::000000000000:role/r", Input: "hello" } });
    for (const client of [sqs, scheduler]) client.destroy();
    await first.close();
    const second = await openTestPlatform({ ephemeral: false, data });
    const again = new SQS(second.clientConfig);
    const { QueueUrl } = await again.getQueueUrl({ QueueName: "q" });
    const { Messages = [] } = await again.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
    assert.deepEqual(Messages.map(({ Body }) => Body), ["hello"]);
    again.destroy();
    await second.close();
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});

test("rooms that open one after another deliver to each other", async () => {
  await using evoke = await openTestPlatform();
  const [sns, sqs] = [new SNS(evoke.clientConfig), new SQS(evoke.clientConfig)];
  const { TopicArn } = await sns.createTopic({ Name: "t" });
  const { QueueUrl } = await sqs.createQueue({ QueueName: "q" });
  await sns.subscribe({ TopicArn, Protocol: "sqs", Endpoint: "arn:aws:sqs:eu-west-1:000000000000:q", Attributes: { RawMessageDelivery: "true" } });
  await sns.publish({ TopicArn, Message: "hello" });
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
  assert.deepEqual(Messages.map(({ Body }) => Body), ["hello"]);
  for (const client of [sns, sqs]) client.destroy();
});
