// Lifecycle rules and restoration, driven by the real SDK client on a clock that is moved: what is refused, what is due when, and what is told of it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type LifecycleRule, S3 } from "@aws-sdk/client-s3";
import { virtualClock } from "../../kernel/clock.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { openStores } from "../../storage/open.ts";
import { silentLog } from "../../kernel/log.ts";
import { openRoom } from "../../../test/support/room.ts";
import { s3 as service } from "./service.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** A quarter past ten. */
const START = Date.UTC(2026, 0, 10, 10, 15);

const clock = virtualClock(START);
const stores = await openStores({ ephemeral: true, clock, log: silentLog });
/** What would have gone to the bucket's queue. */
const told: any[] = [];
const lanes: RoomPorts["lanes"] = {
  register() {},
  transaction: (work: any) => stores.transaction((tx) => work(tx, async ({ body }: LaneSend) => { told.push(JSON.parse(body)); })),
} as unknown as RoomPorts["lanes"];
const targets = { serves: () => true } as unknown as RoomPorts["targets"];
const room = await openRoom(service, { clock, stores, lanes, targets });
const s3 = new S3({ ...room.clientConfig, forcePathStyle: true });
after(async () => { s3.destroy(); await room.close(); await stores.close(); });

let buckets = 0;
async function newBucket({ versioned = false, ...more }: { versioned?: boolean; ObjectLockEnabledForBucket?: boolean } = {}): Promise<string> {
  const Bucket = `lifecycle-${++buckets}`;
  await s3.createBucket({ Bucket, ...more });
  if (versioned) await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
  await s3.putBucketNotificationConfiguration({ Bucket, SkipDestinationValidation: true, NotificationConfiguration: {
    EventBridgeConfiguration: {}, QueueConfigurations: [{ Id: "all", QueueArn: "arn:aws:sqs:eu-west-1:000000000000:q", Events: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:ObjectRestore:*"] }],
  } });
  told.length = 0;
  return Bucket;
}
const put = (Bucket: string, Rules: Partial<LifecycleRule>[], more: object = {}) =>
  s3.putBucketLifecycleConfiguration({ Bucket, ...more, LifecycleConfiguration: { Rules: Rules.map((rule) => ({ Status: "Enabled", ...("Prefix" in rule ? {} : { Filter: {} }), ...rule }) as LifecycleRule) } });
const keys = async (Bucket: string) => ((await s3.listObjectsV2({ Bucket })).Contents ?? []).map(({ Key }) => Key);
/** Code, status, sentence. */
async function refusal(request: Promise<unknown>): Promise<unknown[]> {
  const error = await request.then(() => assert.fail("it was not refused"), (thrown: any) => thrown);
  return [error.name, error.$metadata?.httpStatusCode, error.message];
}
/** The records, and the details for EventBridge, since the last look. */
function events() {
  const all = told.splice(0);
  return {
    records: all.filter(({ kind }) => kind === "queue").map(({ text }) => JSON.parse(text).Records[0]),
    details: all.filter(({ kind }) => kind === "bus").map(({ detailType, text }) => ({ detailType, ...JSON.parse(text) })),
  };
}
/** From midnight to midnight, each time until all that is due has been done, as a platform's clock goes when people move it. */
async function advance(ms: number): Promise<void> {
  for (const end = clock.now() + ms; ;) {
    await clock.advance(Math.min(end, (Math.floor(clock.now() / DAY) + 1) * DAY) - clock.now());
    for (let quiet = 0, steps = stores.steps!(); quiet < 30; quiet++) {
      await new Promise((resolve) => { setImmediate(resolve); });
      if (stores.steps!() !== steps) [quiet, steps] = [0, stores.steps!()];
    }
    if (clock.now() >= end) return;
  }
}

test("a lifecycle configuration is kept as it was given, each rule with an id, until it is deleted", async () => {
  const Bucket = await newBucket();
  assert.deepEqual(await refusal(s3.getBucketLifecycleConfiguration({ Bucket })), ["NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"]);
  const Rules: LifecycleRule[] = [
    { ID: "logs", Status: "Enabled", Filter: { And: { Prefix: "logs/", Tags: [{ Key: "keep", Value: "no" }], ObjectSizeGreaterThan: 10, ObjectSizeLessThan: 2_000_000 } }, Expiration: { Days: 400 }, Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }, { Days: 90, StorageClass: "GLACIER" }] },
    { ID: "by date", Status: "Disabled", Filter: { Prefix: "" }, Expiration: { Date: new Date("2030-01-01T00:00:00Z") } },
    { ID: "old", Status: "Enabled", Filter: {}, NoncurrentVersionExpiration: { NoncurrentDays: 9, NewerNoncurrentVersions: 2 }, NoncurrentVersionTransitions: [{ NoncurrentDays: 3, StorageClass: "GLACIER_IR" }], AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ];
  const set = await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules } });
  assert.equal(set.TransitionDefaultMinimumObjectSize, "all_storage_classes_128K");
  const got = await s3.getBucketLifecycleConfiguration({ Bucket });
  assert.deepEqual(got.Rules, Rules);
  assert.equal(got.TransitionDefaultMinimumObjectSize, "all_storage_classes_128K");
  await put(Bucket, [{ Prefix: "a/", Expiration: { Days: 1 } }], { TransitionDefaultMinimumObjectSize: "varies_by_storage_class" });
  const again = await s3.getBucketLifecycleConfiguration({ Bucket });
  assert.equal(again.TransitionDefaultMinimumObjectSize, "varies_by_storage_class");
  assert.match(again.Rules![0]!.ID!, /^[\w-]{20,}$/);
  assert.equal(again.Rules![0]!.Prefix, "a/");
  await s3.deleteBucketLifecycle({ Bucket });
  await s3.deleteBucketLifecycle({ Bucket });
  assert.equal((await refusal(s3.getBucketLifecycleConfiguration({ Bucket })))[0], "NoSuchLifecycleConfiguration");
});

