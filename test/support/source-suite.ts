// What every queue that Lambda polls must do, whichever service it is of: a source passes by saying how items are put in.
// Seeded failures of every kind, kills and clock jumps must not lose an item, nor bring a group out of order.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { virtualClock, type VirtualClock, waitWith } from "../../src/kernel/clock.ts";
import { Fault } from "../../src/kernel/errors.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { EventSourceMapping } from "../../src/ports/event-source-mappings.ts";
import type { InvokeResult } from "../../src/ports/functions.ts";
import type { QueueSource } from "../../src/ports/sources.ts";
import { Throttled } from "../../src/ports/throttled.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { FUNCTION, keptMappings, mappingOf, openTestMappings, resolved, type TestMappings } from "./mappings.ts";
import { mortalStores } from "./mortal-stores.ts";
import { PIPE, putPipe } from "./pipe-consumer.ts";

export interface QueueUnderTest {
  source: QueueSource;
  /** Makes a queue; the answer is its ARN. */
  create(options: { ordered: boolean; hiddenSeconds: number }): Promise<string>;
  put(arn: string, items: { body: string; group: string }[]): Promise<void>;
  /** Visible and hidden. */
  left(arn: string): Promise<number>;
  /** What was put in, out of a record of an event, and what a function lists when it failed. */
  read(record: object): { id: string; body: string };
  close(): Promise<void>;
}

export type OpenQueueUnderTest = (parts: { stores: Stores; clock: VirtualClock }) => Promise<QueueUnderTest>;

type Answer = (bodies: string[], ids: string[]) => Promise<InvokeResult>;

interface Process {
  mappings: TestMappings;
  queue: QueueUnderTest;
  /** Killed or closed: what its functions still say counts for nothing. */
  over: boolean;
  die(): void;
}

interface World {
  clock: VirtualClock & { jump(ms: number): void };
  kept: ReturnType<typeof keptMappings>;
  answer: Answer;
  processes: Process[];
  /** What a test does to items: always through a process that lives. */
  outside: QueueUnderTest;
  start(): Promise<Process>;
}

const OK: InvokeResult = { failed: false, payload: Buffer.from("null"), executedVersion: "$LATEST" };
const FAILED: InvokeResult = { failed: true, payload: Buffer.from("null"), executedVersion: "$LATEST" };
const listing = (ids: string[]): InvokeResult => ({ ...OK, payload: Buffer.from(JSON.stringify({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })) });
const HIDDEN_SECONDS = 30;

async function openWorldOf(t: TestContext, open: OpenQueueUnderTest, through: "pipe" | undefined): Promise<World> {
  const clock = jumpingClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const outside = await open({ stores, clock });
  if (through === "pipe") await putPipe(stores, FUNCTION);
  const kept = keptMappings([]);
  const set = (mapping: EventSourceMapping) => kept.set(through === "pipe" ? { ...mapping, consumerArn: PIPE } : mapping);
  const world: World = {
    clock, outside, kept: { ...kept, set }, answer: async () => OK, processes: [],
    async start() {
      const mortal = mortalStores(stores);
      const queue = await open({ stores: mortal.stores, clock });
      const mappings = openTestMappings({ stores: mortal.stores, clock, source: queue.source, kept: world.kept });
      const process: Process = { mappings, queue, over: false, die() { process.over = true; mortal.die(); } };
      mappings.functions.answer = async ({ payload }) => {
        const items = (JSON.parse(Buffer.from(payload).toString("utf8")) as { Records: object[] }).Records.map((record) => queue.read(record));
        return process.over ? FAILED : world.answer(items.map(({ body }) => body), items.map(({ id }) => id));
      };
      world.processes.push(process);
      return process;
    },
  };
  t.after(async () => {
    for (const process of world.processes) if (!process.over) await process.mappings.close();
    for (const process of world.processes) process.die();
    await outside.close();
    await stores.close();
  });
  return world;
}

