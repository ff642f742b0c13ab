// Durable work in lanes: each lane is a stored queue of its own, so that one function's or destination's backlog holds nobody else up.
// Work is received in batches, held by a lease while it runs, and finished in one transaction with what follows from it.
import { assert } from "../kernel/assert.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { LaneItem, LaneOutcome, Lanes as LanesPort } from "../ports/lanes.ts";
import type { Received, Stores, Tx } from "../storage/stores.ts";

export interface LanesOptions {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** By the kind of a lane. An error thrown leaves the item for when its lease has run out. */
  run: Record<string, (item: LaneItem) => Promise<LaneOutcome>>;
}

export interface Lanes extends LanesPort {
  /** Takes up what is stored, until the signal. What still runs then is given back. */
  work(signal: AbortSignal): Promise<void>;
  /** How many lanes have anything stored, and how much of it runs now. */
  stats(): { lanes: number; running: number };
  /** Nothing of any lane is being run, read or written. Who asks waits for that, so what has ended is written now. */
  atRest(): boolean;
}

const PREFIX = "delivery/";
/** In a kill of the whole process, work that ran is taken up again after this long. */
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
/** Of one lane at once; function environments are the engine's to bound. */
const LANE_MAX = 64;
const TOTAL_MAX = 256;
/** So many of every lane go on whatever the others do: long runs of a few functions starve nobody. */
const LANE_ALWAYS = 2;
/** What a process that died elsewhere on the same database left behind is found after this long. */
const LIST_MS = 60_000;
const PAGE = 1000;
/** After a store error. */
const PAUSE_MS = 1_000;
/** Every commit waits for the disk, so what ends within this time, or up to so many, is written together: 3,000 events a second became 7,000. */
const FLUSH_MS = 5;
const SETTLE_TOGETHER = 32;
/** How long work may go on at the end before it is given back. */
const GRACE_MS = 1_000;
/** Of what is taken together with an item, so that groups of long ones do not fill the memory. */
const TOGETHER_CHARACTERS_MAX = 256 * 1024;

interface Lane {
  name: string;
  run: (item: LaneItem) => Promise<LaneOutcome>;
  together: number;
  /** Receipts by item id. */
  running: Map<string, string>;
  /** What ended and is not known to be written, by the flush that writes it. */
  ended: Map<string, number>;
  most: number;
  /** Falls by half when its work is turned away, and rises again by one with each that is not. */
  width: number;
  looking: boolean;
  lookAgain: boolean;
  /** The last look ended for want of room, so there may be more. */
  full: boolean;
  /** Its items are of groups, so what ends may make room for the next of its group. */
  grouped: boolean;
  cancelTimer: (() => void) | undefined;
}

interface Settled {
  lane: Lane;
  id: string;
  receipt: string;
  /** Those behind it that are finished with it. */
  behind: string[];
  outcome: LaneOutcome;
}

interface State extends LanesOptions {
  /** One for all that this process receives, so that what it receives again stays its own. */
  receipt: string;
  flushes: number;
  /** By kind, where it is more than one. */
  together: Map<string, number>;
  lanes: Map<string, Lane>;
  /** Taken, or being asked for. */
  running: number;
  /** Lanes that found no room although they are not full themselves, longest waiting first. */
  starved: Set<Lane>;
  started: boolean;
  stopped: boolean;
  /** Ended, and not yet written. */
  settled: Settled[];
  cancelFlush: (() => void) | undefined;
  /** Store writes that must end before the stores close. */
  settling: Set<Promise<void>>;
  cancelRenew: (() => void) | undefined;
  idle: (() => void) | undefined;
}

export function openLanes(options: LanesOptions): Lanes {
  const state: State = { ...options, receipt: options.ids.uuid(), flushes: 0, together: new Map(), lanes: new Map(), running: 0, starved: new Set(), started: false, stopped: false, settled: [], cancelFlush: undefined, settling: new Set(), cancelRenew: undefined, idle: undefined };
  return {
    register(kind, run, { together = 1 } = {}) {
      assert(!state.run[kind], `somebody runs ${kind} already`);
      state.run[kind] = run;
      state.together.set(kind, together);
      if (state.started) track(state, list(state, `${PREFIX}${kind}/`).catch(() => undefined)); // sent before its room opened; what fails is listed again in a while
    },
    async send({ lane, ...item }) {
      await state.stores.queues.send(PREFIX + lane, item);
      lookIn(state, lane);
    },
    async transaction(work) {
      const sent = new Set<string>();
      const result = await state.stores.transaction((tx) => {
        sent.clear();
        return work(tx, async ({ lane, ...item }) => {
          await tx.queues.send(PREFIX + lane, item);
          sent.add(lane);
        });
      });
      for (const lane of sent) lookIn(state, lane);
      return result;
    },
    bound(name, most) {
      const lane = state.lanes.get(name);
      if (lane) lane.most = Math.max(1, Math.min(LANE_MAX, most));
      else if (most < LANE_MAX) laneOf(state, name).most = Math.max(1, most);
    },
    work: (signal) => work(state, signal),
    stats: () => ({ lanes: state.lanes.size, running: state.running }),
    atRest() { if (state.running === 0) flush(state); return state.running + state.settling.size === 0; },
  };
}

