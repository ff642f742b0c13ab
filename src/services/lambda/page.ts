// Lists of documents, page by page; a Marker is the last id shown, so that a page survives inserts and deletes.
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Stores } from "../../storage/stores.ts";
import { badMarker } from "./errors.ts";

/** AWS shows no more at once, whatever MaxItems says (API_ListFunctions). */
const ITEMS_MAX = 50;

export interface Page<T> {
  found: T[];
  isFirst: boolean;
  next?: string;
}

/** `first` stands before the documents on the first page, and takes one place there. */
export async function listPage<T>(stores: Stores, { kind, prefix, marker, maxItems, first }: { kind: string; prefix: string; marker?: string | undefined; maxItems?: number | undefined; first?: string }): Promise<Page<T>> {
  const limit = Math.min(maxItems ?? ITEMS_MAX, ITEMS_MAX);
  const after = marker ? decodePageToken(marker) : undefined;
  if (marker && (after === undefined || !/^[\w.$/-]{0,128}$/.test(after))) throw badMarker();
  const isFirst = after === undefined;
  const room = limit - (isFirst && first !== undefined ? 1 : 0);
  const rows = await stores.documents<T>(kind).list({ prefix, limit: room + 1, ...(after === undefined || after === first ? {} : { after: prefix + after }) });
  const shown = rows.slice(0, room);
  const last = shown.at(-1)?.[0].slice(prefix.length) ?? first;
  return { found: shown.map(([, document]) => document), isFirst, ...(rows.length > room && last !== undefined ? { next: encodePageToken(last) } : {}) };
}