test("a lifecycle configuration that S3 would refuse is refused with its words, and nothing is changed", async () => {
  const Bucket = await newBucket();
  const MALFORMED = ["MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"];
  const Expiration = { Days: 7 };
  const bad = async (...rules: Partial<LifecycleRule>[]) => refusal(put(Bucket, rules));
  assert.deepEqual(await bad({ Filter: undefined as never, Expiration }), MALFORMED);
  assert.deepEqual(await bad({ Status: "enabled" as never, Expiration }), MALFORMED);
  assert.deepEqual(await bad({ NoncurrentVersionExpiration: {}, Expiration }), MALFORMED);
  assert.deepEqual(await bad({ Filter: { And: { Prefix: "test" }, Prefix: "" }, Expiration }), MALFORMED);
  assert.deepEqual(await bad({ Filter: { ObjectSizeGreaterThan: 500, Prefix: "" }, Expiration }), MALFORMED);
  assert.deepEqual(await bad({ Expiration: { Date: new Date("2023-01-01T02:02:00Z") } }), ["InvalidArgument", 400, "'Date' must be at midnight GMT"]);
  assert.deepEqual(await bad({ Filter: { And: { Tags: [{ Key: "a", Value: "1" }, { Key: "a", Value: "2" }] } }, Expiration }), ["InvalidRequest", 400, "Duplicate Tag Keys are not allowed."]);
  assert.deepEqual(await bad({ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }), MALFORMED);
  assert.deepEqual(await bad({ Expiration: { Days: 0 } }), ["InvalidArgument", 400, "'Days' for Expiration action must be a positive integer"]);
  assert.deepEqual(await bad({ ID: "x".repeat(256), Expiration }), ["InvalidArgument", 400, "ID length should not exceed allowed limit of 255"]);
  assert.deepEqual(await bad({ ID: "x", Expiration }, { ID: "x", Expiration }), ["InvalidArgument", 400, "Rule ID must be unique. Found same ID for more than one rule"]);
  assert.deepEqual(await bad({}), ["InvalidRequest", 400, "At least one action needs to be specified in a rule"]);
  assert.deepEqual(await bad({ Transitions: [{ Days: 29, StorageClass: "STANDARD_IA" }] }), ["InvalidArgument", 400, "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"]);
  assert.deepEqual(await bad({ Transitions: [{ Days: 7, StorageClass: "GLACIER" }], Expiration }), ["InvalidArgument", 400, "'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition action"]);
  assert.deepEqual(await bad({ Transitions: [{ Days: 7, StorageClass: "GLACIER" }, { Days: 7, StorageClass: "GLACIER" }] }), ["InvalidRequest", 400, "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=)'"]);
  assert.deepEqual((await bad({ Transitions: [{ Days: 60, StorageClass: "GLACIER" }, { Days: 7, StorageClass: "DEEP_ARCHIVE" }] }))[0], "InvalidArgument");
  assert.deepEqual((await bad({ Transitions: [{ Days: 60, StorageClass: "STANDARD" as never }] })), MALFORMED);
  assert.deepEqual((await bad({ Filter: { Tag: { Key: "a", Value: "b" } }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } })), ["InvalidRequest", 400, "AbortIncompleteMultipartUpload cannot be specified with Tags."]);
  assert.deepEqual(await bad({ Prefix: "a", Expiration }, { Prefix: "ab", Expiration }), ["InvalidRequest", 400, "Found overlapping prefixes 'a' and 'ab' for same action type 'Expiration'"]);
  assert.deepEqual(await refusal(put(Bucket, [{ Expiration }], { TransitionDefaultMinimumObjectSize: "value" })), ["InvalidRequest", 400, "Invalid TransitionDefaultMinimumObjectSize found: value"]);
  assert.deepEqual((await bad(...Array.from({ length: 1001 }, (_, n) => ({ ID: `${n}`, Expiration }))))[0], "InvalidRequest");
  assert.equal((await refusal(s3.getBucketLifecycleConfiguration({ Bucket })))[0], "NoSuchLifecycleConfiguration");
});

