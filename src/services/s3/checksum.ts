// The checksum an object has, as requests give it and responses show it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, isTrailed } from "../../kernel/checksums.ts";
import { invalidChecksumHeader, invalidRequest, notSupported, oneChecksumOnly } from "./errors.ts";

export interface Checksum {
  algorithm: ChecksumAlgorithm;
  /** Base64; of parts' checksums with "-PARTS" behind. */
  value: string;
  type: "FULL_OBJECT" | "COMPOSITE";
}

/** By the API's names of the values. */
const NAMES = { crc32: "CRC32", crc32c: "CRC32C", crc64nvme: "CRC64NVME", sha1: "SHA1", sha256: "SHA256", sha512: "SHA512", md5: "MD5" } as const satisfies Record<ChecksumAlgorithm, string>;
export type AlgorithmName = (typeof NAMES)[ChecksumAlgorithm];
const BYTES: Record<ChecksumAlgorithm, number> = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32, sha512: 64, md5: 16 };
/** What the CRCs can be combined from; the others of a multipart upload are of its parts' checksums. */
export const CAN_BE_FULL: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme"];

export const nameOf = (algorithm: ChecksumAlgorithm): AlgorithmName => NAMES[algorithm];

type Values = { [K in AlgorithmName as `Checksum${K}`]?: string | undefined };

export interface ChecksumInput extends Values {
  ChecksumAlgorithm?: string | undefined;
  ChecksumXXHASH64?: string | undefined;
  ChecksumXXHASH3?: string | undefined;
  ChecksumXXHASH128?: string | undefined;
  Body?: unknown;
}

export interface AskedChecksum {
  algorithm: ChecksumAlgorithm;
  /** What it must come to; absent when it comes behind the body, or is only to be computed. */
  expected?: string;
}

/** "CRC32" → "crc32". Throws for algorithms there are none of here. */
export function algorithmNamed(name: string): ChecksumAlgorithm {
  const found = CHECKSUM_ALGORITHMS.find((algorithm) => NAMES[algorithm] === name.toUpperCase());
  if (found) return found;
  throw /^XXHASH(64|3|128)$/.test(name) ? notSupported(`the checksum algorithm ${name}`) : invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
}

/** Undefined when none is asked for. */
export function askedChecksum(input: ChecksumInput): AskedChecksum | undefined {
  for (const name of ["ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128"] as const) if (input[name] !== undefined) throw notSupported(`x-amz-checksum-${name.slice("Checksum".length).toLowerCase()}`);
  const given = CHECKSUM_ALGORITHMS.filter((algorithm) => input[`Checksum${NAMES[algorithm]}`] !== undefined);
  if (given.length > 1) throw oneChecksumOnly();
  const [algorithm] = given;
  if (algorithm !== undefined) {
    const expected = input[`Checksum${NAMES[algorithm]}`]!;
    if (!isDigest(expected, BYTES[algorithm])) throw invalidChecksumHeader(`x-amz-checksum-${algorithm}`);
    return { algorithm, expected };
  }
  if (isIterable(input.Body) && isTrailed(input.Body)) return { algorithm: input.Body.trailer.algorithm };
  return input.ChecksumAlgorithm === undefined ? undefined : { algorithm: algorithmNamed(input.ChecksumAlgorithm) };
}

export const isIterable = (body: unknown): body is AsyncIterable<Uint8Array> => typeof body === "object" && body !== null && Symbol.asyncIterator in body;

/** Base64 of so many bytes. */
export const isDigest = (text: string, bytes: number): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 && Buffer.from(text, "base64").byteLength === bytes;

/** As responses show it: { ChecksumCRC32, ChecksumType }. */
export const shownChecksum = (checksum: Checksum | undefined): Values & { ChecksumType?: Checksum["type"] } => (checksum ? { [`Checksum${NAMES[checksum.algorithm]}`]: checksum.value, ChecksumType: checksum.type } : {});
/** Of a part, whose checksum has no type. */
export const shownValue = (checksum: Pick<Checksum, "algorithm" | "value"> | undefined): Values => (checksum ? { [`Checksum${NAMES[checksum.algorithm]}`]: checksum.value } : {});
/** In lists. */
export const listedChecksum = (checksum: Checksum | undefined): { ChecksumAlgorithm?: AlgorithmName[]; ChecksumType?: Checksum["type"] } => (checksum ? { ChecksumAlgorithm: [NAMES[checksum.algorithm]], ChecksumType: checksum.type } : {});
