// A bucket, and the way from its name to it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
import type { PublicAccessBlockConfiguration, WebsiteConfiguration } from "@aws-sdk/client-s3";
import { ANONYMOUS, type Call } from "../../kernel/call.ts";
import type { Access } from "../../ports/access.ts";
import type { CorsRule } from "../../ports/bucket-web.ts";
import type { Documents } from "../../storage/stores.ts";
import { askedOfOwner } from "./access.ts";
import type { DefaultEncryption } from "./bucket-encryption.ts";
import { whyNotThrough } from "./access-points/foreign-points.ts";
import { THROUGH, type ThroughPoint } from "./access-points/through.ts";
import { contextThrough } from "./access-points/through-access.ts";
import { isPublic } from "./bucket-policy.ts";
import { accessDenied, badOwnerAccount, invalidBucketName, noSuchBucket } from "./errors.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { NotificationRules } from "./notification.ts";

export interface Bucket {
  name: string;
  /** The owner's. */
  account: string;
  region: string;
  /** What was called so when there was one region in Europe; GetBucketLocation still says it. */
  oldLocation?: "EU";
  createdMs: number;
  /** Absent: never switched on. */
  versioning?: "Enabled" | "Suspended";
  /** Changes with every creation, so that what was asked of a deleted bucket of the same name is not done to the new one. */
  id: string;
  settings: BucketSettings;
}

/** What is configured on a bucket, by the names of the operations that put it; each as its request gave it, checked. */
export interface BucketSettings {
  policy?: string;
  tags?: Record<string, string>;
  notification?: NotificationRules;
  publicAccessBlock?: PublicAccessBlockConfiguration | "deleted";
  cors?: CorsRule[];
  website?: WebsiteConfiguration;
  /** Present: object lock is enabled, which cannot be taken back. */
  objectLock?: DefaultRetention;
  lifecycle?: Lifecycle;
  encryption?: DefaultEncryption;
  /** Absent: BucketOwnerEnforced, as new buckets have it. */
  ownership?: "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter" | "deleted";
  payer?: "Requester";
  acceleration?: "Suspended";
  /** Its tags count in policies. */
  abac?: "Enabled" | "Disabled";
}

/** What new objects are locked with when their requests say nothing. */
export interface DefaultRetention {
  mode?: "GOVERNANCE" | "COMPLIANCE";
  days?: number;
  years?: number;
}

/** "amzn-s3-demo", "xn--", "sthree-" and the suffixes of access points are AWS's own. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\./.test(name) && !/^\d+\.\d+\.\d+\.\d+$/.test(name)
    && !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) && !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
}

/** Every operation on a bucket names it so. */
export interface InBucket extends ThroughPoint {
  Bucket: string;
  ExpectedBucketOwner?: string | undefined;
  /** "requester": the caller pays, where the bucket's owner does not. */
  RequestPayer?: string | undefined;
}

export interface BucketLookup {
  /** Throws NoSuchBucket; AccessDenied for another account's that its policy does not open for this action ("GetObject") on this ARN. */
  find(input: InBucket, call: Call, action: string, arn: string): Promise<Bucket>;
  /** The same for who asks by itself what is permitted. */
  locate(input: InBucket, call: Call): Promise<Bucket>;
}

/** RestrictPublicBuckets: while its policy is open to everybody, only the owner's account has it. */
const isRestricted = ({ settings: { policy, publicAccessBlock } }: Bucket, ofAccount: PublicAccessBlockConfiguration | undefined): boolean =>
  policy !== undefined && ((publicAccessBlock !== "deleted" && publicAccessBlock?.RestrictPublicBuckets !== false) || ofAccount?.RestrictPublicBuckets === true) && isPublic(policy);

/** The gateway asks the policies for everybody while they are enforced; another account's bucket is always asked about. */
export function openBucketLookup(buckets: Documents<Bucket>, access: Access, accountBlock: (account: string) => Promise<PublicAccessBlockConfiguration | undefined>): BucketLookup {
  const locate = async ({ Bucket: name, ExpectedBucketOwner: expected, RequestPayer: payer }: InBucket, call: Call): Promise<Bucket> => {
    if (!/^[\w.-]{1,255}$/.test(name)) throw invalidBucketName(name);
    if (expected !== undefined && !/^\d{12}$/.test(expected)) throw badOwnerAccount(expected);
    const bucket = await buckets.get(name);
    if (!bucket) throw noSuchBucket(name);
    if (expected !== undefined && expected !== bucket.account) throw accessDenied();
    if (bucket.account === call.account) return bucket;
    if (isRestricted(bucket, await accountBlock(bucket.account)) || (bucket.settings.payer === "Requester" && payer !== "requester")) throw accessDenied();
    return bucket;
  };
  return {
    locate,
    async find(input, call, action, arn) {
      const bucket = await locate(input, call);
      const through = input[THROUGH];
      if (!through && bucket.account === call.account) return bucket;
      for (const asked of askedOfOwner(action, input, arn)) {
        const refused = through && (await whyNotThrough(access, through, call, asked));
        if (refused !== undefined) throw accessDenied(refused);
        if (bucket.account === call.account) continue;
        const decision = await access.decide({ actor: call.principal, call, ...asked, context: { ...asked.context, ...(through && contextThrough(through)), "aws:ResourceAccount": bucket.account } });
        if (!decision.allowed) throw accessDenied(call.account === ANONYMOUS.accountId ? "" : decision.sentence); // to nobody in particular AWS says no more
      }
      return bucket;
    },
  };
}
