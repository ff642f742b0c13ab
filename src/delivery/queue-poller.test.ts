// Mappings of queues: batches, windows, filters, partial failures, throttles.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";
import { functionVersion, FUNCTION, mappingOf, resolved } from "../../test/support/mappings.ts";
import { bodies, FAILED, numbered, OK, openQueueRig, recordsOf } from "../../test/support/queue-rig.ts";

test("a message sent to an idle mapping runs at once, and is gone when it ran", async (t) => {
  const { source, set, settle, ran, reports } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn));
  await settle();
  assert.deepEqual(reports.map(({ report }) => report.state), ["running"]);
  await source.put(arn, [{ body: "hello" }]);
  await settle();
  assert.deepEqual(ran, [["hello"]]);
  assert.equal(await source.left(arn), 0);
});

test("an idle mapping does nothing but look after itself now and then", async (t) => {
  const { source, set, clock } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn));
  await clock.advance(1_000);
  const before = source.receives();
  await clock.advance(600_000);
  assert.equal(source.receives(), before);
});

test("a window gathers messages until it is over, or the batch is full", async (t) => {
  const { source, set, settle, clock, ran } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn, { batchSize: 12, windowSeconds: 5 }));
  await settle();
  await source.put(arn, numbered(2));
  await clock.advance(3_000);
  await source.put(arn, numbered(1));
  await clock.advance(1_900);
  assert.deepEqual(ran, []);
  await clock.advance(200);
  assert.deepEqual(ran, [["0", "1", "0"]]);
  await source.put(arn, numbered(13));
  await settle();
  assert.deepEqual(ran.slice(1).map(({ length }) => length), [12]);
  await clock.advance(6_000);
  assert.deepEqual(ran.slice(2).map(({ length }) => length), [1]);
  assert.equal(await source.left(arn), 0);
});

test("what waits in a long window stays hidden until its function has ended, whatever the queue says", async (t) => {
  const { source, set, settle, clock, ran } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  set(mappingOf(arn, { windowSeconds: 200 }));
  await settle();
  await source.put(arn, numbered(1));
  await clock.advance(201_000);
  assert.deepEqual(ran, [["0"]], "received once");
});

test("a batch has as many messages as fit into one invocation", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, numbered(15).map(() => ({ body: "x".repeat(1_000_000) })));
  const sizes: number[] = [];
  const counts: number[] = [];
  functions.answer = async ({ payload }) => {
    sizes.push(payload.byteLength);
    counts.push(bodies(payload).length);
    return OK;
  };
  set(mappingOf(arn, { batchSize: 10_000, windowSeconds: 1 }));
  await clock.advance(5_000);
  assert.ok(Math.max(...sizes) <= 6_291_456, `${Math.max(...sizes)}`);
  assert.deepEqual(counts, [6, 6, 3]);
  assert.equal(await source.left(arn), 0);
});

test("an ordered queue's large messages run one part after the other, and the rest is given back when one fails", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q.fifo", { hiddenSeconds: 30, ordered: true });
  await source.put(arn, numbered(9).map(({ body }) => ({ body: body + "x".repeat(1_000_000), group: "g" })));
  const ran: string[] = [];
  let running = 0;
  functions.answer = async ({ payload }) => {
    assert.equal(++running, 1);
    ran.push(bodies(payload).map((body) => body[0]).join(""));
    await clock.sleep(10);
    running--;
    return ran.length === 1 ? FAILED : OK;
  };
  set(mappingOf(arn));
  await clock.advance(29_000);
  assert.deepEqual(ran, ["012345"]);
  await clock.advance(5_000);
  assert.deepEqual(ran, ["012345", "012345", "678"]);
  assert.equal(await source.left(arn), 0);
});

