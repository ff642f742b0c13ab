// Bodies stream: a large object costs no more memory than a small one, in or out, signed or not; and one that is broken off is not there.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { formOf } from "./support/plain-http.ts";
import { openTestPlatform } from "./support/platform.ts";

const MIB = 1024 ** 2;
const LARGE = 192 * MIB;

// With keys, so that every signature, chunk signatures and trailers among them, is verified.
const platform = await openTestPlatform({ credentials: "111111111111:one-secret" });
const config = { ...platform.clientConfig, forcePathStyle: true, credentials: { accessKeyId: "111111111111", secretAccessKey: "one-secret" } };
const s3 = new S3(config);
after(async () => { s3.destroy(); await platform.close(); });
await s3.createBucket({ Bucket: "streams" });

const block = Buffer.alloc(64 * 1024, "evoke");

function* blocks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

/** The most memory beyond what there was, looked at often. */
async function memoryOf(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const done = new AbortController();
  const watching = (async () => { while (!done.signal.aborted) { most = Math.max(most, process.memoryUsage.rss()); await sleep(20); } })();
  await work().finally(() => done.abort());
  await watching;
  return most - before;
}

test("a large object is written and read in constant memory", { timeout: 60_000 }, async () => {
  const sent = createHash("md5");
  for (const piece of blocks(LARGE)) sent.update(piece);
  const etag = sent.digest("hex");
  const used = await memoryOf(async () => {
    const put = await s3.putObject({ Bucket: "streams", Key: "large", Body: Readable.from(blocks(LARGE)), ContentLength: LARGE });
    assert.equal(put.ETag, `"${etag}"`);
    const { Body } = await s3.getObject({ Bucket: "streams", Key: "large" });
    const hash = createHash("md5");
    for await (const chunk of Body as Readable) hash.update(chunk as Buffer);
    assert.equal(hash.digest("hex"), etag);
  });
  assert.ok(used < 0.75 * LARGE, `${Math.round(used / MIB)} MiB more`); // client and platform are one process here
});

test("a form with a large file is taken in constant memory", { timeout: 60_000 }, async () => {
  const { url, fields } = await createPresignedPost(s3, { Bucket: "streams", Key: "form", Conditions: [["content-length-range", 1, LARGE]] });
  const { headers, body } = formOf(fields, { name: "f", bytes: "" });
  const end = Buffer.from("\r\n------form--\r\n");
  const used = await memoryOf(async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const sent = request(url, { method: "POST", headers: { ...headers, "content-length": String(body.length + LARGE) } }, (response) => { response.resume(); resolve(response.statusCode); });
    sent.on("error", reject);
    Readable.from((function* () { yield body.subarray(0, body.length - end.length); yield* blocks(LARGE); yield end; })()).pipe(sent);
    assert.equal(await promise, 204);
  });
  assert.equal((await s3.headObject({ Bucket: "streams", Key: "form" })).ContentLength, LARGE);
  assert.ok(used < 0.75 * LARGE, `${Math.round(used / MIB)} MiB more`);
});

test("a body that is broken off leaves nothing", async () => {
  const { hostname, port } = new URL(platform.url);
  const url = presigned("PUT", "half");
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(`PUT ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\ncontent-length: 1000000\r\n\r\n`);
  socket.write(block);
  await sleep(100);
  socket.destroy();
  await sleep(100);
  await assert.rejects(s3.headObject({ Bucket: "streams", Key: "half" }), { name: "NotFound" });
});

test("a presigned address reads and writes for who has nothing else, until it is changed", async () => {
  const put = presigned("PUT", "shared");
  assert.equal((await fetch(put, { method: "PUT", body: "by address" })).status, 200);
  const get = presigned("GET", "shared", { "response-content-type": "text/csv" });
  const answer = await fetch(get);
  assert.deepEqual([answer.status, await answer.text(), answer.headers.get("content-type")], [200, "by address", "text/csv"]);
  get.searchParams.set("response-content-type", "text/html");
  const refused = await fetch(get);
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  assert.equal((await fetch(`${platform.url}/streams/shared`)).status >= 400, true);
});

test("an address presigned in the older way works, until it is changed or its time is over", async () => {
  await s3.putObject({ Bucket: "streams", Key: "a b", Body: "older" });
  const address = (expires: number, more = "") => {
    const text = `GET\n\n\n${expires}\n/streams/a%20b${more && `?${more}`}`;
    const signature = createHmac("sha1", "one-secret").update(text).digest("base64");
    return `${platform.url}/streams/a%20b?${more && `${more}&`}AWSAccessKeyId=111111111111&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
  };
  const later = Math.floor(Date.now() / 1000) + 60;
  const answer = await fetch(address(later, "response-content-type=text/csv"));
  assert.deepEqual([answer.status, await answer.text(), answer.headers.get("content-type")], [200, "older", "text/csv"]);
  const refusals = await Promise.all([address(later).replace("a%20b", "large"), address(later - 3600)].map(async (url) => /<Code>(\w+)</.exec(await (await fetch(url)).text())?.[1]));
  assert.deepEqual(refusals, ["SignatureDoesNotMatch", "AccessDenied"]);
});

/** Signed by hand, because the package that does it is not one of ours. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function presigned(method: string, key: string, query: Record<string, string> = {}): URL {
  const url = new URL(`${platform.url}/streams/${key}`);
  const date = new Date(Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${date.slice(0, 8)}/eu-west-1/s3/aws4_request`;
  const parameters = { ...query, "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": `111111111111/${scope}`, "X-Amz-Date": date, "X-Amz-Expires": "60", "X-Amz-SignedHeaders": "host" };
  const encoded = Object.entries(parameters).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort().join("&");
  const canonical = [method, url.pathname, encoded, `host:${url.host}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const hmac = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text).digest();
  const signingKey = scope.split("/").reduce<string | Buffer>((secret, part) => hmac(secret, part), "AWS4one-secret");
  const signature = hmac(signingKey, ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n")).toString("hex");
  url.search = `${encoded}&X-Amz-Signature=${signature}`;
  return url;
}
