// Conditional requests and ranges. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
// What counts when several are given: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
import { conditionNotImplemented, conditionalConflict, invalidRange, noSuchKey, notModified, preconditionFailed } from "./errors.ts";
import type { Version } from "./object.ts";

export interface ReadConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
  IfModifiedSince?: Date | undefined;
  IfUnmodifiedSince?: Date | undefined;
}

interface Known { etag: string; modifiedMs: number }

/** Throws PreconditionFailed or NotModified. A date in the future is no condition (recorded, and RFC 9110). */
export function checkRead({ IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }: ReadConditions, { etag, modifiedMs }: Known, nowMs: number, headers: Record<string, string> = {}): void {
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, etag)) throw preconditionFailed("If-Match");
  } else if (IfUnmodifiedSince !== undefined && wholeSeconds(modifiedMs) > IfUnmodifiedSince.getTime()) throw preconditionFailed("If-Unmodified-Since");
  if (IfNoneMatch !== undefined) {
    if (matches(IfNoneMatch, etag)) throw notModified(etag, modifiedMs, headers);
  } else if (IfModifiedSince !== undefined && IfModifiedSince.getTime() <= nowMs && wholeSeconds(modifiedMs) <= IfModifiedSince.getTime()) throw notModified(etag, modifiedMs, headers);
}

export interface CopyConditions {
  CopySourceIfMatch?: string | undefined;
  CopySourceIfNoneMatch?: string | undefined;
  CopySourceIfModifiedSince?: Date | undefined;
  CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** Of a copy's source every failing condition is a PreconditionFailed. A date in the future is no condition (recorded). */
export function checkCopySource(conditions: CopyConditions, { etag, modifiedMs }: Known, nowMs: number): void {
  const { CopySourceIfMatch: match, CopySourceIfNoneMatch: noneMatch, CopySourceIfModifiedSince: sinceAsked, CopySourceIfUnmodifiedSince: until } = conditions;
  const since = sinceAsked !== undefined && sinceAsked.getTime() > nowMs ? undefined : sinceAsked;
  if (match !== undefined ? !matches(match, etag) : until !== undefined && wholeSeconds(modifiedMs) > until.getTime()) throw preconditionFailed(match === undefined ? "x-amz-copy-source-If-Unmodified-Since" : "x-amz-copy-source-If-Match");
  if (noneMatch !== undefined ? matches(noneMatch, etag) : since !== undefined && wholeSeconds(modifiedMs) <= since.getTime()) throw preconditionFailed(noneMatch === undefined ? "x-amz-copy-source-If-Modified-Since" : "x-amz-copy-source-If-None-Match");
}

export interface WriteConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
}

/** What no write takes: documented, and recorded. */
export function checkWriteAsked({ IfMatch, IfNoneMatch }: WriteConditions): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) throw conditionNotImplemented("If-Match,If-None-Match", "Multiple conditional request headers present in the request");
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") throw conditionNotImplemented("If-None-Match", "We don't accept the provided value of If-None-Match header for this API");
  if (IfMatch === "*") throw conditionNotImplemented("If-Match", "We don't accept the provided value of If-Match header for this API");
}

/** What was written or deleted since a request or an upload began is a conflict, even where the condition holds (recorded of uploads; of all recalled). */
export function checkNoConflict({ IfMatch, IfNoneMatch }: WriteConditions, key: string, changed: boolean): void {
  const condition = IfMatch !== undefined ? "If-Match" : IfNoneMatch !== undefined ? "If-None-Match" : undefined;
  if (condition !== undefined && changed) throw conditionalConflict(condition, key);
}

/** Asked within the transaction that writes. */
export function checkWrite({ IfMatch, IfNoneMatch }: WriteConditions, key: string, current: Version | undefined): void {
  const object = current === undefined || current.deleteMarker ? undefined : current;
  if (IfNoneMatch !== undefined && object) throw preconditionFailed("If-None-Match");
  if (IfMatch === undefined) return;
  if (!object) throw noSuchKey(key);
  if (!matches(IfMatch, object.etag)) throw preconditionFailed("If-Match");
}

/** S3's dates know no milliseconds, in lists neither: recorded. */
export const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000;

const matches = (header: string, etag: string): boolean => header.split(",").some((part) => {
  const tag = part.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
  return tag === "*" || tag === etag;
});

/** The bytes a Range header asks for; undefined where it is to be ignored: not one range, or no range at all. Throws InvalidRange. */
export function readRange(header: string | undefined, sizeBytes: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (header === undefined || (first === "" && last === "") || (first !== "" && last !== "" && Number(last) < Number(first))) return undefined;
  const start = first === "" ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (start >= sizeBytes || start >= end) throw invalidRange(header, sizeBytes);
  return { start, end };
}
