// Wildcards of policies: * is any run of characters, ? is any one. What a policy variable stands for is taken literally.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html

/** Text with wildcards, or a literal piece (a variable's value). */
export type Piece = string | { literal: string };

export interface Glob {
  /** Set when there is no wildcard. */
  exact?: string;
  /** Set when the only wildcard is a * at the end. */
  prefix?: string;
  /** UTF-16 units, or one of the three below. */
  units: readonly number[];
}

const ANY = -1;
const ONE = -2;
/** A * inside one of an ARN's first five segments. */
const ANY_BUT_COLON = -3;
const COLON = 58;
const MATCH_ALL: Glob = { prefix: "", units: [ANY] };

/** For actions: case does not matter, so both sides are lower case. */
export const foldedGlob = (text: string): Glob => globOf([text.toLowerCase()]);

export function globOf(pieces: readonly Piece[]): Glob {
  if (pieces.length === 1 && pieces[0] === "*") return MATCH_ALL;
  const units: number[] = [];
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : piece.literal;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      units.push(typeof piece !== "string" ? unit : unit === 42 ? ANY : unit === 63 ? ONE : unit);
    }
  }
  return ofUnits(units);
}

/**
 * "If you use the * wildcard in the last position of a resource ARN segment, it can expand to match beyond the colon
 * boundaries"; anywhere else in the first five segments it stays between its colons.
 */
export function arnGlobOf(pieces: readonly Piece[]): Glob {
  const glob = globOf(pieces);
  if (glob.exact !== undefined || glob.prefix !== undefined) return glob;
  const units = [...glob.units];
  let colons = 0;
  for (let at = 0; at < units.length && colons < 5; at++) {
    if (units[at] === COLON) colons++;
    else if (units[at] === ANY && at + 1 < units.length && units[at + 1] !== COLON) units[at] = ANY_BUT_COLON;
  }
  return { units };
}

function ofUnits(units: number[]): Glob {
  const first = units.findIndex((unit) => unit < 0);
  if (first < 0) return { exact: text(units), units };
  if (first === units.length - 1 && units[first] === ANY) return { prefix: text(units.slice(0, -1)), units };
  return { units };
}

const text = (units: number[]): string => units.map((unit) => String.fromCharCode(unit)).join("");

export function matches(glob: Glob, subject: string): boolean {
  if (glob.exact !== undefined) return glob.exact === subject;
  if (glob.prefix !== undefined) return subject.startsWith(glob.prefix);
  return walk(glob.units, subject);
}

/** Time is the product of both lengths at most, however many wildcards there are, and never more of the pattern is looked at than the text can have come to. */
function walk(units: readonly number[], subject: string): boolean {
  // reached[i]: the units before i have been matched by the text so far. None beyond `end` is.
  let reached = new Uint8Array(units.length + 1);
  let next = new Uint8Array(units.length + 1);
  reached[0] = 1;
  let end = passStars(units, reached, 0);
  for (let at = 0; at < subject.length; at++) {
    const unit = subject.charCodeAt(at);
    let far = -1;
    next.fill(0, 0, Math.min(end + 2, next.length));
    for (let i = 0; i <= end && i < units.length; i++) {
      if (!reached[i]) continue;
      const wanted = units[i]!;
      if (wanted === ANY || (wanted === ANY_BUT_COLON && unit !== COLON)) next[far = i] = 1;
      else if (wanted === ONE || wanted === unit) next[far = i + 1] = 1;
    }
    if (far < 0) return false;
    end = passStars(units, next, far);
    [reached, next] = [next, reached];
  }
  return end === units.length && reached[end] === 1;
}

/** A star may stand for nothing. Answers the furthest place there is. */
function passStars(units: readonly number[], reached: Uint8Array, far: number): number {
  let end = far;
  for (let i = 0; i <= end && i < units.length; i++) {
    if (!reached[i] || (units[i] !== ANY && units[i] !== ANY_BUT_COLON)) continue;
    reached[i + 1] = 1;
    if (i === end) end++;
  }
  return end;
}

/** Condition operators on ARNs compare each of the six segments on its own. */
export function arnMatches(pattern: readonly Piece[], subject: string): boolean {
  const wanted = sixSegments(pattern);
  const given = split(subject);
  return wanted !== undefined && given !== undefined && wanted.every((segment, index) => matches(globOf(segment), given[index]!));
}

function split(arn: string): string[] | undefined {
  const parts = arn.split(":");
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(":")];
}

function sixSegments(pattern: readonly Piece[]): Piece[][] | undefined {
  const segments: Piece[][] = [[]];
  for (const piece of pattern) {
    const literal = typeof piece !== "string";
    const wrap = (part: string): Piece => (literal ? { literal: part } : part);
    let rest = literal ? piece.literal : piece;
    while (segments.length < 6) {
      const colon = rest.indexOf(":");
      if (colon < 0) break;
      segments.at(-1)!.push(wrap(rest.slice(0, colon)));
      segments.push([]);
      rest = rest.slice(colon + 1);
    }
    segments.at(-1)!.push(wrap(rest));
  }
  return segments.length === 6 ? segments : undefined;
}
