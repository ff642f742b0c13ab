// Which records of a source a mapping wants. https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
import { compile } from "../patterns/pattern.ts";
import type { Source } from "../ports/sources.ts";

/** One of the patterns must match; without any, everything passes. They were checked when the mapping was made. */
export function openFilter(filters: string[], source: Source): (record: object) => boolean {
  const patterns = filters.map((filter) => compile(filter, "lambda"));
  if (patterns.length === 0) return () => true;
  return (record) => {
    const event = source.filterable(record);
    return patterns.some((pattern) => pattern.matches(event));
  };
}
