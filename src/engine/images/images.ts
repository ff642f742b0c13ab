// Container images of functions: found as OCI layouts below the folder --images names, or at a container engine; unpacked once under DATA/images.
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { Fault } from "../../kernel/errors.ts";
import { BadImage, type ContainerImage, type ContainerImages } from "../../ports/images.ts";
import { type EngineApi, engineApi } from "./engine-api.ts";
import { extensionAtEngine } from "./engine-extensions.ts";
import { configOf, type ImageConfig, type LayoutImage, isLayout, readLayout } from "./layout.ts";
import { type ImageReference, readReference } from "./reference.ts";
import { unpackLayers } from "./unpack.ts";

/** Unpacked here, or at the container engine under this id. */
export type KeptImage = { config: ImageConfig } & ({ rootDir: string; engineImage?: undefined } | { engineImage: string });

export interface LocalImages extends ContainerImages {
  /** Of an image that was added. Throws a Fault when it is not there anymore. */
  open(id: string): Promise<KeptImage>;
  /** Forgets images that are not wanted anymore. */
  keepOnly(wanted: (id: string) => boolean): Promise<void>;
}

export interface ImagesOptions {
  dataDir: string;
  /** The setting `images`; empty: none. */
  imagesDir: string;
  /** Why this machine cannot run images by itself; undefined when it can. */
  cannotRun: string | undefined;
  /** The socket of a container engine, which can. */
  engineSocket?: string | undefined;
}

/** Of a layout in one file; the image in it has a limit of its own. */
const ARCHIVE_BYTES_MAX = 12 * 1024 * 1024 * 1024;
const IN_ARCHIVE = /^(\.\/)?(index\.json|oci-layout|blobs\/sha256\/[0-9a-f]{64})$/;
const isId = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

export function openImages({ dataDir, imagesDir, cannotRun, engineSocket }: ImagesOptions): LocalImages {
  const root = join(dataDir, "images");
  const adding = new Map<string, Promise<void>>();

  /** One unpacking per image at a time, however many ask. */
  const keep = (layout: string, image: LayoutImage, id: string): Promise<void> => {
    let work = adding.get(id);
    if (!work) {
      work = unpack(root, layout, image, join(root, id)).finally(() => adding.delete(id));
      adding.set(id, work);
    }
    return work;
  };

  return {
    async add(uri, architecture): Promise<ContainerImage> {
      const reference = readReference(uri);
      if (engineSocket !== undefined && (cannotRun !== undefined || !(await hasLayout(imagesDir, reference)))) return addFromEngine(root, engineApi(engineSocket), reference);
      if (cannotRun !== undefined) throw new BadImage("unsupported", `${cannotRun}, or a container engine: no socket of Docker or Podman was found`);
      const image = await withLayout(root, imagesDir, reference, async (layout) => {
        const found = await readLayout(layout, reference, architecture);
        await keep(layout, found, hexOf(found.digest));
        return found;
      });
      return { id: hexOf(image.digest), resolvedUri: `${reference.name}@${image.digest}` };
    },
    async open(id) {
      const folder = join(root, id);
      const config = isId(id) ? await readFile(join(folder, "config.json"), "utf8").catch(() => undefined) : undefined;
      if (config === undefined) throw new Fault(`The container image sha256:${id} is missing from the data folder; UpdateFunctionCode brings it back`);
      const kept = JSON.parse(config) as ImageConfig & { engineImage?: string };
      return kept.engineImage === undefined ? { rootDir: join(folder, "root"), config: kept } : { engineImage: kept.engineImage, config: kept };
    },
    async keepOnly(wanted) {
      for (const name of await readdir(root).catch(() => [])) if (isId(name) && !wanted(name) && !adding.has(name)) await remove(join(root, name));
    },
  };
}

const hexOf = (digest: string): string => digest.slice("sha256:".length);

const isFile = (path: string): Promise<boolean> => stat(path).then((found) => found.isFile(), () => false);

async function hasLayout(imagesDir: string, { repository }: ImageReference): Promise<boolean> {
  const folder = resolve(imagesDir, repository);
  return imagesDir !== "" && ((await isLayout(folder)) || (await isFile(`${folder}.tar`)));
}

