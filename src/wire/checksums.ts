// The checksums that travel with uploads, as trailers of aws-chunked bodies. https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export const CHECKSUM_ALGORITHMS = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** Base64; call once. */
  digest(): Promise<string>;
}

export async function startChecksum(algorithm: ChecksumAlgorithm): Promise<RunningChecksum> {
  switch (algorithm) {
    case "crc32": {
      let value = 0;
      return { update(bytes) { value = crc32(bytes, value); }, digest: async () => base64OfUint32(value) };
    }
    case "crc32c": {
      const { Crc32c } = await import("@aws-crypto/crc32c");
      const crc = new Crc32c();
      return { update(bytes) { crc.update(bytes); }, digest: async () => base64OfUint32(crc.digest()) };
    }
    case "crc64nvme": {
      const { Crc64Nvme } = await import("@aws-sdk/crc64-nvme");
      const crc = new Crc64Nvme();
      return { update(bytes) { crc.update(bytes); }, digest: async () => Buffer.from(await crc.digest()).toString("base64") };
    }
    default: {
      const hash = createHash(algorithm);
      return { update(bytes) { hash.update(bytes); }, digest: async () => hash.digest("base64") };
    }
  }
}

function base64OfUint32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString("base64");
}
