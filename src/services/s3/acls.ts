// Access control lists, as every bucket has them since April 2023: switched off; and switched on, as far as they say no more. All is the owner's, policies say who else may what.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
import type { AccessControlPolicy } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.ts";
import { putSetting } from "./bucket-settings.ts";
import { accessDenied, malformedXml, notSupported } from "./errors.ts";
import { bucketArn, objectArn } from "./names.ts";
import { objectIn } from "./object-lookup.ts";
import { ownerOf } from "./owner.ts";
import type { Operations, Parts } from "./parts.ts";
import { aclsDisabled, aclWithOwnership, badOwnership, noOwnershipControls, publicAclAtCreation, unknownAcl } from "./settings-errors.ts";

type Served = "GetBucketAcl" | "PutBucketAcl" | "GetObjectAcl" | "PutObjectAcl" | "GetBucketOwnershipControls" | "PutBucketOwnershipControls" | "DeleteBucketOwnershipControls";

export interface AclAsked {
  ACL?: string | undefined;
  GrantFullControl?: string | undefined;
  GrantRead?: string | undefined;
  GrantReadACP?: string | undefined;
  GrantWrite?: string | undefined;
  GrantWriteACP?: string | undefined;
  AccessControlPolicy?: AccessControlPolicy | undefined;
}

const CANNED = new Set(["private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"]);
const isPublicAcl = (acl: string | undefined): boolean => /^(public-read|public-read-write|authenticated-read)$/.test(acl ?? "");
const hasAcls = ({ settings: { ownership } }: Pick<Bucket, "settings">): boolean => ownership !== undefined && ownership !== "BucketOwnerEnforced";

/** Throws AccessControlListNotSupported, unless it says no more than what is so anyway; where lists are switched on, NotImplemented for any that gives others something. */
export function checkAcl({ ACL, AccessControlPolicy: policy, ...grants }: AclAsked, bucket: Pick<Bucket, "settings">): void {
  const { GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = grants;
  const isOwners = ACL === undefined || ACL === "private" || ACL === "bucket-owner-full-control";
  const isGranted = [GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP].some((grant) => grant !== undefined);
  const isOwnersPolicy = policy === undefined || (policy.Grants ?? []).every(({ Grantee, Permission }) => Permission === "FULL_CONTROL" && Grantee?.ID !== undefined && Grantee.ID === policy.Owner?.ID);
  if (isOwners && !isGranted && isOwnersPolicy) return;
  if (!hasAcls(bucket)) throw aclsDisabled();
  if (ACL !== undefined && !CANNED.has(ACL)) throw unknownAcl(ACL);
  const { publicAccessBlock } = bucket.settings;
  if (isPublicAcl(ACL) && publicAccessBlock !== "deleted" && publicAccessBlock?.BlockPublicAcls !== false) throw accessDenied();
  if (ACL !== "bucket-owner-read" || isGranted || !isOwnersPolicy) throw notSupported(ACL === undefined || isOwners ? "grants in access control lists" : `the access control list ${ACL}`);
}

/** Of a new bucket, which has its own words for it. */
export function checkNewAcl({ ACL, ObjectOwnership, ...grants }: AclAsked & { ObjectOwnership?: string | undefined }): void {
  if (ObjectOwnership !== undefined && !isOwnership(ObjectOwnership)) throw badOwnership(ObjectOwnership);
  const { GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = grants;
  const isGranted = [GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP].some((grant) => grant !== undefined);
  if (!isGranted && (ACL === undefined || ACL === "private")) return;
  if (ObjectOwnership === undefined || ObjectOwnership === "BucketOwnerEnforced") throw aclWithOwnership();
  if (isPublicAcl(ACL)) throw publicAclAtCreation(); // every new bucket blocks them
  throw notSupported(isGranted ? "grants in access control lists" : `the access control list ${ACL}`);
}

type Ownership = "BucketOwnerEnforced" | "BucketOwnerPreferred" | "ObjectWriter";
const isOwnership = (value: unknown): value is Ownership => value === "BucketOwnerEnforced" || value === "BucketOwnerPreferred" || value === "ObjectWriter";

/** The setting of a new bucket. */
export const ownershipOf = ({ ObjectOwnership }: { ObjectOwnership?: string | undefined }): { ownership?: Ownership } => (isOwnership(ObjectOwnership) ? { ownership: ObjectOwnership } : {});

const shownAcl = ({ account }: Bucket) => {
  const owner = ownerOf(account);
  return { Owner: owner, Grants: [{ Grantee: { ...owner, Type: "CanonicalUser" as const }, Permission: "FULL_CONTROL" as const }] };
};

export function aclOperations(parts: Parts): Pick<Operations, Served> {
  return {
    async GetBucketAcl(input, call) {
      return shownAcl(await parts.lookup.find(input, call, "GetBucketAcl", bucketArn(input.Bucket)));
    },

    async PutBucketAcl(input, call) {
      checkAcl(input, await parts.lookup.find(input, call, "PutBucketAcl", bucketArn(input.Bucket)));
      return {};
    },

    async GetObjectAcl(input, call) {
      const bucket = await parts.lookup.find(input, call, input.VersionId === undefined ? "GetObjectAcl" : "GetObjectVersionAcl", objectArn(input.Bucket, input.Key));
      await objectIn(parts.stores, bucket, input, "GET", true);
      return shownAcl(bucket);
    },

    async PutObjectAcl(input, call) {
      const bucket = await parts.lookup.find(input, call, input.VersionId === undefined ? "PutObjectAcl" : "PutObjectVersionAcl", objectArn(input.Bucket, input.Key));
      await objectIn(parts.stores, bucket, input, "PUT");
      checkAcl(input, bucket);
      return {};
    },

    async GetBucketOwnershipControls(input, call) {
      const { name, settings: { ownership = "BucketOwnerEnforced" } } = await parts.lookup.find(input, call, "GetBucketOwnershipControls", bucketArn(input.Bucket));
      if (ownership === "deleted") throw noOwnershipControls(name);
      return { OwnershipControls: { Rules: [{ ObjectOwnership: ownership }] } };
    },

    async PutBucketOwnershipControls(input, call) {
      const bucket = await parts.lookup.find(input, call, "PutBucketOwnershipControls", bucketArn(input.Bucket));
      const [rule, ...more] = input.OwnershipControls.Rules ?? [];
      if (!rule || more.length > 0 || !isOwnership(rule.ObjectOwnership)) throw malformedXml();
      await putSetting(parts, bucket, "ownership", rule.ObjectOwnership);
      return {};
    },

    async DeleteBucketOwnershipControls(input, call) {
      await putSetting(parts, await parts.lookup.find(input, call, "PutBucketOwnershipControls", bucketArn(input.Bucket)), "ownership", "deleted");
      return {};
    },
  };
}
