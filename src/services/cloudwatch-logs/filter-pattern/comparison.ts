// `selector OPERATOR value`, shared by JSON and space-delimited patterns.
import { BadPattern } from "./bad-pattern.ts";
import { parseRegex } from "./regex.ts";
import type { Tokens } from "./tokens.ts";
import { wildcardMatcher } from "./wildcard.ts";

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What a leaf value is compared with. */
export type Comparison = (value: string | number | boolean) => boolean;

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** Reads the operator and the value that follow a selector or a field name. */
export function readComparison(tokens: Tokens): Comparison {
  const operator = tokens.take("operator").text as Operator;
  const value = tokens.next();
  if (value.kind === "regex") {
    const matches = parseRegex(value.text);
    tokens.countRegex();
    if (operator === "=") return (given) => matches(String(given));
    if (operator === "!=") return (given) => !matches(String(given));
    throw new BadPattern();
  }
  if (value.kind !== "quoted" && value.kind !== "word") throw new BadPattern();
  const number = value.kind === "word" && NUMBER.test(value.text) ? Number(value.text) : undefined;
  if (operator !== "=" && operator !== "!=") {
    if (number === undefined) throw new BadPattern();
    return ordering(operator, number);
  }
  const equal = equality(value.text, value.kind === "quoted", number);
  return operator === "=" ? equal : (given) => !equal(given);
}

function equality(text: string, quoted: boolean, number: number | undefined): Comparison {
  const matches = wildcardMatcher(text);
  return (given) => {
    if (typeof given === "string") return matches(given) || (number !== undefined && NUMBER.test(given) && Number(given) === number);
    if (quoted) return false; // a quoted value is a string, and only a string equals it
    return number !== undefined ? given === number : matches(String(given));
  };
}

function ordering(operator: Operator, number: number): Comparison {
  return (given) => {
    if (typeof given === "boolean" || (typeof given === "string" && !NUMBER.test(given))) return false;
    const value = Number(given);
    if (operator === "<") return value < number;
    if (operator === "<=") return value <= number;
    return operator === ">" ? value > number : value >= number;
  };
}
