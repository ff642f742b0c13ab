// What was found of one language: kept, and looked for again when an interpreter was replaced, removed, or has come where none served.
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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
  /** All that were asked have answered. */
  isComplete: boolean;
}

/** What does not answer on a machine under load may do so later; what never does is waited for so often. */
const LOOKS_AGAIN_MAX = 3;

export function openKnown(family: FamilyName, environment: Record<string, string | undefined>, execPath: string): KnownInterpreters {
  let standing: Promise<Standing> | undefined;
  let improving: Promise<void> | undefined;
  let looksAgain = 0;
  const places = async () => (await FAMILIES[family].candidates(environment, execPath)).map(({ path }) => path);

  async function look(): Promise<Standing> {
    const paths = await places();
    const mark = await marksOf(paths);
    const answers = await probeAll(await distinct(paths), (path) => probeInterpreter(family, { path }, environment));
    const found = answers.flatMap((answer) => answer ?? []);
    const isComplete = !answers.includes(undefined) || ++looksAgain > LOOKS_AGAIN_MAX;
    return { mark, isComplete, found: await Promise.all(found.map(async (one) => ({ ...one, mark: await markOf(one.path) }))) };
  }

  const current = (): Promise<Standing> => (standing ??= look());
  /** Those who notice the same change share one look. */
  const again = (before: Promise<Standing>): Promise<Standing> => {
    if (standing === before) standing = look();
    return current();
  };
  /** What was found serves meanwhile. */
  const improve = (before: Promise<Standing>): void => {
    improving ??= look().then((better) => {
      improving = undefined;
      if (standing === before) standing = Promise.resolve(better);
    });
  };

  return {
    async all() {
      const before = current();
      const { found, mark, isComplete } = await before;
      const same = isComplete && (await marksOf(await places())) === mark && (await marksOf(found.map(({ path }) => path))) === found.map((one) => one.mark).join(" ");
      return (same ? await before : await again(before)).found;
    },
    async pick(choose) {
      const before = current();
      const { found, mark, isComplete } = await before;
      const choice = choose(found) as Standing["found"][number] | undefined;
      if (choice && !isComplete) improve(before);
      if (choice ? (await markOf(choice.path)) === choice.mark : isComplete && (await marksOf(await places())) === mark) return choice;
      return choose((await again(before)).found);
    },
    forget() { standing = undefined; },
  };
}

/** /bin is /usr/bin on most systems, and nobody is asked twice. Under another name a program may be another: version managers have one for all. */
const distinct = async (paths: string[]): Promise<string[]> => [...new Set(await Promise.all(paths.map(async (path) => join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path)))))];

/** A machine may have dozens, and a JVM takes a processor for itself. */
const AT_ONCE = 4;

async function probeAll<T>(paths: string[], probe: (path: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < paths.length; at = next++) answers[at] = await probe(paths[at]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return answers;
}

const marksOf = async (paths: string[]): Promise<string> => (await Promise.all(paths.map(markOf))).join(" ");

/** Changes with the file, and with the runtimes that lie beside a `dotnet`. */
async function markOf(path: string): Promise<string> {
  const seen = path.endsWith("/dotnet") ? [path, join(dirname(path), "shared/Microsoft.NETCore.App")] : [path];
  const marks = await Promise.all(seen.map((each) => stat(each).then(({ ino, size, mtimeMs }) => `${ino}-${size}-${mtimeMs}`, () => "gone")));
  return `${path} ${marks.join("+")}`;
}
