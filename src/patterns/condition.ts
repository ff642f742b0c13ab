// One value of a pattern's array, read and turned into a test of one scalar. Sentences and the order of complaints are
// event-ruler's (JsonRuleCompiler.java), which EventBridge, SNS and Lambda run.
import { addressOf, inRange } from "./addresses.ts";
import { BadPattern } from "./bad-pattern.ts";
import type { Grammar } from "./dialect.ts";
import type { JsonTokens, Token } from "./json-tokens.ts";
import { LongNumber, numberOf } from "./numbers.ts";
import { matchesWildcard, parseWildcard } from "./wildcard.ts";
import type { Wildcard } from "./wildcard.ts";

/** A string, number, true, false, null, or a number that no double holds. */
export type Scalar = string | number | boolean | null | LongNumber;
export type Test = (value: Scalar) => boolean;

/** Bounds that are excluded are among them. */
export interface Range {
  from: number;
  to: number;
}

/** What a field's array comes to: any of it will do. */
export interface Condition {
  /** Equal to one of these. */
  values: Set<string | number | boolean | null>;
  tests: Test[];
  /** What a text must begin with to pass one of the tests, */
  beginnings: string[];
  /** and between what a number must be; both together as many as the tests when each asks for one of these. */
  ranges: Range[];
  /** exists: false is among them. */
  absence: boolean;
  wildcards: Wildcard[];
  /** How many values and operators were written. */
  size: number;
}

const ONE_KEY = "Only one key allowed in match expression";
const TOO_MANY = "Too many elements in numeric expression";

/** The array has been opened; reads to its end. */
export function readCondition(json: JsonTokens, grammar: Grammar): Condition {
  const into: Condition = { values: new Set(), tests: [], beginnings: [], ranges: [], absence: false, wildcards: [], size: 0 };
  for (let token = json.next(); token !== "]"; token = json.next()) {
    into.size += 1;
    if (token === "{") readOperator(json, grammar, into);
    else if (token === "string") addString(json.text(), into);
    else if (token === "number") addNumber(json.text(), into);
    else if (token === "[") throw json.complaint("Match value must be String, number, true, false, or null");
    else into.values.add(token === "null" ? null : token === "true");
  }
  if (into.size === 0) throw json.complaint("Empty arrays are not allowed");
  return into;
}

/** Two ways to write the same address are equal. */
function addString(text: string, into: Condition): void {
  into.values.add(text);
  if (addressOf(text) !== undefined) into.tests.push(sameAddress(text));
}

function sameAddress(text: string): Test {
  const { bits, width } = addressOf(text)!;
  return (value) => {
    const other = typeof value === "string" ? addressOf(value) : undefined;
    return other !== undefined && other.bits === bits && other.width === width;
  };
}

function addNumber(text: string, into: Condition): void {
  const number = numberOf(text);
  if (typeof number === "number") into.values.add(number);
  else into.tests.push((value) => value instanceof LongNumber && value.text === text);
}

function readOperator(json: JsonTokens, grammar: Grammar, into: Condition): void {
  if (json.next() !== "name") throw json.complaint("Match expression name not found");
  const operator = json.text();
  if (!grammar.operators.has(operator)) throw json.complaint(`Unrecognized match type ${operator}`);
  if (operator === "numeric") return readNumeric(json, into);
  if (operator === "anything-but") return readAnythingBut(json, grammar, into);
  if (operator === "exists") return readExists(json, into);
  const token = json.next();
  if ((operator === "prefix" || operator === "suffix") && token === "{" && grammar.affixesIgnoreCase) readAffixIgnoringCase(json, operator, into);
  else addStringTest(operator, readString(json, token, operator), json, into);
  if (json.next() !== "}") throw json.complaint(ONE_KEY);
}

function readString(json: JsonTokens, token: Token, operator: string): string {
  // Of cidr, AWS complains as of a prefix, too.
  if (token !== "string") throw json.complaint(`${{ exactly: "exact", cidr: "prefix" }[operator] ?? operator} match pattern must be a string`);
  return json.text();
}

function readAffixIgnoringCase(json: JsonTokens, affix: "prefix" | "suffix", into: Condition): void {
  if (json.next() !== "name") throw json.complaint(`${affix === "prefix" ? "Prefix" : "Suffix"} expression name not found`);
  if (json.text() !== "equals-ignore-case") throw json.complaint(`Unsupported ${affix} pattern: ${json.text()}`);
  const text = readString(json, json.next(), "equals-ignore-case").toLowerCase();
  into.tests.push(affix === "prefix" ? (value) => typeof value === "string" && value.slice(0, text.length).toLowerCase() === text
    : (value) => typeof value === "string" && value.length >= text.length && value.slice(value.length - text.length).toLowerCase() === text);
  if (json.next() !== "}") throw json.complaint(ONE_KEY);
}

function addStringTest(operator: string, text: string, json: JsonTokens, into: Condition): void {
  into.tests.push(stringTest(operator, text, json, into));
  if (operator === "prefix") into.beginnings.push(text);
  else if (operator === "wildcard") into.beginnings.push(into.wildcards.at(-1)![0]!);
}

/** Only strings pass it. */
function stringTest(operator: string, text: string, json: JsonTokens, into: Pick<Condition, "wildcards">): Test {
  switch (operator) {
    case "prefix":
      return (value) => typeof value === "string" && value.startsWith(text);
    case "suffix":
      return (value) => typeof value === "string" && value.endsWith(text);
    case "equals-ignore-case": {
      const folded = text.toLowerCase();
      return (value) => typeof value === "string" && value.length === text.length && value.toLowerCase() === folded;
    }
    case "wildcard": {
      const wildcard = parseWildcard(text);
      if ("wrong" in wildcard) throw json.complaint(wildcard.wrong);
      into.wildcards.push(wildcard);
      return (value) => typeof value === "string" && matchesWildcard(wildcard, value);
    }
    case "cidr": {
      const range = inRange(text);
      if ("wrong" in range) throw new BadPattern(range.wrong);
      return (value) => typeof value === "string" && range(value);
    }
    default:
      return (value) => value === text;
  }
}

