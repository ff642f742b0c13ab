// Buckets as destinations of others: what is delivered becomes an object, in one transaction with the events it causes.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
import { assert } from "../../kernel/assert.ts";
import type { Sender, Target } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { keepBody } from "./bodies.ts";
import type { Bucket } from "./bucket.ts";
import { changing, putObject } from "./change.ts";
import { accessDenied, noSuchBucket } from "./errors.ts";
import { BUCKETS, bucketArn, objectArn, parseBucketArn } from "./names.ts";
import { settingsOfNewObject } from "./new-object.ts";
import { type Parts, partsOf } from "./parts.ts";
import { receiveBytes } from "./receive.ts";

/** A bucket's own ARN, not one of an object in it. */
const nameIn = (arn: string): string | undefined => (arn.includes("/") ? undefined : parseBucketArn(arn));

export const bucketTarget = (ports: RoomPorts): Target => ({
  service: "s3",

  async exists(arn) {
    const name = nameIn(arn);
    return name !== undefined && (await ports.stores.documents<Bucket>(BUCKETS).get(name)) !== undefined;
  },

  async deliver(arn, { body, key, traceId }, from) {
    assert(key !== undefined, "an object needs a key");
    const parts = partsOf(ports);
    const name = nameIn(arn) ?? "";
    const bucket = await parts.buckets.get(name);
    if (!bucket) throw noSuchBucket(name);
    await admit(parts, bucket, key, from);
    await storeObject(parts, bucket, { key, bytes: once(Buffer.from(body)), lengthBytes: Buffer.byteLength(body), ...(traceId !== undefined && { traceId }) }, from);
  },
});

/** Makes the object, and the events it causes; who may has been asked. */
export async function storeObject(parts: Parts, bucket: Bucket, { key, bytes, lengthBytes, traceId }: { key: string; bytes: AsyncIterable<Uint8Array>; lengthBytes?: number; traceId?: string }, from: Sender): Promise<{ etag: string }> {
  const settings = settingsOfNewObject(bucket, { Key: key }, parts.clock.now());
  const { id, sizeBytes, etag, checksum } = await receiveBytes(parts, bytes, { asked: { algorithm: "crc64nvme" }, ...(lengthBytes !== undefined && { lengthBytes }) });
  await changing(parts, bucket, async (change) => {
    await keepBody(change.tx, id);
    const made = await putObject(parts, change, key, { ...settings, owner: from.account, body: { id }, sizeBytes, etag, checksum: { ...checksum, type: "FULL_OBJECT" } });
    await change.announce({ name: "ObjectCreated:Put", key, version: made, call: callOf(parts, from, traceId) });
  });
  return { etag };
}

/** Writing was asked about already; listing is AWS's condition besides. Another account's bucket asks for both whatever the mode is, as for callers. */
async function admit({ access }: Parts, bucket: Bucket, key: string, from: Sender): Promise<void> {
  const actor = from.roleArn === undefined ? { service: from.service ?? "lambda.amazonaws.com" } : { roleArn: from.roleArn };
  const context: Record<string, string> = { "aws:SourceAccount": from.account, "aws:ResourceAccount": bucket.account, "s3:ResourceAccount": bucket.account, ...(from.sourceArn !== undefined && { "aws:SourceArn": from.sourceArn }) };
  const listing = { actor, action: "s3:ListBucket", resource: bucketArn(bucket.name), context };
  if (bucket.account === from.account) return access.check(listing);
  for (const question of [{ actor, action: "s3:PutObject", resource: objectArn(bucket.name, key), context }, listing]) {
    const decision = await access.decide(question);
    if (!decision.allowed) throw accessDenied(decision.sentence);
  }
}

/** Who wrote it, for the event: the role, whose id of its own is not known here. The trace goes along, so that functions that fail over what their own failures cause are found out. */
const callOf = ({ ids }: Parts, { account, roleArn, service }: Sender, traceId: string | undefined) => ({
  requestId: ids.uuid(), principal: { userId: roleArn ?? service ?? "lambda.amazonaws.com", accountId: account }, sourceIp: service ?? "lambda.amazonaws.com", ...(traceId !== undefined && { traceId }),
});

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