test("objects expire at the midnight after their days are over, and their answers say when", async () => {
  const Bucket = await newBucket();
  await put(Bucket, [
    { ID: "short & \"ä\"", Filter: { Prefix: "tmp/" }, Expiration: { Days: 2 } }, { ID: "long", Expiration: { Days: 9 } },
    { ID: "tagged", Filter: { Tag: { Key: "t", Value: "1" } }, Expiration: { Days: 1 } }, { ID: "large", Filter: { ObjectSizeGreaterThan: 4 }, Expiration: { Days: 1 } },
    { ID: "off", Status: "Disabled", Expiration: { Days: 1 } },
  ]);
  const made = await s3.putObject({ Bucket, Key: "tmp/a", Body: "1" });
  const midnight = (days: number) => new Date((Math.ceil(clock.now() / DAY) + days) * DAY).toUTCString();
  assert.equal(made.Expiration, `expiry-date="${midnight(2)}", rule-id="short & %22%C3%A4%22"`);
  assert.equal((await s3.headObject({ Bucket, Key: "tmp/a" })).Expiration, made.Expiration);
  const got = await s3.getObject({ Bucket, Key: "tmp/a" });
  assert.deepEqual([got.Expiration, await got.Body!.transformToString()], [made.Expiration, "1"]);
  assert.equal((await s3.copyObject({ Bucket, Key: "b", CopySource: `${Bucket}/tmp/a` })).Expiration, `expiry-date="${midnight(9)}", rule-id="long"`);
  await s3.putObject({ Bucket, Key: "tagged", Body: "1", Tagging: "t=1" });
  await s3.putObject({ Bucket, Key: "large", Body: "12345" });
  assert.deepEqual(await keys(Bucket), ["b", "large", "tagged", "tmp/a"]);
  await advance(DAY);
  assert.deepEqual(await keys(Bucket), ["b", "large", "tagged", "tmp/a"]);
  await advance(14 * HOUR);
  assert.deepEqual(await keys(Bucket), ["b", "tmp/a"]);
  const { records, details } = events();
  assert.deepEqual(records.map(({ eventName, eventVersion, userIdentity, requestParameters, s3: { object: { key, sequencer, size, eTag } } }) => ({ eventName, eventVersion, userIdentity, requestParameters, key, sequenced: sequencer.startsWith("00"), size, eTag })), ["large", "tagged"].map((key) => (
    { eventName: "LifecycleExpiration:Delete", eventVersion: "2.3", userIdentity: { principalId: "s3.amazonaws.com" }, requestParameters: { sourceIPAddress: "s3.amazonaws.com" }, key, sequenced: true, size: undefined, eTag: undefined })));
  const removed = details.filter(({ detailType }) => detailType === "Object Deleted");
  assert.deepEqual(removed.map(({ reason, requester, object, ...rest }) => [reason, rest["deletion-type"], requester, object.key]), ["large", "tagged"].map((key) => ["Lifecycle Expiration", "Permanently Deleted", "s3.amazonaws.com", key]));
  await advance(10 * DAY);
  assert.deepEqual(await keys(Bucket), []);
});

