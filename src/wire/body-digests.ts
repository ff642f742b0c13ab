// What S3's callers send along to have a whole body compared: Content-MD5, and the checksum that the SDKs compute.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
import { CHECKSUM_ALGORITHMS, startChecksum } from "../kernel/checksums.ts";
import { ServiceError } from "../kernel/errors.ts";

const MD5_BYTES = 16;

/** Throws InvalidDigest, BadDigest. `input`: what was bound so far; only what names its algorithm there has a checksum of its body, and not of an object. */
export async function checkBodyDigests(bytes: Uint8Array, headers: Record<string, string | undefined>, input: Record<string, unknown>): Promise<void> {
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    const given = Buffer.from(md5, "base64");
    if (given.byteLength !== MD5_BYTES || given.toString("base64") !== md5) throw new ServiceError("InvalidDigest", "The Content-MD5 you specified was invalid.", { members: { "Content-MD5": md5 } });
    const calculated = await digestOf("md5", bytes);
    if (calculated !== md5) throw new ServiceError("BadDigest", "The Content-MD5 you specified did not match what we received.", { members: { ExpectedDigest: md5, CalculatedDigest: calculated } });
  }
  const named = input["ChecksumAlgorithm"];
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => typeof named === "string" && known === named.toLowerCase());
  const expected = algorithm && headers[`x-amz-checksum-${algorithm}`];
  if (expected !== undefined && (await digestOf(algorithm!, bytes)) !== expected) throw new ServiceError("BadDigest", `The ${algorithm!.toUpperCase()} you specified did not match the calculated checksum.`);
}

async function digestOf(algorithm: (typeof CHECKSUM_ALGORITHMS)[number], bytes: Uint8Array): Promise<string> {
  const running = await startChecksum(algorithm);
  running.update(bytes);
  return running.digest();
}
