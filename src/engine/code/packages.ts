// Deployment packages: zips in the blob store, unpacked once per machine under DATA/code/<sha256>.
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault } from "../../kernel/errors.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { BadCode, type CodePackage, type CodePackages } from "../../ports/code.ts";
import type { Blobs } from "../../storage/stores.ts";
import { openSameFiles, type SameFiles, worthLooking } from "./same-files.ts";
import { type ZipEntry, type ZipPlan, readZip } from "./zip.ts";

export interface LocalCode extends Omit<CodePackages, "downloadUrl"> {
  /** The folder with the unpacked package; unpacks it again when it is missing. */
  folder(id: string): Promise<string>;
}

const PREFIX = "code/";
const AT_ONCE = 8;
const isId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/** `inUse`: packages whose folders environments stand on; keepOnly leaves those alone. */
export function openPackages(dataDir: string, blobs: Blobs, inUse: () => Set<string>): LocalCode {
  const root = join(dataDir, "code");
  const ready = new Set<string>();
  const unpacking = new Map<string, Promise<string>>();
  const same = openSameFiles();

  /** One unpacking per package at a time, however many ask. */
  const once = (id: string, plan: () => Promise<ZipPlan>): Promise<string> => {
    const folder = join(root, id);
    if (ready.has(id)) return Promise.resolve(folder);
    let work = unpacking.get(id);
    if (!work) {
      work = unpackInto(root, folder, plan, same).finally(() => unpacking.delete(id));
      unpacking.set(id, work);
      work.then(() => ready.add(id), () => {});
    }
    return work;
  };

  return {
    async check(zip) {
      const plan = await readZip(zip);
      for (const entry of plan.entries) await entry.bytes();
      return describe(zip, plan);
    },
    async add(zip) {
      const plan = await readZip(zip);
      const described = describe(zip, plan);
      await once(described.id, async () => plan);
      if (!(await blobs.stat(PREFIX + described.id))) await blobs.put(PREFIX + described.id, zip);
      return described;
    },
    read: async (id) => (isId(id) ? blobs.get(PREFIX + id) : undefined),
    async keepOnly(used) {
      for await (const { key } of blobs.list(PREFIX)) if (!used.has(key.slice(PREFIX.length))) await blobs.delete(key);
      const standing = inUse();
      for (const id of await readdir(root).catch(() => [])) {
        if (used.has(id) || standing.has(id) || unpacking.has(id) || !isId(id)) continue;
        ready.delete(id);
        await remove(join(root, id));
      }
    },
    folder: (id) => once(id, async () => {
      const zip = isId(id) ? await blobs.get(PREFIX + id) : undefined;
      if (!zip) throw new Fault(`The code package ${id} is missing from the blob store`);
      return readZip(zip);
    }),
  };
}

function describe(zip: Uint8Array, plan: ZipPlan): CodePackage {
  const digest = createHash("sha256").update(zip).digest();
  return { id: digest.toString("hex"), sha256: digest.toString("base64"), sizeBytes: zip.byteLength, unzippedBytes: plan.unzippedBytes };
}

/** Beside its place first, then renamed: a folder under its final name is always whole. */
async function unpackInto(root: string, folder: string, plan: () => Promise<ZipPlan>, same: SameFiles): Promise<string> {
  if (await stat(folder).then((found) => found.isDirectory(), () => false)) return folder;
  const { entries } = await plan();
  let temporary: string | undefined;
  try {
    await mkdir(root, { recursive: true });
    temporary = await mkdtemp(join(root, "unpacking-"));
    const identities = await writeAll(entries, temporary, same);
    await rename(temporary, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another process was faster
      await remove(temporary!);
    });
    for (const [path, identity] of identities) same.remember(identity, join(folder, path));
    return folder;
  } catch (error) {
    if (temporary) await remove(temporary);
    throw error instanceof BadCode ? error : new Fault("A code package could not be unpacked", error);
  }
}

/** Answers the identities of the files it has looked for elsewhere. */
async function writeAll(entries: ZipEntry[], folder: string, same: SameFiles): Promise<Map<string, string>> {
  await chmod(folder, 0o755); // mkdtemp makes it private; functions run as another user
  const folders = new Set(entries.map((entry) => (entry.kind === "directory" ? entry.path : dirname(entry.path))));
  for (const path of folders) if (path !== ".") await mkdir(join(folder, path), { recursive: true, mode: 0o755 });
  const files = entries.filter((entry) => entry.kind === "file");
  let next = 0;
  let writtenBytes = 0;
  const identities = new Map<string, string>();
  const look = worthLooking(files);
  const worker = async () => {
    for (let entry = files[next++]; entry; entry = files[next++]) {
      const path = join(folder, entry.path);
      if (look) {
        const { linked, identity } = await same.take(entry, path);
        identities.set(entry.path, identity);
        if (linked) continue; // its bytes were checked when it was written, and count in the plan's sum
      }
      const bytes = await entry.bytes();
      writtenBytes += bytes.byteLength;
      if (writtenBytes > LAMBDA.unzippedBytesMax) throw new BadCode("unzipped-too-large", `Unzipped size must be smaller than ${LAMBDA.unzippedBytesMax} bytes`);
      await writeFile(path, bytes, { flag: "wx", mode: entry.mode });
      await chmod(path, entry.mode); // whatever this process's umask is
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // Links last: nothing is ever written through one.
  for (const entry of entries) if (entry.kind === "link") await symlink(entry.target!, join(folder, entry.path));
  return identities;
}

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
