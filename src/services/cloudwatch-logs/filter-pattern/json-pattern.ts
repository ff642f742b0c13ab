// Patterns for JSON messages: { $.eventType = "UpdateTrail" && ($.latency > 50 || $.error IS NULL) }
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
import { BadPattern } from "./bad-pattern.ts";
import { readComparison } from "./comparison.ts";
import { parseSelector, select, type Selector } from "./selector.ts";
import { type Tokens, tokenize } from "./tokens.ts";

type Condition = (root: unknown) => boolean;

export interface JsonPattern {
  matches(root: unknown): boolean;
  /** Every selector in the pattern, as it was written. */
  selectors: Selector[];
}

/** "up to three wildcard selectors in a filter pattern with compound expressions" */
const WILDCARDS_MAX = 3;

export function parseJsonPattern(source: string): JsonPattern {
  const tokens = tokenize(source, /[A-Za-z0-9_.*+:/@#-]/);
  const selectors: Selector[] = [];
  tokens.take("sign", "{");
  const matches = readOr(tokens, selectors);
  tokens.take("sign", "}");
  tokens.take("end");
  if (selectors.filter((selector) => selector.wildcards).length > WILDCARDS_MAX) throw new BadPattern();
  return { matches, selectors };
}

function readOr(tokens: Tokens, selectors: Selector[]): Condition {
  const conditions = [readAnd(tokens, selectors)];
  while (tokens.takeSign("||")) conditions.push(readAnd(tokens, selectors));
  return conditions.length === 1 ? conditions[0]! : (root) => conditions.some((condition) => condition(root));
}

function readAnd(tokens: Tokens, selectors: Selector[]): Condition {
  const conditions = [readOne(tokens, selectors)];
  while (tokens.takeSign("&&")) conditions.push(readOne(tokens, selectors));
  return conditions.length === 1 ? conditions[0]! : (root) => conditions.every((condition) => condition(root));
}

function readOne(tokens: Tokens, selectors: Selector[]): Condition {
  if (tokens.takeSign("(")) {
    const condition = readOr(tokens, selectors);
    tokens.take("sign", ")");
    return condition;
  }
  const selector = parseSelector(tokens.take("selector").text);
  selectors.push(selector);
  if (tokens.peek().kind === "word") return readKeyword(tokens, selector);
  const compare = readComparison(tokens);
  return (root) => select(root, selector).some((value) => isLeaf(value) && compare(value));
}

/** "The variables IS NOT and EXISTS currently aren't supported." */
function readKeyword(tokens: Tokens, selector: Selector): Condition {
  const keyword = tokens.next().text.toUpperCase();
  const value = tokens.take("word").text.toUpperCase();
  if (keyword === "NOT" && value === "EXISTS") return (root) => select(root, selector).length === 0;
  const wanted = { NULL: null, TRUE: true, FALSE: false }[value];
  if (keyword !== "IS" || wanted === undefined) throw new BadPattern();
  return (root) => select(root, selector).some((found) => found === wanted);
}

const isLeaf = (value: unknown): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value);