test("what no filter wants is deleted and not seen by the function", async (t) => {
  const { source, set, settle, ran, metrics } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, [{ body: '{"kind":"a"}' }, { body: '{"kind":"b"}' }, { body: "text" }, { body: '{"kind":"a","n":2}' }]);
  set(mappingOf(arn, { filters: ['{"body":{"kind":["a"]}}'] }));
  await settle();
  assert.deepEqual(ran, [['{"kind":"a"}', '{"kind":"a","n":2}']]);
  assert.equal(await source.left(arn), 0);
  assert.deepEqual(Object.fromEntries(metrics), { PolledEventCount: 4, FilteredOutEventCount: 2, InvokedEventCount: 2, DeletedEventCount: 2 });
});

test("a batch whose function fails is hidden until its visibility timeout is over, and then comes again", async (t) => {
  const { source, set, clock, functions, metrics } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, numbered(3));
  const ran: number[] = [];
  functions.answer = async ({ payload }) => {
    ran.push(bodies(payload).length);
    return ran.length === 1 ? FAILED : OK;
  };
  set(mappingOf(arn));
  await clock.advance(29_900);
  assert.deepEqual(ran, [3]);
  await clock.advance(200);
  assert.deepEqual(ran, [3, 3]);
  assert.equal(await source.left(arn), 0);
  assert.equal(metrics.get("FailedInvokeEventCount"), 3);
});

test("what a function lists as failed comes again, and the rest is done", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, numbered(4));
  const ran: string[][] = [];
  functions.answer = async ({ payload }) => {
    ran.push(bodies(payload));
    const left = recordsOf(payload).filter(({ body }) => ran.length === 1 && Number(body) % 2 === 1);
    return { ...OK, payload: Buffer.from(JSON.stringify({ batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) })) };
  };
  set(mappingOf(arn, { reportBatchItemFailures: true }));
  await clock.advance(20);
  assert.equal(await source.left(arn), 2);
  await clock.advance(30_000);
  assert.deepEqual(ran, [["0", "1", "2", "3"], ["1", "3"]]);
  assert.equal(await source.left(arn), 0);
});

test("an ordered group goes on in order after a partial failure, and others meanwhile", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q.fifo", { hiddenSeconds: 30, ordered: true });
  await source.put(arn, [...numbered(4, { group: "a" }), { body: "b0", group: "b" }]);
  const ran: string[] = [];
  functions.answer = async ({ payload }) => {
    const records = recordsOf(payload);
    ran.push(records.map(({ body }) => body).join(" "));
    // As the guide asks for: the first that fails, and all of its group after it.
    const left = ran.length === 1 ? records.filter(({ body }) => ["1", "2", "3"].includes(body)) : [];
    return { ...OK, payload: Buffer.from(JSON.stringify({ batchItemFailures: left.map(({ messageId }) => ({ itemIdentifier: messageId })) })) };
  };
  set(mappingOf(arn, { reportBatchItemFailures: true }));
  await clock.advance(20);
  await source.put(arn, [{ body: "4", group: "a" }, { body: "b1", group: "b" }]);
  await clock.advance(40_000);
  assert.deepEqual(ran, ["0 1 2 3 b0", "b1", "1 2 3 4"]);
});

test("a throttled batch is tried again, with growing pauses, as long as its messages are hidden", async (t) => {
  const { source, set, clock, functions, logged } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 60 });
  await source.put(arn, numbered(1));
  const attempts: number[] = [];
  const startMs = clock.now();
  functions.answer = async () => {
    attempts.push((clock.now() - startMs) / 1000);
    throw new Throttled("ConcurrentInvocationLimitExceeded");
  };
  set(mappingOf(arn));
  await clock.advance(59_000);
  assert.deepEqual(attempts.map(Math.floor), [0, 0, 0, 1, 3, 7, 15, 30, 45]);
  assert.equal(source.receives(), 2, "it was received once, and it was looked for more");
  functions.answer = async () => OK;
  await clock.advance(30_000);
  assert.equal(await source.left(arn), 0);
  assert.deepEqual(logged, []);
});