/** Its date may be set while everybody works. */
function jumpingClock(): World["clock"] {
  const inner = virtualClock();
  let offsetMs = 0;
  const at = (dateMs: number, work: () => void): (() => void) => inner.at(dateMs - offsetMs, work);
  return { ...inner, now: () => inner.now() + offsetMs, at, until: waitWith(at), jump(ms) { offsetMs += ms; } };
}

/** More of them: EVOKE_TEST_SEEDS. */
const SEEDS = Number(process.env["EVOKE_TEST_SEEDS"] ?? 4);

/** `through`: a pipe stands between the queue and the function. */
export function queueSourceSuite(name: string, open: OpenQueueUnderTest, through?: "pipe"): void {
  const openWorld = (t: TestContext, queue: OpenQueueUnderTest) => openWorldOf(t, queue, through);
  for (const batchSize of [1, 10, 100]) {
    test(`${name}: everything that is put in runs, and nothing is left, in batches of ${batchSize}`, async (t) => {
      const world = await openWorld(t, open);
      const arn = await world.outside.create({ ordered: false, hiddenSeconds: HIDDEN_SECONDS });
      const seen: string[] = [];
      world.answer = async (bodies) => {
        assert.ok(bodies.length <= batchSize);
        seen.push(...bodies);
        return OK;
      };
      await world.start();
      world.kept.set(mappingOf(arn, { batchSize, windowSeconds: batchSize > 10 ? 1 : 0 }));
      const items = Array.from({ length: 120 }, (_, n) => ({ body: `${n}`, group: `${n % 5}` }));
      await world.outside.put(arn, items);
      await world.clock.advance(3_000);
      assert.deepEqual(seen.toSorted(), items.map(({ body }) => body).toSorted());
      assert.equal(await world.outside.left(arn), 0);
    });
  }

  test(`${name}: a group's next items follow at once when its batch is done`, async (t) => {
    const world = await openWorld(t, open);
    const arn = await world.outside.create({ ordered: true, hiddenSeconds: HIDDEN_SECONDS });
    const seen: string[] = [];
    world.answer = async (bodies) => {
      await world.clock.sleep(100);
      seen.push(...bodies);
      return OK;
    };
    await world.start();
    world.kept.set(mappingOf(arn, { batchSize: 2 }));
    await world.outside.put(arn, Array.from({ length: 7 }, (_, n) => ({ body: `${n}`, group: "one" })));
    await world.clock.advance(600);
    assert.deepEqual(seen, ["0", "1", "2", "3", "4", "5", "6"]);
  });

  test(`${name}: items that a failed function had come again when their time is over, and those it lists alone`, async (t) => {
    const world = await openWorld(t, open);
    const arn = await world.outside.create({ ordered: false, hiddenSeconds: HIDDEN_SECONDS });
    const seen: string[][] = [];
    world.answer = async (bodies, ids) => {
      seen.push(bodies.toSorted());
      return seen.length === 1 ? FAILED : seen.length === 2 ? listing(ids.filter((_, n) => bodies[n] === "b")) : OK;
    };
    await world.outside.put(arn, ["a", "b", "c"].map((body) => ({ body, group: body })));
    await world.start();
    world.kept.set(mappingOf(arn, { reportBatchItemFailures: true, windowSeconds: 0 }));
    await world.clock.advance(HIDDEN_SECONDS * 1000 - 500);
    assert.deepEqual(seen, [["a", "b", "c"]]);
    await world.clock.advance(2_000);
    assert.deepEqual(seen.flat().toSorted(), ["a", "a", "b", "b", "c", "c"]);
    const before = seen.length;
    await world.clock.advance(HIDDEN_SECONDS * 1000);
    assert.deepEqual(seen.slice(before).flat(), before === 2 ? ["b"] : []);
    assert.equal(await world.outside.left(arn), 0);
  });

  test(`${name}: what was running when the process was killed comes again in the next`, async (t) => {
    const world = await openWorld(t, open);
    const arn = await world.outside.create({ ordered: false, hiddenSeconds: HIDDEN_SECONDS });
    world.answer = () => new Promise(() => undefined);
    const first = await world.start();
    world.kept.set(mappingOf(arn));
    await world.outside.put(arn, [{ body: "a", group: "a" }]);
    await world.clock.advance(100);
    first.die();
    const seen: string[] = [];
    world.answer = async (bodies) => { seen.push(...bodies); return OK; };
    await world.start();
    await world.clock.advance(60_000);
    assert.deepEqual(seen, ["a"]);
    assert.equal(await world.outside.left(arn), 0);
  });

  test(`${name}: what was running when the platform closed comes again at once in the next`, async (t) => {
    const world = await openWorld(t, open);
    const arn = await world.outside.create({ ordered: true, hiddenSeconds: 600 });
    world.answer = () => new Promise(() => undefined);
    const first = await world.start();
    world.kept.set(mappingOf(arn));
    await world.outside.put(arn, ["a", "b"].map((body) => ({ body, group: "one" })));
    await world.clock.advance(100);
    await first.mappings.close();
    first.die();
    const seen: string[] = [];
    world.answer = async (bodies) => { seen.push(...bodies); return OK; };
    await world.start();
    await world.clock.advance(500);
    assert.deepEqual(seen, ["a", "b"]);
  });

  test(`${name}: of two processes one polls, and the other when the first has gone`, async (t) => {
    const world = await openWorld(t, open);
    const arn = await world.outside.create({ ordered: false, hiddenSeconds: HIDDEN_SECONDS });
    const [first, second] = [await world.start(), await world.start()];
    world.kept.set(mappingOf(arn));
    await world.clock.advance(100);
    for (let n = 0; n < 5; n++) {
      await world.outside.put(arn, [{ body: `${n}`, group: "a" }]);
      await world.clock.advance(100);
    }
    const [polling, waiting] = first.mappings.functions.seen.length > 0 ? [first, second] : [second, first];
    assert.deepEqual([polling.mappings.functions.seen.length, waiting.mappings.functions.seen.length], [5, 0]);
    polling.die();
    await world.outside.put(arn, [{ body: "last", group: "a" }]);
    await world.clock.advance(60_000);
    assert.equal(waiting.mappings.functions.seen.length, 1);
  });

  for (const ordered of [false, true]) {
    for (let seed = 1; seed <= SEEDS; seed++) {
      test(`${name}: whatever fails, nothing is lost${ordered ? " and every group stays in order" : ""} (seed ${seed})`, async (t) => chaos(await openWorld(t, open), { ordered, seed, jumps: seed % 4 === 0 }));
    }
  }
}

