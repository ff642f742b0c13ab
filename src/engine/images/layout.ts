// An OCI image layout, as docker buildx, skopeo, podman and docker save write it: which image a tag means, and its blobs, checked against their digests.
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform, type TransformCallback } from "node:stream";
import { BadImage } from "../../ports/images.ts";
import type { ImageReference } from "./reference.ts";

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

interface Listed extends Descriptor {
  platform?: { os?: string; architecture?: string };
  annotations?: Record<string, string>;
}

export interface LayoutImage {
  /** sha256:HEX of the manifest. */
  digest: string;
  layers: Descriptor[];
  config: ImageConfig;
}

/** What is used of the image's own configuration. https://github.com/opencontainers/image-spec/blob/main/config.md; USER is ignored, as on AWS. */
export interface ImageConfig {
  env: string[];
  entryPoint: string[];
  command: string[];
  workingDirectory: string;
}

const JSON_BYTES_MAX = 4 * 1024 * 1024;
const LAYERS_MAX = 1000;
const DIGEST = /^sha256:([0-9a-f]{64})$/;
const INDEXES = ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const MANIFESTS = ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];

/** Throws BadImage. */
export async function readLayout(folder: string, reference: ImageReference, architecture: "x86_64" | "arm64"): Promise<LayoutImage> {
  const index = parse(await readSmall(join(folder, "index.json")), "index.json");
  let wanted = choose(listOf(index.manifests), reference, architecture);
  if (INDEXES.includes(wanted.mediaType)) {
    const inner = parse(await readBlob(folder, wanted), "an image index");
    const found = listOf(inner.manifests).filter((each) => isFor(each, architecture));
    if (!found.length) throw new BadImage("not-there", `it has no manifest for linux/${goArch(architecture)}`);
    wanted = found[0]!;
  }
  if (!MANIFESTS.includes(wanted.mediaType)) throw new BadImage("unsupported", `its manifest is of the media type ${wanted.mediaType}`);
  const manifest = parse(await readBlob(folder, wanted), "the manifest");
  const layers = listOf(manifest.layers);
  if (layers.length > LAYERS_MAX) throw new BadImage("unsupported", `it has more than ${LAYERS_MAX} layers`);
  const config = parse(await readBlob(folder, descriptor(manifest.config)), "the image's configuration");
  return { digest: wanted.digest, layers, config: configOf(config.config ?? {}) };
}

function choose(listed: Listed[], { name, repository, tag, digest }: ImageReference, architecture: "x86_64" | "arm64"): Listed {
  if (digest !== undefined) {
    const found = listed.find((each) => each.digest === digest);
    if (!found) throw new BadImage("not-there", `the layout has no ${digest}`);
    return found;
  }
  const names = [tag, `${name}:${tag}`, `${repository}:${tag}`, `docker.io/library/${repository}:${tag}`, `docker.io/${repository}:${tag}`];
  const namesOf = (each: Listed) => [each.annotations?.["org.opencontainers.image.ref.name"], each.annotations?.["io.containerd.image.name"]].filter((each) => typeof each === "string");
  const tagged = listed.filter((each) => namesOf(each).some((given) => names.includes(given)));
  // Tools that write one image leave out its name.
  const found = tagged.length ? tagged : listed.every((each) => !namesOf(each).length) && tag === "latest" ? listed : [];
  const fitting = found.find((each) => INDEXES.includes(each.mediaType) || isFor(each, architecture)) ?? (found.length === 1 && !found[0]!.platform ? found[0] : undefined);
  if (!fitting) throw new BadImage("not-there", `the layout has no image tagged ${tag}${found.length ? ` for linux/${goArch(architecture)}` : ""}`);
  return fitting;
}

const goArch = (architecture: "x86_64" | "arm64"): string => (architecture === "arm64" ? "arm64" : "amd64");
const isFor = ({ platform, mediaType }: Listed, architecture: "x86_64" | "arm64"): boolean =>
  platform === undefined ? MANIFESTS.includes(mediaType) : platform.architecture === goArch(architecture) && (platform.os ?? "linux") === "linux";

/** One blob as a stream that fails at its end when it is not what its digest says. */
export function blobStream(folder: string, { digest, size }: Descriptor): NodeJS.ReadableStream {
  const hex = hexOf(digest);
  const hash = createHash("sha256");
  let bytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      bytes += chunk.byteLength;
      if (bytes > size) return done(new BadImage("broken", `${digest} is larger than its manifest says`));
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done: TransformCallback) {
      done(bytes === size && hash.digest("hex") === hex ? null : new BadImage("broken", `${digest} has other content than its digest says`));
    },
  });
  const file = createReadStream(join(folder, "blobs", "sha256", hex));
  file.on("error", (error: NodeJS.ErrnoException) => check.destroy(error.code === "ENOENT" ? new BadImage("broken", `the layout has no blob ${digest}`) : error));
  return file.pipe(check);
}

async function readBlob(folder: string, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await readSmall(join(folder, "blobs", "sha256", hexOf(digest)));
  if (bytes.byteLength !== size || createHash("sha256").update(bytes).digest("hex") !== hexOf(digest)) throw new BadImage("broken", `${digest} has other content than its digest says`);
  return bytes;
}

async function readSmall(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => { throw error.code === "ENOENT" ? new BadImage("broken", `the layout has no ${path.split("/").slice(-1)[0]}`) : error; });
  try {
    if ((await file.stat()).size > JSON_BYTES_MAX) throw new BadImage("broken", "a description in it is too large");
    return await file.readFile();
  } finally {
    await file.close();
  }
}

export const isLayout = (folder: string): Promise<boolean> => stat(join(folder, "index.json")).then((found) => found.isFile(), () => false);

function hexOf(digest: string): string {
  const hex = DIGEST.exec(digest)?.[1];
  if (hex === undefined) throw new BadImage("unsupported", `the digest ${String(digest).slice(0, 100)} is not a SHA-256`);
  return hex;
}

function parse(bytes: Buffer, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {} // said below
  throw new BadImage("broken", `${what} is not a JSON object`);
}

const listOf = (value: unknown): Listed[] => (Array.isArray(value) ? value.map(descriptor) : []);

function descriptor(value: unknown): Listed {
  const { mediaType, digest, size, platform, annotations } = (value ?? {}) as Partial<Listed>;
  if (typeof mediaType !== "string" || typeof digest !== "string" || typeof size !== "number") throw new BadImage("broken", "a descriptor in it is incomplete");
  return { mediaType, digest, size, ...(platform ? { platform } : {}), ...(annotations ? { annotations } : {}) };
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);

export function configOf(given: unknown): ImageConfig {
  const { Env, Entrypoint, Cmd, WorkingDir } = given as Record<string, unknown>;
  return { env: texts(Env), entryPoint: texts(Entrypoint), command: texts(Cmd), workingDirectory: typeof WorkingDir === "string" && WorkingDir !== "" ? WorkingDir : "/" };
}
