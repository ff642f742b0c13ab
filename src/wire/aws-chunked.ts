// Decodes aws-chunked request bodies: chunks with sizes, perhaps signatures, and trailing checksums.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
import { createHash } from "node:crypto";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type RunningChecksum, startChecksum } from "../kernel/checksums.ts";
import { ServiceError } from "../kernel/errors.ts";

/** The values of x-amz-content-sha256 that announce such a body. */
export const CHUNKED_PAYLOADS = ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"] as const;
export type ChunkedPayload = (typeof CHUNKED_PAYLOADS)[number];

/** What a chunk or the trailer was signed over. The verifier keeps the previous signature (first: the request's own). */
export interface SignedPart {
  kind: "chunk" | "trailer";
  /** As sent: 64 hex digits. */
  signature: string;
  /** Hex SHA-256 of the chunk's data, or of the trailer's lines ("name:value\n" each). */
  sha256: string;
}

export interface AwsChunkedOptions {
  payload: ChunkedPayload;
  /** From x-amz-decoded-content-length; checked when given. */
  decodedBytes?: number;
  /** From x-amz-trailer: the only trailers allowed. */
  announcedTrailers?: string[];
  /** Throws ServiceError (SignatureDoesNotMatch) when the part was not signed so. Without it signatures are not checked. */
  verifyPart?(part: SignedPart): void | Promise<void>;
  /** Told each trailing checksum, in base64, once it has been compared. */
  onChecksum?(algorithm: ChecksumAlgorithm, value: string): void;
}

const LINE_BYTES_MAX = 16 * 1024; // S3 allows 16 KB of trailers; a chunk's header is about 90 bytes
const TRAILERS_MAX = 20;
/** A signed chunk is checked before its data is passed on, so it is held in memory. */
const SIGNED_CHUNK_BYTES_MAX = 64 * 1024 * 1024;

/** Yields the decoded data. Everything wrong with the body is thrown, at the latest at its end. */
export async function* decodeAwsChunked(source: AsyncIterable<Uint8Array>, options: AwsChunkedOptions): AsyncGenerator<Uint8Array> {
  const reader = byteReader(source);
  const isSigned = options.payload !== "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  const checksums = await startChecksums(options.announcedTrailers ?? []);
  let total = 0;
  for (;;) {
    const { bytes, signature } = readChunkHeader(await reader.line(), isSigned);
    total += bytes;
    if (options.decodedBytes !== undefined && total > options.decodedBytes) throw incomplete();
    const hash = isSigned && options.verifyPart ? createHash("sha256") : undefined;
    if (hash && bytes > SIGNED_CHUNK_BYTES_MAX) throw invalidChunk();
    const held: Uint8Array[] = [];
    for (let left = bytes; left > 0;) {
      const piece = await reader.upTo(left);
      left -= piece.byteLength;
      for (const { running } of checksums) running.update(piece);
      if (hash) {
        hash.update(piece);
        held.push(piece);
      } else yield piece;
    }
    if (hash) await options.verifyPart!({ kind: "chunk", signature: signature!, sha256: hash.digest("hex") });
    yield* held;
    if (bytes === 0) break;
    if ((await reader.line()) !== "") throw invalidChunk();
  }
  if (options.decodedBytes !== undefined && total !== options.decodedBytes) throw incomplete();
  await checkTrailers(await readTrailers(reader), options, checksums);
}

function readChunkHeader(line: string, isSigned: boolean): { bytes: number; signature?: string } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match || (isSigned && !match[2])) throw invalidChunk();
  return { bytes: Number.parseInt(match[1]!, 16), ...(match[2] && { signature: match[2] }) };
}

async function startChecksums(trailers: string[]): Promise<{ name: string; running: RunningChecksum }[]> {
  const out = [];
  for (const trailer of trailers) {
    const algorithm = algorithmOf(trailer);
    if (!algorithm) throw new ServiceError("InvalidRequest", "The value specified in the x-amz-trailer header is not supported");
    out.push({ name: trailer.toLowerCase(), running: await startChecksum(algorithm) });
  }
  return out;
}

