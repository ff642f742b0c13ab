// Part of stores.test.ts: the message store against what it should be, written down as plainly as possible. Random steps, from a seed.
import assert from "node:assert/strict";
import type { MessageCounts, Stores } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

const STEPS = 300;
const SEEDS = [1, 2];

interface Kept { sequence: number; group: string | undefined; sent: number; due: number; receives: number; receipt?: string; body: string }

/** Numbers from 0 to below n, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

const isHeld = (message: Kept, now: number): boolean => message.receives > 0 && message.due > now;

/** What could be received now, for each group in order (fifo), or all in one list. */
function receivable(kept: Kept[], order: "standard" | "fifo", now: number): Kept[][] {
  if (order === "standard") return [kept.filter(({ due }) => due <= now)];
  return [...Map.groupBy(kept, ({ group }) => group).values()].map((of) => {
    const notDue = of.findIndex(({ due }) => due > now);
    return notDue < 0 ? of : of.slice(0, notDue);
  });
}

const countsOf = (kept: Kept[], now: number): MessageCounts => ({
  visible: kept.filter(({ due }) => due <= now).length,
  held: kept.filter((message) => isHeld(message, now)).length,
  delayed: kept.filter(({ due, receives }) => receives === 0 && due > now).length,
});

/** What is compared, and where the comparison stands. */
interface Run {
  messages: Stores["messages"];
  order: "standard" | "fifo";
  queue: string;
  random(n: number): number;
  /** In order of sending. */
  kept: Kept[];
  now: number;
  received: number;
}

const pick = <T>(run: Run, of: T[]): T => of[run.random(of.length)]!;
const remove = (run: Run, gone: Kept[]): void => { run.kept = run.kept.filter((message) => !gone.includes(message)); };

/** Each does one thing to the store and to the list, and looks whether both say the same of it. */
const STEPS_BY_NAME: Record<string, (run: Run) => Promise<void>> = {
  async send(run) {
    const { messages, order, queue, now, random, kept } = run;
    const group = order === "fifo" || random(2) ? `g${random(4)}` : undefined;
    const due = now + (random(3) ? 0 : random(50));
    const body = `${random(1000)}`;
    const { sequence } = await messages.send(queue, { order, body, sentMs: now, dueMs: due, ...(group !== undefined && { group }) });
    assert.ok(sequence > (kept.at(-1)?.sequence ?? 0));
    kept.push({ sequence, group, sent: now, due, receives: 0, body });
  },
  async receive(run) {
    const { messages, order, queue, now, random, kept } = run;
    const limit = 1 + random(6);
    const hiddenUntilMs = now + random(60);
    const receipt = `r${++run.received}`;
    const could = receivable(kept, order, now);
    const got = await messages.receive(queue, { order, nowMs: now, limit, hiddenUntilMs, receipt });
    assert.equal(got.length, Math.min(limit, could.flat().length));
    assert.equal(new Set(got.map(({ sequence }) => sequence)).size, got.length);
    for (const of of could) {
      const ofThese = got.filter(({ sequence }) => of.some((message) => message.sequence === sequence));
      if (order === "fifo") assert.deepEqual(ofThese.map(({ sequence }) => sequence), of.slice(0, ofThese.length).map(({ sequence }) => sequence));
    }
    for (const { sequence, ...message } of got) {
      const same = could.flat().find((one) => one.sequence === sequence);
      assert.ok(same, "it could not be received");
      assert.deepEqual([message.body, message.group, message.sentMs, message.receives, message.receipt], [same.body, same.group, same.sent, same.receives + 1, receipt]);
      Object.assign(same, { due: hiddenUntilMs, receives: same.receives + 1, receipt });
    }
  },
  async delete(run) {
    const message = pick(run, run.kept);
    const receipt = run.random(4) ? message.receipt ?? "none" : `r${run.random(run.received + 1)}`;
    const may = receipt === message.receipt;
    assert.equal(await run.messages.delete(run.queue, message.sequence, receipt), may);
    if (may) remove(run, [message]);
  },
  async hide(run) {
    const message = pick(run, run.kept);
    const dueMs = run.now + (run.random(2) ? 0 : run.random(60));
    const may = message.receipt !== undefined && isHeld(message, run.now);
    assert.equal(await run.messages.hide(run.queue, message.sequence, message.receipt ?? "none", { nowMs: run.now, dueMs }), may);
    if (may) message.due = dueMs;
  },
  async look(run) {
    const { messages, queue, now, kept } = run;
    assert.deepEqual(await messages.counts(queue, now), countsOf(kept, now));
    const later = kept.map(({ due }) => due).filter((due) => due > now);
    assert.equal(await messages.nextDueMs(queue, now), later.length ? Math.min(...later) : undefined);
    const sent = kept.filter(({ due }) => due <= now).map((message) => message.sent);
    assert.equal(await messages.oldestSentMs(queue, now), sent.length ? Math.min(...sent) : undefined);
    const { sequence, receipt, due } = pick(run, kept);
    if (receipt) assert.equal(await messages.state(queue, sequence, receipt, now), due > now ? "held" : "over");
  },
  async expire(run) {
    if (run.random(5)) return;
    const before = run.now - run.random(300);
    const old = run.kept.filter(({ sent, due }) => sent < before && due <= run.now);
    assert.equal(await run.messages.expire(run.queue, before, run.now, 1000), old.length);
    remove(run, old);
  },
  async wait(run) { run.now += run.random(20); },
};
const NAMES = ["send", "send", "send", "receive", "receive", "delete", "delete", "hide", "look", "expire", "wait"];

async function compare({ messages }: Stores, order: "standard" | "fifo", seed: number): Promise<void> {
  const run: Run = { messages, order, queue: `model/${order}/${seed}`, random: randomFrom(seed), kept: [], now: 1000, received: 0 };
  for (let n = 0; n < STEPS; n++) {
    const name = run.kept.length === 0 ? "send" : pick(run, NAMES);
    try {
      await STEPS_BY_NAME[name]!(run);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${n} (${name})`, { cause: error });
    }
  }
  const now = run.now + 1000;
  for (let more = true; more;) {
    const page = await messages.receive(run.queue, { order, nowMs: now, limit: 10, hiddenUntilMs: now + 1, receipt: "last" });
    for (const { sequence } of page) assert.equal(await messages.delete(run.queue, sequence, "last"), true);
    remove(run, run.kept.filter(({ sequence }) => page.some((message) => message.sequence === sequence)));
    more = page.length > 0;
  }
  assert.deepEqual(run.kept, [], "everything can be received in the end");
  assert.deepEqual(await messages.counts(run.queue, now), { visible: 0, held: 0, delayed: 0 });
}

export const modelTests: StoreTests = {
  async "whatever is done to a standard queue, it does what a plain list of messages would"(stores) {
    for (const seed of SEEDS) await compare(stores, "standard", seed);
  },
  async "whatever is done to a queue in order, it does what plain lists of messages would"(stores) {
    for (const seed of SEEDS) await compare(stores, "fifo", seed);
  },
};
