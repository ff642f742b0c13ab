// Which of many ranges numbers are in: a tree of centres, each with the ranges around it sorted by both their ends. No I/O.
import type { Range } from "../../patterns/condition.ts";

export interface Ranges<T> {
  /** Calls `found` with what is filed under ranges that have one of the numbers; with everything, where they are very many. */
  of(numbers: ReadonlySet<number>, found: (value: T) => void): void;
}

/** Each finds as much as there is at most, so for more it is cheaper, and soon over, to take everything. */
const NUMBERS_MAX = 64;

type Filed<T> = readonly [Range, T];

interface Node<T> {
  centre: number;
  /** Those that contain the centre, the first to begin first; and the last to end first. */
  byFrom: Filed<T>[];
  byTo: Filed<T>[];
  below: Node<T> | undefined;
  above: Node<T> | undefined;
}

export function ranges<T>(all: Filed<T>[]): Ranges<T> {
  const root = nodeOf(all);
  return {
    of(numbers, found) {
      if (!root) return;
      if (numbers.size > NUMBERS_MAX) for (const [, value] of all) found(value);
      else for (const number of numbers) findIn(root, number, found);
    },
  };
}

function findIn<T>(root: Node<T>, number: number, found: (value: T) => void): void {
  for (let node: Node<T> | undefined = root; node; node = number < node.centre ? node.below : node.above) {
    for (const [{ from, to }, value] of number < node.centre ? node.byFrom : node.byTo) {
      if (from > number || to < number) break;
      found(value);
    }
  }
}

/** Half of those that are left end below the centre at most, so it is as deep as their number has bits. */
function nodeOf<T>(all: Filed<T>[]): Node<T> | undefined {
  if (all.length === 0) return undefined;
  const ends = all.flatMap(([{ from, to }]) => [from, to]).filter(Number.isFinite).sort((a, b) => a - b);
  const centre = ends[ends.length >> 1]!;
  const around = all.filter(([{ from, to }]) => from <= centre && centre <= to);
  return {
    centre,
    byFrom: around.toSorted(([a], [b]) => a.from - b.from),
    byTo: around.toSorted(([a], [b]) => b.to - a.to),
    below: nodeOf(all.filter(([{ to }]) => to < centre)),
    above: nodeOf(all.filter(([{ from }]) => from > centre)),
  };
}
