// Patterns for messages made of fields between spaces: [ip, user, ..., status_code = 4*, bytes > 1000]
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-term-space-delimited-log-events
import { BadPattern } from "./bad-pattern.ts";
import { readComparison } from "./comparison.ts";
import { type Tokens, tokenize } from "./tokens.ts";

interface Field {
  name: string;
  accepts(text: string): boolean;
}

export interface SpaceDelimitedPattern {
  /** The fields by name, with a dollar sign in front; undefined when the message does not match. */
  extract(message: string): Record<string, string> | undefined;
}

export function parseSpaceDelimited(source: string): SpaceDelimitedPattern {
  const tokens = tokenize(source, /[A-Za-z0-9_.*+:/@#$?;'-]/);
  tokens.take("sign", "[");
  const fields: (Field | "...")[] = [];
  if (!tokens.takeSign("]")) {
    do fields.push(readField(tokens));
    while (tokens.takeSign(","));
    tokens.take("sign", "]");
  }
  tokens.take("end");
  if (fields.filter((field) => field === "...").length > 1) throw new BadPattern();
  return { extract: (message) => extract(fields, splitFields(message)) };
}

function readField(tokens: Tokens): Field | "..." {
  if (tokens.takeSign("...")) return "...";
  const first = tokens.peek().kind === "sign" && tokens.peek().text === "(" ? tokens.peek(1) : tokens.peek();
  if (first.kind === "sign" && (first.text === "," || first.text === "]")) return { name: "", accepts: () => true };
  if (first.kind !== "word") throw new BadPattern();
  const name = first.text;
  const after = tokens.peek(1);
  if (tokens.peek().kind === "word" && after.kind === "sign" && (after.text === "," || after.text === "]")) {
    tokens.next();
    return { name, accepts: () => true };
  }
  return { name, accepts: readOr(tokens, name) };
}

function readOr(tokens: Tokens, name: string): Field["accepts"] {
  const conditions = [readAnd(tokens, name)];
  while (tokens.takeSign("||")) conditions.push(readAnd(tokens, name));
  return (text) => conditions.some((condition) => condition(text));
}

function readAnd(tokens: Tokens, name: string): Field["accepts"] {
  const conditions = [readOne(tokens, name)];
  while (tokens.takeSign("&&")) conditions.push(readOne(tokens, name));
  return (text) => conditions.every((condition) => condition(text));
}

function readOne(tokens: Tokens, name: string): Field["accepts"] {
  if (tokens.takeSign("(")) {
    const condition = readOr(tokens, name);
    tokens.take("sign", ")");
    return condition;
  }
  tokens.take("word", name); // a condition speaks of its own field only
  return readComparison(tokens);
}

/** Text in brackets or double quotes is one field, without them. */
function splitFields(message: string): { text: string; start: number }[] {
  return [...message.matchAll(/\[([^\]]*)\](?=\s|$)|"([^"]*)"(?=\s|$)|\S+/g)]
    .map((match) => ({ text: match[1] ?? match[2] ?? match[0], start: match.index }));
}

function extract(fields: (Field | "...")[], found: { text: string; start: number }[]): Record<string, string> | undefined {
  const texts = found.map((part) => part.text);
  const gap = fields.indexOf("...");
  const named = (fields.length ? fields : ["..." as const]);
  const ellipsis = fields.length ? gap : 0;
  const wanted = named.filter((field) => field !== "...").length;
  if (texts.length < wanted) return undefined;
  if (ellipsis < 0 && texts.length > wanted && wanted > 0) {
    // The last field takes the rest: "[w1=ERROR, w2]" is AWS's example for a line of many words.
    texts.splice(wanted - 1, texts.length, texts.slice(wanted - 1).join(" "));
  }
  const extracted: Record<string, string> = {};
  for (const [index, text] of texts.entries()) {
    const fromEnd = index - (texts.length - named.length);
    const field = ellipsis < 0 || index < ellipsis ? named[index] : fromEnd > ellipsis ? named[fromEnd] : undefined;
    if (field !== undefined && field !== "..." && !field.accepts(text)) return undefined;
    extracted[field !== undefined && field !== "..." && field.name ? `$${field.name}` : `$${index + 1}`] = text;
  }
  return extracted;
}
