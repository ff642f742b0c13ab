// Where what S3 keeps is kept: kinds of documents, their ids, and how a key becomes part of an id.

/** id: the bucket's name; names are one world for all accounts, as on AWS. */
export const BUCKETS = "s3/bucket";
/** The current version of each key, a delete marker or not. id: objectId. */
export const OBJECTS = "s3/object";
/** All older versions, the newest first. id: versionDocument. */
export const VERSIONS = "s3/version";
/** Multipart uploads under way. id: uploadDocument. */
export const UPLOADS = "s3/upload";
/** Parts of uploads under way, and of bodies that were uploaded in parts. id: partDocument. */
export const PARTS = "s3/part";
/** Bodies that no object points at, or none yet. id: the body's. */
export const UNUSED = "s3/unused-body";
/** Buckets with lifecycle rules, due when these are next followed. id: the bucket's. */
export const LIFECYCLES = "s3/lifecycle";
/** Restorations that are to be completed, and restored copies that are to end. */
export const RESTORES = "s3/restore";

/** Sorts before every character of an encoded key. */
const END = "\u0001";
const SEQUENCE_DIGITS = 14;

/** The same order, byte for byte, without the characters that end a key or that no database holds. */
const encodeKey = (key: string): string => key.replace(/[\0-\x02]/g, (character) => `\x02${String.fromCharCode(character.charCodeAt(0) + 1)}`); // oxlint-disable-line no-control-regex -- keys may hold them

export const objectId = (bucket: string, key: string): string => `${bucket}/${encodeKey(key)}`;

/** Newest first, as S3 lists them. */
const rank = (sequence: number): string => (Number.MAX_SAFE_INTEGER - sequence).toString(16).padStart(SEQUENCE_DIGITS, "0");
export const versionDocument = (bucket: string, key: string, sequence: number): string => `${olderVersions(bucket, key)}${rank(sequence)}`;
/** The prefix of all older versions of a key. */
export const olderVersions = (bucket: string, key: string): string => `${objectId(bucket, key)}${END}`;

/** 32 characters, as S3's; the last ones say where the version is found. */
export const makeVersionId = (random: string, sequence: number): string => random + rank(sequence);
export const VERSION_RANDOM_CHARACTERS = 32 - SEQUENCE_DIGITS;
/** Undefined when it is no version id of ours. */
export function sequenceOfVersionId(versionId: string): number | undefined {
  const digits = /^[A-Za-z0-9._]{18}([0-9a-f]{14})$/.exec(versionId)?.[1];
  return digits === undefined ? undefined : Number.MAX_SAFE_INTEGER - Number.parseInt(digits, 16);
}

export const isVersionId = (text: string): boolean => text === "null" || sequenceOfVersionId(text) !== undefined;

export const uploadDocument = (bucket: string, key: string, uploadId: string): string => `${objectId(bucket, key)}${END}${uploadId}`;
/** Part numbers in order. */
export const partDocument = (uploadId: string, partNumber: number): string => `${uploadId}/${String(partNumber).padStart(5, "0")}`;

export const bucketArn = (name: string): string => `arn:aws:s3:::${name}`;
export const objectArn = (bucket: string, key: string): string => `arn:aws:s3:::${bucket}/${key}`;
/** The bucket's name, from its ARN or that of an object in it. */
export const parseBucketArn = (arn: string): string | undefined => /^arn:[\w-]+:s3:::([a-z0-9.-]+)(?:\/|$)/.exec(arn)?.[1];
