// What happened to an object, as notifications tell it: the record for queues, topics and functions, and the detail for EventBridge. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, …/ev-events.html; members and their order as recorded by LocalStack on AWS.
import { hostIdOf } from "../../kernel/host-id.ts";
import { createHash } from "node:crypto";
import type { Bucket } from "./bucket.ts";
import type { ObjectEvent } from "./change.ts";
import { bucketArn } from "./names.ts";
import { encodedKey, type EventName } from "./notification.ts";

/** An event, where it happened, and when. */
export interface Happening extends ObjectEvent {
  bucket: Pick<Bucket, "name" | "account" | "region">;
  timeMs: number;
  /** Its place among the changes of the key; in microseconds, roughly. */
  sequence: number;
}

/** "AWS sets the ETag of a delete marker to that of nothing" (recorded). */
const EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e";
/** Who did it when it was no caller's request. */
const SERVICE = "s3.amazonaws.com";

/** An account as S3's events know it: "Amazon customer ID". Made from the account's number, so that it is always the same. */
const customerId = (account: string): string => `A${createHash("sha256").update(account).digest("hex").slice(0, 13).toUpperCase()}`;

/** Only what was written or removed has a place in the order of its key's changes (recorded: tags and ACLs have none; restorations have one in records, and none on EventBridge). */
const isOrdered = (name: EventName): boolean => /^(ObjectCreated|ObjectRemoved|LifecycleExpiration):/.test(name);
const isOrderedInRecords = (name: EventName): boolean => isOrdered(name) || name.startsWith("ObjectRestore:");

/** "2.3" came with the events of tags, ACLs and lifecycle rules. */
const versionOf = (name: EventName): string => (/^(ObjectCreated|ObjectRemoved|ObjectRestore):/.test(name) ? "2.1" : "2.3");

/** "0055AED6DCD90281E5": seconds and their fraction in 2 ** -32. */
function sequencerOf(microseconds: number): string {
  const hex = (value: number) => Math.floor(value).toString(16).toUpperCase().padStart(8, "0");
  return `00${hex(microseconds / 1e6)}${hex(((microseconds % 1e6) / 1e6) * 2 ** 32)}`;
}

/** What an event says of its version; the null version has no id (recorded). */
function versionFields({ name, version }: ObjectEvent): { size?: number; etag?: string; versionId?: string } {
  const isMarker = name.endsWith(":DeleteMarkerCreated");
  const isDeleted = name === "ObjectRemoved:Delete" || name === "LifecycleExpiration:Delete";
  const etag = isMarker ? EMPTY_MD5 : isDeleted ? undefined : version.etag;
  return {
    ...(/^(ObjectCreated:|ObjectRestore:|LifecycleTransition)/.test(name) && { size: version.sizeBytes! }), ...(etag !== undefined && { etag }),
    ...(version.versionId !== "null" && { versionId: version.versionId }),
  };
}

/** JSON of the one-record event, with the id of the rule that wanted it. */
export function eventText(happening: Happening, ruleId: string): string {
  const { name, bucket, key, timeMs, sequence, call, more } = happening;
  const { size, etag, versionId } = versionFields(happening);
  const sequencer = sequencerOf(sequence);
  const requestId = call?.requestId ?? sequencer;
  const record = {
    eventVersion: versionOf(name), eventSource: "aws:s3", awsRegion: bucket.region, eventTime: new Date(timeMs).toISOString(), eventName: name,
    userIdentity: { principalId: call ? `AWS:${call.principal.userId}` : name.startsWith("ObjectRestore:") ? `AmazonCustomer:${customerId(bucket.account)}` : SERVICE }, // each as recorded
    requestParameters: { sourceIPAddress: call?.sourceIp ?? SERVICE },
    responseElements: { "x-amz-request-id": requestId, "x-amz-id-2": hostIdOf(requestId) },
    s3: {
      s3SchemaVersion: "1.0", configurationId: ruleId,
      bucket: { name: bucket.name, ownerIdentity: { principalId: customerId(bucket.account) }, arn: bucketArn(bucket.name) },
      object: {
        key: encodedKey(key), ...(size !== undefined && { size }), ...(etag !== undefined && { eTag: etag }), ...(versionId !== undefined && { versionId }),
        ...(isOrderedInRecords(name) && { sequencer }),
      },
    },
    ...more,
  };
  return JSON.stringify({ Records: [record] });
}

/** Of retentions EventBridge is told nothing: its list of S3's events has none. In records they look as tags and ACLs do, the events that came with them; what theirs looks like is not published. */
const BRIDGED: Record<Exclude<EventName, "ObjectRetention:Put">, { detailType: string; more: object }> = {
  "ObjectCreated:Put": { detailType: "Object Created", more: { reason: "PutObject" } },
  "ObjectCreated:Post": { detailType: "Object Created", more: { reason: "POST Object" } },
  "ObjectCreated:Copy": { detailType: "Object Created", more: { reason: "CopyObject" } },
  "ObjectCreated:CompleteMultipartUpload": { detailType: "Object Created", more: { reason: "CompleteMultipartUpload" } },
  "ObjectRemoved:Delete": { detailType: "Object Deleted", more: { reason: "DeleteObject", "deletion-type": "Permanently Deleted" } },
  "ObjectRemoved:DeleteMarkerCreated": { detailType: "Object Deleted", more: { reason: "DeleteObject", "deletion-type": "Delete Marker Created" } },
  "LifecycleExpiration:Delete": { detailType: "Object Deleted", more: { reason: "Lifecycle Expiration", "deletion-type": "Permanently Deleted" } },
  "LifecycleExpiration:DeleteMarkerCreated": { detailType: "Object Deleted", more: { reason: "Lifecycle Expiration", "deletion-type": "Delete Marker Created" } },
  "LifecycleTransition": { detailType: "Object Storage Class Changed", more: {} },
  "ObjectRestore:Post": { detailType: "Object Restore Initiated", more: {} },
  "ObjectRestore:Completed": { detailType: "Object Restore Completed", more: {} },
  "ObjectRestore:Delete": { detailType: "Object Restore Expired", more: {} },
  "ObjectTagging:Put": { detailType: "Object Tags Added", more: {} },
  "ObjectTagging:Delete": { detailType: "Object Tags Deleted", more: {} },
  "ObjectAcl:Put": { detailType: "Object ACL Updated", more: {} },
};

/** The key stands as it is, unlike in records. Undefined where EventBridge hears nothing. */
export function bridgedEvent(happening: Happening): { detailType: string; detail: string } | undefined {
  const { name, bucket, key, sequence, call, detail: besides } = happening;
  if (name === "ObjectRetention:Put") return undefined;
  const { size, etag, versionId } = versionFields(happening);
  const sequencer = sequencerOf(sequence).slice(2).toLowerCase(); // as in the guide's examples
  const { detailType, more } = BRIDGED[name];
  const detail = {
    version: "0",
    bucket: { name: bucket.name },
    object: {
      key, ...(size !== undefined && { size }), ...(etag !== undefined && { etag }), ...(versionId !== undefined && { "version-id": versionId }),
      ...(isOrdered(name) && { sequencer }),
    },
    "request-id": call?.requestId ?? sequencer,
    requester: call?.principal.accountId ?? SERVICE,
    ...(call && { "source-ip-address": call.sourceIp }),
    ...more, ...besides,
  };
  return { detailType, detail: JSON.stringify(detail) };
}

/** What queues and topics are sent once when they become destinations. */
export const testEventText = (bucket: string, nowMs: number, requestId: string): string =>
  JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Time: new Date(nowMs).toISOString(), Bucket: bucket, RequestId: requestId, HostId: requestId });
