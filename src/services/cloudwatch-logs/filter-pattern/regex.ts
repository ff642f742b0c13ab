// The regular expressions of filter patterns, matched in linear time.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
//
// The language has no parentheses, so an expression is a list of alternatives, each a row of repeated character sets.
// JavaScript's own engine would take exponential time on some of them (`.*.*.*x`), and messages come from anyone.
import { BadPattern } from "./bad-pattern.ts";

type CharTest = (code: number) => boolean;

interface Item {
  test: CharTest;
  /** The one character this item stands for, where it is just that. */
  literal?: string;
  min: number;
  max: number;
}

interface Alternative {
  fromStart: boolean;
  toEnd: boolean;
  items: Item[];
}

/** One step of the automaton: consumes a character passing `test`; may be left out, may be repeated. */
interface Step {
  test: CharTest;
  optional: boolean;
  repeats: boolean;
}

export type Matcher = (text: string) => boolean;

/** More would let one expression hold up the process on a long message. */
const STEPS_MAX = 256;
const PLAIN = /^[A-Za-z0-9:_#=@/;,\- ]$/;
const digit: CharTest = (code) => code >= 48 && code <= 57;
const word: CharTest = (code) => digit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const space: CharTest = (code) => code === 32 || (code >= 9 && code <= 13);
const CLASSES: Record<string, CharTest> = { d: digit, w: word, s: space };

/** `source` is what stands between the percent signs. Throws BadPattern. */
export function parseRegex(source: string): Matcher {
  if (source === "") throw new BadPattern();
  const alternatives = readAlternatives(source);
  const matchers = alternatives.map(matcherFor);
  return (text) => matchers.some((matches) => matches(text));
}

function readAlternatives(source: string): Alternative[] {
  const alternatives: Alternative[] = [];
  let current: Alternative = { fromStart: false, toEnd: false, items: [] };
  let at = 0;
  while (at < source.length) {
    const char = source[at]!;
    if (char === "|") {
      alternatives.push(current);
      current = { fromStart: false, toEnd: false, items: [] };
      at++;
    } else if (current.toEnd) {
      throw new BadPattern(); // nothing can follow the end
    } else if (char === "^") {
      if (current.items.length) throw new BadPattern();
      current.fromStart = true;
      at++;
    } else if (char === "$") {
      current.toEnd = true;
      at++;
    } else {
      const set = readSet(source, at);
      const count = readCount(source, set.next);
      current.items.push({ test: set.test, min: count.min, max: count.max, ...(set.literal !== undefined && { literal: set.literal }) });
      at = count.next;
    }
  }
  alternatives.push(current);
  return alternatives;
}

function readSet(source: string, at: number): { test: CharTest; literal?: string; next: number } {
  const char = source[at]!;
  if (char === ".") return { test: (code) => code !== 10, next: at + 1 };
  if (char === "[") return readBrackets(source, at + 1);
  if (char === "\\") return readEscape(source, at + 1);
  if (!PLAIN.test(char)) throw new BadPattern();
  return { ...single(char), next: at + 1 };
}

const single = (char: string): { test: CharTest; literal: string } => {
  const wanted = char.charCodeAt(0);
  return { test: (code) => code === wanted, literal: char };
};

function readEscape(source: string, at: number): { test: CharTest; literal?: string; next: number } {
  const char = source[at];
  if (char === undefined) throw new BadPattern();
  if (char === "x") {
    const hex = source.slice(at + 1, at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) throw new BadPattern();
    return { ...single(String.fromCharCode(parseInt(hex, 16))), next: at + 3 };
  }
  const named = CLASSES[char.toLowerCase()];
  if (named) return { test: char === char.toLowerCase() ? named : (code) => !named(code), next: at + 1 };
  const control = { t: "\t", n: "\n", r: "\r" }[char];
  if (control) return { ...single(control), next: at + 1 };
  if (/[A-Za-z0-9]/.test(char) || char.charCodeAt(0) > 126) throw new BadPattern();
  return { ...single(char), next: at + 1 };
}

function readBrackets(source: string, start: number): { test: CharTest; next: number } {
  let at = start;
  const inverted = source[at] === "^";
  if (inverted) at++;
  const tests: CharTest[] = [];
  while (source[at] !== "]") {
    const from = readMember(source, at);
    at = from.next;
    if (source[at] === "-" && source[at + 1] !== "]" && from.literal !== undefined) {
      const to = readMember(source, at + 1);
      if (to.literal === undefined || to.literal < from.literal) throw new BadPattern();
      const [low, high] = [from.literal.charCodeAt(0), to.literal.charCodeAt(0)];
      tests.push((code) => code >= low && code <= high);
      at = to.next;
    } else {
      tests.push(from.test);
    }
  }
  if (!tests.length) throw new BadPattern();
  return { test: (code) => tests.some((test) => test(code)) !== inverted, next: at + 1 };
}

function readMember(source: string, at: number): { test: CharTest; literal?: string; next: number } {
  const char = source[at];
  if (char === undefined) throw new BadPattern();
  if (char === "\\") return readEscape(source, at + 1);
  if (!PLAIN.test(char) && !"^$?{}|*+.".includes(char)) throw new BadPattern();
  return { ...single(char), next: at + 1 };
}

function readCount(source: string, at: number): { min: number; max: number; next: number } {
  const char = source[at];
  if (char === "?") return { min: 0, max: 1, next: at + 1 };
  if (char === "*") return { min: 0, max: Infinity, next: at + 1 };
  if (char === "+") return { min: 1, max: Infinity, next: at + 1 };
  if (char !== "{") return { min: 1, max: 1, next: at };
  const [whole, low, comma, high] = /^\{\s*(\d{0,3})\s*(,?)\s*(\d{0,3})\s*\}/.exec(source.slice(at)) ?? [];
  if (whole === undefined || (!low && !high)) throw new BadPattern();
  const min = low ? Number(low) : 0;
  const max = comma ? (high ? Number(high) : Infinity) : min;
  if (max < min) throw new BadPattern();
  return { min, max, next: at + whole.length };
}

function matcherFor(alternative: Alternative): Matcher {
  const { items, fromStart, toEnd } = alternative;
  const text = items.map((item) => (item.min === 1 && item.max === 1 ? item.literal : undefined));
  if (text.every((char) => char !== undefined)) {
    const literal = text.join("");
    if (fromStart) return toEnd ? (message) => message === literal : (message) => message.startsWith(literal);
    return toEnd ? (message) => message.endsWith(literal) : (message) => message.includes(literal);
  }
  const steps = items.flatMap(stepsOf);
  if (steps.length > STEPS_MAX) throw new BadPattern();
  return (message) => run(steps, fromStart, toEnd, message);
}

function stepsOf({ test, min, max }: Item): Step[] {
  if (min > STEPS_MAX || (max !== Infinity && max > STEPS_MAX)) throw new BadPattern();
  const steps: Step[] = Array.from({ length: min }, () => ({ test, optional: false, repeats: false }));
  if (max === Infinity) steps.push({ test, optional: true, repeats: true });
  else for (let count = min; count < max; count++) steps.push({ test, optional: true, repeats: false });
  return steps;
}

/** Thompson's construction: all positions at once, so the time is message length times steps at worst. */
function run(steps: Step[], fromStart: boolean, toEnd: boolean, message: string): boolean {
  let active = new Uint8Array(steps.length + 1);
  let next = new Uint8Array(steps.length + 1);
  const enter = (states: Uint8Array, from: number) => {
    for (let state = from; !states[state]; state++) {
      states[state] = 1;
      if (state === steps.length || !steps[state]!.optional) return;
    }
  };
  enter(active, 0);
  for (let at = 0; ; at++) {
    if (active[steps.length] && (!toEnd || at === message.length)) return true;
    if (at === message.length) return false;
    const code = message.charCodeAt(at);
    next.fill(0);
    for (let state = 0; state < steps.length; state++) {
      if (!active[state]) continue;
      const step = steps[state]!;
      if (step.test(code)) enter(next, step.repeats ? state : state + 1);
    }
    if (!fromStart) enter(next, 0);
    [active, next] = [next, active];
  }
}