function laneOf(state: State, name: string): Lane {
  let lane = state.lanes.get(name);
  if (!lane) {
    const kind = name.slice(0, name.indexOf("/"));
    lane = { name, run: state.run[kind]!, together: state.together.get(kind) ?? 1, running: new Map(), ended: new Map(), most: LANE_MAX, width: LANE_MAX, looking: false, lookAgain: false, full: false, grouped: false, cancelTimer: undefined };
    state.lanes.set(name, lane);
  }
  return lane;
}

/** The lane of that name: another may have taken the place of one that was idle for a moment. */
function current(state: State, lane: Lane): Lane {
  const known = state.lanes.get(lane.name);
  if (!known) state.lanes.set(lane.name, lane);
  return known ?? lane;
}

async function work(state: State, signal: AbortSignal): Promise<void> {
  state.started = true;
  try {
    while (!signal.aborted) {
      await list(state, PREFIX);
      await state.clock.sleep(LIST_MS, signal).catch(() => undefined);
    }
  } finally {
    if (signal.aborted) await stop(state);
  }
}

async function list(state: State, prefix: string, after?: string): Promise<void> {
  const names = await state.stores.queues.list({ prefix, ...(after === undefined ? {} : { after }), limit: PAGE });
  for (const name of names) lookIn(state, name.slice(PREFIX.length));
  if (names.length === PAGE && state.started) await list(state, prefix, names.at(-1));
}

function lookIn(state: State, name: string): void {
  if (state.run[name.slice(0, name.indexOf("/"))]) look(state, laneOf(state, name)); // another kind's room has not opened, or another version of Evoke left it there
}

/** Receives as much as there is room for. Cheap to call: looks do not overlap, and one that is asked for meanwhile follows. */
function look(state: State, asked: Lane): void {
  if (!state.started) return;
  const lane = current(state, asked);
  if (lane.looking) {
    lane.lookAgain = true;
    return;
  }
  lane.looking = true;
  lane.cancelTimer?.();
  lane.cancelTimer = undefined;
  track(state, receiveAll(state, lane).catch((error: unknown) => {
    if (!state.started) return;
    state.log.error("Waiting events could not be read; trying again", { lane: lane.name, error });
    lookLater(state, lane, (work) => state.clock.after(PAUSE_MS, work));
  }).finally(() => {
    lane.looking = false;
    if (lane.lookAgain) {
      lane.lookAgain = false;
      look(state, lane);
    } else forgetIdle(state, lane);
  }));
}

async function receiveAll(state: State, lane: Lane): Promise<void> {
  const { queues } = state.stores;
  const queue = PREFIX + lane.name;
  for (;;) {
    lane.lookAgain = false;
    const limit = roomFor(state, lane);
    lane.full = limit === 0;
    if (limit === 0 || !state.started) return;
    const { receipt, flushes } = state;
    const nowMs = state.clock.now();
    state.running += limit;
    let started = 0;
    let items: Received[];
    try {
      items = await queues.receive(queue, { nowMs, limit, hiddenUntilMs: nowMs + LEASE_MS, receipt });
      if (!state.started) return await giveBack(state, lane, items);
      for (const { id, body, receives, group } of items) {
        lane.grouped = group !== undefined;
        // Its lease ran out, because this process stood still or the date was moved: it is still ours, also if it has ended, unless that was written before.
        if (lane.running.has(id) || (lane.ended.get(id) ?? 0) > flushes) continue;
        lane.running.set(id, receipt);
        started++;
        start(state, lane, { id, lane: lane.name, body, receives, behind: [] }, group !== undefined && lane.together > 1);
      }
    } finally {
      release(state, limit - started);
    }
    if (items.length === limit || lane.lookAgain) continue;
    const dueMs = await queues.nextDueMs(queue);
    if (dueMs !== undefined) lookAt(state, lane, Math.max(dueMs, state.clock.now() + 1));
    if (!lane.lookAgain) return;
  }
}

