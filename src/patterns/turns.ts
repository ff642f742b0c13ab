// Matching in pieces, where all at once would be long work: a thousand alternatives over a large event take seconds.
import type { Pattern } from "./pattern.ts";

/** Characters times alternatives of patterns tried in one turn of the event loop, by whoever matches: some milliseconds, for the worst of both. */
const TURN_MAX = 2_000_000;

let left = TURN_MAX;
let next: Promise<void> | undefined;

/** As `pattern.matches`, of an event that is so many characters of JSON, letting others have their turn where that is long work. */
export async function matchesInTurns({ alternatives }: Pattern, event: unknown, characters: number): Promise<boolean> {
  if (typeof event !== "object" || event === null || Array.isArray(event)) return false;
  for (const matches of alternatives) {
    while (isOver(characters)) await nextTurn();
    left -= characters;
    if (matches(event)) return true;
  }
  return false;
}

/** One piece fits into any turn, however long. */
const isOver = (characters: number): boolean => next !== undefined || (characters > left && left < TURN_MAX);

const nextTurn = (): Promise<void> => (next ??= new Promise((resolve) => {
  setImmediate(() => {
    next = undefined;
    left = TURN_MAX;
    resolve();
  });
}));
