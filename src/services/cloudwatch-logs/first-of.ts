// The first few of a long list in some order, without keeping the list.

/** The first `limit` items in order of `compare`, sorted. Keeps at most twice as many at once. */
export async function firstOf<T>(items: AsyncIterable<T>, limit: number, compare: (a: T, b: T) => number, wanted: (item: T) => boolean = () => true): Promise<T[]> {
  let kept: T[] = [];
  let worst: T | undefined;
  for await (const item of items) {
    if (!wanted(item) || (worst !== undefined && compare(item, worst) >= 0)) continue;
    kept.push(item);
    if (kept.length < 2 * limit) continue;
    kept = kept.sort(compare).slice(0, limit);
    worst = kept.at(-1);
  }
  return kept.sort(compare).slice(0, limit);
}