interface Chaos {
  ordered: boolean;
  seed: number;
  /** The clock is set forward and back: then items may be received while they still run. */
  jumps: boolean;
}

const GROUPS = 6;
const ITEMS = 240;

async function chaos(world: World, { ordered, seed, jumps }: Chaos): Promise<void> {
  const random = randomFrom(seed);
  const arn = await world.outside.create({ ordered, hiddenSeconds: HIDDEN_SECONDS });
  /** By group: items are numbered in it, and done up to this one. */
  const doneTo = new Map<string, number>();
  const done = new Set<string>();
  const running = new Map<string, number>();
  let isFriendly = false;
  let generation = 0;
  const finish = (bodies: string[]): void => {
    for (const body of bodies) {
      const [group, n] = body.split(":") as [string, string];
      if (ordered) assert.ok(Number(n) <= (doneTo.get(group) ?? -1) + 1, `${body} was done while ${group} was done to ${doneTo.get(group)}`);
      doneTo.set(group, Math.max(doneTo.get(group) ?? -1, Number(n)));
      done.add(body);
    }
  };
  const answer = async (bodies: string[], ids: string[]): Promise<InvokeResult> => {
    const chance = isFriendly ? 0 : random();
    if (chance > 0.9) throw new Throttled("ConcurrentInvocationLimitExceeded");
    if (chance > 0.85) throw new Fault("no room for another process");
    await world.clock.sleep(chance > 0.8 ? 3_000 : random() * 500);
    if (chance > 0.65) return FAILED;
    if (chance > 0.55) return { ...OK, payload: Buffer.from('{"batchItemFailures":[{"itemIdentifier":"nobody"}]}') };
    const failsAt = chance > 0.35 ? Math.floor(random() * bodies.length) : bodies.length;
    return listing(ids.slice(failsAt)); // the first that failed, and all after it
  };
  world.answer = async (bodies, ids) => {
    const born = generation;
    const groups = [...new Set(bodies.map((body) => body.split(":")[0]!))];
    if (ordered && !jumps) for (const group of groups) assert.equal(running.get(group) ?? 0, 0, `two batches of ${group} at once`);
    for (const group of groups) running.set(group, (running.get(group) ?? 0) + 1);
    try {
      const result = await answer(bodies, ids);
      if (born !== generation) return FAILED; // its process is gone
      const text = Buffer.from(result.payload).toString();
      if (!result.failed && !text.includes("nobody")) finish(bodies.filter((_, n) => !text.includes(`"${ids[n]}"`)));
      return result;
    } finally {
      if (born === generation) for (const group of groups) running.set(group, running.get(group)! - 1);
    }
  };
  let problem: unknown;
  const answerOf = world.answer;
  world.answer = (bodies, ids) => answerOf(bodies, ids).catch((error: unknown) => {
    if (error instanceof assert.AssertionError) problem ??= error;
    throw error;
  });

  let process = await world.start();
  let mapping: EventSourceMapping = mappingOf(arn, { reportBatchItemFailures: true, batchSize: 5 });
  world.kept.set(mapping);
  const again = async (): Promise<void> => {
    process.die();
    generation++;
    running.clear();
    process = await world.start();
  };
  const happenings: (() => Promise<void> | void)[] = [
    again,
    async () => { await process.mappings.close(); await again(); },
    () => { world.kept.set((mapping = { ...mapping, revision: `${mapping.revision}+`, batchSize: 1 + Math.floor(random() * 10) })); },
    async () => { world.kept.end(mapping.uuid, `${mapping.revision}-`); await world.clock.advance(random() * 5_000); world.kept.set((mapping = { ...mapping, revision: `${mapping.revision}+` })); },
    () => { process.mappings.refused.add("sqs:ReceiveMessage"); },
    () => { process.mappings.refused.clear(); },
    () => { process.mappings.directory.delete(FUNCTION); },
    () => { process.mappings.directory.set(FUNCTION, resolved()); },
    () => { if (jumps) world.clock.jump(random() < 0.5 ? 3_600_000 : -60_000); },
  ];
  for (let put = 0; put < ITEMS;) {
    const from = put;
    put = Math.min(ITEMS, from + 1 + Math.floor(random() * 12));
    const items = Array.from({ length: put - from }, (_, n) => from + n).map((n) => ({ group: `g${n % GROUPS}`, body: `g${n % GROUPS}:${Math.floor(n / GROUPS)}` }));
    await world.outside.put(arn, items);
    await world.clock.advance(random() * 6_000);
    if (random() < 0.3) await happenings[Math.floor(random() * happenings.length)]!();
  }
  isFriendly = true;
  process.mappings.refused.clear();
  process.mappings.directory.set(FUNCTION, resolved());
  for (let round = 0; round < 100 && (await world.outside.left(arn)) > 0; round++) await world.clock.advance(10_000);
  if (problem) throw problem;
  assert.equal(done.size, ITEMS);
  assert.equal(await world.outside.left(arn), 0);
}

/** The same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
