// What of a presigned address's query counts as a header.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesBody, type WireRequest } from "../wire/http.ts";
import { takeQueryHeaders } from "./presigned-headers.ts";

const taken = (query: string, claim: { version2?: { expiresMs: number } } = {}, headers: Record<string, string> = {}): Record<string, string> => {
  const request: WireRequest = { method: "PUT", path: "/b/k", query, headers, body: bytesBody(new Uint8Array()) };
  takeQueryHeaders(request, claim);
  return request.headers;
};

test("names of S3's headers and conditions do; those of the signature, checksums and all else do not; what is sent goes before", () => {
  const query = "X-Amz-Algorithm=a&X-Amz-Signature=s&X-Amz-Security-Token=t&X-Amz-Acl=private&x-amz-meta-a=b%20c&If-None-Match=%2A&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&x-amz-content-sha256=x&host=evil&authorization=evil";
  assert.deepEqual(taken(query, {}, { "x-amz-meta-a": "sent" }), { "x-amz-meta-a": "sent", "x-amz-acl": "private", "if-none-match": "*" });
});

test("of Version 2 only what it signs counts, which is in lower case", () => {
  assert.deepEqual(taken("AWSAccessKeyId=a&Signature=s&Expires=1&x-amz-meta-a=b&X-Amz-Bypass-Governance-Retention=true", { version2: { expiresMs: 0 } }), { "x-amz-meta-a": "b" });
});
