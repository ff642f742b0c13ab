// Files of packages that are unpacked on this machine already: a new package that brings the same file links to it, instead of inflating and writing it again.
// A save under `evoke dev` changes one file of what may be thousands in node_modules.
import { link } from "node:fs/promises";
import type { ZipEntry } from "./zip.ts";

/** About 5 MB; the longest known are forgotten first. */
const FILES_MAX = 20_000;
/** Below it, writing is as fast. */
const WORTH_FROM_FILES = 20;

export interface SameFiles {
  /** Links to the same file where there is one; false when it is to be written. `identity` is what to remember it by. */
  take(entry: ZipEntry, path: string): Promise<{ linked: boolean; identity: string }>;
  remember(identity: string, path: string): void;
}

/** Package folders never change; one that is gone is not found, and its files are written again. */
export function openSameFiles(): SameFiles {
  const known = new Map<string, string>();
  return {
    async take(entry, path) {
      const identity = await entry.identity();
      const there = known.get(identity);
      if (there === undefined) return { linked: false, identity };
      const linked = await link(there, path).then(() => true, () => false);
      if (!linked) known.delete(identity);
      return { linked, identity };
    },
    remember(identity, path) {
      known.delete(identity);
      known.set(identity, path);
      if (known.size > FILES_MAX) known.delete(known.keys().next().value!);
    },
  };
}

export const worthLooking = (files: ZipEntry[]): boolean => files.length >= WORTH_FROM_FILES;
