// SNS's lists: a hundred at a time; a NextToken is the last one shown, so that a page survives inserts and deletes.
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Documents } from "../../storage/stores.ts";
import { badNextToken } from "./errors.ts";

const PAGE = 100;

export interface Page<T> {
  found: [id: string, value: T][];
  next?: string;
}

export async function pageOf<T>(documents: Documents<T>, prefix: string, token: string | undefined, limit = PAGE): Promise<Page<T>> {
  const after = token ? decodePageToken(token) : undefined;
  if (token && (after === undefined || after.length > 1000 || !/^[\x21-\x7e]*$/.test(after))) throw badNextToken();
  const rows = await documents.list({ prefix, limit: limit + 1, ...(after !== undefined && { after: prefix + after }) });
  const found = rows.slice(0, limit);
  return { found, ...(rows.length > limit && { next: encodePageToken(found.at(-1)![0].slice(prefix.length)) }) };
}
