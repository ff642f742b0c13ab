// The fields of a form, as what PutObject would be asked for. No I/O. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { PostedForm } from "../../ports/bucket-web.ts";
import { formKeyEmpty, formLacks } from "./web-errors.ts";

const TEXTS: Record<string, keyof PutObjectCommandInput> = {
  acl: "ACL", "cache-control": "CacheControl", "content-type": "ContentType", "content-disposition": "ContentDisposition", "content-encoding": "ContentEncoding", "content-language": "ContentLanguage",
  "x-amz-website-redirect-location": "WebsiteRedirectLocation", "x-amz-storage-class": "StorageClass",
  "x-amz-grant-read": "GrantRead", "x-amz-grant-write-acp": "GrantWriteACP", "x-amz-grant-read-acp": "GrantReadACP", "x-amz-grant-full-control": "GrantFullControl",
  "x-amz-server-side-encryption": "ServerSideEncryption", "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId", "x-amz-server-side-encryption-context": "SSEKMSEncryptionContext",
  "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-key": "SSECustomerKey", "x-amz-server-side-encryption-customer-key-md5": "SSECustomerKeyMD5",
  "x-amz-object-lock-mode": "ObjectLockMode", "x-amz-object-lock-legal-hold": "ObjectLockLegalHoldStatus",
  "x-amz-checksum-algorithm": "ChecksumAlgorithm", "x-amz-sdk-checksum-algorithm": "ChecksumAlgorithm", "x-amz-checksum-crc32": "ChecksumCRC32", "x-amz-checksum-crc32c": "ChecksumCRC32C", "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
  "x-amz-checksum-sha1": "ChecksumSHA1", "x-amz-checksum-sha256": "ChecksumSHA256", "x-amz-checksum-sha512": "ChecksumSHA512", "x-amz-checksum-md5": "ChecksumMD5", "content-md5": "ContentMD5",
} as Record<string, keyof PutObjectCommandInput>;
const DATES: Record<string, keyof PutObjectCommandInput> = { expires: "Expires", "x-amz-object-lock-retain-until-date": "ObjectLockRetainUntilDate" };
const META = "x-amz-meta-";

export type FormInput = Partial<Omit<PutObjectCommandInput, "Body">> & { Bucket: string; Key: string };

/** Throws InvalidArgument where there is no key. */
export function inputOfForm({ bucket, fields, tags, fileName }: PostedForm): FormInput {
  const Key = keyOf(fields, fileName);
  const texts = Object.entries(TEXTS).flatMap(([field, member]) => (fields.has(field) ? [[member, fields.get(field)!]] : []));
  const dates = Object.entries(DATES).flatMap(([field, member]) => {
    const ms = Date.parse(fields.get(field) ?? "");
    return Number.isNaN(ms) ? [] : [[member, new Date(ms)]];
  });
  const metadata = [...fields].flatMap(([field, value]) => (field.startsWith(META) ? [[field.slice(META.length), value]] : [])) as [string, string][];
  return {
    ...Object.fromEntries([...texts, ...dates]), Bucket: bucket, Key,
    ...(metadata.length > 0 && { Metadata: Object.fromEntries(metadata) }),
    ...(fields.get("x-amz-server-side-encryption-bucket-key-enabled") === "true" && { BucketKeyEnabled: true }),
    ...(tags && { Tagging: new URLSearchParams(tags.map(({ Key: key = "", Value: value = "" }) => [key, value])).toString() }),
  };
}

/** "All variables in the form are expanded before the POST policy is validated." */
function keyOf(fields: Map<string, string>, fileName: string | undefined): string {
  const given = fields.get("key");
  if (given === undefined) throw formLacks("key");
  // Recorded: of a file without a name the variable stays as it is.
  const key = fileName === undefined ? given : given.replaceAll("${filename}", () => nameOf(fileName));
  if (key === "") throw formKeyEmpty();
  return key;
}

/** "If the browser or client provides a full or partial path to the file, only the text following the last slash (/) or backslash (\) is used." */
const nameOf = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
