// Reading who signed, from headers and queries, before anything is verified.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesBody, type WireRequest } from "../wire/http.ts";
import { BadClaim, compact, parseCompact, readClaim } from "./claim.ts";

const request = (headers: Record<string, string>, query = ""): WireRequest => ({ method: "GET", path: "/", query, headers, body: bytesBody(new Uint8Array()) });
const GOOD = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=abc";

test("a request without credentials, or with another scheme's, claims nothing", () => {
  assert.equal(readClaim(request({})), undefined);
  assert.equal(readClaim(request({ authorization: "Bearer x" })), undefined);
  assert.equal(readClaim(request({ authorization: "" })), undefined);
});

test("the scope, headers and signature are read in any order and spacing", () => {
  const expected = { accessKeyId: "AKIDEXAMPLE", date: "20150830", region: "us-east-1", service: "iam", text: "20150830/us-east-1/iam/aws4_request" };
  for (const authorization of [GOOD, GOOD.replaceAll(", ", ","), "AWS4-HMAC-SHA256 Signature=abc,  SignedHeaders=host;x-amz-date, Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"]) {
    assert.deepEqual(readClaim(request({ authorization, "x-amz-date": "20150830T123600Z" })), { by: "header", scope: expected, signedHeaders: "host;x-amz-date", signature: "abc", date: "20150830T123600Z" });
  }
  assert.equal(readClaim(request({ authorization: GOOD, date: "Sun, 30 Aug 2015 12:36:00 GMT" }))?.date, "20150830T123600Z");
});

test("what is missing is named as AWS names it", () => {
  const sentence = (authorization: string, headers: Record<string, string> = {}) => {
    try { readClaim(request({ authorization, ...headers })); } catch (error) { assert.ok(error instanceof BadClaim); return error.message; }
    return undefined;
  };
  assert.match(sentence("AWS4-HMAC-SHA256")!, /requires 'Credential' parameter\. .*'Signature' parameter\. .*'SignedHeaders' parameter\. .*either a 'X-Amz-Date' or a 'Date' header\./);
  assert.match(sentence("AWS4-HMAC-SHA256 nonsense")!, /'nonsense' not a valid key=value pair \(missing equal-sign\)/);
  assert.match(sentence(GOOD)!, /^Authorization header requires existence of either a 'X-Amz-Date'/);
  assert.match(sentence(GOOD.replace("/aws4_request", ""), { "x-amz-date": "20150830T123600Z" })!, /at least 5 slash-delimited elements/);
});

test("Signature Version 2 in a header, half of one in a query, and 4A are refused by name", () => {
  for (const [headers, query, name] of [
    [{ authorization: "AWS AKID:sig" }, "", /Version 2/], [{}, "AWSAccessKeyId=AKID&Signature=x", /requires the Signature, Expires and AWSAccessKeyId/],
    [{ authorization: GOOD.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256") }, "", /Version 4A/], [{}, "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", /AWS4-ECDSA-P256-SHA256/],
  ] as [Record<string, string>, string, RegExp][]) assert.throws(() => readClaim(request(headers, query)), name);
});

test("a date is read only in its own form", () => {
  assert.equal(compact(Date.UTC(2026, 0, 2, 3, 4, 5)), "20260102T030405Z");
  assert.equal(parseCompact("20260102T030405Z"), Date.UTC(2026, 0, 2, 3, 4, 5));
  for (const wrong of ["", "2026-01-02T03:04:05Z", "20261302T030405Z", "20260102T250405Z", "20260102T030405"]) assert.equal(parseCompact(wrong), undefined);
});
