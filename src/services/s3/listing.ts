// The walk that every list of keys is: in byte order of UTF-8, common prefixes rolled up, and what lies under one of them skipped, not read.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
import type { Documents } from "../../storage/stores.ts";
import { invalidEncodingType, numberOutside } from "./errors.ts";
import { objectId } from "./names.ts";

export type Entry<T> = { prefix: string } | { prefix?: undefined; key: string; value: T };

export interface Walk<T> {
  documents: Documents<T>;
  bucket: string;
  prefix: string;
  delimiter?: string | undefined;
  /** Keys and common prefixes up to this one are left out. */
  after?: string | undefined;
  /** Further into the key `after` than its document would be: ids of uploads and versions follow that of their key. */
  afterDocument?: string | undefined;
}

/** Sorts after everything that begins with the text before it, but for keys that hold this very character there. */
const LAST = "\u{10ffff}";
const ROWS_MIN = 16;
const ROWS_MAX = 1000;

/** Costs as much as what it yields, however much lies under the common prefixes. */
export async function* walk<T extends { key: string }>({ documents, bucket, prefix, delimiter, after, afterDocument }: Walk<T>, most: number): AsyncGenerator<Entry<T>> {
  let from = afterDocument ?? (after === undefined ? undefined : objectId(bucket, after));
  let rolled: string | undefined;
  let limit = Math.min(most + 1, ROWS_MAX);
  for (;;) {
    const rows = await documents.list({ prefix: objectId(bucket, prefix), limit, ...(from !== undefined && { after: from }) });
    for (const [id, value] of rows) {
      from = id;
      if (rolled !== undefined && value.key.startsWith(rolled)) continue;
      const end = delimiter === undefined ? -1 : value.key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        yield { key: value.key, value };
        continue;
      }
      rolled = value.key.slice(0, end + delimiter!.length);
      if (after === undefined || isAfter(rolled, after)) yield { prefix: rolled };
    }
    if (rows.length < limit) return;
    const within = rolled !== undefined && rows.at(-1)![1].key.startsWith(rolled);
    if (within && !rows.at(-1)![1].key.startsWith(rolled + LAST)) from = objectId(bucket, rolled!) + LAST;
    limit = within ? ROWS_MIN : Math.min(limit * 4, ROWS_MAX);
  }
}

export const isAfter = (key: string, other: string): boolean => Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;

const LISTED_MAX = 1000;

/** How many a page holds; S3 never gives more than 1,000. */
export function pageSize(name: string, asked: number | undefined): number {
  if (asked === undefined) return LISTED_MAX;
  if (!Number.isInteger(asked) || asked < 0 || asked > 2 ** 31 - 1) throw numberOutside(name, asked);
  return Math.min(asked, LISTED_MAX);
}

export interface Page<T> {
  contents: { key: string; value: T }[];
  prefixes: string[];
  /** The last key or common prefix, when there is more. */
  next?: string;
}

/** One page of a walk; `wanted` leaves entries out that do not count. */
export async function readPage<T extends { key: string }>(walking: Walk<T>, most: number, wanted: (value: T) => boolean = () => true): Promise<Page<T>> {
  const page: Page<T> = { contents: [], prefixes: [] };
  if (most === 0) return page;
  let last = "";
  for await (const entry of walk(walking, most)) {
    if (entry.prefix === undefined && !wanted(entry.value)) continue;
    if (page.contents.length + page.prefixes.length === most) return { ...page, next: last };
    last = entry.prefix ?? entry.key;
    if (entry.prefix === undefined) page.contents.push(entry);
    else page.prefixes.push(entry.prefix);
  }
  return page;
}

/** With encoding-type=url keys, prefixes and markers are percent-encoded, since XML cannot hold every character of a key. */
export function encoderOf(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text;
  if (encodingType !== "url") throw invalidEncodingType(encodingType);
  return (text) => encodeURIComponent(text.toWellFormed()).replace(/%2F/g, "/").replace(/%20/g, "+").replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A list that is empty is not there. */
export const filled = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);