test("a batch that begins late is not received again while it runs", async (t) => {
  const { source, set, clock, functions, directory } = await openQueueRig(t);
  directory.set(FUNCTION, resolved({ version: functionVersion({ timeoutSeconds: 25 }) }));
  const arn = source.create("q.fifo", { hiddenSeconds: 30, ordered: true });
  await source.put(arn, numbered(2, { group: "g" }));
  functions.answer = async () => {
    if (functions.seen.length < 7) throw new Throttled("ConcurrentInvocationLimitExceeded");
    await clock.sleep(24_000);
    return OK;
  };
  set(mappingOf(arn));
  await clock.advance(60_000);
  assert.equal(functions.seen.length, 7);
  assert.equal(await source.left(arn), 0);
});

test("a batch that finds no place before its messages are visible again leaves them to whoever receives them", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  const ran: string[] = [];
  functions.answer = async ({ payload }) => {
    ran.push(...bodies(payload).map((body) => body[0]!));
    await clock.sleep(ran.length <= 6 ? 40_000 : 1_000); // longer than they are hidden
    return OK;
  };
  // Two batches of what was received for one: together they are larger than an invocation.
  set(mappingOf(arn, { maximumConcurrency: 1, batchSize: 10 }));
  await source.put(arn, numbered(8).map(({ body }) => ({ body: body + "x".repeat(1_000_000) })));
  await clock.advance(200_000);
  assert.equal(await source.left(arn), 0);
  assert.deepEqual(ran.filter((body) => body === "7"), ["7"]);
});

test("a function found in a loop has failed: its messages wait for the queue's redrive", async (t) => {
  const { source, set, clock, functions } = await openQueueRig(t);
  const arn = source.create("q", { hiddenSeconds: 30 });
  await source.put(arn, [{ body: "x", traceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:abc:5" }]);
  functions.answer = async () => { throw new RecursiveInvocation(); };
  set(mappingOf(arn));
  await clock.advance(20_000);
  assert.equal(functions.seen.length, 1);
  assert.equal(functions.seen[0]!.traceId, "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:abc:5");
  await clock.advance(15_000);
  assert.equal(functions.seen.length, 2);
});

test("mappings of many large messages hold no more of them than memory is given", async (t) => {
  const { source, set, clock, functions, memory } = await openQueueRig(t, { memoryBytes: 30_000_000 });
  const arns = ["one", "two", "three"].map((name) => source.create(name, { hiddenSeconds: 300 }));
  for (const arn of arns) await source.put(arn, numbered(20).map(() => ({ body: "x".repeat(1_000_000) })));
  let most = 0;
  functions.answer = async () => {
    most = Math.max(most, memory.heldBytes());
    await clock.sleep(1_000);
    return OK;
  };
  for (const [n, arn] of arns.entries()) set(mappingOf(arn, { uuid: `mapping-${n}`, batchSize: 1, maximumConcurrency: 1000 }));
  await clock.advance(100_000);
  assert.ok(most <= 30_000_000, `${most}`);
  for (const arn of arns) assert.equal(await source.left(arn), 0);
});

test("one mapping's stuck functions leave memory for another's messages", async (t) => {
  const { source, set, clock, functions, settle } = await openQueueRig(t, { memoryBytes: 30_000_000 });
  const [stuck, other] = ["stuck", "other"].map((name) => source.create(name, { hiddenSeconds: 900 })) as [string, string];
  await source.put(stuck, numbered(40).map(() => ({ body: "x".repeat(1_000_000) })));
  let ran = 0;
  functions.answer = async ({ payload }) => {
    if (bodies(payload)[0] !== "other") await clock.sleep(800_000);
    else ran++;
    return OK;
  };
  set(mappingOf(stuck, { uuid: "stuck", batchSize: 1, maximumConcurrency: 1000 }));
  await clock.advance(60_000);
  set(mappingOf(other, { uuid: "other" }));
  await source.put(other, [{ body: "other" }]);
  await settle();
  assert.equal(ran, 1);
  await clock.advance(4_000_000);
});
