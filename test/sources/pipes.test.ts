// Pipes in the engine of event source mappings, on a stream: retries, halves, what a function lists, and the pipe's own dead letters.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackground } from "../../src/background.ts";
import { openConsumers } from "../../src/delivery/consumers.ts";
import { openMappings } from "../../src/delivery/mappings.ts";
import { openStreamPoller } from "../../src/delivery/stream-poller.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { Throttled } from "../../src/ports/throttled.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { pipeConsumer } from "../../src/services/pipes/consumer.ts";
import { type Pipe, pipeArn } from "../../src/services/pipes/pipe.ts";
import { addPipe, openPipes } from "../../src/services/pipes/store.ts";
import { openTestDelivery } from "../support/delivery.ts";
import { openLogStream } from "../support/log-stream.ts";

const ACCOUNT = "000000000000";
const LETTERS = `arn:aws:sqs:eu-west-1:${ACCOUNT}:letters`;
const FUNCTION = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:f`;

type Answer = { failed?: boolean; value?: unknown } | "throttle";

async function openPipeRig(more: { parameters: object; answer: (data: string[], run: number) => Answer }) {
  const delivery = await openTestDelivery();
  const { stores, clock } = delivery;
  const stream = await openLogStream(stores, clock);
  const runs: string[][] = [];
  const events: RoomPorts["events"] = {
    enqueue: async () => undefined,
    async invoke({ payload }) {
      const data = (JSON.parse(Buffer.from(payload).toString()) as { data: string }[]).map(({ data: one }) => one);
      runs.push(data);
      const answer = more.answer(data, runs.length);
      if (answer === "throttle") throw new Throttled("ConcurrentInvocationLimitExceeded");
      return { failed: answer.failed ?? false, payload: Buffer.from(JSON.stringify(answer.value ?? null)), executedVersion: "$LATEST" };
    },
  };
  const background = openBackground({ clock, log: silentLog });
  const ports = { stores, clock, ids: realIds(), log: silentLog, events, access: delivery.access, metrics: delivery.metricsPort, directory: { resolve: async () => undefined }, logs: { put: () => undefined, flush: async () => undefined } } as unknown as RoomPorts;
  openMappings({
    stores, clock, ids: realIds(), log: silentLog, access: delivery.access, metrics: delivery.metricsPort, lanes: delivery.delivery.lanes, background: background.run,
    mappings: openPipes({ stores }), sources: { find: async () => stream.source }, consumers: openConsumers([pipeConsumer(() => ports)]),
    workers: { stream: openStreamPoller({ bytes: 0, most: 1e9 }), queue: async () => { throw new Error("this is about streams"); } },
  });
  const pipe: Pipe = {
    account: ACCOUNT, region: "eu-west-1", name: "p", id: realIds().uuid(), revision: "1", state: "CREATING", desiredState: "RUNNING", tags: {}, createdMs: 0, modifiedMs: clock.now(),
    source: `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`, target: FUNCTION, targetParameters: {}, enrichmentParameters: {}, roleArn: `arn:aws:iam::${ACCOUNT}:role/pipe`,
    sourceParameters: { KinesisStreamParameters: { StartingPosition: "TRIM_HORIZON", BatchSize: 100, MaximumRecordAgeInSeconds: -1, MaximumRetryAttempts: -1, ParallelizationFactor: 1, ...more.parameters } },
  };
  // The stream of the test has one ARN, whatever it is asked for.
  const source = { ...stream.source };
  for (const name of ["shards", "start", "read", "wait"] as const) (stream.source as unknown as Record<string, unknown>)[name] = (_arn: string, ...rest: unknown[]) => (source[name] as (...given: unknown[]) => unknown)(stream.arn, ...rest);
  await stream.put(["a", "b", "c", "d"].map((data) => ({ key: "k", data })));
  await stores.transaction((tx) => addPipe(tx, pipe));
  return {
    runs, delivery, pipe,
    async close() {
      await Promise.all([background.close(), clock.advance(2_000)]);
      await delivery.close();
    },
  };
}

test("a failing batch is tried as often as the pipe says, then goes to its dead-letter queue, and the next goes on", async () => {
  const rig = await openPipeRig({ parameters: { MaximumRetryAttempts: 2, DeadLetterConfig: { Arn: LETTERS } }, answer: () => ({ failed: true }) });
  await rig.delivery.clock.advance(30_000);
  assert.deepEqual(rig.runs, Array.from({ length: 3 }, () => ["a", "b", "c", "d"]));
  const sent = (await rig.delivery.delivered()).find(({ arn }) => arn === LETTERS);
  const letter = JSON.parse(sent!.message.body) as { context: object; version: string };
  // As users' dead-letter queues have them.
  assert.deepEqual([letter.context, letter.version], [{ partnerResourceArn: pipeArn(rig.pipe), condition: "RetryAttemptsExhausted" }, "1.0"]);
  await rig.close();
});

test("with AUTOMATIC_BISECT a failing batch is halved until the record at fault is alone", async () => {
  const rig = await openPipeRig({ parameters: { MaximumRetryAttempts: 0, OnPartialBatchItemFailure: "AUTOMATIC_BISECT" }, answer: (data) => ({ failed: data.includes("c") }) });
  await rig.delivery.clock.advance(30_000);
  assert.deepEqual(rig.runs, [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["d"]]);
  await rig.close();
});

test("from the first that a function lists, a batch is run again", async () => {
  const rig = await openPipeRig({ parameters: {}, answer: (_data, run) => (run === 1 ? { value: { batchItemFailures: [{ itemIdentifier: "000000000003" }] } } : {}) });
  await rig.delivery.clock.advance(30_000);
  assert.deepEqual(rig.runs, [["a", "b", "c", "d"], ["c", "d"]]);
  await rig.close();
});

test("throttles take no try away", async () => {
  const rig = await openPipeRig({ parameters: { MaximumRetryAttempts: 0, DeadLetterConfig: { Arn: LETTERS } }, answer: (_data, run) => (run < 5 ? "throttle" : {}) });
  await rig.delivery.clock.advance(60_000);
  assert.equal(rig.runs.length, 5);
  assert.equal((await rig.delivery.delivered()).length, 0);
  await rig.close();
});
