// One execution of a pipe by itself, where nobody can wait for it in a test of the whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import type { Access } from "../../ports/access.ts";
import type { SourceBatch } from "../../ports/batch-consumers.ts";
import type { InvokeResult } from "../../ports/functions.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { openStores } from "../../storage/open.ts";
import { FUNCTION, resolved } from "../../../test/support/mappings.ts";
import { messageSource } from "../../../test/support/message-source.ts";
import { PIPE, putPipe, testPipeConsumer } from "../../../test/support/pipe-consumer.ts";
import { scriptedFunctions } from "../../../test/support/ports.ts";

test("an execution that takes longer than five minutes has failed, and what ends later is not heard", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const counted = new Map<string, number>();
  const metrics: Metrics = { series: ({ name }) => (value) => void counted.set(name, (counted.get(name) ?? 0) + value), flush: async () => undefined };
  const access: Access = { mode: "off", decide: async () => ({ allowed: true }), check: async () => undefined };
  const functions = scriptedFunctions();
  const source = messageSource({ stores, clock });
  const consumer = testPipeConsumer({ stores, clock, metrics, access, functions, directory: new Map([[FUNCTION, resolved()]]) });
  await putPipe(stores, FUNCTION);
  const item = { id: "1", receipt: "r", record: { messageId: "1", body: "b" } };
  const batch: SourceBatch = { consumerArn: PIPE, source, items: [item], payload: Buffer.from("[]"), requestId: "11111111-1111-4111-8111-111111111111" };

  let end = (_: InvokeResult): void => undefined;
  functions.answer = () => new Promise((resolve) => { end = resolve; });
  let answer: unknown;
  const taken = consumer.take(batch).then((given) => { answer = given; });
  await clock.advance(299_999);
  assert.equal(answer, undefined);
  await clock.advance(1);
  await taken;
  assert.partialDeepStrictEqual(answer, { kind: "answered", failed: true });
  assert.deepEqual(["ExecutionTimeout", "ExecutionFailed", "TargetStageFailed"].map((name) => counted.get(name)), [1, undefined, undefined]);
  end({ failed: true, payload: Buffer.from("{}"), executedVersion: "$LATEST" });
  await clock.advance(1_000);
  assert.deepEqual([counted.get("TargetStageFailed"), counted.get("Duration")], [undefined, 300_000]);

  functions.answer = async () => ({ failed: false, payload: Buffer.from("null"), executedVersion: "$LATEST" });
  assert.partialDeepStrictEqual(await consumer.take(batch), { kind: "answered", failed: false });
  await clock.advance(400_000);
  assert.equal(counted.get("ExecutionTimeout"), 1);
  await stores.close();
});
