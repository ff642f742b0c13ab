// Encryption as requests and responses speak of it; at rest the bytes are protected by the disk they are on.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
import { createHash } from "node:crypto";
import { formatArn } from "../../kernel/arn.ts";
import type { Bucket } from "./bucket.ts";
import { defaultEncryptionOf } from "./bucket-encryption.ts";
import { accessDenied, customerKeyMissing, customerKeyNotApplicable, customerKeyWrong, partKeyMissing, partKeyWrong } from "./errors.ts";
import type { Encryption, StoredObject } from "./object.ts";
import { badEncryption, badEncryptionAlgorithm } from "./settings-errors.ts";

export interface CustomerKey {
  SSECustomerAlgorithm?: string | undefined;
  SSECustomerKey?: string | undefined;
  SSECustomerKeyMD5?: string | undefined;
}

/** Who reads what was written with a key of its own must bring the same key. */
export function checkCustomerKey({ encryption }: Pick<StoredObject, "encryption">, asked: CustomerKey): void {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = asked;
  const isGiven = SSECustomerAlgorithm !== undefined || SSECustomerKey !== undefined || SSECustomerKeyMD5 !== undefined;
  if (encryption?.customerKeyMd5 === undefined) {
    if (isGiven) throw customerKeyNotApplicable();
    return;
  }
  if (!isGiven) throw customerKeyMissing();
  // A key of another length, or without its MD5, is a wrong one: recorded.
  const isNone = SSECustomerAlgorithm === "AES256" && SSECustomerKey !== undefined && (SSECustomerKeyMD5 === undefined || Buffer.from(SSECustomerKey, "base64").byteLength !== CUSTOMER_KEY_BYTES);
  if (isNone || readCustomerKey(asked) !== encryption.customerKeyMd5) throw customerKeyWrong();
}

/** Who began an upload with a key of its own sends every part with the same key, and nobody else sends one. */
export function checkPartKey({ encryption }: { encryption?: Encryption }, asked: CustomerKey): void {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = asked;
  const isGiven = (SSECustomerAlgorithm ?? SSECustomerKey ?? SSECustomerKeyMD5) !== undefined;
  if (isGiven !== (encryption?.customerKeyMd5 !== undefined)) throw partKeyMissing();
  if (isGiven && readCustomerKey(asked) !== encryption!.customerKeyMd5) throw partKeyWrong();
}

export interface EncryptionAsked extends CustomerKey {
  ServerSideEncryption?: string | undefined;
  SSEKMSKeyId?: string | undefined;
  BucketKeyEnabled?: boolean | undefined;
}

const CUSTOMER_KEY_BYTES = 32;

const keysIncompatible = (method: string) => badEncryption("Server Side Encryption with Customer provided key is incompatible with the encryption method specified", method);

/** What a new object is to say of itself; undefined: S3's own keys, as for every object. Where the request says nothing, the bucket's default. Throws InvalidArgument. */
export function readEncryption(asked: EncryptionAsked, bucket: Pick<Bucket, "settings" | "region" | "account">): Encryption | undefined {
  const standard = defaultEncryptionOf(bucket);
  const { ServerSideEncryption: given, SSEKMSKeyId: kmsKeyId, BucketKeyEnabled: bucketKey = standard.bucketKey } = asked;
  if (given !== undefined && asked.SSECustomerAlgorithm !== undefined) throw keysIncompatible(given);
  const customerKeyMd5 = readCustomerKey(asked);
  const algorithm = given ?? (customerKeyMd5 === undefined && kmsKeyId === undefined ? standard.algorithm : undefined);
  if (customerKeyMd5 !== undefined) {
    if (standard.blocksCustomerKeys) throw accessDenied();
    if (algorithm !== undefined) throw keysIncompatible(algorithm);
    return { algorithm: "AES256", customerKeyMd5 };
  }
  if (algorithm === undefined || algorithm === "AES256") {
    if (kmsKeyId !== undefined) throw badEncryption("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms", algorithm);
    return undefined;
  }
  if (algorithm !== "aws:kms" && algorithm !== "aws:kms:dsse") throw badEncryption("The encryption method specified is not supported", algorithm);
  return { algorithm, kmsKeyId: kmsKeyId ?? awsManagedKey(bucket), ...(bucketKey && { bucketKey }) };
}

/** alias/aws/s3 of the account and region; its id is made from these, so that it is always the same. Answers have the key's ARN: recorded. */
function awsManagedKey({ region, account }: Pick<Bucket, "region" | "account">): string {
  const id = createHash("sha256").update(`alias/aws/s3 ${region} ${account}`).digest("hex").replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-4$3-8$4-$5");
  return formatArn("kms", region, account, `key/${id}`);
}

/** The key itself is not kept: what proves it is its MD5. Undefined when the request brings none. */
function readCustomerKey({ SSECustomerAlgorithm: algorithm, SSECustomerKey: key, SSECustomerKeyMD5: md5 }: CustomerKey): string | undefined {
  if (algorithm === undefined && key === undefined && md5 === undefined) return undefined;
  if (algorithm === undefined) throw badEncryption("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.");
  if (algorithm !== "AES256") throw badEncryptionAlgorithm(algorithm);
  if (key === undefined) throw badEncryption("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.");
  const bytes = Buffer.from(key, "base64");
  if (md5 === undefined || bytes.byteLength !== CUSTOMER_KEY_BYTES) throw badEncryption("The secret key was invalid for the specified algorithm.");
  if (createHash("md5").update(bytes).digest("base64") !== md5) throw badEncryption("The calculated MD5 hash of the key did not match the hash that was provided.");
  return md5;
}
