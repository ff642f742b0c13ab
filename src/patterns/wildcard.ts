// Wildcards: * is any number of characters, \* an asterisk, \\ a backslash.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-wildcard-matching

/** Literal stretches, with a * between each two. */
export type Wildcard = string[];

/** Bytes, with the quotation mark that event-ruler counts in: "Consecutive wildcard characters at pos 26". */
const byteAt = (text: string, index: number) => Buffer.byteLength(text.slice(0, index)) + 1;

export function parseWildcard(text: string): Wildcard | { wrong: string } {
  const parts = [""];
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === "*") {
      if (text[index + 1] === "*") return { wrong: `Consecutive wildcard characters at pos ${byteAt(text, index)}` };
      parts.push("");
    } else if (character === "\\") {
      index += 1;
      const escaped = text[index];
      if (escaped !== "*" && escaped !== "\\") return { wrong: `Invalid escape character at pos ${byteAt(text, index - 1)}` };
      parts[parts.length - 1] += escaped;
    } else {
      parts[parts.length - 1] += character;
    }
  }
  return parts;
}

/** The first stretch begins the text, the last ends it, the others follow each other between. */
export function matchesWildcard(parts: Wildcard, text: string): boolean {
  const first = parts[0]!;
  if (parts.length === 1) return text === first;
  const last = parts.at(-1)!;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const at = text.indexOf(parts[index]!, from);
    if (at < 0) return false;
    from = at + parts[index]!.length;
  }
  return from <= text.length - last.length;
}

/** How many sets of prefixes are looked at before a pattern counts as too complex. */
const SETS_MAX = 2_000;

/**
 * Whether some text would be the beginning of this many prefixes of the wildcards at once, a prefix ending before and after
 * each * (event-ruler's MachineComplexityEvaluator; its test cases are ours). It bounds the work of a comparison, too.
 */
export function tooComplex(wildcards: Wildcard[], most: number): boolean {
  // A state is a place in one of the wildcards; null stands for its *.
  const steps: (string | null | undefined)[] = wildcards.flatMap((parts) => [...parts.flatMap((part, index) => (index === 0 ? [...part] : [null, ...part])), undefined]);
  const letters = new Set(steps.filter((step) => typeof step === "string"));
  const starts = steps.flatMap((_step, index) => (index === 0 || steps[index - 1] === undefined ? [index] : []));
  /** Places count once something has been read to reach them; the place after a * is where it may go on reading. */
  const spread = (places: number[]) => [...new Set(places.flatMap((place) => (steps[place] === null ? [place, place + 1] : [place])))].sort((one, other) => one - other);
  const seen = new Set<string>();
  const queue = [spread(starts)];
  while (queue.length > 0) {
    const places = queue.pop()!;
    for (const letter of [...letters, undefined]) {
      const next = spread(places.flatMap((place) => [
        ...(letter !== undefined && steps[place] === letter ? [place + 1] : []),
        ...(steps[place - 1] === null ? [place] : []),
      ]));
      if (next.length >= most) return true;
      const key = next.join();
      if (next.length === 0 || seen.has(key)) continue;
      seen.add(key);
      if (seen.size > SETS_MAX) return true;
      queue.push(next);
    }
  }
  return false;
}
