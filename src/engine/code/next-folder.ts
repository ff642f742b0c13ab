// A folder made ahead: the files of the newest large package once more, by links. A package that differs from it in one file is then unpacked
// in the time that one file takes, and not in that of thousands of links (25 µs each): a save under `evoke dev`.
import { linkSync, mkdirSync, mkdtempSync, renameSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";

export interface NextFolder {
  /** Begins to make one like `folder`; the one before is gone. `identities` of its files, by path. */
  prepare(folder: string, identities: Map<string, string>): void;
  /** Gives it away when it has most of these files; undefined when there is none such. */
  take(identities: ReadonlyMap<string, string>): Promise<Made | undefined>;
  /** Gives it away when it is one like `folder`. */
  takeLike(folder: string): Promise<Made | undefined>;
  /** It was taken, and has become one like another folder. */
  giveBack(changed: Made): void;
  /** Whether it is, or is going to be, one like `folder`. */
  isLike(folder: string): boolean;
  close(): Promise<void>;
}

export interface Made {
  folder: string;
  like: string;
  identities: Map<string, string>;
}

/** How folders are called that are not whole yet. */
export const HALF = "unpacking-";
/** Fewer are linked in no time. */
export const WORTH_FROM_FILES = 500;
/** The first invocations of the new code come at the same time, and go first: so it begins later, and pauses after each millisecond. */
const BEGIN_AFTER_MS = 200;
const LINKS_AT_ONCE = 50;
const PAUSE_MS = 1;

export function openNextFolder(root: string, clock: Clock): NextFolder {
  const copy = join(root, "next");
  let made: Made | undefined;
  let making: Promise<void> | undefined;
  let wanted: string | undefined;
  let hurried = 0;
  let closed = false;
  let goOn: (() => void) | undefined;

  const pause = (ms: number) => new Promise<void>((resolve) => {
    if (hurried > 0) return setImmediate(resolve);
    goOn = resolve;
    clock.after(ms, resolve);
  });
  /** Somebody waits for it. */
  const finish = async () => {
    hurried++;
    goOn?.();
    await making;
    hurried--;
  };
  const begin = (like: string, work: () => Promise<Made>) => {
    made = undefined;
    wanted = like;
    making = (making ?? Promise.resolve())
      .then(async () => {
        await rm(copy, { recursive: true, force: true }); // a killed platform's, too
        made = await work();
      })
      .catch(() => { made = wanted = undefined; }); // it is only ahead of time: the next package is unpacked without
  };
  const make = async (folder: string, identities: Map<string, string>): Promise<Made> => {
    const folders = new Set<string>();
    let links = 0;
    await pause(BEGIN_AFTER_MS);
    for (const path of identities.keys()) {
      if (closed) throw new Fault("Evoke is closing");
      const parent = dirname(path);
      if (!folders.has(parent)) mkdirSync(join(copy, parent), { recursive: true, mode: 0o755 });
      folders.add(parent);
      linkSync(join(folder, path), join(copy, path));
      if (++links % LINKS_AT_ONCE === 0) await pause(PAUSE_MS);
    }
    return { folder: copy, like: folder, identities };
  };
  /** Under a name of its own, as the next one is made meanwhile. */
  const give = (): Made => {
    const taken = made!;
    made = wanted = undefined;
    const folder = mkdtempSync(join(root, HALF));
    renameSync(taken.folder, folder);
    return { ...taken, folder };
  };

  return {
    prepare: (folder, identities) => begin(folder, () => make(folder, identities)),
    async take(identities) {
      await finish();
      if (!made) return undefined;
      let common = 0;
      for (const [path, identity] of identities) if (made.identities.get(path) === identity) common++;
      return common * 2 < Math.max(identities.size, made.identities.size) ? undefined : give();
    },
    async takeLike(folder) {
      if (wanted !== folder) return undefined;
      await finish();
      return made?.like === folder ? give() : undefined;
    },
    giveBack: (changed) => begin(changed.like, async () => {
      await rename(changed.folder, copy);
      return { ...changed, folder: copy };
    }),
    isLike: (folder) => wanted === folder,
    async close() {
      closed = true;
      await finish();
    },
  };
}
