// The order in which batches go through groups, and that a receipt handle knows its message's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inGroupOrder } from "./group-order.ts";
import { readReceipt, writeReceipt } from "./receipts.ts";

test("batches in any order go through groups in one order, and leave each group's own as it is", () => {
  const one = [["b", 1], ["a", 1], [undefined, 1], ["b", 0], ["a", 2]] as const;
  const ordered = [[undefined, 1], ["a", 1], ["a", 2], ["b", 1], ["b", 0]];
  assert.deepEqual(inGroupOrder(one, ([group]) => group), ordered);
  assert.deepEqual([...new Set(inGroupOrder(one.toReversed(), ([group]) => group).map(([group]) => group))], [undefined, "a", "b"]);
});

test("a receipt handle carries its message's group, whatever is in it", () => {
  for (const group of [undefined, "g", "a.b..c", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "x".repeat(128)]) {
    const receipt = { sequence: 12, receipt: "abc", receivedMs: 1_700_000_000_000, ...(group !== undefined && { group }) };
    const handle = writeReceipt("queueid", receipt);
    assert.deepEqual(readReceipt("queueid", handle), receipt);
    assert.equal(readReceipt("other", handle), undefined);
  }
});
