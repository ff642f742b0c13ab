// Cuts a JSON or space-delimited filter pattern into words, quoted texts, regular expressions and signs.
import { BadPattern } from "./bad-pattern.ts";

export type TokenKind = "word" | "quoted" | "regex" | "selector" | "operator" | "sign" | "end";

export interface Token {
  kind: TokenKind;
  text: string;
}

export interface Tokens {
  peek(ahead?: number): Token;
  next(): Token;
  /** The next token, which must be of that kind (and text). */
  take(kind: TokenKind, text?: string): Token;
  /** Takes the next token when it is that sign. */
  takeSign(text: string): boolean;
  countRegex(): void;
}

/** "There is a limit of 2 regex for each filter pattern when creating a delimited or JSON filter pattern." */
const REGEX_MAX = 2;
const SIGNS = ["&&", "||", "...", "{", "}", "(", ")", "[", "]", ","];
const OPERATORS = ["!=", "<=", ">=", "=", "<", ">"];

/** `words` says which characters an unquoted value may hold. */
export function tokenize(source: string, words: RegExp): Tokens {
  const tokens = cut(source, words);
  const end: Token = { kind: "end", text: "" };
  let at = 0;
  let regexes = 0;
  const peek = (ahead = 0) => tokens[at + ahead] ?? end;
  const next = () => tokens[at++] ?? end;
  return {
    peek,
    next,
    take(kind, text) {
      const token = next();
      if (token.kind !== kind || (text !== undefined && token.text !== text)) throw new BadPattern();
      return token;
    },
    takeSign(text) {
      if (peek().kind !== "sign" || peek().text !== text) return false;
      at++;
      return true;
    },
    countRegex() {
      if (++regexes > REGEX_MAX) throw new BadPattern();
    },
  };
}

function cut(source: string, words: RegExp): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source[at]!;
    if (/\s/.test(char)) { at++; continue; }
    const token = char === "$" ? readSelector(source, at)
      : char === '"' ? readQuoted(source, at)
      : char === "%" ? readRegex(source, at)
      : readSign(source, at) ?? readWord(source, at, words);
    tokens.push({ kind: token.kind, text: token.text });
    at = token.end;
  }
  return tokens;
}

type Cut = Token & { end: number };

function readSign(source: string, at: number): Cut | undefined {
  const sign = SIGNS.find((candidate) => source.startsWith(candidate, at));
  if (sign) return { kind: "sign", text: sign, end: at + sign.length };
  const operator = OPERATORS.find((candidate) => source.startsWith(candidate, at));
  return operator ? { kind: "operator", text: operator, end: at + operator.length } : undefined;
}

function readWord(source: string, at: number, words: RegExp): Cut {
  const text = new RegExp(`^(?:${words.source})+`).exec(source.slice(at))?.[0];
  if (!text) throw new BadPattern();
  return { kind: "word", text, end: at + text.length };
}

function readSelector(source: string, at: number): Cut {
  const text = /^\$(?:\.[A-Za-z0-9_-]+|\.\*|\[\d{1,9}\]|\[\*\]|\.?\['[^']*'\]|\.?\["[^"]*"\])+/.exec(source.slice(at))?.[0];
  if (!text) throw new BadPattern();
  return { kind: "selector", text, end: at + text.length };
}

/** A backslash takes the next character as it is. */
export function readQuoted(source: string, at: number): Cut {
  let text = "";
  for (let index = at + 1; index < source.length; index++) {
    const char = source[index]!;
    if (char === '"') return { kind: "quoted", text, end: index + 1 };
    if (char === "\\" && index + 1 < source.length) text += source[++index];
    else text += char;
  }
  throw new BadPattern();
}

/** A percent sign inside is written \x25. */
export function readRegex(source: string, at: number): Cut {
  const end = source.indexOf("%", at + 1);
  if (end < 0) throw new BadPattern();
  return { kind: "regex", text: source.slice(at + 1, end), end: end + 1 };
}