test("a rule with a date removes what is there from that day on", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "now", Body: "1" });
  const Date_ = new Date((Math.floor(clock.now() / DAY) + 3) * DAY);
  await put(Bucket, [{ ID: "d", Expiration: { Date: Date_ } }]);
  assert.equal((await s3.headObject({ Bucket, Key: "now" })).Expiration, `expiry-date="${Date_.toUTCString()}", rule-id="d"`);
  await advance(Date_.getTime() - clock.now() - 1);
  assert.deepEqual(await keys(Bucket), ["now"]);
  await advance(1);
  assert.deepEqual(await keys(Bucket), []);
});

test("in a bucket with versions an expired object gets a delete marker; older versions go when their time as such is over, the newest of them kept; a marker alone goes too", async () => {
  const Bucket = await newBucket({ versioned: true });
  await advance(DAY - (clock.now() % DAY) + 5 * HOUR);
  await put(Bucket, [{ ID: "v", Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 2, NewerNoncurrentVersions: 1 } }]);
  for (const Body of ["1", "2", "3"]) await s3.putObject({ Bucket, Key: "k", Body });
  await s3.putObject({ Bucket, Key: "other", Body: "x" });
  const versions = async () => {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket, Prefix: "k" });
    return { versions: Versions.length, markers: DeleteMarkers.map(({ LastModified, IsLatest }) => [LastModified!.getTime() % DAY, IsLatest]) };
  };
  await advance(2 * DAY);
  assert.deepEqual(await versions(), { versions: 3, markers: [[0, true]] });
  assert.deepEqual(await keys(Bucket), []);
  const first = events();
  assert.deepEqual(first.records.map(({ eventName, s3: { object } }) => [eventName, object.key, object.eTag]), ["k", "other"].map((key) => ["LifecycleExpiration:DeleteMarkerCreated", key, "d41d8cd98f00b204e9800998ecf8427e"]));
  await advance(DAY);
  assert.deepEqual(await versions(), { versions: 1, markers: [[0, true]] });
  assert.deepEqual(events().records.map(({ eventName }) => eventName), ["LifecycleExpiration:Delete", "LifecycleExpiration:Delete"]);
  await put(Bucket, [{ ID: "v", Expiration: { ExpiredObjectDeleteMarker: true }, NoncurrentVersionExpiration: { NoncurrentDays: 2 } }]);
  await advance(DAY);
  assert.deepEqual(await versions(), { versions: 0, markers: [] });
});

test("a version that is locked is kept by every rule until its lock is over", async () => {
  const Bucket = await newBucket({ ObjectLockEnabledForBucket: true });
  await put(Bucket, [{ NoncurrentVersionExpiration: { NoncurrentDays: 1 } }]);
  await s3.putObject({ Bucket, Key: "k", Body: "1", ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: new Date(clock.now() + 5 * DAY) });
  await s3.putObject({ Bucket, Key: "k", Body: "2" });
  await advance(4 * DAY);
  assert.equal((await s3.listObjectVersions({ Bucket })).Versions?.length, 2);
  await advance(3 * DAY);
  assert.equal((await s3.listObjectVersions({ Bucket })).Versions?.length, 1);
});

test("objects move down the storage classes, not up, and small ones stay unless the rule says otherwise", async () => {
  const Bucket = await newBucket();
  const large = "x".repeat(131_072);
  await put(Bucket, [
    { ID: "t", Filter: { Prefix: "t/" }, Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }, { Days: 60, StorageClass: "GLACIER" }] },
    { ID: "s", Filter: { And: { Prefix: "s/", ObjectSizeGreaterThan: 0 } }, Transitions: [{ Days: 1, StorageClass: "GLACIER_IR" }] },
  ]);
  await s3.putObject({ Bucket, Key: "t/large", Body: large });
  await s3.putObject({ Bucket, Key: "t/small", Body: "1" });
  await s3.putObject({ Bucket, Key: "t/deep", Body: large, StorageClass: "DEEP_ARCHIVE" });
  await s3.putObject({ Bucket, Key: "s/small", Body: "1" });
  const classes = async () => Object.fromEntries(((await s3.listObjectsV2({ Bucket })).Contents ?? []).map(({ Key, StorageClass }) => [Key, StorageClass]));
  await advance(2 * DAY);
  assert.deepEqual(await classes(), { "s/small": "GLACIER_IR", "t/deep": "DEEP_ARCHIVE", "t/large": "STANDARD", "t/small": "STANDARD" });
  const { records: [record], details } = events();
  assert.deepEqual([record.eventName, record.eventVersion, record.lifecycleEventData, record.s3.object.key, record.s3.object.size], ["LifecycleTransition", "2.3", { transitionEventData: { destinationStorageClass: "GLACIER_IR" } }, "s/small", 1]);
  const [changed] = details.filter(({ detailType }) => detailType === "Object Storage Class Changed");
  assert.deepEqual([changed["destination-storage-class"], changed.requester, changed.object.size, changed.object.sequencer], ["GLACIER_IR", "s3.amazonaws.com", 1, undefined]);
  await advance(29 * DAY);
  assert.equal((await classes())["t/large"], "STANDARD_IA");
  await advance(30 * DAY);
  assert.deepEqual(await classes(), { "s/small": "GLACIER_IR", "t/deep": "DEEP_ARCHIVE", "t/large": "GLACIER", "t/small": "STANDARD" });
});

