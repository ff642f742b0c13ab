// Rooms that cannot be opened hold up nobody else's work, and are tried again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualClock } from "./kernel/clock.ts";
import { openRooms } from "./rooms.ts";
import type { Room, RoomPorts, Service } from "./services/service.ts";

function rooms() {
  const opened: string[] = [];
  const failing = new Set<string>();
  const room = (name: string, kind: string): Room => ({
    name, keeps: { documents: [kind] },
    async load() {
      if (failing.has(name)) throw new Error(`${name}: EMFILE`);
      return { name, client: "none", open: () => { opened.push(name); return {}; } } as unknown as Service<unknown>;
    },
  });
  const stores = { documents: (kind: string) => ({ list: async () => (kind === "kept" ? [["id", {}]] : []) }) };
  const ports = { stores, clock: virtualClock() } as unknown as RoomPorts;
  const register = [room("first", "kept"), room("second", "kept"), room("empty", "nothing")];
  return { opened, failing, rooms: openRooms(register, { ports, resources: { add() {} } as never, targets: { add() {} }, sources: { add() {} } as never }) };
}

test("a room that cannot be opened at start leaves the others theirs, and is tried again at once when the background work begins", async () => {
  const { opened, failing, rooms: { openKeeping, openForever } } = rooms();
  failing.add("first");
  await assert.rejects(openKeeping(false), /first: EMFILE/);
  assert.deepEqual(opened, ["second"]);
  await assert.rejects(openForever(new AbortController().signal), /first: EMFILE/);
  failing.clear();
  const stop = new AbortController();
  const forever = openForever(stop.signal).catch(() => undefined);
  while (opened.length < 2) await new Promise(setImmediate);
  assert.deepEqual(opened, ["second", "first"]);
  stop.abort();
  await forever;
});

test("where all are to be open, one that keeps nothing and could not be opened is tried again, too", async () => {
  const { opened, failing, rooms: { openKeeping } } = rooms();
  failing.add("empty");
  await assert.rejects(openKeeping(true), /empty: EMFILE/);
  failing.clear();
  await openKeeping(false);
  assert.deepEqual(opened, ["first", "second", "empty"]);
});