function roomFor(state: State, lane: Lane): number {
  const own = Math.min(lane.most, lane.width) - lane.running.size;
  const shared = Math.max(TOTAL_MAX - state.running, LANE_ALWAYS - lane.running.size);
  if (own > 0 && shared <= 0) state.starved.add(lane);
  else state.starved.delete(lane);
  return Math.max(0, Math.min(own, shared));
}

const lookAt = (state: State, lane: Lane, dateMs: number): void => lookLater(state, lane, (work) => state.clock.at(dateMs, work));

function lookLater(state: State, asked: Lane, begin: (work: () => void) => () => void): void {
  if (!state.started) return;
  const lane = current(state, asked);
  lane.cancelTimer?.();
  lane.cancelTimer = begin(() => {
    lane.cancelTimer = undefined;
    look(state, lane);
  });
}

function forgetIdle(state: State, lane: Lane): void {
  if (lane.looking || lane.running.size || lane.ended.size || lane.cancelTimer || lane.full) return;
  state.lanes.delete(lane.name);
}

async function giveBack(state: State, lane: Lane, items: Received[]): Promise<void> {
  for (const { id, receipt } of items) await state.stores.queues.hide(PREFIX + lane.name, id, receipt, state.clock.now());
}

/** Room that became free goes to the lane that has waited longest for it. */
function release(state: State, count: number): void {
  state.running -= count;
  if (state.running === 0) state.idle?.();
  const [longest] = state.starved;
  if (count > 0 && longest && state.running < TOTAL_MAX) look(state, longest);
}

/** Its timer may be for the lease of what has just ended: then nothing is left, and the lane need not wait for it. */
async function forgetEmpty(state: State, lane: Lane): Promise<void> {
  if (lane.running.size || lane.looking) return;
  if (!lane.cancelTimer) return forgetIdle(state, lane);
  const dueMs = await state.stores.queues.nextDueMs(PREFIX + lane.name).catch(() => 0);
  if (dueMs !== undefined || lane.running.size || lane.looking) return;
  lane.cancelTimer?.();
  lane.cancelTimer = undefined;
  forgetIdle(state, lane);
}

/** Nobody else can have what is behind one that is held, and it stays there as it is until that is finished. */
async function withBehind(state: State, lane: Lane, item: LaneItem): Promise<LaneOutcome> {
  item.behind = await state.stores.queues.behind(PREFIX + lane.name, item.id, { nowMs: state.clock.now(), limit: lane.together - 1, charactersMax: TOGETHER_CHARACTERS_MAX });
  return lane.run(item);
}

function start(state: State, lane: Lane, item: LaneItem, together: boolean): void {
  renewLater(state);
  void (together ? withBehind(state, lane, item) : lane.run(item)).then(
    (outcome) => settle(state, lane, item, outcome),
    (error: unknown) => {
      if (state.stopped) return;
      state.log.error("An event could not be handled; it is taken up again", { lane: lane.name, id: item.id, error });
      lookAt(state, lane, state.clock.now() + LEASE_MS);
    },
  ).finally(() => {
    lane.running.delete(item.id);
    release(state, 1);
    // A full lane is looked at when its half is free, or with the next write.
    if (state.stopped) return;
    if (lane.full && lane.running.size * 2 <= Math.min(lane.most, lane.width)) look(state, lane);
    else forgetIdle(state, lane);
  });
}

/** Its room is free at once; whoever dies before the write has done the work twice, never half. */
function settle(state: State, lane: Lane, { id, behind }: LaneItem, outcome: LaneOutcome): void {
  if (state.stopped) return; // given back already
  if (outcome.crowded) lane.width = Math.max(1, Math.floor(Math.min(lane.width, lane.running.size) / 2));
  else if (outcome.againMs === undefined && lane.width < LANE_MAX) lane.width++;
  lane.ended.set(id, Infinity);
  state.settled.push({ lane, id, receipt: lane.running.get(id)!, behind: behind.slice(0, outcome.behindFinished ?? 0).map(({ id }) => id), outcome });
  if (state.settled.length >= SETTLE_TOGETHER) return flush(state);
  if (lane.grouped) state.cancelFlush?.(); // the next of its group waits for the write, so that waits for nobody: 54 a second of one group became 65 to 82 on a busy machine
  if (lane.grouped || !state.cancelFlush) state.cancelFlush = state.clock.after(lane.grouped ? 0 : FLUSH_MS, () => flush(state));
}

