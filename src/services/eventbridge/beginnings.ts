// Which of many beginnings a text has, found as one finds a word in a dictionary. No I/O.

/** What is longer is filed under so much of it, so that a text has no more beginnings than this, however many there are. */
export const FILED_CHARACTERS_MAX = 128;

interface Filed<V> {
  beginning: string;
  values: V[];
  /** The longest other one that this one begins with itself. */
  within?: Filed<V> | undefined;
}

export interface Beginnings<V> {
  /** Calls `found` with what is filed under beginnings of the text, and under none else. */
  of(text: string, found: (value: V) => void): void;
}

export function beginnings<V>(all: Iterable<readonly [beginning: string, value: V]>): Beginnings<V> {
  const byText = new Map<string, Filed<V>>();
  for (const [text, value] of all) {
    const beginning = text.slice(0, FILED_CHARACTERS_MAX);
    const filed = byText.get(beginning);
    if (filed) filed.values.push(value);
    else byText.set(beginning, { beginning, values: [value] });
  }
  const sorted = [...byText.values()].sort((a, b) => (a.beginning < b.beginning ? -1 : 1));
  for (const [at, filed] of sorted.entries()) {
    let within = sorted[at - 1];
    while (within && !filed.beginning.startsWith(within.beginning)) within = within.within;
    filed.within = within;
  }
  return {
    of(text, found) {
      // What a text begins with is not behind it in order, and what stands between the two begins so, too.
      for (let filed = lastUpTo(sorted, text); filed; filed = filed.within) if (text.startsWith(filed.beginning)) for (const value of filed.values) found(value);
    },
  };
}

function lastUpTo<V>(sorted: Filed<V>[], text: string): Filed<V> | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.beginning <= text) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
