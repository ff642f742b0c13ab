// Object lock: the default of a bucket, and what keeps one version from being removed.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
import type { ObjectLockConfiguration } from "@aws-sdk/client-s3";
import type { Call } from "../../kernel/call.ts";
import type { Bucket, DefaultRetention } from "./bucket.ts";
import { changeBucket } from "./bucket-settings.ts";
import { changing } from "./change.ts";
import { locked, malformedXml, notSupported } from "./errors.ts";
import { bucketArn, objectArn } from "./names.ts";
import { rewriteVersion, type StoredObject } from "./object.ts";
import { type NamedVersion, objectIn } from "./object-lookup.ts";
import type { Operations, Parts } from "./parts.ts";
import { bucketHasNoLock, lockNeedsVersioning, lockPeriodNotPositive, lockPeriodTooLong, noLockConfiguration, noObjectLock, retentionInPast } from "./settings-errors.ts";

/** "The maximum is 100 years." */
const YEARS_MAX = 100;
const DAYS_MAX = 36_500;

type Served = "GetObjectLockConfiguration" | "PutObjectLockConfiguration" | "GetObjectRetention" | "PutObjectRetention" | "GetObjectLegalHold" | "PutObjectLegalHold";

export function objectLockOperations(parts: Parts): Pick<Operations, Served> {
  const lockedBucket = async (input: NamedVersion, call: Call, action: string, saysNothing = false): Promise<Bucket> => {
    const bucket = await parts.lookup.find(input, call, action, objectArn(input.Bucket, input.Key));
    if (saysNothing) throw malformedXml(); // before the bucket's lock: recorded
    if (!bucket.settings.objectLock) throw bucketHasNoLock();
    return bucket;
  };
  const relock = (bucket: Bucket, input: NamedVersion, change: (version: StoredObject) => StoredObject, announced?: Call): Promise<void> =>
    changing(parts, bucket, async ({ tx, bucket: current, announce }) => {
      const version = change(await objectIn(tx, current, input, "PUT"));
      await rewriteVersion(tx, current.name, version);
      if (announced) await announce({ name: "ObjectRetention:Put", key: version.key, version, call: announced });
    });

  return {
    async GetObjectLockConfiguration(input, call) {
      const { name, settings: { objectLock } } = await parts.lookup.find(input, call, "GetBucketObjectLockConfiguration", bucketArn(input.Bucket));
      if (!objectLock) throw noLockConfiguration(name);
      const { mode, days, years } = objectLock;
      return { ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", ...(mode && { Rule: { DefaultRetention: { Mode: mode, ...(days !== undefined && { Days: days }), ...(years !== undefined && { Years: years }) } } }) } };
    },

    async PutObjectLockConfiguration(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketObjectLockConfiguration", bucketArn(input.Bucket));
      const objectLock = readConfiguration(input.ObjectLockConfiguration);
      await changeBucket(parts, bucket, (current) => {
        if (current.versioning !== "Enabled") throw lockNeedsVersioning();
        return { ...current, settings: { ...current.settings, objectLock } };
      });
      return {};
    },

    async GetObjectRetention(input, call) {
      const { lock } = await objectIn(parts.stores, await lockedBucket(input, call, "GetObjectRetention"), input, "GET");
      if (lock?.mode === undefined || lock.untilMs === undefined) throw noObjectLock();
      return { Retention: { Mode: lock.mode, RetainUntilDate: new Date(lock.untilMs) } };
    },

    async PutObjectRetention(input, call) {
      const bucket = await lockedBucket(input, call, "PutObjectRetention");
      const { Mode: mode, RetainUntilDate: until, EventHold, EventHoldDuration } = input.Retention ?? {};
      if (EventHold !== undefined || EventHoldDuration !== undefined) throw notSupported("EventHold of a retention");
      if ((mode === undefined) !== (until === undefined) || (mode !== undefined && mode !== "GOVERNANCE" && mode !== "COMPLIANCE")) throw malformedXml();
      if (until && until.getTime() <= call.now.getTime()) throw retentionInPast(until);
      await relock(bucket, input, ({ lock = {}, ...version }) => {
        const loosens = until === undefined || until.getTime() < (lock.untilMs ?? 0) || mode !== lock.mode;
        const stands = (lock.untilMs ?? 0) > call.now.getTime();
        // Compliance can be prolonged, and nothing else; governance be changed by those who may bypass it, to compliance too (ceph/s3-tests).
        if (stands && loosens && (lock.mode === "COMPLIANCE" || !input.BypassGovernanceRetention)) throw locked();
        const { mode: _, untilMs: __, ...rest } = lock;
        return { ...version, lock: { ...rest, ...(mode && until && { mode, untilMs: until.getTime() }) } };
      }, call);
      return {};
    },

    async GetObjectLegalHold(input, call) {
      const { lock } = await objectIn(parts.stores, await lockedBucket(input, call, "GetObjectLegalHold"), input, "GET");
      if (lock?.legalHold === undefined) throw noObjectLock();
      return { LegalHold: { Status: lock.legalHold ? "ON" : "OFF" } };
    },

    async PutObjectLegalHold(input, call) {
      const status = input.LegalHold?.Status;
      const bucket = await lockedBucket(input, call, "PutObjectLegalHold", status === undefined);
      if (status !== "ON" && status !== "OFF") throw malformedXml();
      await relock(bucket, input, (version) => ({ ...version, lock: { ...version.lock, legalHold: status === "ON" } }));
      return {};
    },
  };
}

function readConfiguration({ ObjectLockEnabled, Rule }: ObjectLockConfiguration = {}): DefaultRetention {
  if (ObjectLockEnabled !== "Enabled") throw malformedXml();
  if (!Rule) return {};
  const { Mode: mode, Days: days, Years: years, DefaultEventHold } = Rule.DefaultRetention ?? {};
  if (DefaultEventHold !== undefined) throw notSupported("DefaultEventHold");
  if ((mode !== "GOVERNANCE" && mode !== "COMPLIANCE") || (days === undefined) === (years === undefined)) throw malformedXml();
  const [name, period, most] = days === undefined ? ["Years", years!, YEARS_MAX] as const : ["Days", days, DAYS_MAX] as const;
  if (period < 1) throw lockPeriodNotPositive(name, period);
  if (period > most) throw lockPeriodTooLong(name, period);
  return { mode, ...(days !== undefined && { days }), ...(years !== undefined && { years }) };
}
