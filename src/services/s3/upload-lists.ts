// ListMultipartUploads and ListParts. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
import { invalidArgument } from "./errors.ts";
import { nameOf, shownValue } from "./checksum.ts";
import { encoderOf, filled, isAfter, pageSize, walk } from "./listing.ts";
import { shownAbort } from "./lifecycle.ts";
import { bucketArn, objectArn, partDocument, PARTS, UPLOADS, uploadDocument } from "./names.ts";
import { initiatorOf, ownerOf } from "./owner.ts";
import type { Operations, Parts } from "./parts.ts";
import { checkMaxParts, findUpload, isUploadId, type Part, type Upload } from "./upload.ts";

const PARTS_LISTED_MAX = 1000;

export const uploadListOperations = (parts: Parts) => ({
  async ListMultipartUploads(input, call) {
    const { name } = await parts.lookup.find(input, call, "ListBucketMultipartUploads", bucketArn(input.Bucket));
    const encode = encoderOf(input.EncodingType);
    const { Prefix: prefix = "", KeyMarker: keyMarker = "", UploadIdMarker: idMarker } = input;
    const delimiter = input.Delimiter || undefined;
    if (idMarker !== undefined && keyMarker !== "" && !isUploadId(idMarker)) throw invalidArgument("Invalid uploadId marker", "upload-id-marker", idMarker);
    const most = pageSize("max-uploads", input.MaxUploads);
    const uploads: Upload[] = [];
    const prefixes: string[] = [];
    let last: { key: string; uploadId?: string } | undefined;
    let truncated = false;
    // Without an upload to go on after, those of the marker's key are all before it.
    const afterDocument = keyMarker === "" ? undefined : uploadDocument(name, keyMarker, idMarker ?? "~");
    const walking = { documents: parts.stores.documents<Upload>(UPLOADS), bucket: name, prefix, delimiter, ...(keyMarker !== "" && { after: keyMarker, afterDocument }) };
    for await (const entry of most === 0 ? [] : walk(walking, most)) {
      if (entry.prefix === undefined && keyMarker !== "" && isAfter(keyMarker, entry.key)) continue;
      if (uploads.length + prefixes.length === most) { truncated = true; break; }
      if (entry.prefix === undefined) uploads.push(entry.value);
      else prefixes.push(entry.prefix);
      last = entry.prefix === undefined ? { key: entry.key, uploadId: entry.value.uploadId } : { key: entry.prefix };
    }
    return {
      Bucket: name, KeyMarker: encode(keyMarker), UploadIdMarker: idMarker ?? "", MaxUploads: most, IsTruncated: truncated,
      ...(input.Prefix !== undefined && { Prefix: encode(prefix) }), ...(delimiter !== undefined && { Delimiter: encode(delimiter) }), ...(input.EncodingType !== undefined && { EncodingType: "url" as const }),
      // Also of the last page, where that ends with an upload: recorded.
      NextKeyMarker: last && (truncated || last.uploadId !== undefined) ? encode(last.key) : "", NextUploadIdMarker: last?.uploadId ?? "",
      Uploads: filled(uploads.map((upload) => ({
        UploadId: upload.uploadId, Key: encode(upload.key), Initiated: new Date(upload.initiatedMs), StorageClass: (upload.settings.storageClass ?? "STANDARD") as never, Owner: ownerOf(upload.owner), Initiator: initiatorOf(upload.initiator ?? "", upload.owner),
        ...(upload.checksum && { ChecksumAlgorithm: nameOf(upload.checksum.algorithm), ChecksumType: upload.checksum.type }),
      }))),
      CommonPrefixes: filled(prefixes.map((Prefix) => ({ Prefix: encode(Prefix) }))),
    };
  },

  async ListParts(input, call) {
    const { name, settings: { lifecycle } } = await parts.lookup.find(input, call, "ListMultipartUploadParts", objectArn(input.Bucket, input.Key));
    const upload = await findUpload(parts.stores, input);
    if (input.MaxParts !== undefined) checkMaxParts(input.MaxParts);
    const most = Math.min(input.MaxParts ?? PARTS_LISTED_MAX, PARTS_LISTED_MAX);
    const after = /^\d{1,6}$/.test(input.PartNumberMarker ?? "") ? Number(input.PartNumberMarker) : 0;
    const rows = await parts.stores.documents<Part>(PARTS).list({ prefix: `${upload.uploadId}/`, limit: most + 1, after: partDocument(upload.uploadId, after) });
    const page = rows.slice(0, most).map(([, part]) => part);
    return {
      Bucket: name, Key: input.Key, UploadId: upload.uploadId, PartNumberMarker: String(after), MaxParts: most, IsTruncated: most > 0 && rows.length > most,
      NextPartNumberMarker: String(page.at(-1)?.number ?? 0), StorageClass: (upload.settings.storageClass ?? "STANDARD") as never, Owner: ownerOf(upload.owner), Initiator: initiatorOf(upload.initiator ?? "", upload.owner),
      ...(upload.checksum && { ChecksumAlgorithm: nameOf(upload.checksum.algorithm), ChecksumType: upload.checksum.type }),
      ...shownAbort(lifecycle, upload),
      Parts: filled(page.map((part) => ({ PartNumber: part.number, LastModified: new Date(part.modifiedMs), ETag: `"${part.etag}"`, Size: part.sizeBytes, ...(upload.checksum && shownValue(part.checksum)) }))),
    };
  },
}) satisfies Operations;
