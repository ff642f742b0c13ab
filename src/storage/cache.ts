// Recently read documents, parsed. Only for a database that no other process writes to.
import type { Cache } from "./sql.ts";

/** Counted in characters of JSON; parsed values take a few times that. */
const TOTAL_MAX = 16 * 1024 * 1024;
const VALUE_MAX = 64 * 1024;
/** What an entry costs beside its value. */
const ENTRY = 200;

export function openCache(): Cache & { forget(key: string): void } {
  const entries = new Map<string, { value: unknown; size: number }>();
  let total = 0;
  const forget = (key: string) => {
    const entry = entries.get(key);
    if (entry && entries.delete(key)) total -= entry.size;
  };
  return {
    get(key) {
      return entries.get(key)?.value;
    },
    set(key, value, characters) {
      if (characters > VALUE_MAX) return;
      forget(key);
      entries.set(key, { value, size: characters + ENTRY });
      total += characters + ENTRY;
      // Oldest first, not least used: a hot document is back after one read, and a hit stays one Map look-up.
      for (const oldest of entries.keys()) {
        if (total <= TOTAL_MAX) break;
        forget(oldest);
      }
    },
    forget,
  };
}
