// In which order a batch changes messages of several groups. Each change holds its group until the transaction ends, so where processes share
// a database, two batches in different orders would wait for each other. Pure.

/** By group; those of one group as they were. */
export const inGroupOrder = <T>(items: readonly T[], groupOf: (item: T) => string | undefined): T[] =>
  items.map((item) => ({ item, group: groupOf(item) ?? "" })).sort((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : 0)).map(({ item }) => item);
