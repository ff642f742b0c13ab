// Condition operators. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { BlockList, isIP } from "node:net";
import type { RequestContext } from "./context.ts";
import { arnMatches, globOf, matches, type Piece } from "./glob.ts";
import { resolve, type Template, templateOf, textOf } from "./variables.ts";

export interface Condition {
  operator: string;
  /** In lower case. */
  key: string;
  values: Template[];
  set: "all" | "any" | undefined;
  ifExists: boolean;
  test: Test;
  negated: boolean;
}

/** Whether a value of the request is what the policy's value says. */
type Test = (given: string, wanted: readonly Piece[]) => boolean;

const number = (compare: (a: number, b: number) => boolean): Test => (given, wanted) => {
  const [a, b] = [given, textOf(wanted)].map((text) => (text.trim() === "" ? NaN : Number(text))) as [number, number];
  return !Number.isNaN(a) && !Number.isNaN(b) && compare(a, b);
};
const date = (compare: (a: number, b: number) => boolean): Test => (given, wanted) => {
  const [a, b] = [millis(given), millis(textOf(wanted))];
  return a !== undefined && b !== undefined && compare(a, b);
};

/** By the operator's name without its set prefix, IfExists and Not. */
const TESTS: Record<string, Test> = {
  StringEquals: (given, wanted) => given === textOf(wanted),
  StringEqualsIgnoreCase: (given, wanted) => given.toLowerCase() === textOf(wanted).toLowerCase(),
  StringLike: (given, wanted) => matches(globOf(wanted), given),
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  Bool: (given, wanted) => given.toLowerCase() === textOf(wanted).toLowerCase(),
  BinaryEquals: (given, wanted) => Buffer.from(given, "base64").equals(Buffer.from(textOf(wanted), "base64")),
  IpAddress: (given, wanted) => inRange(given, textOf(wanted)),
  // "The ArnEquals and ArnLike condition operators behave identically."
  ArnEquals: (given, wanted) => arnMatches(wanted, given),
  ArnLike: (given, wanted) => arnMatches(wanted, given),
  Null: () => false,
};

const NEGATED: Record<string, string> = {
  StringNotEquals: "StringEquals", StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase", StringNotLike: "StringLike", NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals", NotIpAddress: "IpAddress", ArnNotEquals: "ArnEquals", ArnNotLike: "ArnLike",
};

/** Undefined for an operator that AWS does not know. */
export function conditionOf(operator: string, key: string, values: string[], variables: boolean): Condition | undefined {
  const [, prefix, base = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator) ?? [];
  const positive = NEGATED[base] ?? base;
  const test = Object.hasOwn(TESTS, positive) ? TESTS[positive] : undefined;
  if (!test) return undefined;
  // Only texts and ARNs may hold variables.
  const open = variables && /^(String|Arn)/.test(base);
  return {
    operator: base, key: key.toLowerCase(), values: values.map((value) => templateOf(value, open)), test, negated: positive !== base,
    set: prefix === "ForAllValues" ? "all" : prefix === "ForAnyValue" ? "any" : undefined, ifExists: ifExists !== undefined,
  };
}

export function holds(condition: Condition, context: RequestContext): boolean {
  const given = context.get(condition.key);
  if (condition.operator === "Null") return condition.values.some((value) => textOf(value as Piece[]).toLowerCase() === String(given === undefined));
  // "ForAllValues also returns true if there are no keys in the request, or if the key values resolve to a null data set".
  if (condition.set === "all" && (given === undefined || given.every((one) => one === ""))) return true;
  if (given === undefined) return condition.ifExists || (condition.negated && condition.set !== "any");
  const wanted = condition.values.map((value) => resolve(value, context)).filter((pieces) => pieces !== undefined);
  // A negated operator holds for a value when no value of the policy fits it.
  const fits = (one: string): boolean => wanted.some((pieces) => condition.test(one, pieces)) !== condition.negated;
  if (condition.set === "all") return given.every(fits);
  if (condition.set === "any") return given.some(fits);
  return condition.negated ? given.every(fits) : given.some(fits);
}

/** ISO 8601 in W3C's profile, or seconds since 1970. A time without a zone is UTC's, wherever this runs; a zone may be hours alone. */
function millis(text: string): number | undefined {
  if (/^-?\d{5,}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const [, time, zone = "Z", minutes = ":00"] = /^(\d{4}-\d\d-\d\d[Tt][\d:.]+)(?:([Zz]|[+-]\d\d)(:?\d\d)?)?$/.exec(text) ?? [];
  const at = Date.parse(time === undefined ? text : `${time}${/z/i.test(zone) ? "Z" : `${zone}:${minutes.replace(":", "")}`}`.toUpperCase());
  return Number.isNaN(at) ? undefined : at;
}

const unmapped = (address: string): string => (address.toLowerCase().startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address);

/** CIDR notation of either family; without a length the address alone. */
function inRange(given: string, range: string): boolean {
  const subject = unmapped(given);
  const [address = "", length] = range.split("/");
  const family = isIP(address);
  if (family === 0 || isIP(subject) !== family) return false;
  const bits = length === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  if (!(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, bits, kind);
  return list.check(subject, kind);
}
