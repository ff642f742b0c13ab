// A multipart upload under way, and its parts. https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
import type { ChecksumAlgorithm } from "../../kernel/checksums.ts";
import type { Tx } from "../../storage/stores.ts";
import type { Checksum } from "./checksum.ts";
import { invalidArgument, noSuchUpload, partNumberOutside } from "./errors.ts";
import { UPLOADS, uploadDocument } from "./names.ts";
import type { ObjectSettings } from "./new-object.ts";

export interface Upload {
  key: string;
  /** Begins with its time, so that the uploads of a key are in order. It is the id of the body, too, once complete. */
  uploadId: string;
  owner: string;
  /** The ARN of who began it; absent of uploads that an older Evoke stored. */
  initiator?: string;
  initiatedMs: number;
  /** In a bucket without versions the object it is to replace was deleted since it began: a condition on it is a conflict then. */
  keyDeleted?: true;
  settings: ObjectSettings;
  /** Absent: none was asked for, and the object gets a CRC64NVME of its own. */
  checksum?: { algorithm: ChecksumAlgorithm; type: Checksum["type"] };
}

/** Stays when the upload is completed: the object's body is its parts. */
export interface Part {
  number: number;
  bodyId: string;
  sizeBytes: number;
  etag: string;
  checksum: { algorithm: ChecksumAlgorithm; value: string };
  modifiedMs: number;
}

const PART_NUMBER_MAX = 10_000;
export const PART_BYTES_MIN = 5 * 1024 ** 2;

export interface OfUpload {
  Bucket: string;
  Key: string;
  UploadId: string;
}

/** Throws NoSuchUpload. Reads from stores, or within a transaction. */
export async function findUpload(reader: Pick<Tx, "documents">, { Bucket, Key, UploadId }: OfUpload): Promise<Upload> {
  const upload = isUploadId(UploadId) ? await reader.documents<Upload>(UPLOADS).get(uploadDocument(Bucket, Key, UploadId)) : undefined;
  if (!upload) throw noSuchUpload(UploadId);
  return upload;
}

export const isUploadId = (text: string): boolean => /^[A-Za-z0-9._]{64}$/.test(text);

export function checkPartNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > PART_NUMBER_MAX) throw partNumberOutside(number);
}

export function checkMaxParts(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 2 ** 31 - 1) throw invalidArgument("Argument maxParts must be an integer between 0 and 2147483647", "maxParts", value);
}
