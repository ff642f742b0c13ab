// What was found of one language: kept, and looked for again when an interpreter was replaced, removed, or has come where none served.
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FAMILIES, type FamilyName } from "./families.ts";
import { type Found, probeInterpreter } from "./probe.ts";

export interface KnownInterpreters {
  /** As they are now. */
  all(): Promise<Found[]>;
  /** The one that `choose` takes of them, which is still the file that was asked for its version. One look at that file, where it is. */
  pick(choose: (found: Found[]) => Found | undefined): Promise<Found | undefined>;
  forget(): void;
}

interface Standing {
  found: (Found & { mark: string })[];
  /** Of every place where one could be. */
  mark: string;
}

export function openKnown(family: FamilyName, environment: Record<string, string | undefined>, execPath: string): KnownInterpreters {
  let standing: Promise<Standing> | undefined;
  const places = async () => (await FAMILIES[family].candidates(environment, execPath)).map(({ path }) => path);

  async function look(): Promise<Standing> {
    const paths = await places();
    const mark = await marksOf(paths);
    const found = (await Promise.all(paths.map((path) => probeInterpreter(family, { path }, environment)))).flat();
    return { mark, found: await Promise.all(found.map(async (one) => ({ ...one, mark: await markOf(one.path) }))) };
  }

  const current = (): Promise<Standing> => (standing ??= look());
  /** Those who notice the same change share one look. */
  const again = (before: Promise<Standing>): Promise<Standing> => {
    if (standing === before) standing = look();
    return current();
  };

  return {
    async all() {
      const before = current();
      const { found, mark } = await before;
      const same = (await marksOf(await places())) === mark && (await marksOf(found.map(({ path }) => path))) === found.map((one) => one.mark).join(" ");
      return (same ? await before : await again(before)).found;
    },
    async pick(choose) {
      const before = current();
      const { found, mark } = await before;
      const choice = choose(found) as Standing["found"][number] | undefined;
      if (choice ? (await markOf(choice.path)) === choice.mark : (await marksOf(await places())) === mark) return choice;
      return choose((await again(before)).found);
    },
    forget() { standing = undefined; },
  };
}

const marksOf = async (paths: string[]): Promise<string> => (await Promise.all(paths.map(markOf))).join(" ");

/** Changes with the file, and with the runtimes that lie beside a `dotnet`. */
async function markOf(path: string): Promise<string> {
  const seen = path.endsWith("/dotnet") ? [path, join(dirname(path), "shared/Microsoft.NETCore.App")] : [path];
  const marks = await Promise.all(seen.map((each) => stat(each).then(({ ino, size, mtimeMs }) => `${ino}-${size}-${mtimeMs}`, () => "gone")));
  return `${path} ${marks.join("+")}`;
}