test("uploads that were never completed are given up, and their answers say when", async () => {
  const Bucket = await newBucket();
  await put(Bucket, [{ ID: "abort", Filter: { Prefix: "u/" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 } }]);
  const { UploadId, AbortDate, AbortRuleId } = await s3.createMultipartUpload({ Bucket, Key: "u/1" });
  await s3.createMultipartUpload({ Bucket, Key: "other" });
  const at = (Math.ceil(clock.now() / DAY) + 3) * DAY;
  assert.deepEqual([AbortDate?.getTime(), AbortRuleId], [at, "abort"]);
  await s3.uploadPart({ Bucket, Key: "u/1", UploadId, PartNumber: 1, Body: "1" });
  assert.equal((await s3.listParts({ Bucket, Key: "u/1", UploadId })).AbortDate?.getTime(), at);
  const uploads = async () => ((await s3.listMultipartUploads({ Bucket })).Uploads ?? []).map(({ Key }) => Key);
  await advance(at - clock.now() - 1);
  assert.deepEqual(await uploads(), ["other", "u/1"]);
  await advance(1);
  assert.deepEqual(await uploads(), ["other"]);
});

test("a thousand objects expire in one run, each told of once", async () => {
  const Bucket = await newBucket();
  await put(Bucket, [{ Expiration: { Days: 1 } }]);
  for (let from = 0; from < 1000; from += 100) await Promise.all(Array.from({ length: 100 }, (_, n) => s3.putObject({ Bucket, Key: `k${from + n}`, Body: "1" })));
  told.length = 0;
  await advance(3 * DAY);
  assert.deepEqual(await keys(Bucket), []);
  assert.equal(new Set(events().records.map(({ s3: { object } }) => object.key)).size, 1000);
});

