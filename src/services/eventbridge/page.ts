// EventBridge's lists: a NextToken is the last one shown, so that a page survives inserts and deletes.
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Documents } from "../../storage/stores.ts";
import { badNextToken } from "./errors.ts";

const PAGE = 100;
/** So many are read at once where most are left out. */
const READ = 500;

export interface Page<T> {
  found: T[];
  NextToken?: string;
}

/** Those of `prefix` that are `wanted`, at most `limit` of them (a hundred unless told). */
export async function pageOf<T>(documents: Documents<T>, prefix: string, { NextToken, Limit = PAGE }: { NextToken?: string | undefined; Limit?: number | undefined }, wanted: (value: T) => boolean = () => true): Promise<Page<T>> {
  let after = NextToken === undefined ? undefined : decodePageToken(NextToken);
  if (NextToken !== undefined && (after === undefined || after.length > 1000 || !/^[\x21-\x7e]*$/.test(after))) throw badNextToken();
  const found: [id: string, value: T][] = [];
  for (;;) {
    const rows = await documents.list({ prefix, limit: READ, ...(after !== undefined && { after: prefix + after }) });
    for (const row of rows) {
      if (!wanted(row[1])) continue;
      if (found.length === Limit) return { found: found.map(([, value]) => value), NextToken: encodePageToken(found.at(-1)![0].slice(prefix.length)) };
      found.push(row);
    }
    if (rows.length < READ) return { found: found.map(([, value]) => value) };
    after = rows.at(-1)![0].slice(prefix.length);
  }
}
