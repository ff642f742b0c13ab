// Patterns for unstructured messages: terms, phrases, optional and excluded terms, regular expressions.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-unstructured-log-events
import { BadPattern } from "./bad-pattern.ts";
import { parseRegex } from "./regex.ts";
import { readQuoted, readRegex } from "./tokens.ts";

interface Term {
  mode: "include" | "optional" | "exclude";
  matches(message: string): boolean;
}

const everything = () => true;

export function parseTerms(source: string): (message: string) => boolean {
  const terms: Term[] = [];
  let regexes = 0;
  let at = 0;
  while (at < source.length) {
    if (/\s/.test(source[at]!)) { at++; continue; }
    const mode = source[at] === "?" ? "optional" : source[at] === "-" ? "exclude" : "include";
    if (mode !== "include") at++;
    const term = readTerm(source, at);
    if (term.regex && ++regexes > 2) throw new BadPattern();
    terms.push({ mode, matches: term.matches });
    at = term.end;
  }
  const included = terms.filter((term) => term.mode === "include");
  const excluded = terms.filter((term) => term.mode === "exclude");
  const optional = terms.filter((term) => term.mode === "optional");
  // "If you combine ? with other filter patterns, all question mark terms will be ignored."
  if (!included.length && !excluded.length) return optional.length ? (message) => optional.some((term) => term.matches(message)) : everything;
  return (message) => included.every((term) => term.matches(message)) && !excluded.some((term) => term.matches(message));
}

function readTerm(source: string, at: number): { matches: Term["matches"]; end: number; regex?: boolean } {
  if (source[at] === '"') {
    const { text, end } = readQuoted(source, at);
    // " " is AWS's way to say: everything.
    return { matches: text.trim() === "" ? everything : (message) => message.includes(text), end };
  }
  if (source[at] === "%") {
    const { text, end } = readRegex(source, at);
    return { matches: parseRegex(text), end, regex: true };
  }
  const term = /^\S+/.exec(source.slice(at))?.[0];
  if (!term) throw new BadPattern();
  const strange = /[^\p{L}\p{N}_]+/u.exec(term)?.[0];
  if (strange) throw new BadPattern(`Invalid character(s) in term '${strange}'`);
  return { matches: (message) => message.includes(term), end: at + term.length };
}