test("an archived object is read only after it was restored, until its copy ends; each step is told of", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "k", Body: "cold", StorageClass: "GLACIER" });
  const ARCHIVED = ["InvalidObjectState", 403, "The operation is not valid for the object's storage class"];
  assert.deepEqual(await refusal(s3.getObject({ Bucket, Key: "k" })), ARCHIVED);
  assert.deepEqual(await refusal(s3.copyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/k` })), ["InvalidObjectState", 403, "Operation is not valid for the source object's storage class"]);
  const head = () => s3.headObject({ Bucket, Key: "k" });
  const restore = (Days: number, Tier: "Standard" | "Bulk" | "Expedited") => s3.restoreObject({ Bucket, Key: "k", RestoreRequest: { Days, GlacierJobParameters: { Tier } } });
  assert.deepEqual([(await head()).StorageClass, (await head()).Restore], ["GLACIER", undefined]);
  assert.equal((await restore(2, "Bulk")).$metadata.httpStatusCode, 202);
  assert.equal((await head()).Restore, 'ongoing-request="true"');
  assert.deepEqual(await refusal(restore(2, "Bulk")), ["RestoreAlreadyInProgress", 409, "Object restore is already in progress"]);
  assert.equal((await restore(2, "Standard")).$metadata.httpStatusCode, 202); // faster
  assert.deepEqual((await s3.listObjectsV2({ Bucket, OptionalObjectAttributes: ["RestoreStatus"] })).Contents![0]!.RestoreStatus, { IsRestoreInProgress: true });
  await advance(5 * HOUR - 1);
  assert.deepEqual(await refusal(s3.getObject({ Bucket, Key: "k" })), ARCHIVED);
  await advance(1);
  const until = (Math.ceil(clock.now() / DAY) + 2) * DAY;
  assert.equal(await (await s3.getObject({ Bucket, Key: "k" })).Body!.transformToString(), "cold");
  assert.deepEqual([(await head()).StorageClass, (await head()).Restore], ["GLACIER", `ongoing-request="false", expiry-date="${new Date(until).toUTCString()}"`]);
  assert.deepEqual((await s3.listObjectsV2({ Bucket, OptionalObjectAttributes: ["RestoreStatus"] })).Contents![0]!.RestoreStatus, { IsRestoreInProgress: false, RestoreExpiryDate: new Date(until) });
  const { records, details } = events();
  assert.deepEqual(records.map(({ eventName, eventVersion, glacierEventData, userIdentity, s3: { object } }) => [eventName, eventVersion, glacierEventData, userIdentity.principalId.split(":")[0], object.size, typeof object.sequencer]), [
    ["ObjectRestore:Post", "2.1", undefined, "AWS", 4, "string"],
    ["ObjectRestore:Completed", "2.1", { restoreEventData: { lifecycleRestorationExpiryTime: new Date(until).toISOString(), lifecycleRestoreStorageClass: "GLACIER" } }, "AmazonCustomer", 4, "string"],
  ]);
  assert.deepEqual(details.filter(({ detailType }) => detailType.startsWith("Object Restore")).map((detail) => [detail.detailType, detail["source-storage-class"], detail["restore-expiry-time"], detail.object.sequencer]), [
    ["Object Restore Initiated", "GLACIER", undefined, undefined], ["Object Restore Completed", "GLACIER", new Date(until).toISOString().replace(".000", ""), undefined],
  ]);
  assert.equal((await restore(4, "Standard")).$metadata.httpStatusCode, 200); // longer
  await advance(until - clock.now());
  assert.match((await head()).Restore!, /ongoing-request="false"/);
  await advance(2 * DAY);
  assert.equal((await head()).Restore, undefined);
  assert.deepEqual(await refusal(s3.getObject({ Bucket, Key: "k" })), ARCHIVED);
  assert.deepEqual(events().records.map(({ eventName }) => eventName), ["ObjectRestore:Delete"]);
});

test("what cannot be restored is refused, and a restoration ends with its object", async () => {
  const Bucket = await newBucket();
  await s3.putObject({ Bucket, Key: "warm", Body: "1", StorageClass: "STANDARD_IA" });
  await s3.putObject({ Bucket, Key: "deep", Body: "1", StorageClass: "DEEP_ARCHIVE" });
  const restore = (Key: string, RestoreRequest: object) => refusal(s3.restoreObject({ Bucket, Key, RestoreRequest }));
  assert.deepEqual(await restore("warm", { Days: 1 }), ["InvalidObjectState", 403, "Restore is not allowed for the object's current storage class"]);
  assert.deepEqual((await restore("none", { Days: 1 })).slice(0, 2), ["NoSuchKey", 404]);
  assert.deepEqual((await restore("deep", { Days: 0 })).slice(0, 2), ["InvalidArgument", 400]);
  assert.deepEqual((await restore("deep", {}))[0], "MalformedXML");
  assert.deepEqual((await restore("deep", { Days: 1, GlacierJobParameters: { Tier: "Slow" } }))[0], "MalformedXML");
  assert.deepEqual(await restore("deep", { Days: 1, GlacierJobParameters: { Tier: "Expedited" } }), ["InvalidArgument", 400, "Retrieval option is not supported by this storage class"]);
  assert.deepEqual((await restore("deep", { Type: "SELECT" })).slice(0, 2), ["NotImplemented", 501]);
  assert.deepEqual((await refusal(s3.putObject({ Bucket, Key: "k", Body: "1", StorageClass: "OUTPOSTS" }))), ["InvalidStorageClass", 400, "The storage class you specified is not valid"]);
  await s3.restoreObject({ Bucket, Key: "deep", RestoreRequest: { Days: 1 } });
  await s3.deleteObject({ Bucket, Key: "deep" });
  events();
  await advance(2 * DAY);
  assert.deepEqual(events().records, []);
});

test("however many processes follow a bucket's rules, each object expires once", async () => {
  const other = await openRoom(service, { clock, stores, lanes, targets });
  const Bucket = await newBucket();
  await put(Bucket, [{ Expiration: { Days: 1 } }]);
  await Promise.all(Array.from({ length: 50 }, (_, n) => s3.putObject({ Bucket, Key: `k${n}`, Body: "1" })));
  await advance(3 * DAY);
  assert.deepEqual(await keys(Bucket), []);
  assert.equal(events().records.length, 50);
  await other.close();
});