/** What ended meanwhile is written together, and in the same turn, so in the same commit, the next are received. */
function flush(state: State): void {
  state.cancelFlush?.();
  state.cancelFlush = undefined;
  const batch = state.settled.splice(0);
  if (batch.length === 0) return;
  const flushed = ++state.flushes;
  for (const { lane, id } of batch) lane.ended.set(id, flushed);
  const touched = new Set(batch.map(({ lane }) => lane));
  // Of groups each by itself: a change of one holds it for the transaction, and where processes share a database two of several would wait for each other.
  const [grouped, alone] = [batch.filter(({ lane }) => lane.grouped), batch.filter(({ lane }) => !lane.grouped)];
  const written = Promise.all([...grouped.map((one) => [one]), ...(alone.length > 0 ? [alone] : [])].map((together) => write(state, together)));
  for (const lane of touched) if (lane.full || lane.grouped) look(state, lane);
  track(state, written.then(async () => {
    for (const { lane, id, outcome } of batch) {
      if (lane.ended.get(id) === flushed) lane.ended.delete(id);
      for (const { lane: to } of outcome.sends ?? []) lookIn(state, to);
      if (outcome.againMs !== undefined) look(state, lane);
    }
    for (const lane of touched) {
      if (lane.grouped) look(state, lane); // where the database did not take the two steps in this order
      await forgetEmpty(state, lane);
    }
  }));
}

/** One transaction; should that fail, one for each, so that nobody is harmed by what is wrong with another's. */
async function write(state: State, batch: Settled[]): Promise<void> {
  try {
    await state.stores.transaction(async (tx) => {
      for (const one of batch) await settleIn(tx, one);
    });
  } catch (error) {
    if (batch.length > 1) return void (await Promise.all(batch.map((one) => write(state, [one]))));
    const [{ lane, id }] = batch as [Settled];
    state.log.error("What became of an event could not be stored; it is taken up again", { lane: lane.name, id, error });
    lookAt(state, lane, state.clock.now() + LEASE_MS);
  }
}

async function settleIn(tx: Tx, { lane, id, receipt, behind, outcome: { againMs, sends } }: Settled): Promise<void> {
  const queue = PREFIX + lane.name;
  if (againMs !== undefined) await tx.queues.hide(queue, id, receipt, againMs);
  // What somebody else has taken meanwhile is theirs to go on with.
  else if (await tx.queues.finish(queue, id, receipt, behind)) for (const { lane: to, ...item } of sends ?? []) await tx.queues.send(PREFIX + to, item);
}

function renewLater(state: State): void {
  state.cancelRenew ??= state.clock.after(RENEW_MS, () => {
    state.cancelRenew = undefined;
    if (state.stopped || state.running === 0) return;
    const untilMs = state.clock.now() + LEASE_MS;
    track(state, holdRunning(state, untilMs).catch((error: unknown) => state.log.warn("Running events could not be held; some may run twice", { error })));
    renewLater(state);
  });
}

/** One by one, not in a transaction: that would lock rows against those who finish them. Asked for in one turn, they are one commit. */
async function holdRunning(state: State, untilMs: number): Promise<void> {
  const running = [...state.lanes.values()].flatMap((lane) => [...lane.running].map(([id, receipt]) => ({ queue: PREFIX + lane.name, id, receipt })));
  await Promise.all(running.map(({ queue, id, receipt }) => state.stores.queues.hide(queue, id, receipt, untilMs)));
}

function track(state: State, step: Promise<void>): void {
  const tracked = step.finally(() => state.settling.delete(tracked));
  state.settling.add(tracked);
}

/** Nothing is received any more; what runs may end for a moment, then it is given back, to be taken up at the next start. */
async function stop(state: State): Promise<void> {
  state.started = false;
  for (const lane of state.lanes.values()) lane.cancelTimer?.();
  const graceOver = new AbortController();
  const ended = new Promise<void>((resolve) => { state.idle = resolve; });
  if (state.running > 0) await Promise.race([ended, state.clock.sleep(GRACE_MS, graceOver.signal).catch(() => undefined)]);
  graceOver.abort();
  state.stopped = true;
  state.cancelRenew?.();
  flush(state);
  while (state.settling.size) await Promise.allSettled(state.settling);
  await holdRunning(state, state.clock.now());
}
