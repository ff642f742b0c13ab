// Takes folders away while nobody waits: a large package is ten thousand links, and a sweep after a morning of saves finds hundreds of packages.
import { rm } from "node:fs/promises";

export interface Removals {
  /** One after the other. What a platform that ends leaves, and what cannot be removed, is for the next sweep. */
  later(folder: string): void;
  close(): Promise<void>;
}

export function openRemovals(): Removals {
  const waiting = new Set<string>();
  let working: Promise<void> | undefined;
  let closed = false;

  const work = async () => {
    for (const folder of waiting) {
      if (closed) break;
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
      waiting.delete(folder);
    }
    working = undefined;
  };
  return {
    later(folder) {
      waiting.add(folder);
      working ??= work();
    },
    async close() {
      closed = true;
      await working;
    },
  };
}
