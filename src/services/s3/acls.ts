// Access control lists, as every bucket has them since April 2023: switched off. All is the owner's, policies say who else may what.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
import type { AccessControlPolicy } from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket.ts";
import { malformedXml, notSupported } from "./errors.ts";
import { bucketArn, objectArn } from "./names.ts";
import { objectIn } from "./object-lookup.ts";
import { ownerOf } from "./owner.ts";
import type { Operations, Parts } from "./parts.ts";
import { aclsDisabled, aclWithOwnership } from "./settings-errors.ts";

type Served = "GetBucketAcl" | "PutBucketAcl" | "GetObjectAcl" | "PutObjectAcl" | "GetBucketOwnershipControls" | "PutBucketOwnershipControls";

export interface AclAsked {
  ACL?: string | undefined;
  GrantFullControl?: string | undefined;
  GrantRead?: string | undefined;
  GrantReadACP?: string | undefined;
  GrantWrite?: string | undefined;
  GrantWriteACP?: string | undefined;
  AccessControlPolicy?: AccessControlPolicy | undefined;
}

/** Throws AccessControlListNotSupported, unless it says no more than what is so anyway. */
export function checkAcl({ ACL, AccessControlPolicy: policy, ...grants }: AclAsked): void {
  const { GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = grants;
  const isOwners = ACL === undefined || ACL === "private" || ACL === "bucket-owner-full-control";
  const isGranted = [GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP].some((grant) => grant !== undefined);
  const isOwnersPolicy = policy === undefined || (policy.Grants ?? []).every(({ Grantee, Permission }) => Permission === "FULL_CONTROL" && Grantee?.ID !== undefined && Grantee.ID === policy.Owner?.ID);
  if (!isOwners || isGranted || !isOwnersPolicy) throw aclsDisabled();
}

/** Of a new bucket, which has its own words for it. */
export function checkNewAcl({ ACL, ObjectOwnership, ...grants }: AclAsked & { ObjectOwnership?: string | undefined }): void {
  if (ObjectOwnership !== undefined && ObjectOwnership !== "BucketOwnerEnforced") throw notSupported(`ObjectOwnership ${ObjectOwnership}`);
  const { GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = grants;
  const isGranted = [GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP].some((grant) => grant !== undefined);
  if (isGranted || (ACL !== undefined && ACL !== "private")) throw aclWithOwnership();
}

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
      await parts.lookup.find(input, call, "PutBucketAcl", bucketArn(input.Bucket));
      checkAcl(input);
      return {};
    },

    async GetObjectAcl(input, call) {
      const bucket = await parts.lookup.find(input, call, input.VersionId === undefined ? "GetObjectAcl" : "GetObjectVersionAcl", objectArn(input.Bucket, input.Key));
      await objectIn(parts.stores, bucket, input, "GET");
      return shownAcl(bucket);
    },

    async PutObjectAcl(input, call) {
      const bucket = await parts.lookup.find(input, call, input.VersionId === undefined ? "PutObjectAcl" : "PutObjectVersionAcl", objectArn(input.Bucket, input.Key));
      await objectIn(parts.stores, bucket, input, "PUT");
      checkAcl(input);
      return {};
    },

    async GetBucketOwnershipControls(input, call) {
      await parts.lookup.find(input, call, "GetBucketOwnershipControls", bucketArn(input.Bucket));
      return { OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } };
    },

    async PutBucketOwnershipControls(input, call) {
      await parts.lookup.find(input, call, "PutBucketOwnershipControls", bucketArn(input.Bucket));
      const [rule, ...more] = input.OwnershipControls.Rules ?? [];
      if (!rule || more.length > 0) throw malformedXml();
      if (rule.ObjectOwnership !== "BucketOwnerEnforced") throw notSupported(`ObjectOwnership ${rule.ObjectOwnership}`);
      return {};
    },
  };
}
