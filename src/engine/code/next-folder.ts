// A folder made ahead: the files of the newest large package once more, by links. A package that differs from it in one file is then unpacked
// in the time that one file takes, and not in that of thousands of links (25 µs each): a save under `evoke dev`.
import { linkSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

export interface NextFolder {
  /** Begins to make one like `folder`; the one before is gone. `identities` of its files, by path. */
  prepare(folder: string, identities: ReadonlyMap<string, string>): void;
  /** Gives it away when it has most of these files; undefined when there is none such. */
  take(identities: ReadonlyMap<string, string>): Promise<Made | undefined>;
}

export interface Made {
  folder: string;
  identities: ReadonlyMap<string, string>;
}

/** Fewer are linked in no time. */
export const WORTH_FROM_FILES = 500;
/** Two milliseconds, then others have their turn. */
const LINKS_AT_ONCE = 50;

export function openNextFolder(root: string): NextFolder {
  let made: Made | undefined;
  let making: Promise<void> | undefined;

  const make = async (folder: string, identities: ReadonlyMap<string, string>, copy: string) => {
    await rm(copy, { recursive: true, force: true }); // a killed platform's, too
    const folders = new Set<string>();
    let links = 0;
    for (const path of identities.keys()) {
      const parent = dirname(path);
      if (!folders.has(parent)) await mkdir(join(copy, parent), { recursive: true, mode: 0o755 });
      folders.add(parent);
      linkSync(join(folder, path), join(copy, path));
      if (++links % LINKS_AT_ONCE === 0) await new Promise((resolve) => { setImmediate(resolve); });
    }
    made = { folder: copy, identities };
  };

  return {
    prepare(folder, identities) {
      made = undefined;
      making = (making ?? Promise.resolve())
        .then(() => make(folder, identities, join(root, "next")))
        .catch(() => { made = undefined; }); // it is only ahead of time: the next package is unpacked without
    },
    async take(identities) {
      await making;
      if (!made) return undefined;
      let common = 0;
      for (const [path, identity] of identities) if (made.identities.get(path) === identity) common++;
      if (common * 2 < Math.max(identities.size, made.identities.size)) return undefined;
      const taken = made;
      made = undefined;
      return taken;
    },
  };
}
