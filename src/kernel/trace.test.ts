// What is taken from a caller's trace header, and what is added.
import assert from "node:assert/strict";
import { test } from "node:test";
import { completeTraceHeader, extendLineage, readTraceHeader } from "./trace.ts";

const ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793";
const fresh = (sampled: boolean) => ({ nowMs: 0x5759e988 * 1000, hex: () => "0123456789abcdef01234567fedcba9876543210", sampled, lineage: "061379e8:0" });

test("a well-formed header is taken, with its own fields", () => {
  assert.equal(readTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`);
  assert.equal(readTraceHeader(`Self=1-67891234-12456789abcdef012345678; ${ROOT}; Lineage=1:a87bd80c:0`), `Self=1-67891234-12456789abcdef012345678;${ROOT};Lineage=1:a87bd80c:0`);
});

test("anything else is not taken", () => {
  for (const header of [undefined, "", "x", "Root=1-2-3", `${ROOT};${ROOT}`, `${ROOT};a=\r\nb`, `${ROOT};=1`, `${ROOT};Note=${"x".repeat(600)}`, `${ROOT};a="b"`]) assert.equal(readTraceHeader(header), undefined, header ?? "none");
});

test("what the caller left open is filled in, and its decision stands", () => {
  assert.equal(completeTraceHeader(undefined, fresh(false)), "Root=1-5759e988-0123456789abcdef01234567;Parent=fedcba9876543210;Sampled=0;Lineage=061379e8:0");
  assert.equal(completeTraceHeader(undefined, fresh(true)), "Root=1-5759e988-0123456789abcdef01234567;Parent=fedcba9876543210;Sampled=1;Lineage=061379e8:0");
  assert.equal(completeTraceHeader(ROOT, fresh(true)), `${ROOT};Parent=fedcba9876543210;Sampled=1;Lineage=061379e8:0`);
  assert.equal(completeTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`, fresh(true)), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=061379e8:0`);
  assert.equal(completeTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=?`, fresh(false)), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=061379e8:0`);
});

test("a lineage counts how often each function has come back, and forgets the oldest of too many", () => {
  assert.deepEqual(extendLineage(undefined, "061379e8"), { times: 0, lineage: "061379e8:0" });
  assert.deepEqual(extendLineage(ROOT, "061379e8"), { times: 0, lineage: "061379e8:0" });
  assert.deepEqual(extendLineage(`${ROOT};Lineage=061379e8:0`, "cbc84ad3"), { times: 0, lineage: "061379e8:0|cbc84ad3:0" });
  assert.deepEqual(extendLineage(`${ROOT};Lineage=061379e8:0|cbc84ad3:0;Self=1`, "061379e8"), { times: 1, lineage: "061379e8:1|cbc84ad3:0" });
  assert.deepEqual(extendLineage(`${ROOT};Lineage=061379e8:15`, "061379e8").times, 16);
  const sixteen = Array.from({ length: 16 }, (_, n) => `0000000${n.toString(16)}:0`);
  assert.equal(extendLineage(`${ROOT};Lineage=${sixteen.join("|")}`, "061379e8").lineage, [...sixteen.slice(1), "061379e8:0"].join("|"));
});

test("a lineage in another form counts as none", () => {
  for (const lineage of ["1:e547cb94:0", "x", "061379e8:-1", "061379e8:999999", "061379e8"]) assert.equal(extendLineage(`${ROOT};Lineage=${lineage}`, "061379e8").lineage, "061379e8:0");
});

test("the caller's own lineage is replaced", () => {
  assert.equal(completeTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Lineage=cbc84ad3:4;Sampled=1`, fresh(true)), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=061379e8:0`);
});