function readExists(json: JsonTokens, into: Condition): void {
  const token = json.next();
  if (token !== "true" && token !== "false") throw json.complaint("exists match pattern must be either true or false.");
  if (token === "false") into.absence = true;
  else into.tests.push(() => true);
  if (json.next() !== "}") throw json.complaint(ONE_KEY);
}

// Numbers: { "numeric": [">", 0, "<=", 5] }

function readNumeric(json: JsonTokens, into: Condition): void {
  if (json.next() !== "[") throw json.complaint("Value of numeric must be an array.");
  into.tests.push(readRange(json, into));
  if (json.next() !== "}") throw json.complaint(TOO_MANY);
}

function readRange(json: JsonTokens, { ranges }: Condition): Test {
  if (json.next() !== "string") throw json.complaint(`Invalid member in numeric match: ${json.text()}`);
  const operator = json.text();
  if (!["=", ">", ">=", "<", "<="].includes(operator)) {
    json.next();
    throw json.complaint(`Unrecognized numeric range operator: ${operator}`);
  }
  const bound = readBound(json, operator);
  const end = json.next();
  if (end === "]") {
    ranges.push({ from: operator.startsWith("<") ? -Infinity : bound, to: operator.startsWith(">") ? Infinity : bound });
    return (value) => typeof value === "number" && compares(value, operator, bound);
  }
  if (operator !== ">" && operator !== ">=") throw json.complaint(TOO_MANY);
  if (end !== "string") throw json.complaint(`Bad value in numeric range: ${json.text()}`);
  const upper = json.text();
  if (upper !== "<" && upper !== "<=") throw json.complaint(`Bad numeric range operator: ${upper}`);
  const top = readBound(json, upper);
  if (json.next() !== "]") throw json.complaint("Too many terms in numeric range expression");
  if (bound >= top) throw json.complaint("Bottom must be less than top");
  ranges.push({ from: bound, to: top });
  return (value) => typeof value === "number" && compares(value, operator, bound) && compares(value, upper, top);
}

function readBound(json: JsonTokens, operator: string): number {
  if (json.next() !== "number") throw json.complaint(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
  return readDouble(json);
}

function readDouble(json: JsonTokens): number {
  const number = numberOf(json.text());
  if (typeof number !== "number") throw json.complaint(`Cannot compare number : ${json.text()}`);
  return number;
}

function compares(value: number, operator: string, bound: number): boolean {
  switch (operator) {
    case "=":
      return value === bound;
    case ">":
      return value > bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    default:
      return value <= bound;
  }
}

// Anything but: whatever is there and is none of these.

function readAnythingBut(json: JsonTokens, grammar: Grammar, into: Condition): void {
  let token = json.next();
  let form: string | undefined;
  if (token === "{") {
    if (json.next() !== "name") throw json.complaint("Anything-But expression name not found");
    form = json.text();
    if (!grammar.anythingBut.has(form)) throw json.complaint(`Unsupported anything-but pattern: ${form}`);
    token = json.next();
    if (form === "prefix" && grammar.oneAnythingButPrefix && token !== "string") throw json.complaint("prefix match pattern must be a string");
  }
  if (token !== "[" && token !== "string" && token !== "number") throw json.complaint("Value of anything-but must be an array or single string/number value.");
  const not = form === undefined ? readNotValues(json, token) : readNotForm(json, token, form, into);
  into.tests.push((value) => !not(value));
  if (json.next() !== "}" || (form !== undefined && json.next() !== "}")) throw json.complaint(TOO_MANY);
}

function readNotValues(json: JsonTokens, token: Token): Test {
  const values = new Set<Scalar>();
  if (token !== "[") {
    values.add(token === "string" ? json.text() : readDouble(json));
    return (value) => values.has(value);
  }
  let kind: Token | undefined;
  inList(json, () => {
    for (let each = json.next(); each !== "]"; each = json.next()) {
      if (each !== "string" && each !== "number") throw json.complaint("Inside anything but list, start|null|boolean is not supported.");
      values.add(each === "string" ? json.text() : readDouble(json));
      if (kind !== undefined && kind !== each) values.add(null); // mixed: refused below, when the list has been read
      kind = each;
    }
  });
  if (kind === undefined || values.has(null)) throw json.complaint("Inside anything but list, either all values are number or string, mixed type is not supported");
  return (value) => values.has(value);
}

function readNotForm(json: JsonTokens, token: Token, form: string, into: Condition): Test {
  const tests: Test[] = [];
  const read = (each: Token) => {
    if (each !== "string") {
      throw json.complaint(form === "equals-ignore-case" ? "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
        : form === "wildcard" ? "wildcard match pattern must be a string" : "prefix/suffix match pattern must be a string");
    }
    const text = json.text();
    if (text === "" && (form === "prefix" || form === "suffix")) throw json.complaint("Null prefix/suffix not allowed");
    tests.push(stringTest(form, text, json, into));
  };
  if (token !== "[") read(token);
  else inList(json, () => { for (let each = json.next(); each !== "]"; each = json.next()) read(each); });
  return (value) => tests.some((test) => test(value));
}

/** event-ruler complains of a complaint inside of these lists: the position stands there twice. */
function inList(json: JsonTokens, read: () => void): void {
  try {
    read();
  } catch (error) {
    throw error instanceof BadPattern ? json.complaint(error.reason) : error;
  }
}
