// Single rules (length, range, pattern, enum) and their sentences, and the shape of the constraint tables.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html (ValidationException)
import type { Shape } from "./shape.ts";

/** One shape of src/wire/constraints/<client>.json; only what leads to a constraint is there. */
export interface ConstraintShape {
  min?: number;
  max?: number;
  pattern?: string;
  /** Regular expression flags the pattern needs ("u" for \p). */
  flags?: string;
  enum?: string[];
  /** A float or a double, which Java prints with a point. */
  double?: true;
  sensitive?: true;
  /** Of a structure: shape names by member. */
  members?: Record<string, string>;
  /** Of a list. */
  item?: string;
  /** Of a map. */
  key?: string;
  value?: string;
}

export interface ConstraintTable {
  source: string;
  /** Input shape by operation. */
  operations: Record<string, string>;
  shapes: Record<string, ConstraintShape>;
}

export interface Rule { says: string; holds(value: unknown): boolean }

const SHOWN_CHARS_MAX = 4096;
/** Past its maximum length a value this long is not matched as well: saying one thing wrong is enough. */
const OVERLONG_PATTERN_CHARS_MAX = 10_000;

export function rulesOf(shape: Shape, { min, max, pattern, flags, enum: values, double }: ConstraintShape): Rule[] {
  const rules: Rule[] = [];
  if (pattern !== undefined) {
    const regex = new RegExp(`^(?:${pattern})$`, flags);
    const longest = max === undefined ? Infinity : Math.max(max, OVERLONG_PATTERN_CHARS_MAX);
    rules.push({ says: `Member must satisfy regular expression pattern: ${pattern}`, holds: (value) => typeof value !== "string" || value.length > longest || regex.test(value) });
  }
  if (values) {
    const set = new Set(values);
    rules.push({ says: `Member must satisfy enum value set: [${values.join(", ")}]`, holds: (value) => set.has(value as string) });
  }
  const isNumber = shape.kind === "number";
  const what = isNumber ? "value" : "length";
  const measure = isNumber ? (value: unknown) => value as number : lengthOf;
  if (min !== undefined) rules.push({ says: `Member must have ${what} greater than or equal to ${show(min, double)}`, holds: (value) => measure(value) >= min });
  if (max !== undefined) rules.push({ says: `Member must have ${what} less than or equal to ${show(max, double)}`, holds: (value) => measure(value) <= max });
  return rules;
}

/** In lists of rules AWS puts the maximum first and the pattern last (observed: DynamoDB, Lambda). */
export function inListOrder(rules: Rule[]): string[] {
  const rank = (rule: Rule) => ["less than", "greater than", "enum value set", "regular expression"].findIndex((mark) => rule.says.includes(mark));
  return rules.toSorted((a, b) => rank(a) - rank(b)).map((rule) => rule.says);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return typeof value === "object" && value !== null ? Object.keys(value).length : 0;
}

/** As Java prints it: [a, b] and {key=value}; a double 2 is 2.0. */
export function show(value: unknown, double?: true): string {
  const text = typeof value === "string" ? value
    : Array.isArray(value) ? `[${value.slice(0, 1000).map((item) => show(item, double)).join(", ")}]`
    : value instanceof Uint8Array ? `java.nio.HeapByteBuffer[pos=0 lim=${value.byteLength} cap=${value.byteLength}]`
    : typeof value === "object" && value !== null && !(value instanceof Date) ? `{${Object.entries(value).slice(0, 1000).map(([key, inner]) => `${key}=${show(inner, double)}`).join(", ")}}`
    : double && Number.isInteger(value) ? `${value}.0`
    : String(value);
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}
