// Deployment packages: zips in the blob store, unpacked once per machine under DATA/code/<sha256>.
import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/errors.ts";
import type { CodePackage, CodePackages } from "../../ports/code.ts";
import type { Blobs } from "../../storage/stores.ts";
import { openUnpacker } from "./unpack.ts";
import { type ZipPlan, readZip } from "./zip.ts";

export interface LocalCode extends Omit<CodePackages, "downloadUrl"> {
  /** The folder with the unpacked package; unpacks it again when it is missing. */
  folder(id: string): Promise<string>;
}

const PREFIX = "code/";
const isId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/** `inUse`: packages whose folders environments stand on; keepOnly leaves those alone. */
export function openPackages(dataDir: string, blobs: Blobs, inUse: () => Set<string>): LocalCode {
  const root = join(dataDir, "code");
  const ready = new Set<string>();
  const unpacking = new Map<string, Promise<string>>();
  const unpack = openUnpacker(root);

  /** One unpacking per package at a time, however many ask. */
  const once = (id: string, plan: () => Promise<ZipPlan>): Promise<string> => {
    const folder = join(root, id);
    if (ready.has(id)) return Promise.resolve(folder);
    let work = unpacking.get(id);
    if (!work) {
      work = unpack(folder, plan).finally(() => unpacking.delete(id));
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

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });
