// The checksum of a whole from the checksums of its parts, without reading them again.
// CRCs: the method of zlib's crc32_combine (https://github.com/madler/zlib/blob/v1.3.1/crc32.c), at any width.
import { createHash } from "node:crypto";
import type { ChecksumAlgorithm } from "../../kernel/checksums.ts";

export interface PartChecksum {
  /** Base64. */
  value: string;
  sizeBytes: number;
}

/** Reflected polynomials. */
const POLYNOMIALS: Partial<Record<ChecksumAlgorithm, { bits: number; polynomial: bigint }>> = {
  crc32: { bits: 32, polynomial: 0xedb88320n },
  crc32c: { bits: 32, polynomial: 0x82f63b78n },
  crc64nvme: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
};

/** COMPOSITE: the checksum of the parts' checksums, with their number. `digest` computes one in base64. */
export async function compositeChecksum(parts: PartChecksum[], digest: (bytes: Uint8Array) => Promise<string>): Promise<string> {
  return `${await digest(Buffer.concat(parts.map(({ value }) => Buffer.from(value, "base64"))))}-${parts.length}`;
}

/** FULL_OBJECT, for CRCs only; base64. */
export function fullChecksum(algorithm: ChecksumAlgorithm, parts: PartChecksum[]): string {
  const { bits, polynomial } = POLYNOMIALS[algorithm]!;
  const shift = shifting(bits, polynomial);
  let whole = 0n;
  for (const { value, sizeBytes } of parts) whole = shift(whole, sizeBytes) ^ BigInt(`0x${Buffer.from(value, "base64").toString("hex")}`);
  return Buffer.from(whole.toString(16).padStart(bits / 4, "0"), "hex").toString("base64");
}

/** What a checksum becomes by so many bytes of zeros behind its data. Parts of one size, which is nearly all, are worked out once. */
function shifting(bits: number, polynomial: bigint): (checksum: bigint, bytes: number) => bigint {
  const top = 1n << BigInt(bits - 1);
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    for (let mask = top; mask > 0n; mask >>= 1n) {
      if ((a & mask) !== 0n) product ^= b;
      b = (b & 1n) === 0n ? b >> 1n : (b >> 1n) ^ polynomial;
    }
    return product;
  };
  const powers = new Map<number, bigint>();
  const power = (bytes: number): bigint => {
    let result = top; // x^0
    let square = multiply(top >> 4n, top >> 4n); // x^8: x^4, squared
    for (let left = BigInt(bytes); left > 0n; left >>= 1n) {
      if ((left & 1n) === 1n) result = multiply(square, result);
      square = multiply(square, square);
    }
    return result;
  };
  return (checksum, bytes) => {
    if (checksum === 0n) return 0n;
    let by = powers.get(bytes);
    if (by === undefined) powers.set(bytes, (by = power(bytes)));
    return multiply(by, checksum);
  };
}

/** The ETag of an object uploaded in parts. */
export const etagOfParts = (etags: string[]): string => `${createHash("md5").update(Buffer.from(etags.join(""), "hex")).digest("hex")}-${etags.length}`;
