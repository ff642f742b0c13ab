// Chunked upload bodies: decoding, checksums, signatures, and what is refused.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ServiceError } from "../kernel/errors.ts";
import { type AwsChunkedOptions, decodeAwsChunked, type SignedPart } from "./aws-chunked.ts";
import { CHECKSUM_ALGORITHMS, startChecksum } from "../kernel/checksums.ts";

/** The text in pieces of `size` bytes, as a socket might deliver it. */
async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
}

async function decode(text: string, options: Partial<AwsChunkedOptions> = {}, size = 3): Promise<string> {
  const out: Uint8Array[] = [];
  for await (const piece of decodeAwsChunked(pieces(text, size), { payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", ...options })) out.push(piece);
  return Buffer.concat(out).toString();
}

const refusedAs = (code: string) => (error: unknown) => error instanceof ServiceError && error.code === code;

test("an unsigned body decodes however it is cut, and its checksum is checked, whatever the algorithm", async () => {
  const known: Record<string, string> = { crc32: "DUoRhQ==", crc32c: "yZRlqg==", crc64nvme: "jSnVw/bqjr4=", sha1: "Kq5sNclPz7QV2+lfQIuc6R7oRu0=" };
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const running = await startChecksum(algorithm);
    running.update(Buffer.from("hello world"));
    const checksum = await running.digest();
    if (known[algorithm]) assert.equal(checksum, known[algorithm], algorithm);
    const body = `6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-${algorithm}:${checksum}\r\n\r\n`;
    for (const size of [1, 4, 1000]) assert.equal(await decode(body, { announcedTrailers: [`x-amz-checksum-${algorithm}`], decodedBytes: 11 }, size), "hello world");
    await assert.rejects(decode(body.replace("world", "w0rld"), { announcedTrailers: [`x-amz-checksum-${algorithm}`] }), refusedAs("BadDigest"));
  }
});

test("a body that is cut short, too long or not chunked is refused", async () => {
  await assert.rejects(decode("5\r\nhel"), refusedAs("IncompleteBody"));
  await assert.rejects(decode(""), refusedAs("IncompleteBody"));
  await assert.rejects(decode("5\r\nhello\r\n0\r\n\r\n", { decodedBytes: 4 }), refusedAs("IncompleteBody"));
  await assert.rejects(decode("5\r\nhello\r\n0\r\n\r\n", { decodedBytes: 6 }), refusedAs("IncompleteBody"));
  await assert.rejects(decode("5\r\nhelloX\r\n0\r\n\r\n"), refusedAs("InvalidChunkSizeError"));
  await assert.rejects(decode("zz\r\n"), refusedAs("InvalidChunkSizeError"));
  await assert.rejects(decode("1".repeat(100_000), {}, 1000), refusedAs("InvalidChunkSizeError"));
  await assert.rejects(decode("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"), refusedAs("MalformedTrailerError"));
  await assert.rejects(decode("0\r\n\r\n", { announcedTrailers: ["x-amz-checksum-crc32"] }), refusedAs("MalformedTrailerError"));
  await assert.rejects(decode("0\r\n\r\n", { announcedTrailers: ["x-amz-meta-a"] }), refusedAs("InvalidRequest"));
});

test("a signed chunk is passed on only after its signature, the trailer's signature comes last", async () => {
  const parts: SignedPart[] = [];
  const signature = (digit: string) => digit.repeat(64);
  const body = `5;chunk-signature=${signature("a")}\r\nhello\r\n0;chunk-signature=${signature("b")}\r\nx-amz-checksum-crc32:NhCmhg==\nx-amz-trailer-signature:${signature("c")}\r\n\r\n`;
  const options: AwsChunkedOptions = { payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", announcedTrailers: ["x-amz-checksum-crc32"], verifyPart: (part) => { parts.push(part); } };
  assert.equal(await decode(body, options), "hello");
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  assert.deepEqual(parts, [
    { kind: "chunk", signature: signature("a"), sha256: sha256("hello") },
    { kind: "chunk", signature: signature("b"), sha256: sha256("") },
    { kind: "trailer", signature: signature("c"), sha256: sha256("x-amz-checksum-crc32:NhCmhg==\n") },
  ]);
  await assert.rejects(decode("5\r\nhello\r\n0\r\n\r\n", { payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }), refusedAs("InvalidChunkSizeError"));
  const seen: string[] = [];
  const refuse = () => { throw new ServiceError("SignatureDoesNotMatch", "no", { status: 403 }); };
  await assert.rejects(async () => { for await (const piece of decodeAwsChunked(pieces(body, 9), { ...options, verifyPart: refuse })) seen.push(String(piece)); }, refusedAs("SignatureDoesNotMatch"));
  assert.deepEqual(seen, []);
});

test("500 MB pass through without sitting in memory", async () => {
  const chunk = Buffer.alloc(1024 * 1024, 1);
  async function* big() {
    for (let i = 0; i < 500; i++) yield* [Buffer.from("100000\r\n"), chunk, Buffer.from("\r\n")];
    yield Buffer.from("0\r\n\r\n");
  }
  const before = process.memoryUsage().arrayBuffers;
  let total = 0;
  let peak = 0;
  for await (const piece of decodeAwsChunked(big(), { payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER", decodedBytes: 500 * 1024 * 1024 })) {
    total += piece.byteLength;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(total, 500 * 1024 * 1024);
  assert.ok(peak < 200 * 1024 * 1024, `${peak} bytes`);
});
