// Every vector of AWS's published suite, in header and query form, against our canonical request and signature.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesBody, type WireRequest } from "../wire/http.ts";
import { type Claim, readClaim } from "./claim.ts";
import { canonicalPath, canonicalPathOfS3, canonicalQuery, canonicalRequest, equalText, sha256Hex, sign, signingKey, stringToSign } from "./signature.ts";

interface Vector { name: string; normalize: boolean; omitSessionToken: boolean; headerRequest: string; headerCanonicalRequest: string; headerSignature: string; queryRequest: string; queryCanonicalRequest: string; querySignature: string }
const golden: { secretAccessKey: string; vectors: Vector[] } = JSON.parse(readFileSync(new URL("golden/sigv4-vectors.json", import.meta.url), "utf8"));

/** What an HTTP server never hands on: repeated headers come joined with ", ", and folded ones are refused. */
const NOT_ON_OUR_WIRE = new Set(["get-header-key-duplicate", "get-header-value-order", "get-header-value-multiline"]);

for (const vector of golden.vectors) {
  const skip = NOT_ON_OUR_WIRE.has(vector.name) ? "the HTTP parser has joined or refused such headers before" : false;
  test(`AWS's vector ${vector.name} has the published signature in a header`, { skip }, () => check(vector, vector.headerRequest, vector.headerCanonicalRequest, vector.headerSignature));
  // A token added after signing is AWS IoT's habit alone, and no service here takes it.
  test(`AWS's vector ${vector.name} has the published signature in a URL`, { skip: skip || (vector.omitSessionToken && "the token is outside the signature") }, () => check(vector, vector.queryRequest, vector.queryCanonicalRequest, vector.querySignature));
}

function check(vector: Vector, text: string, canonical: string, signature: string): void {
  const request = parse(text);
  const claim = readClaim(request)!;
  // The suite's "unnormalized" is what S3 does; everything else about the scope stays.
  const asIf: Claim = vector.normalize ? claim : { ...claim, scope: { ...claim.scope, service: "s3" } };
  const ours = canonicalRequest(request, asIf, /\n([^\n]+)$/.exec(canonical)![1]!);
  assert.equal(ours, canonical);
  assert.equal(sign(signingKey(golden.secretAccessKey, claim.scope.text), stringToSign(claim, ours)), signature);
  assert.equal(claim.signature, signature);
}

function parse(text: string): WireRequest {
  const [head = "", body = ""] = text.replaceAll("\r\n", "\n").split("\n\n");
  const [line = "", ...rest] = head.split("\n");
  const [, method = "", target = ""] = /^(\S+) (.*) HTTP\/1\.1$/.exec(line)!;
  const headers = Object.fromEntries(rest.filter((part) => part !== "").map((part) => [part.slice(0, part.indexOf(":")).toLowerCase(), part.slice(part.indexOf(":") + 1)]));
  const [path = "", query = ""] = target.split("?");
  return { method, path, query, headers, body: bytesBody(Buffer.from(body)) };
}

test("an ARN that is encoded in a path is encoded again, except for S3", () => {
  assert.equal(canonicalPath("/2015-03-31/functions/arn%3Aaws%3Alambda/invocations"), "/2015-03-31/functions/arn%253Aaws%253Alambda/invocations");
  assert.equal(canonicalPath("/functions/f:1"), "/functions/f%3A1");
  assert.equal(canonicalPathOfS3("/bucket/a%20b//..%2Fc+d%2b'"), "/bucket/a%20b//..%2Fc%2Bd%2B%27");
});

test("a query is sorted by its encoded names, then values, and broken escapes do not throw", () => {
  assert.equal(canonicalQuery("b=2&a=%20&a=!&A&%zz=%", false), "%25zz=%25&A=&a=%20&a=%21&b=2");
  assert.equal(canonicalQuery("x=1&X-Amz-Signature=ff", true), "x=1");
});

test("texts are equal only when every character is", () => {
  assert.equal(equalText("abc", "abc"), true);
  assert.equal(equalText("abc", "abd"), false);
  assert.equal(equalText("abc", "ab"), false);
  assert.equal(equalText("\u0161", "a"), false);
  assert.equal(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});
