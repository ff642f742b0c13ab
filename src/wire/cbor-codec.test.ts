// The codec against the examples of RFC 8949, appendix A, and against lies about lengths.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../kernel/errors.ts";
import { decodeCbor, encodeCbor } from "./cbor-codec.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

test("the examples of the RFC decode to what it says", () => {
  const examples: [string, unknown][] = [
    ["00", 0], ["17", 23], ["1818", 24], ["1903e8", 1000], ["1a000f4240", 1000000], ["1b000000e8d4a51000", 1000000000000], ["1bffffffffffffffff", 18446744073709551615n],
    ["20", -1], ["3903e7", -1000], ["3bffffffffffffffff", -18446744073709551616n], ["f93c00", 1], ["f93e00", 1.5], ["f90001", 5.960464477539063e-8], ["f9c400", -4], ["f97c00", Infinity],
    ["fa47c35000", 100000], ["fb3ff199999999999a", 1.1], ["f4", false], ["f5", true], ["f6", null], ["c11a514b67b0", new Date(1363896240000)], ["c249010000000000000000", 18446744073709551616n],
    ["6449455446", "IETF"], ["62c3bc", "ü"], ["80", []], ["8301820203820405", [1, [2, 3], [4, 5]]], ["a201020304".replace("01", "6161").replace("03", "6162"), { a: 2, b: 4 }],
    ["7f657374726561646d696e67ff", "streaming"], ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]], ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
  ];
  for (const [bytes, value] of examples) assert.deepEqual(decodeCbor(hex(bytes)), value, bytes);
  assert.deepEqual(Buffer.from(decodeCbor(hex("5f42010243030405ff")) as Uint8Array), Buffer.from([1, 2, 3, 4, 5]));
});

test("what is written reads back", () => {
  const value = { a: [1, -7, 300, 70_000, 2 ** 40, -(2 ** 40), 1.25, "é", true, null, new Date(1e12 + 5)], b: { c: "" }, long: 2n ** 63n };
  assert.deepEqual(decodeCbor(encodeCbor(value)), value);
});

test("broken bytes are refused at once, however much they promise", () => {
  for (const bytes of ["", "18", "9bffffffffffffffff", "bb7fffffffffffffff", "5affffffff", "7b00000000ffffffff", "9f", "bf6161", "ff", "0000", "62ffff", "c161", "81".repeat(5000), "a10101", "1c"]) {
    assert.throws(() => decodeCbor(hex(bytes)), ServiceError, bytes.slice(0, 20));
  }
});
