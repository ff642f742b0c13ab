// Deployment packages: zips in the blob store, whole or as their difference to a whole one, unpacked once per machine under DATA/code/<sha256>.
import { createHash, hash } from "node:crypto";
import { mkdtemp, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { CodePackage, CodePackages } from "../../ports/code.ts";
import type { Blobs } from "../../storage/stores.ts";
import { HALF } from "./next-folder.ts";
import { joinPieces, knownPackage, type Known, patch, type Patched, readDifference, WHOLE_ID_BYTES, wholeIdOf, writeDifference } from "./patched.ts";
import { openRemovals } from "./removals.ts";
import { openUnpacker } from "./unpack.ts";
import { type ZipPlan, readZip } from "./zip.ts";

export interface LocalCode extends Omit<CodePackages, "downloadUrl" | "keepOnly"> {
  /** The folder with the unpacked package; unpacks it again when it is missing. */
  folder(id: string): Promise<string>;
  /**
   * The zip of a package with some paths removed and those of another zip added, which `add` then takes in the time that the change takes; without
   * changes, only makes ready for some. Undefined when the package is not there, or was not zipped as these are (zip-entries.ts). Throws BadCode.
   */
  patched(baseId: string, removed: string[], added: Uint8Array): Promise<Uint8Array | undefined>;
  /** As the port's; answers what is used, too. */
  keepOnly(findUsed: () => Promise<Set<string>>): Promise<{ used: Set<string>; left: boolean }>;
  /** Ends what is done ahead of time, or afterwards. */
  close(): Promise<void>;
}

const PREFIX = "code/";
/** Packages that are kept as what they do not have in common with a whole one. */
const DIFFERENCES = "code-difference/";
const DIFFERENCE_BYTES_MAX = 1024 ** 2;
/** In memory with their zips: those that are being worked on. */
const KNOWN_MAX = 2;
const isId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/** `inUse`: packages whose folders environments stand on; keepOnly leaves those alone. */
export function openPackages(dataDir: string, blobs: Blobs, clock: Clock, inUse: () => Set<string>): LocalCode {
  const root = join(dataDir, "code");
  const ready = new Set<string>();
  const unpacking = new Map<string, Promise<string>>();
  const { unpack, change, expectChange, close } = openUnpacker(root, clock);
  const removals = openRemovals();
  /** Those that nobody named when it was last asked. */
  let unused = new Set<string>();
  const known = new Map<string, Promise<Known | undefined>>();
  const made = new WeakMap<Uint8Array, { base: Known; patched: Patched }>();

  /** One unpacking per package at a time, however many ask. */
  const once = (id: string, plan: () => Promise<ZipPlan>, quickly?: (folder: string) => Promise<string | undefined>): Promise<string> => {
    const folder = join(root, id);
    if (ready.has(id)) return Promise.resolve(folder);
    let work = unpacking.get(id);
    if (!work) {
      work = (async () => (await quickly?.(folder)) ?? unpack(folder, plan))().finally(() => unpacking.delete(id));
      unpacking.set(id, work);
      work.then(() => ready.add(id), () => {});
    }
    return work;
  };

  const read = async (id: string): Promise<Uint8Array | undefined> => {
    if (!isId(id)) return undefined;
    const zip = await blobs.get(PREFIX + id);
    if (zip) return zip;
    const difference = await blobs.get(DIFFERENCES + id);
    if (!difference) return blobs.get(PREFIX + id); // stored whole meanwhile
    const { wholeId, pieces } = readDifference(Buffer.from(difference));
    const whole = await blobs.get(PREFIX + wholeId);
    const joined = whole && joinPieces(pieces, Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength));
    if (!joined || hash("sha256", joined) !== id) throw new Fault(`The code package ${id} cannot be put together from what the blob store has of it`);
    return joined;
  };

  const folder = (id: string): Promise<string> => once(id, async () => {
    const zip = await read(id);
    if (!zip) throw new Fault(`The code package ${id} is missing from the blob store`);
    return readZip(zip);
  });

  const keep = (id: string, work: Promise<Known | undefined>): void => {
    known.delete(id);
    known.set(id, work);
    work.then((found) => { if (!found) known.delete(id); }, () => known.delete(id));
    if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
  };

  const load = async (id: string): Promise<Known | undefined> => {
    const zip = await read(id);
    const found = zip && (await knownPackage(id, Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength)));
    if (!found) return undefined;
    if (!(await blobs.stat(PREFIX + id))) await blobs.put(PREFIX + id, zip); // what follows is kept as its difference to this
    await blobs.delete(DIFFERENCES + id);
    return found;
  };

  /** Durable when it resolves. */
  const addPatched = async (zip: Uint8Array, { base, patched }: { base: Known; patched: Patched }): Promise<CodePackage> => {
    const { package: made, digest, difference, gone, fresh } = patched;
    const { id, entries, unzippedBytes } = made;
    const store = async () => {
      if ((await blobs.stat(PREFIX + id)) || (await blobs.stat(DIFFERENCES + id))) return keep(id, Promise.resolve(made));
      const bytes = writeDifference(difference);
      const isSmall = bytes.byteLength <= DIFFERENCE_BYTES_MAX && (await blobs.stat(PREFIX + difference.wholeId)) !== undefined;
      await blobs.put(isSmall ? DIFFERENCES + id : PREFIX + id, isSmall ? bytes : zip);
      keep(id, isSmall ? Promise.resolve(made) : knownPackage(id, Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength)));
    };
    const links = entries.filter(({ unpacked }) => unpacked.kind === "link").map(({ unpacked }) => unpacked);
    const quickly = (folder: string) => change(folder, { from: join(root, base.id), gone, fresh, links });
    // With the folder there, what was made ahead becomes one like it.
    await Promise.all([ready.has(id) ? quickly(join(root, id)) : once(id, () => readZip(zip), quickly), store()]);
    return { id, sha256: digest.toString("base64"), sizeBytes: zip.byteLength, unzippedBytes };
  };

  return {
    async check(zip) {
      const plan = await readZip(zip);
      for (const entry of plan.entries) await entry.bytes();
      return describe(zip, plan);
    },
    async add(zip) {
      const patched = made.get(zip);
      if (patched) return addPatched(zip, patched);
      const plan = await readZip(zip);
      const described = describe(zip, plan);
      await once(described.id, async () => plan);
      if (!(await blobs.stat(PREFIX + described.id))) await blobs.put(PREFIX + described.id, zip);
      return described;
    },
    async patched(baseId, removed, added) {
      if (!known.has(baseId)) keep(baseId, load(baseId));
      const base = await known.get(baseId);
      if (!base) return undefined;
      await expectChange(await folder(baseId), base.entries.map(({ unpacked }) => unpacked));
      const patched = await patch(base, removed, Buffer.from(added.buffer, added.byteOffset, added.byteLength));
      if (patched) made.set(patched.zip, { base, patched });
      return patched?.zip;
    },
    read,
    async keepOnly(findUsed) {
      const stored = await idsIn(blobs, PREFIX);
      const differences = await idsIn(blobs, DIFFERENCES);
      const used = await findUsed(); // now: what another process adds meanwhile is in neither list
      // Another process may be about to name one: it goes when nobody names it the second time, either.
      const spared = new Set([...differences].filter((id) => !used.has(id) && !unused.has(id)));
      const whole = new Set([...used, ...spared]);
      for (const id of [...whole]) {
        const beginning = stored.has(id) || !isId(id) ? undefined : await blobs.get(DIFFERENCES + id, { start: 0, end: WHOLE_ID_BYTES });
        if (beginning) whole.add(wholeIdOf(beginning));
      }
      for (const id of stored) if (!whole.has(id) && !unused.has(id)) spared.add(id);
      for (const id of differences) if (!used.has(id) && !spared.has(id)) await blobs.delete(DIFFERENCES + id);
      for (const id of stored) if (!whole.has(id) && !spared.has(id)) await blobs.delete(PREFIX + id);
      unused = spared;
      const standing = inUse();
      const folders = await readdir(root).catch(() => []);
      const isQuiet = unpacking.size === 0; // so what is half unpacked was left by a platform that was killed
      for (const id of folders) {
        if (used.has(id) || spared.has(id) || standing.has(id) || unpacking.has(id) || !(isId(id) || (isQuiet && id.startsWith(HALF)))) continue;
        const gone = isId(id) ? await mkdtemp(join(root, HALF)) : join(root, id);
        ready.delete(id);
        if (isId(id)) await rename(join(root, id), gone); // at once, because whoever adds a package waits for this sweep
        removals.later(gone);
      }
      return { used, left: spared.size > 0 };
    },
    folder,
    async close() {
      await Promise.all([close(), removals.close()]);
    },
  };
}

function describe(zip: Uint8Array, plan: ZipPlan): CodePackage {
  const digest = createHash("sha256").update(zip).digest();
  return { id: digest.toString("hex"), sha256: digest.toString("base64"), sizeBytes: zip.byteLength, unzippedBytes: plan.unzippedBytes };
}

async function idsIn(blobs: Blobs, prefix: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { key } of blobs.list(prefix)) ids.add(key.slice(prefix.length));
  return ids;
}
