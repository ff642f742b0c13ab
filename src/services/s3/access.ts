// What each operation needs to be permitted, and on what: buckets and objects. A version of an object has actions of its own.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
import type * as Sdk from "@aws-sdk/client-s3";
import type { AccessQuestion, AccessRule } from "../../ports/access.ts";
import type { Api } from "../service.ts";
import { parseCopySource } from "./copy-source.ts";
import { bucketArn, objectArn } from "./names.ts";

interface OfObject { Bucket: string; Key: string; VersionId?: string }

const bucket = ({ Bucket }: { Bucket: string }) => [bucketArn(Bucket)];
const object = ({ Bucket, Key }: OfObject) => [objectArn(Bucket, Key)];

const onBucket = (action?: string): AccessRule => ({ resources: bucket, ...(action !== undefined && { action }) });
const onObject = (action?: string): AccessRule => ({ resources: object, ...(action !== undefined && { action }) });

/** GetObject, or GetObjectVersion where a version is asked for. */
const ofVersion = (plain: string, versioned: string): AccessRule => ({
  action: ({ VersionId }: OfObject) => (VersionId === undefined ? plain : versioned), resources: object,
  context: ({ VersionId }: OfObject) => ({ ...(VersionId !== undefined && { "s3:VersionId": VersionId }) }),
});

interface Listed { Prefix?: string; Delimiter?: string; MaxKeys?: number }

const listed = ({ Prefix, Delimiter, MaxKeys }: Listed): Record<string, string> => ({
  ...(Prefix !== undefined && { "s3:prefix": Prefix }), ...(Delimiter !== undefined && { "s3:delimiter": Delimiter }), ...(MaxKeys !== undefined && { "s3:max-keys": String(MaxKeys) }),
});

const listing = (action: string): AccessRule => ({ action, resources: bucket, context: listed });

interface Written extends OfObject {
  ACL?: string;
  Tagging?: string;
  StorageClass?: string;
  ServerSideEncryption?: string;
  SSEKMSKeyId?: string;
  SSECustomerAlgorithm?: string;
  ObjectLockMode?: string;
  ObjectLockLegalHoldStatus?: string;
  CopySource?: string;
  MetadataDirective?: string;
  TaggingDirective?: string;
  GrantFullControl?: string;
  GrantRead?: string;
  GrantReadACP?: string;
  GrantWrite?: string;
  GrantWriteACP?: string;
}

