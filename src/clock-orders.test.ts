// What a clock may be told, word by word.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readClockOrder } from "./clock-orders.ts";

const read = (order: unknown) => readClockOrder(JSON.stringify(order));
const HOUR = 3_600_000;

test("durations are short ones or ISO 8601's", () => {
  const advances: Record<string, number> = { "90s": 90_000, "6h": 6 * HOUR, "2d": 48 * HOUR, "1d12h": 36 * HOUR, "250ms": 250, "1.5h": 1.5 * HOUR, "0s": 0, PT6H: 6 * HOUR, P2DT30M: 48.5 * HOUR, P1W: 168 * HOUR, "PT0.5S": 500, PT90S: 90_000 };
  for (const [advance, advanceMs] of Object.entries(advances)) assert.deepEqual(read({ advance }), { advanceMs }, advance);
  for (const advance of ["", "6", "6 h", "-6h", "h", "P", "PT", "P1M", "P1Y", "1mo", "6h!", "1e3s", `${"9".repeat(13)}d`, `${"1s".repeat(400)}x`, 6, null, ["6h"]]) assert.throws(() => read({ advance }), /advance is a duration/, JSON.stringify(advance));
});

test("dates have a zone, exist, and are of the years 1970 to 2199", () => {
  const dates: Record<string, number> = { "2027-01-01": Date.UTC(2027, 0, 1), "2027-01-01T00:00:00Z": Date.UTC(2027, 0, 1), "2027-01-01T09:30:00+01:00": Date.UTC(2027, 0, 1, 8, 30), "2028-02-29T10:00Z": Date.UTC(2028, 1, 29, 10), "1970-01-01": 0, "2199-12-31T23:59:59.999Z": Date.UTC(2200, 0, 1) - 1 };
  for (const [set, setMs] of Object.entries(dates)) assert.deepEqual(read({ set }), { setMs }, set);
  for (const set of ["", "tomorrow", "2027", "2027-02-30", "2027-13-01", "2027-02-29T00:00:00Z", "2027-01-01T25:00:00Z", "2027-01-01T00:00:00", "1 Jan 2027", 1_800_000_000_000, null]) assert.throws(() => read({ set }), /set is a date/, String(set));
  for (const set of ["1969-12-31", "2200-01-01", "9999-12-31T00:00:00Z"]) assert.throws(() => read({ set }), /1970 to 2199/, set);
});

test("speed, frozen and reset take what they say", () => {
  for (const order of [{ speed: 0 }, { speed: 0.5 }, { speed: 1_000_000 }, { frozen: true }, { frozen: false }, { reset: true }]) assert.deepEqual(read(order), order);
  for (const speed of [-1, 1_000_001, "60", null]) assert.throws(() => read({ speed }), /speed is a number/);
  for (const frozen of ["true", 1, null]) assert.throws(() => read({ frozen }), /frozen is true or false/);
  assert.throws(() => read({ reset: false }), /there is no "reset" here/);
  assert.throws(() => read({ rewind: "6h" }), /there is no "rewind" here/);
});

test("an order is one, and JSON", () => {
  for (const text of ["", "6h", "{", "{'advance':'6h'}"]) assert.throws(() => readClockOrder(text), /not JSON/, text);
  for (const order of [null, [], {}, "6h", 6, { advance: "6h", frozen: true }]) assert.throws(() => read(order), /one of advance/, JSON.stringify(order));
});