/** An image the container engine has under this name. It is not pulled: that may take minutes and credentials, and is one command. */
async function addFromEngine(root: string, api: EngineApi, { name, tag, digest }: ImageReference): Promise<ContainerImage> {
  const asked = digest === undefined ? `${name}:${tag}` : `${name}@${digest}`;
  const found = await api.call("GET", `/images/${asked}/json`);
  if (!found) throw new BadImage("not-there", `neither the folder of --images nor the container engine has it; try: docker pull ${asked}`);
  const engineImage = `sha256:${String(found.Id).replace(/^sha256:/, "")}`;
  const id = hexOf(engineImage);
  if (!isId(id)) throw new BadImage("unsupported", "the container engine names it by something that is no SHA-256");
  const extension = await extensionAtEngine(api, engineImage);
  if (extension !== undefined) throw new BadImage("unsupported", `it has the external extension ${extension}, and extensions are not started in a container of Docker or Podman; they are in images from the folder of --images, where bubblewrap works`);
  await mkdir(join(root, id), { recursive: true });
  await writeFile(join(root, id, "config.json"), JSON.stringify({ ...configOf(found.Config ?? {}), engineImage }));
  const known = (Array.isArray(found.RepoDigests) ? found.RepoDigests : []).find((each: unknown) => typeof each === "string" && each.startsWith(`${name}@`));
  return { id, resolvedUri: known ?? `${name}@${engineImage}` };
}

/** DIR/REPOSITORY is a layout, or DIR/REPOSITORY.tar is one in an archive. Repositories are checked names: nothing leads out of the folder. */
async function withLayout<T>(root: string, imagesDir: string, { repository }: ImageReference, work: (layout: string) => Promise<T>): Promise<T> {
  if (imagesDir === "") throw new BadImage("not-there", "no container engine (Docker, Podman) was found; Evoke also takes images from OCI layouts in a folder: name it with --images");
  const folder = resolve(imagesDir, repository);
  if (await isLayout(folder)) return work(folder);
  const archive = `${folder}.tar`;
  if (!(await isFile(archive))) throw new BadImage("not-there", `there is no OCI layout at ${folder} or ${archive}`);
  await mkdir(root, { recursive: true });
  const temporary = await mkdtemp(join(root, "reading-"));
  try {
    await readArchive(archive, temporary);
    if (!(await isLayout(temporary))) throw new BadImage("broken", `${archive} is not an OCI layout (docker save of Docker 25 and newer writes one, docker buildx with type=oci, skopeo with oci-archive)`);
    return await work(temporary);
  } finally {
    await remove(temporary);
  }
}

async function readArchive(archive: string, to: string): Promise<void> {
  if ((await stat(archive)).size > ARCHIVE_BYTES_MAX) throw new BadImage("too-large", `${archive} is larger than 12 GB`);
  await mkdir(join(to, "blobs", "sha256"), { recursive: true });
  const tar = (await import("tar-stream")).extract(); // not before there is an image
  const feeding: Promise<unknown> = pipeline(createReadStream(archive), tar as never);
  feeding.catch(() => {}); // awaited below
  try {
    for await (const entry of tar) {
      const name = entry.header.name.replace(/^\.\//, "");
      if (entry.header.type === "file" && IN_ARCHIVE.test(name)) await pipeline(entry as never, createWriteStream(join(to, name)));
      entry.resume();
    }
    await feeding;
  } catch (error) {
    throw new BadImage("broken", `${archive} cannot be read: ${(error as Error).message}`);
  }
}

/** Beside its place first, then renamed: an image under its final name is always whole. */
async function unpack(root: string, layout: string, { layers, config }: LayoutImage, folder: string): Promise<void> {
  if (await stat(join(folder, "config.json")).then(() => true, () => false)) return;
  await mkdir(root, { recursive: true, mode: 0o755 });
  const temporary = await mkdtemp(join(root, "unpacking-"));
  try {
    await chmod(temporary, 0o755); // mkdtemp makes it private; functions run as another user
    await mkdir(join(temporary, "root"));
    await unpackLayers(layout, layers, join(temporary, "root"));
    await writeFile(join(temporary, "config.json"), JSON.stringify(config));
    await rename(temporary, folder).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another process was faster
      await remove(temporary);
    });
  } catch (error) {
    await remove(temporary);
    throw error instanceof BadImage ? error : new Fault("A container image could not be unpacked", error);
  }
}

/** An image may have folders that even their owner may not write to. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EACCES" && error.code !== "EPERM") throw error;
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) if (entry.isDirectory()) await chmod(join(entry.parentPath, entry.name), 0o700);
    await rm(path, { recursive: true, force: true });
  });
}
