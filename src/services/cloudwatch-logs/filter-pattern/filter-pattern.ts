// The filter pattern language of CloudWatch Logs: terms, JSON, or space-delimited, told apart by the first character.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
import { parseJsonPattern } from "./json-pattern.ts";
import { select } from "./selector.ts";
import { parseSpaceDelimited } from "./space-delimited.ts";
import { parseTerms } from "./terms.ts";

export interface FilterPattern {
  matches(message: string): boolean;
  /** What TestMetricFilter shows for a matching message; undefined when it does not match. */
  extract(message: string): Record<string, string> | undefined;
}

/** Throws BadPattern. */
export function parseFilterPattern(source: string): FilterPattern {
  const text = source.trim();
  if (text.startsWith("{")) return jsonPattern(text);
  if (text.startsWith("[")) {
    const { extract } = parseSpaceDelimited(text);
    return { extract, matches: (message) => extract(message) !== undefined };
  }
  const matches = parseTerms(text);
  return { matches, extract: (message) => (matches(message) ? {} : undefined) };
}

function jsonPattern(text: string): FilterPattern {
  const pattern = parseJsonPattern(text);
  const extract: FilterPattern["extract"] = (message) => {
    const root = parseObject(message);
    if (root === undefined || !pattern.matches(root)) return undefined;
    return Object.fromEntries(pattern.selectors.flatMap((selector) => {
      const [value] = select(root, selector);
      return value === undefined ? [] : [[selector.text, typeof value === "object" ? JSON.stringify(value) : String(value)]];
    }));
  };
  const matches: FilterPattern["matches"] = (message) => {
    const root = parseObject(message);
    return root !== undefined && pattern.matches(root);
  };
  return { extract, matches };
}

function parseObject(message: string): object | undefined {
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
