// Receives the bytes of an object or a part: counted, hashed and compared while they are written.
import { createHash } from "node:crypto";
import { type ChecksumAlgorithm, isTrailed, startChecksum } from "../../kernel/checksums.ts";
import { algorithmNamed, type AskedChecksum, askedChecksum, type ChecksumInput, isDigest, isIterable, nameOf } from "./checksum.ts";
import { badChecksum, badMd5, entityTooLarge, incompleteBody, invalidChecksumHeader, invalidDigest, missingContentLength, noChecksumSent } from "./errors.ts";
import type { Parts } from "./parts.ts";

export const UPLOAD_BYTES_MAX = 5 * 1024 ** 3;
/** Held in memory while it is checked. */
const SMALL_BYTES_MAX = 64 * 1024;

export interface ReceivedBody {
  id: string;
  sizeBytes: number;
  /** Hex MD5. */
  etag: string;
  checksum: { algorithm: ChecksumAlgorithm; value: string };
  /** Where `besides` was asked for: that one too. */
  besides?: { algorithm: ChecksumAlgorithm; value: string };
}

export interface UploadInput extends ChecksumInput {
  ContentLength?: number | undefined;
  ContentMD5?: string | undefined;
  /** Of a part of an upload. */
  PartNumber?: number | undefined;
}

/** Nothing is kept when it throws: BadDigest, IncompleteBody, EntityTooLarge … `fallback`: the algorithm where none is asked for. `besides`: one that is computed whatever is asked for. */
export async function receiveUpload(parts: Parts, input: UploadInput, fallback: ChecksumAlgorithm, besides?: ChecksumAlgorithm): Promise<ReceivedBody> {
  const asked = askedChecksum(input);
  if (asked) checkAnnounced(input, asked);
  const md5 = input.ContentMD5;
  if (md5 !== undefined && !isDigest(md5, 16)) throw invalidDigest(md5);
  const body = isIterable(input.Body) ? input.Body : none();
  const lengthBytes = input.ContentLength;
  if (lengthBytes === undefined) throw missingContentLength();
  if (lengthBytes > UPLOAD_BYTES_MAX) throw entityTooLarge(lengthBytes, UPLOAD_BYTES_MAX);
  return receiveBytes(parts, body, {
    asked: asked ?? { algorithm: fallback }, lengthBytes, ...(besides !== undefined && { besides }), ...(md5 !== undefined && { md5 }), isPart: input.PartNumber !== undefined,
  });
}

/** The algorithm a request announces is that of the checksum it brings; what it says otherwise was met by users of AWS (versity/versitygw#1659). */
function checkAnnounced({ ChecksumAlgorithm: announced, Body }: UploadInput, { algorithm, expected }: AskedChecksum): void {
  if (announced === undefined) return;
  if (expected === undefined && !(isIterable(Body) && isTrailed(Body))) throw noChecksumSent();
  if (algorithmNamed(announced) !== algorithm) throw invalidChecksumHeader("x-amz-sdk-checksum-algorithm");
}

export interface Receiving {
  asked: AskedChecksum;
  besides?: ChecksumAlgorithm;
  lengthBytes?: number;
  /** Base64. */
  md5?: string;
  /** Of an upload: a wrong MD5 is said back as it came, where that of an object is in hexadecimal (recorded). */
  isPart?: boolean;
}

export async function receiveBytes(parts: Parts, body: AsyncIterable<Uint8Array>, receiving: Receiving): Promise<ReceivedBody> {
  const checked = await checking(body, receiving);
  const small = receiving.lengthBytes !== undefined && receiving.lengthBytes <= SMALL_BYTES_MAX;
  const { id, sizeBytes } = await parts.bodies.write(small ? await collect(checked.bytes) : checked.bytes);
  return { id, sizeBytes, ...checked.result() };
}

type Hashes = Pick<ReceivedBody, "etag" | "checksum" | "besides">;

/** The same bytes; they end with an error when they are not what was promised. */
async function checking(body: AsyncIterable<Uint8Array>, { asked, besides, lengthBytes, md5, isPart }: Receiving): Promise<{ bytes: AsyncIterable<Uint8Array>; result(): Hashes }> {
  const { algorithm, expected } = asked;
  const trailer = isTrailed(body) && body.trailer.algorithm === algorithm ? body.trailer : undefined; // compared already
  const checksum = trailer ? undefined : await startChecksum(algorithm);
  const second = besides === undefined || besides === algorithm ? undefined : await startChecksum(besides);
  const hash = createHash("md5");
  let result: Hashes | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    let sizeBytes = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > UPLOAD_BYTES_MAX) throw entityTooLarge(sizeBytes, UPLOAD_BYTES_MAX);
      hash.update(chunk);
      checksum?.update(chunk);
      second?.update(chunk);
      yield chunk;
    }
    if (lengthBytes !== undefined && sizeBytes !== lengthBytes) throw incompleteBody(lengthBytes, sizeBytes);
    const etag = hash.digest("hex");
    const etagBase64 = Buffer.from(etag, "hex").toString("base64");
    if (md5 !== undefined && md5 !== etagBase64) throw badMd5(isPart ? md5 : Buffer.from(md5, "base64").toString("hex"), etagBase64);
    const value = trailer ? trailer.value() : await checksum!.digest();
    if (expected !== undefined && expected !== value) throw badChecksum(nameOf(algorithm));
    result = { etag, checksum: { algorithm, value }, ...(second && { besides: { algorithm: besides!, value: await second.digest() } }) };
  }
  return { bytes: bytes(), result: () => result! };
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

async function* none(): AsyncGenerator<Uint8Array> {}
