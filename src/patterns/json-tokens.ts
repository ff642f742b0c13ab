// JSON read token by token, so that a complaint can say where: as Jackson's streaming parser counts, because AWS's
// messages carry its positions: "… at [Source: (String)"{"key":[]}"; line: 1, column: 10]".
import { BadPattern } from "./bad-pattern.ts";

export type Token = "{" | "}" | "[" | "]" | "name" | "string" | "number" | "true" | "false" | "null";

export interface JsonTokens {
  /** Throws BadPattern where the text is not JSON, or ends. */
  next(): Token;
  /** Of the current token: a name or string unescaped, anything else as written. */
  text(): string;
  /** The message with the position reached. */
  complaint(message: string): BadPattern;
}

/** Jackson's own limit. */
const DEPTH_MAX = 1000;
/** Jackson shows no more of its source. */
const SOURCE_SHOWN = 500;
const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /[\p{L}\p{N}_$]+/uy;

export function jsonTokens(source: string): JsonTokens {
  let position = 0;
  let current = "";
  /** A string's opening quote has been read, its rest has not: Jackson reads it when it is asked for. */
  let unread = false;
  /** The value after a name is read with the name. */
  let ahead: { token: Token; text: string } | undefined;
  const open: ("{" | "[")[] = [];
  let first = true;
  let done = false;

  function where(at: number): string {
    const before = source.slice(0, at);
    const lines = before.split(/\r\n|\r|\n/);
    const rest = source.length - SOURCE_SHOWN;
    return `\n at [Source: (String)"${source.slice(0, SOURCE_SHOWN)}"${rest > 0 ? `[truncated ${rest} chars]` : ""}; line: ${lines.length}, column: ${lines.at(-1)!.length + 1}]`;
  }
  const bad = (message: string, at = position) => new BadPattern(message + where(at));

  function skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const found = pattern.exec(source)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  }

  function unexpected(expected: string): BadPattern {
    if (position >= source.length) return bad("Unexpected end-of-input");
    const code = source.codePointAt(position)!;
    return bad(`Unexpected character ('${String.fromCodePoint(code)}' (code ${code})): ${expected}`);
  }

  function readString(): string {
    const start = position - 1;
    while (position < source.length && source[position] !== '"') position += source[position] === "\\" ? 2 : 1;
    if (position >= source.length) throw bad("Unexpected end-of-input in a String value", source.length);
    position += 1;
    unread = false;
    try {
      return JSON.parse(source.slice(start, position)) as string;
    } catch {
      throw bad("Unrecognized character escape, or a character that has to be escaped, in a String value");
    }
  }

  function value(): Token {
    const character = source[position];
    if (character === "{" || character === "[") {
      position += 1;
      open.push(character);
      if (open.length > DEPTH_MAX) throw bad(`Document nesting depth (${DEPTH_MAX + 1}) exceeds the maximum allowed (${DEPTH_MAX})`);
      first = true;
      current = character;
      return character;
    }
    if (character === '"') {
      position += 1;
      unread = true;
      return "string";
    }
    const number = skip(NUMBER);
    if (number !== undefined) {
      current = number;
      return "number";
    }
    const word = skip(WORD);
    if (word === undefined) throw unexpected(`expected a valid value ${VALUES}`);
    if (word !== "true" && word !== "false" && word !== "null") throw bad(`Unrecognized token '${word}': was expecting ${VALUES}`);
    current = word;
    return word;
  }

  function close(): "}" | "]" {
    const token = source[position] as "}" | "]";
    position += 1;
    open.pop();
    first = false;
    current = token;
    done = open.length === 0;
    return token;
  }

  function name(): Token {
    if (source[position] !== '"') throw unexpected("was expecting double-quote to start field name");
    position += 1;
    const text = readString();
    skip(SPACE);
    if (source[position] !== ":") throw unexpected("was expecting a colon to separate field name and value");
    position += 1;
    skip(SPACE);
    const token = value();
    ahead = { token, text: current };
    current = text;
    return "name";
  }

  return {
    next() {
      if (ahead !== undefined) {
        const { token, text } = ahead;
        ahead = undefined;
        current = text;
        return token;
      }
      if (unread) readString();
      if (done) throw bad("Unexpected end-of-input");
      skip(SPACE);
      const inside = open.at(-1);
      if (inside === undefined) return value();
      if (source[position] === (inside === "{" ? "}" : "]")) return close();
      if (!first) {
        if (source[position] !== ",") throw unexpected(`was expecting comma to separate ${inside === "{" ? "Object" : "Array"} entries`);
        position += 1;
        skip(SPACE);
      }
      first = false;
      return inside === "{" ? name() : value();
    },
    text() {
      if (unread && ahead === undefined) current = readString();
      return current;
    },
    complaint: (message) => bad(message),
  };
}
