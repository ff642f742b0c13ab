// Files of packages that are unpacked on this machine already: a new package that brings the same file links to it, instead of inflating and writing it again.
// A save under `evoke dev` changes one file of what may be thousands in node_modules.
import { linkSync } from "node:fs";
import type { ZipEntry } from "./zip.ts";

/** About 5 MB; the longest known are forgotten first. */
const FILES_MAX = 20_000;
/** Below it, writing is as fast. */
const WORTH_FROM_FILES = 20;

export interface SameFiles {
  /** Links to the same file where there is one; false when it is to be written. */
  link(identity: string, path: string): boolean;
  remember(identity: string, path: string): void;
}

/** Package folders never change; one that is gone is not found, and its files are written again. */
export function openSameFiles(): SameFiles {
  const known = new Map<string, string>();
  return {
    link(identity, path) {
      const there = known.get(identity);
      if (there === undefined) return false;
      try {
        linkSync(there, path); // waiting for it would take longer than it does
        return true;
      } catch {
        known.delete(identity);
        return false;
      }
    },
    remember(identity, path) {
      known.delete(identity);
      known.set(identity, path);
      if (known.size > FILES_MAX) known.delete(known.keys().next().value!);
    },
  };
}

export const worthLooking = (files: ZipEntry[]): boolean => files.length >= WORTH_FROM_FILES;
