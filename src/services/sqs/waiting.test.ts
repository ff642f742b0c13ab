// Long polling: who waits is woken by what is sent, given back or falls due, one at a time; with the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { SQS } from "@aws-sdk/client-sqs";
import type { Call } from "../../kernel/call.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import type { Stores } from "../../storage/stores.ts";
import { openQueueRoom } from "../../../test/support/queue-room.ts";
import { sqs as service } from "./service.ts";

const opened = await openQueueRoom();
const { sqs, clock, queue, bodies, receive, close } = opened;
after(close);

/** Long enough for everything that goes on without time passing. */
const settled = () => clock.advance(0);

async function waiter(QueueUrl: string, seconds = 20): Promise<{ answer: Promise<string[]>; done(): boolean }> {
  let done = false;
  const answer = bodies(QueueUrl, { WaitTimeSeconds: seconds, MaxNumberOfMessages: 1 }).finally(() => { done = true; });
  await settled();
  await settled();
  return { answer, done: () => done };
}

test("a waiting caller gets what is sent at once, and nothing when its time is up", async () => {
  const QueueUrl = await queue();
  const waiting = await waiter(QueueUrl);
  assert.equal(waiting.done(), false);
  await sqs.sendMessage({ QueueUrl, MessageBody: "here" });
  assert.deepEqual(await waiting.answer, ["here"]);
  const empty = await waiter(QueueUrl, 5);
  await clock.advance(4_999);
  assert.equal(empty.done(), false);
  await clock.advance(1);
  assert.deepEqual(await empty.answer, []);
});

test("the queue's own wait time holds where the caller names none", async () => {
  const QueueUrl = await queue({ ReceiveMessageWaitTimeSeconds: "3" });
  const answer = receive(QueueUrl);
  await clock.advance(2_000);
  await sqs.sendMessage({ QueueUrl, MessageBody: "x" });
  assert.equal((await answer).length, 1);
  assert.deepEqual(await receive(QueueUrl, { WaitTimeSeconds: 0 }), []);
});

test("delayed and hidden messages wake who waits when they fall due", async () => {
  const QueueUrl = await queue();
  await sqs.sendMessage({ QueueUrl, MessageBody: "delayed", DelaySeconds: 3 });
  const first = await waiter(QueueUrl);
  await clock.advance(2_000);
  assert.equal(first.done(), false);
  await clock.advance(1_000);
  assert.deepEqual(await first.answer, ["delayed"]); // hidden for 30 s from now
  const [second, third] = [await waiter(QueueUrl), await waiter(QueueUrl)];
  await sqs.sendMessage({ QueueUrl, MessageBody: "fresh" });
  assert.deepEqual(await second.answer, ["fresh"]);
  await clock.advance(19_000);
  const late = await waiter(QueueUrl);
  assert.deepEqual([third.done(), late.done()], [false, false]);
  await clock.advance(1_000);
  assert.deepEqual(await third.answer, []);
  await clock.advance(10_000);
  assert.deepEqual(await late.answer, ["delayed"]);
});

test("a message that is given back wakes the next", async () => {
  const QueueUrl = await queue();
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  const [held] = await receive(QueueUrl);
  const waiting = await waiter(QueueUrl);
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: held!.ReceiptHandle, VisibilityTimeout: 4 });
  await clock.advance(4_000);
  assert.deepEqual(await waiting.answer, ["m"]);
});

test("many messages reach as many callers, each one message", async () => {
  const QueueUrl = await queue();
  const waiting = await Promise.all(Array.from({ length: 20 }, () => waiter(QueueUrl)));
  for (let n = 0; n < 20; n += 10) await sqs.sendMessageBatch({ QueueUrl, Entries: Array.from({ length: 10 }, (_, i) => ({ Id: `e${i}`, MessageBody: String(n + i) })) });
  const got = (await Promise.all(waiting.map(({ answer }) => answer))).flat();
  assert.deepEqual(got.map(Number).sort((a, b) => a - b), Array.from({ length: 20 }, (_, n) => n));
});

test("who waits at a queue that is deleted is answered", async () => {
  const QueueUrl = await queue();
  const waiting = await waiter(QueueUrl);
  await sqs.deleteQueue({ QueueUrl });
  assert.deepEqual(await waiting.answer, []);
});

test("a caller that goes away leaves its turn to the next, and takes no message", async () => {
  const QueueUrl = await queue();
  const gone = new AbortController();
  const room = service.open(opened.room.ports); // the same parts, called as the gateway does
  const call = { account: "000000000000", region: "eu-west-1", host: "", now: new Date(clock.now()), signal: gone.signal, principal: { accountId: "000000000000", userId: "u", arn: "arn:aws:iam::000000000000:root" } } as unknown as Call;
  const left = room.ReceiveMessage!({ QueueUrl, WaitTimeSeconds: 20 } as Parameters<SQS["receiveMessage"]>[0] & { QueueUrl: string }, call);
  await settled();
  const stays = await waiter(QueueUrl);
  gone.abort(new Error("gone"));
  assert.deepEqual((await left).Messages, undefined);
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  assert.deepEqual(await stays.answer, ["m"]);
});

test("an error of the stores does not make those who wait deaf", async () => {
  const stores = await openStores({ ephemeral: true, clock: virtualClock(), log: silentLog });
  let failing = true;
  const nextDueMs: Stores["messages"]["nextDueMs"] = async (...given) => {
    if (failing) throw new Error("the database is away");
    return stores.messages.nextDueMs(...given);
  };
  const shaken = await openQueueRoom({ stores: { ...stores, messages: { ...stores.messages, nextDueMs } } });
  const QueueUrl = await shaken.queue();
  const answer = shaken.bodies(QueueUrl, { WaitTimeSeconds: 20 });
  await shaken.clock.advance(1_000);
  failing = false;
  await shaken.clock.advance(1_000);
  await shaken.sqs.sendMessage({ QueueUrl, MessageBody: "heard" });
  assert.deepEqual(await Promise.race([answer, shaken.clock.advance(1).then(() => shaken.clock.advance(1)).then(() => ["nothing yet"])]), ["heard"]);
  await shaken.close();
  await stores.close();
});
