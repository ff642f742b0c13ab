// IAM's pages: MaxItems, Marker, IsTruncated.
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Documents } from "../../storage/stores.ts";
import { badMarker } from "./errors.ts";

const ITEMS_DEFAULT = 100;
const SCAN = 200;

export interface PageInput {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}

interface Truncation {
  IsTruncated: boolean;
  Marker?: string;
}

/** A page of a list at hand; `keyOf` must be unique and ascending. */
export function pageOf<T>(items: T[], input: PageInput, keyOf: (item: T) => string): { items: T[]; truncation: Truncation } {
  const after = startOf(input);
  const rest = after === undefined ? items : items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, input.MaxItems ?? ITEMS_DEFAULT);
  return { items: page, truncation: truncationOf(rest.length > page.length, page.length ? keyOf(page.at(-1)!) : "") };
}

/** A page of what is worked out only when it is shown: of the numbers from 0 to `total`. */
export function pageOfNumbers(total: number, input: PageInput): { from: number; limit: number; truncation: Truncation } {
  const after = Number(startOf(input) ?? -1);
  if (!Number.isSafeInteger(after) || after < -1) throw badMarker();
  const limit = input.MaxItems ?? ITEMS_DEFAULT;
  const last = after + limit;
  return { from: after + 1, limit, truncation: truncationOf(last + 1 < total, String(last)) };
}

/** A page of documents under `prefix`, of those `wanted` lets through. */
export async function pageOfDocuments<T>(documents: Documents<T>, prefix: string, input: PageInput, wanted: (value: T) => boolean = () => true): Promise<{ items: T[]; truncation: Truncation }> {
  const limit = input.MaxItems ?? ITEMS_DEFAULT;
  let after = startOf(input);
  const found: [string, T][] = [];
  for (;;) {
    const page = await documents.list({ prefix, limit: SCAN, ...(after !== undefined && { after }) });
    found.push(...page.filter(([, value]) => wanted(value)));
    if (found.length > limit || page.length < SCAN) break;
    after = page.at(-1)![0];
  }
  const items = found.slice(0, limit);
  return { items: items.map(([, value]) => value), truncation: truncationOf(found.length > limit, items.at(-1)?.[0] ?? "") };
}

function startOf(input: PageInput): string | undefined {
  if (input.Marker === undefined) return undefined;
  const after = decodePageToken(input.Marker);
  if (after === undefined) throw badMarker();
  return after;
}

const truncationOf = (more: boolean, last: string): Truncation => (more ? { IsTruncated: true, Marker: encodePageToken(last) } : { IsTruncated: false });
