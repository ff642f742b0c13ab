// The sink under function output: what was put is there, in order, whatever happens in between.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { virtualClock } from "../../kernel/clock.ts";
import { seededIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import type { Stores } from "../../storage/stores.ts";
import { decodeEvent } from "./append.ts";
import { type Group, GROUPS, logOf, type Stream, STREAMS } from "./group.ts";
import { openLogSink } from "./sink.ts";

const WHERE = { account: "000000000000", region: "eu-west-1", group: "/aws/lambda/f", stream: "2026/01/01/[$LATEST]abc" };
const ID = "000000000000/eu-west-1//aws/lambda/f:2026/01/01/[$LATEST]abc";

async function open() {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const sink = openLogSink({ stores, clock, ids: seededIds(1), log: silentLog });
  const event = (message: string) => ({ timestamp: clock.now(), message });
  return { clock, stores, sink, event };
}

const stored = async (stores: Stores) => (await stores.logs.read(logOf(ID), { limit: 10_000 })).map((record) => decodeEvent(record.body).message);

describe("the log sink", () => {
  it("makes group and stream, and stores within a second", async () => {
    const { clock, stores, sink, event } = await open();
    sink.put(WHERE, [event("one"), event("two")]);
    sink.put(WHERE, [event("three")]);
    assert.deepEqual(await stored(stores), []);
    await clock.advance(1000);
    await sink.flush();
    assert.deepEqual(await stored(stores), ["one", "two", "three"]);
    const group = await stores.documents<Group>(GROUPS).get("000000000000/eu-west-1//aws/lambda/f");
    assert.equal(group!.storedBytes, 3 * 26 + 11);
    assert.equal((await stores.documents<Stream>(STREAMS).get(ID))!.lastSeq, 3);
    await stores.close();
  });

  it("stores what is left at flush and at close, and takes nothing after", async () => {
    const { stores, sink, event } = await open();
    sink.put(WHERE, [event("one")]);
    await sink.flush();
    sink.put(WHERE, [event("two\u0000 \ud800")]);
    await sink.close();
    sink.put(WHERE, [event("three")]);
    await sink.flush();
    assert.deepEqual(await stored(stores), ["one", "two\u0000 \ud800"]);
    await stores.close();
  });

  it("drops the oldest of a flood, and says how many", async () => {
    const { stores, sink, event } = await open();
    for (let index = 0; index < 60; index++) sink.put(WHERE, [event(`${index} ${"x".repeat(100_000)}`)]);
    await sink.close();
    const [notice, ...rest] = await stored(stores);
    assert.match(notice!, new RegExp(`^\\[evoke\\] ${60 - rest.length} log events were dropped here`));
    assert.ok(rest.length >= 30 && rest.length <= 41, "between three and four megabytes are kept");
    assert.match(rest.at(-1)!, /^59 /);
    await stores.close();
  });

  it("cuts an event that is too long into several", async () => {
    const { stores, sink, event } = await open();
    const long = "é".repeat(1_000_000);
    sink.put(WHERE, [event(long)]);
    await sink.close();
    const parts = await stored(stores);
    assert.ok(parts.length > 1 && parts.join("") === long);
    await stores.close();
  });

  it("keeps what could not be stored and tries again", async () => {
    const { clock, stores, event } = await open();
    let broken = true;
    const failing: Stores = { ...stores, transaction: (work) => (broken ? Promise.reject(new Error("disk full")) : stores.transaction(work)) };
    const sink = openLogSink({ stores: failing, clock, ids: seededIds(1), log: silentLog });
    sink.put(WHERE, [event("one")]);
    await assert.rejects(sink.flush(), /could not be stored/);
    sink.put(WHERE, [event("two")]);
    broken = false;
    await clock.advance(2000);
    await sink.flush();
    assert.deepEqual(await stored(stores), ["one", "two"]);
    await stores.close();
  });

  it("takes tens of thousands of short lines at once", async () => {
    const { stores, sink, event } = await open();
    sink.put(WHERE, Array.from({ length: 30_000 }, (_, index) => event(String(index))));
    await sink.close();
    assert.equal((await stores.logs.last(logOf(ID)))!.seq, 30_000);
    await stores.close();
  });
});
