// The package of `evoke dev`: what the folder holds, and what of it the function does not have yet.
import { createHash } from "node:crypto";
import { type PackedEntry, zipOf } from "../engine/code/zip-entries.ts";
import { lookAt, lookAtAll, zipOfAll, type ZipMemory } from "./zip-folder.ts";

export interface DevPackage {
  /** Looks at these paths, or at everything, these whatever their dates are; and at everything after a look that failed. Throws CommandError. */
  look(paths: Iterable<string>, all: boolean): Promise<void>;
  files(): number;
  zip(): Uint8Array;
  /** Between what is deployed and what was looked at; undefined when there is nothing. */
  changes(): Changes | undefined;
  /** What was looked at last is what the function has: `sha256` (base64) of its zip. */
  isDeployed(sha256: string): void;
  /** The CodeSha256 of what is deployed, where that is known. */
  deployed(): string | undefined;
}

export interface Changes {
  removed: string[];
  added: PackedEntry[];
}

export function openDevPackage(folder: string): DevPackage {
  const memory: ZipMemory = new Map();
  let entries = new Map<string, PackedEntry>();
  let deployed: string | undefined;
  let isKnown = false;
  return {
    async look(paths, all) {
      const everything = all || !isKnown;
      isKnown = false;
      if (everything) for (const path of paths) memory.delete(path); // half-written, it was perhaps read: its date alone does not tell
      await (everything ? lookAtAll(folder, memory) : lookAt(folder, memory, paths));
      isKnown = true;
    },
    files: () => memory.size,
    zip: () => zipOfAll(memory),
    changes() {
      const added = [...memory].filter(([path, { entry }]) => !isSame(entry, entries.get(path))).map(([, { entry }]) => entry);
      const removed = [...entries.keys()].filter((path) => !memory.has(path));
      return added.length + removed.length > 0 ? { added, removed } : undefined;
    },
    isDeployed(sha256) {
      deployed = sha256;
      entries = new Map([...memory].map(([path, { entry }]) => [path, entry]));
    },
    deployed: () => deployed,
  };
}

/** Where an entry stands in a zip is written elsewhere, so equal entries are equal bytes. */
const isSame = (a: PackedEntry, b: PackedEntry | undefined): boolean => a === b || (b !== undefined && a.local.equals(b.local) && a.central.equals(b.central));

export const sha256Of = (zip: Uint8Array): string => createHash("sha256").update(zip).digest("base64");

/** In base64. */
export const zipOfAdded = ({ added }: Changes): string => Buffer.from(zipOf(added)).toString("base64");