const written = ({ ACL, Tagging, StorageClass, ServerSideEncryption, SSEKMSKeyId, SSECustomerAlgorithm, ObjectLockMode, ObjectLockLegalHoldStatus, CopySource, MetadataDirective, ...grants }: Written): Record<string, string | string[]> => {
  const single = {
    "s3:x-amz-acl": ACL, "s3:x-amz-storage-class": StorageClass, "s3:x-amz-server-side-encryption": ServerSideEncryption, "s3:x-amz-server-side-encryption-aws-kms-key-id": SSEKMSKeyId, "s3:x-amz-server-side-encryption-customer-algorithm": SSECustomerAlgorithm,
    "s3:object-lock-mode": ObjectLockMode, "s3:object-lock-legal-hold": ObjectLockLegalHoldStatus, "s3:x-amz-copy-source": CopySource, "s3:x-amz-metadata-directive": MetadataDirective,
    "s3:x-amz-grant-full-control": grants.GrantFullControl, "s3:x-amz-grant-read": grants.GrantRead, "s3:x-amz-grant-read-acp": grants.GrantReadACP, "s3:x-amz-grant-write": grants.GrantWrite, "s3:x-amz-grant-write-acp": grants.GrantWriteACP,
  };
  const tags = [...new URLSearchParams(Tagging ?? "")];
  return {
    ...Object.fromEntries(Object.entries(single).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    ...Object.fromEntries(tags.map(([key, value]) => [`s3:RequestObjectTag/${key}`, value])),
    ...(tags.length > 0 && { "s3:RequestObjectTagKeys": tags.map(([key]) => key) }),
  };
};

/** What a request that writes an object does besides. */
const besides = (input: Written) => {
  const resource = objectArn(input.Bucket, input.Key);
  return [
    ...(input.Tagging !== undefined ? ["PutObjectTagging"] : []), ...(input.ACL !== undefined ? ["PutObjectAcl"] : []),
    ...(input.ObjectLockMode !== undefined ? ["PutObjectRetention"] : []), ...(input.ObjectLockLegalHoldStatus !== undefined ? ["PutObjectLegalHold"] : []),
  ].map((action) => ({ action: `s3:${action}`, resource, context: written(input) }));
};

const reading = (input: Written) => {
  const source = parseCopySource(input.CopySource ?? "");
  if (!source) return []; // refused by the operation
  const resource = objectArn(source.bucket, source.key);
  return [{ action: source.versionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion", resource }];
};

const writing: AccessRule = { action: "PutObject", resources: object, context: written, also: besides };
const copying: AccessRule = { action: "PutObject", resources: object, context: written, also: (input: Written) => [...reading(input), ...besides(input)] };

const bypassing = ({ Bucket, Key, BypassGovernanceRetention }: OfObject & { BypassGovernanceRetention?: boolean }) =>
  (BypassGovernanceRetention ? [{ action: "s3:BypassGovernanceRetention", resource: objectArn(Bucket, Key) }] : []);

const tagging = (rule: AccessRule): AccessRule => ({
  ...rule,
  context: ({ VersionId, Tagging }: OfObject & { Tagging?: { TagSet?: { Key?: string; Value?: string }[] } }) => ({
    ...(VersionId !== undefined && { "s3:VersionId": VersionId }),
    ...Object.fromEntries((Tagging?.TagSet ?? []).map(({ Key, Value }) => [`s3:RequestObjectTag/${Key}`, Value ?? ""])),
    ...(Tagging?.TagSet && { "s3:RequestObjectTagKeys": Tagging.TagSet.map(({ Key }) => Key ?? "") }),
  }),
});

export type Asked = Required<Pick<AccessQuestion, "action" | "resource" | "context">>;

/** What is asked of a bucket or access point of another account, whatever the gateway did: the action ("GetObject") with its condition keys, and what the same request does besides. */
export function askedOfOwner(action: string, input: object, resource: string): Asked[] {
  const context = keysOfRequest(action, input);
  const also = action === "PutObject" ? besides(input as Written)
    : /^(DeleteObject|DeleteObjectVersion|PutObjectRetention)$/.test(action) ? bypassing(input as OfObject)
    : /^GetObject(Version)?Attributes$/.test(action) ? [{ action: `s3:${action.replace("Attributes", "")}`, resource, context }] : [];
  return [{ action: `s3:${action}`, resource, context }, ...also.map((more) => ({ context: {}, ...more }))];
}

function keysOfRequest(action: string, input: object): Record<string, string | string[]> {
  if (action.startsWith("List")) return listed(input as Listed);
  const { VersionId, Tagging } = input as { VersionId?: string; Tagging?: unknown };
  if (/^(Put|Delete)Object(Version)?Tagging$/.test(action)) return tagging({}).context!(input, undefined as never);
  return { ...(VersionId !== undefined && { "s3:VersionId": VersionId }), ...(action === "PutObject" && written({ ...input, ...(typeof Tagging === "string" && { Tagging }) } as Written)) };
}

export const access: Partial<Record<keyof Api<typeof Sdk>, AccessRule>> = {
  ListBuckets: { action: "ListAllMyBuckets" },
  CreateBucket: {
    resources: bucket,
    context: ({ ACL, CreateBucketConfiguration: { LocationConstraint } = {} }: { ACL?: string; CreateBucketConfiguration?: { LocationConstraint?: string } }) => ({ ...(ACL !== undefined && { "s3:x-amz-acl": ACL }), ...(LocationConstraint !== undefined && { "s3:locationconstraint": LocationConstraint }) }),
  },
  DeleteBucket: onBucket(),
  HeadBucket: onBucket("ListBucket"),
  GetBucketLocation: onBucket(),
  ListObjects: listing("ListBucket"),
  ListObjectsV2: listing("ListBucket"),
  ListObjectVersions: listing("ListBucketVersions"),
  ListMultipartUploads: listing("ListBucketMultipartUploads"),

  GetBucketVersioning: onBucket(),
  PutBucketVersioning: onBucket(),
  GetBucketPolicy: onBucket(),
  GetBucketPolicyStatus: onBucket(),
  PutBucketPolicy: { resources: bucket, changesAccess: true },
  DeleteBucketPolicy: { resources: bucket, changesAccess: true },
  GetBucketTagging: onBucket(),
  PutBucketTagging: { resources: bucket, changesAccess: true },
  DeleteBucketTagging: { action: "PutBucketTagging", resources: bucket, changesAccess: true },
  GetBucketNotificationConfiguration: onBucket("GetBucketNotification"),
  PutBucketNotificationConfiguration: onBucket("PutBucketNotification"),
  GetBucketCors: onBucket("GetBucketCORS"),
  PutBucketCors: onBucket("PutBucketCORS"),
  DeleteBucketCors: onBucket("PutBucketCORS"),
  GetBucketLifecycleConfiguration: onBucket("GetLifecycleConfiguration"),
  PutBucketLifecycleConfiguration: onBucket("PutLifecycleConfiguration"),
  DeleteBucketLifecycle: onBucket("PutLifecycleConfiguration"),
  GetBucketWebsite: onBucket(),
  PutBucketWebsite: onBucket(),
  DeleteBucketWebsite: onBucket(),
  GetBucketAcl: onBucket(),
  PutBucketAcl: onBucket(),
  GetBucketEncryption: onBucket("GetEncryptionConfiguration"),
  PutBucketEncryption: onBucket("PutEncryptionConfiguration"),
  DeleteBucketEncryption: onBucket("PutEncryptionConfiguration"),
  GetBucketOwnershipControls: onBucket(),
  PutBucketOwnershipControls: onBucket(),
  DeleteBucketOwnershipControls: onBucket("PutBucketOwnershipControls"),
  GetPublicAccessBlock: onBucket("GetBucketPublicAccessBlock"),
  PutPublicAccessBlock: onBucket("PutBucketPublicAccessBlock"),
  DeletePublicAccessBlock: onBucket("PutBucketPublicAccessBlock"),
  GetObjectLockConfiguration: onBucket("GetBucketObjectLockConfiguration"),
  PutObjectLockConfiguration: onBucket("PutBucketObjectLockConfiguration"),
  GetBucketAccelerateConfiguration: onBucket("GetAccelerateConfiguration"),
  PutBucketAccelerateConfiguration: onBucket("PutAccelerateConfiguration"),
  GetBucketRequestPayment: onBucket(),
  PutBucketRequestPayment: onBucket(),
  GetBucketLogging: onBucket(),
  PutBucketLogging: onBucket(),
  GetBucketAbac: onBucket(),
  PutBucketAbac: { resources: bucket, changesAccess: true },
  GetBucketReplication: onBucket("GetReplicationConfiguration"),
  DeleteBucketReplication: onBucket("PutReplicationConfiguration"),

  PutObject: writing,
  CreateMultipartUpload: writing,
  UploadPart: onObject("PutObject"),
  CompleteMultipartUpload: onObject("PutObject"),
  AbortMultipartUpload: onObject(),
  ListParts: onObject("ListMultipartUploadParts"),
  CopyObject: copying,
  UploadPartCopy: { action: "PutObject", resources: object, also: reading },
  GetObject: ofVersion("GetObject", "GetObjectVersion"),
  HeadObject: ofVersion("GetObject", "GetObjectVersion"),
  /** Asked for by the operation, on the access point whose caller waits. */
  WriteGetObjectResponse: { action: "" },
  GetObjectAttributes: {
    ...ofVersion("GetObjectAttributes", "GetObjectVersionAttributes"),
    also: ({ Bucket, Key, VersionId }: OfObject) => [{ action: VersionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion", resource: objectArn(Bucket, Key) }],
  },
  DeleteObject: { ...ofVersion("DeleteObject", "DeleteObjectVersion"), also: bypassing },
  /** Asked for each object by the operation, which refuses them one by one. */
  DeleteObjects: { action: "" },
  GetObjectAcl: ofVersion("GetObjectAcl", "GetObjectVersionAcl"),
  PutObjectAcl: ofVersion("PutObjectAcl", "PutObjectVersionAcl"),
  GetObjectTagging: ofVersion("GetObjectTagging", "GetObjectVersionTagging"),
  PutObjectTagging: tagging(ofVersion("PutObjectTagging", "PutObjectVersionTagging")),
  DeleteObjectTagging: ofVersion("DeleteObjectTagging", "DeleteObjectVersionTagging"),
  RestoreObject: onObject(),
  GetObjectRetention: onObject(),
  PutObjectRetention: { resources: object, also: bypassing },
  GetObjectLegalHold: onObject(),
  PutObjectLegalHold: onObject(),
};