/** Of the header or trailer "x-amz-checksum-crc32"; undefined when it is none. */
export const algorithmOf = (header: string): ChecksumAlgorithm | undefined => CHECKSUM_ALGORITHMS.find((name) => header.toLowerCase() === `x-amz-checksum-${name}`);

/** The lines after the last chunk, up to an empty line or the end. */
async function readTrailers(reader: ByteReader): Promise<[string, string][]> {
  const trailers: [string, string][] = [];
  while (!(await reader.isAtEnd())) {
    const line = (await reader.line()).replace(/[\r\n]+$/, "");
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon < 1 || trailers.length >= TRAILERS_MAX) throw malformedTrailer();
    trailers.push([line.slice(0, colon).toLowerCase().trim(), line.slice(colon + 1).trim()]);
  }
  return trailers;
}

async function checkTrailers(trailers: [string, string][], options: AwsChunkedOptions, checksums: { name: string; running: RunningChecksum }[]): Promise<void> {
  const signature = trailers.find(([name]) => name === "x-amz-trailer-signature")?.[1];
  const values = trailers.filter(([name]) => name !== "x-amz-trailer-signature");
  if (options.payload === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" && options.verifyPart) {
    if (!signature) throw malformedTrailer();
    const signed = values.map(([name, value]) => `${name}:${value}\n`).join("");
    await options.verifyPart({ kind: "trailer", signature, sha256: createHash("sha256").update(signed).digest("hex") });
  }
  if (values.some(([name]) => !checksums.some((checksum) => checksum.name === name))) throw malformedTrailer();
  for (const { name, running } of checksums) {
    const sent = values.find(([trailer]) => trailer === name)?.[1];
    if (sent === undefined) throw malformedTrailer();
    const algorithm = algorithmOf(name)!;
    const calculated = await running.digest();
    if (sent.length !== calculated.length) throw new ServiceError("InvalidRequest", `Value for ${name} header is invalid.`); // as of one in a header
    if (sent !== calculated) throw new ServiceError("BadDigest", `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`);
    options.onChecksum?.(algorithm, sent);
  }
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const incomplete = () => new ServiceError("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header");
const invalidChunk = () => new ServiceError("InvalidChunkSizeError", "The chunk of the request body is not encoded as aws-chunked.", { status: 403 });
const malformedTrailer = () => new ServiceError("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.");

interface ByteReader {
  /** The next line, without its CRLF. */
  line(): Promise<string>;
  /** At least one byte, at most `count`. */
  upTo(count: number): Promise<Uint8Array>;
  isAtEnd(): Promise<boolean>;
}

function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const iterator = source[Symbol.asyncIterator]();
  let buffer: Uint8Array = new Uint8Array();
  const more = async (): Promise<boolean> => {
    for (;;) {
      const next = await iterator.next();
      if (next.done) return false;
      if (next.value.byteLength === 0) continue;
      buffer = buffer.byteLength === 0 ? next.value : Buffer.concat([buffer, next.value]);
      return true;
    }
  };
  const take = (count: number): Uint8Array => {
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    return taken;
  };
  return {
    async line() {
      for (let searched = 0; ;) {
        const end = buffer.indexOf(10, searched);
        if (end >= LINE_BYTES_MAX || (end < 0 && buffer.byteLength >= LINE_BYTES_MAX)) throw invalidChunk();
        if (end >= 0) {
          const line = take(end + 1);
          // A chunk's lines end in CRLF; trailers may end in the LF alone that they were signed with.
          return Buffer.from(line.subarray(0, line[end - 1] === 13 ? end - 1 : end)).toString("latin1");
        }
        searched = buffer.byteLength;
        if (!(await more())) {
          if (buffer.byteLength === 0) throw incomplete();
          return Buffer.from(take(buffer.byteLength)).toString("latin1");
        }
      }
    },
    async upTo(count) {
      if (buffer.byteLength === 0 && !(await more())) throw incomplete();
      return take(count);
    },
    isAtEnd: async () => buffer.byteLength === 0 && !(await more()),
  };
}
