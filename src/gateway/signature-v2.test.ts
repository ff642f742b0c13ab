// What Version 2 of the signature says is signed: whoever has an address can add nothing to it that counts.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { bytesBody } from "../wire/http.ts";
import { readServiceModel } from "../wire/service-model.ts";
import { claimOfVersion2, isSignedVersion2, stringToSignVersion2 } from "./signature-v2.ts";

const textOf = (query: string): string => {
  const signed = `${query}${query && "&"}AWSAccessKeyId=a&Signature=s&Expires=1`;
  return stringToSignVersion2({ method: "PUT", path: "/b/k", query: signed, headers: { host: "localhost" }, body: bytesBody(new Uint8Array()) }, claimOfVersion2(new URLSearchParams(signed))!);
};

test("every name in a query that chooses an operation of S3 is signed, but for those that choose between two forms of one", async () => {
  const { operations } = await readServiceModel("@aws-sdk/client-s3");
  const chosenBy = new Set([...operations.values()].flatMap(({ http }) => http?.staticQuery.map(([name]) => name) ?? []));
  assert.deepEqual([...chosenBy].filter((name) => textOf(name) === textOf("")).sort(), ["list-type", "x-id"]);
});

test("a value cannot be made to hold what was signed beside it", () => {
  assert.notEqual(textOf("x-amz-meta-a=1%0Ax-amz-object-lock-mode:GOVERNANCE"), textOf("x-amz-meta-a=1&x-amz-object-lock-mode=GOVERNANCE"));
  assert.notEqual(textOf("partNumber=1%26uploadId=u"), textOf("partNumber=1&uploadId=u"));
  assert.notEqual(textOf("response-content-type=a%26versionId=1"), textOf("response-content-type=a&versionId=1"));
  assert.match(textOf("response-content-disposition=attachment;%20filename=%22a%26b%22"), /response-content-disposition=attachment; filename="a&b"$/);
});

test("a bucket is signed with a slash behind it or without, a key as it is", () => {
  const isTaken = (path: string, signed: string, host = "localhost"): boolean => {
    const signature = createHmac("sha1", "secret").update(`GET\n\n\n1\n${signed}`).digest("base64");
    const query = `AWSAccessKeyId=a&Signature=${encodeURIComponent(signature)}&Expires=1`;
    return isSignedVersion2("secret", { method: "GET", path, query, headers: { host }, body: bytesBody(new Uint8Array()) }, claimOfVersion2(new URLSearchParams(query))!);
  };
  for (const [path, signed, host] of [["/b", "/b"], ["/b", "/b/"], ["/b/", "/b/"], ["/b/k", "/b/k"], ["/", "/b/", "b.localhost"], ["/k", "/b/k", "b.localhost"]]) assert.ok(isTaken(path!, signed!, host), `${path} ${signed}`);
  for (const [path, signed, host] of [["/b/", "/b"], ["/b/k", "/b/k/"], ["/k", "/b/k/", "b.localhost"], ["/b", "/"]]) assert.ok(!isTaken(path!, signed!, host), `${path} ${signed}`);
});
