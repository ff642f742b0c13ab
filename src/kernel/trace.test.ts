// What is taken from a caller's trace header, and what is added.
import assert from "node:assert/strict";
import { test } from "node:test";
import { completeTraceHeader, readTraceHeader } from "./trace.ts";

const ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793";
const fresh = (sampled: boolean) => ({ nowMs: 0x5759e988 * 1000, hex: () => "0123456789abcdef01234567fedcba9876543210", sampled });

test("a well-formed header is taken, with its own fields", () => {
  assert.equal(readTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=1`);
  assert.equal(readTraceHeader(`Self=1-67891234-12456789abcdef012345678; ${ROOT}; Lineage=1:a87bd80c:0`), `Self=1-67891234-12456789abcdef012345678;${ROOT};Lineage=1:a87bd80c:0`);
});

test("anything else is not taken", () => {
  for (const header of [undefined, "", "x", "Root=1-2-3", `${ROOT};${ROOT}`, `${ROOT};a=\r\nb`, `${ROOT};=1`, `${ROOT};Note=${"x".repeat(600)}`, `${ROOT};a="b"`]) assert.equal(readTraceHeader(header), undefined, header ?? "none");
});

test("what the caller left open is filled in, and its decision stands", () => {
  assert.equal(completeTraceHeader(undefined, fresh(false)), "Root=1-5759e988-0123456789abcdef01234567;Parent=fedcba9876543210;Sampled=0");
  assert.equal(completeTraceHeader(undefined, fresh(true)), "Root=1-5759e988-0123456789abcdef01234567;Parent=fedcba9876543210;Sampled=1");
  assert.equal(completeTraceHeader(ROOT, fresh(true)), `${ROOT};Parent=fedcba9876543210;Sampled=1`);
  assert.equal(completeTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`, fresh(true)), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`);
  assert.equal(completeTraceHeader(`${ROOT};Parent=53995c3f42cd8ad8;Sampled=?`, fresh(false)), `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`);
});
