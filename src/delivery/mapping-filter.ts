// Which records of a source a mapping wants. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
import { compile } from "../patterns/pattern.ts";
import { matchesInTurns } from "../patterns/turns.ts";
import type { Source } from "../ports/sources.ts";

/** The records that are wanted. */
export type Filter = (records: object[]) => Promise<Set<object>>;

/** One of the patterns must match; undefined without any, when everything passes. They were checked when the mapping was made. */
export function openFilter(filters: string[], source: Source): Filter | undefined {
  const patterns = filters.map((filter) => compile(filter, "lambda"));
  if (patterns.length === 0) return undefined;
  return async (records) => {
    const wanted = new Set<object>();
    for (const record of records) {
      const event = source.filterable(record);
      const characters = JSON.stringify(record).length;
      for (const pattern of patterns) {
        if (!(await matchesInTurns(pattern, event, characters))) continue;
        wanted.add(record);
        break;
      }
    }
    return wanted;
  };
}
