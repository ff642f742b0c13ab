// POST Object: a form of a web page makes an object, as its policy allows. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
import type { Call } from "../../kernel/call.ts";
import type { PostedForm, WebAnswer } from "../../ports/bucket-web.ts";
import { keepBody } from "./bodies.ts";
import { changing, putObject } from "./change.ts";
import { askedChecksum, isDigest, shownChecksum } from "./checksum.ts";
import { invalidDigest } from "./errors.ts";
import { objectArn } from "./names.ts";
import { checkMetadata, settingsOfNewObject } from "./new-object.ts";
import type { StoredObject } from "./object.ts";
import type { Parts } from "./parts.ts";
import { type FormInput, inputOfForm } from "./post-fields.ts";
import { checkFormPolicy, type FileSize } from "./post-policy.ts";
import { receiveBytes, UPLOAD_BYTES_MAX } from "./receive.ts";
import { shownEncryption } from "./shown-object.ts";
import { readObjectTags } from "./tags.ts";
import { formFileTooLarge, formFileTooSmall } from "./web-errors.ts";

/** A file that cannot be larger is collected, so that body and note are one commit. */
const SMALL_BYTES_MAX = 64 * 1024;

export async function postObject(parts: Parts, form: PostedForm, call: Call): Promise<WebAnswer> {
  const input = inputOfForm(form);
  const policy = form.fields.get("policy");
  const size = policy === undefined ? undefined : checkFormPolicy(policy, new Map(form.fields).set("key", input.Key), form.bucket, parts.clock.machineNow());
  const bucket = await parts.lookup.find(input, call, "PutObject", objectArn(input.Bucket, input.Key));
  const { Metadata: metadata = {}, Tagging: _, ...rest } = input;
  // In a form metadata is UTF-8 and nothing is decoded (recorded); tags are XML.
  checkMetadata(metadata);
  const tags = form.tags && readObjectTags({ TagSet: form.tags as { Key: string; Value: string }[] });
  const settings = { ...settingsOfNewObject(bucket, rest, parts.clock.now()), metadata, ...(tags && { tags }) };
  const { id, sizeBytes, etag, checksum } = await receiveFile(parts, form, input, size);
  const stored = await changing(parts, bucket, async (change) => {
    await keepBody(change.tx, id);
    const made = await putObject(parts, change, input.Key, { ...settings, owner: form.unsigned ? bucket.account : call.account, body: { id }, sizeBytes, etag, checksum: { ...checksum, type: "FULL_OBJECT" } });
    await change.announce({ name: "ObjectCreated:Post", key: input.Key, version: made, call });
    return made;
  });
  return answer(form, stored);
}

async function receiveFile(parts: Parts, { file, formBytes = Infinity }: PostedForm, input: FormInput, { least, most }: FileSize = { least: 0, most: UPLOAD_BYTES_MAX }) {
  const asked = askedChecksum(input) ?? { algorithm: "crc64nvme" as const };
  const md5 = input.ContentMD5;
  if (md5 !== undefined && !isDigest(md5, 16)) throw invalidDigest(md5);
  const bounded = within(file, least, most);
  if (formBytes > SMALL_BYTES_MAX) return receiveBytes(parts, bounded, { asked, ...(md5 !== undefined && { md5 }) });
  const bytes = await collect(bounded);
  return receiveBytes(parts, (async function* () { yield bytes; })(), { asked, lengthBytes: bytes.byteLength, ...(md5 !== undefined && { md5 }) });
}

/** Throws as soon as it is too large, and at its end when it is too small: nothing is kept then. */
async function* within(file: AsyncIterable<Uint8Array>, least: number, most: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of file) {
    size += chunk.byteLength;
    if (size > most) throw formFileTooLarge(size, most);
    yield chunk;
  }
  if (size < least) throw formFileTooSmall(size, least);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const kept: Uint8Array[] = [];
  for await (const chunk of chunks) kept.push(chunk);
  return Buffer.concat(kept);
}

function answer({ fields, bucket, bucketUrl }: PostedForm, { key, etag, versionId, checksum, encryption }: StoredObject): WebAnswer {
  const location = `${bucketUrl}/${encodeURIComponent(key).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)}`;
  const { ServerSideEncryption, SSEKMSKeyId, SSECustomerAlgorithm, SSECustomerKeyMD5 } = shownEncryption(encryption) as Record<string, string | undefined>;
  const shown = {
    etag: `"${etag}"`, location, "x-amz-version-id": versionId === "null" ? undefined : versionId,
    "x-amz-server-side-encryption": ServerSideEncryption, "x-amz-server-side-encryption-aws-kms-key-id": SSEKMSKeyId,
    "x-amz-server-side-encryption-customer-algorithm": SSECustomerAlgorithm, "x-amz-server-side-encryption-customer-key-md5": SSECustomerKeyMD5,
    ...checksumHeaders(checksum),
  };
  const headers = Object.fromEntries(Object.entries(shown).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const redirect = redirectOf(fields.get("success_action_redirect") ?? fields.get("redirect"), { bucket, key, etag: `"${etag}"` });
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect }, body: "" };
  const status = fields.get("success_action_status");
  if (status === "200") return { status: 200, headers, body: "" };
  if (status !== "201") return { status: 204, headers, body: "" };
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${escapeXml(location)}</Location><Bucket>${bucket}</Bucket><Key>${escapeXml(key)}</Key><ETag>&quot;${etag}&quot;</ETag></PostResponse>`;
  return { status: 201, headers: { ...headers, "content-type": "application/xml" }, body };
}

function checksumHeaders(checksum: StoredObject["checksum"]): Record<string, string> {
  const { ChecksumType, ...values } = shownChecksum(checksum);
  return Object.fromEntries([...Object.entries(values).map(([name, value]) => [`x-amz-checksum-${name.slice("Checksum".length).toLowerCase()}`, value!]), ...(ChecksumType === undefined ? [] : [["x-amz-checksum-type", ChecksumType]])]);
}

/** "If the value of this field cannot be interpreted as a URL, S3 acts as if the field is not present." */
function redirectOf(given: string | undefined, added: Record<string, string>): string | undefined {
  if (given === undefined || !/^https?:\/\//i.test(given) || !URL.canParse(given)) return undefined;
  const url = new URL(given);
  for (const [name, value] of Object.entries(added)) url.searchParams.append(name, value);
  return url.href;
}

const XML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (character) => XML[character]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ""); // oxlint-disable-line no-control-regex -- XML has no place for them
