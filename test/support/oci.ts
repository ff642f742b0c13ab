// OCI image layouts made by tests, as docker buildx and skopeo write them. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, readdir, readlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";

export interface TarEntry {
  name: string;
  type?: "file" | "directory" | "symlink" | "link" | "character-device";
  content?: string | Uint8Array;
  linkname?: string;
  mode?: number;
}

export interface Layer {
  entries: TarEntry[];
  compression?: "gzip" | "zstd" | "none";
}

export interface MadeImage {
  tag: string;
  layers: Layer[];
  /** The configuration's `config`: Env, Entrypoint, Cmd, WorkingDir … */
  config?: Record<string, unknown>;
  architecture?: "amd64" | "arm64";
}

export async function tarOf(entries: TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, type = "file", content = "", linkname, mode = type === "directory" ? 0o755 : 0o644 } of entries) {
    if (type === "file") tar.entry({ name, mode }, Buffer.from(content as string));
    else tar.entry({ name, type, mode, ...(linkname === undefined ? {} : { linkname }) });
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A folder of this machine as entries below `at`. */
export async function entriesOf(folder: string, at: string, skip: (path: string) => boolean = () => false): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (skip(path)) continue;
    const name = join(at, relative(folder, path));
    const { mode } = await lstat(path);
    if (entry.isDirectory()) entries.push({ name, type: "directory", mode: mode & 0o777 });
    else if (entry.isSymbolicLink()) entries.push({ name, type: "symlink", linkname: await readlink(path) });
    else if (entry.isFile()) entries.push({ name, content: await readFile(path), mode: mode & 0o777 });
  }
  return entries;
}

/** Writes the layout with these images; the digests of their manifests, in order. */
export async function makeLayout(folder: string, images: MadeImage[]): Promise<string[]> {
  const blobs = join(folder, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const put = async (bytes: Buffer, mediaType: string) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    await writeFile(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.byteLength };
  };
  const json = (value: unknown, mediaType: string) => put(Buffer.from(JSON.stringify(value)), mediaType);
  const manifests: object[] = [];
  for (const { tag, layers, config = {}, architecture = process.arch === "arm64" ? "arm64" : "amd64" } of images) {
    const described = [];
    const diffIds: string[] = [];
    for (const { entries, compression = "gzip" } of layers) {
      const tar = await tarOf(entries);
      diffIds.push(`sha256:${createHash("sha256").update(tar).digest("hex")}`);
      if (compression === "gzip") described.push(await put(gzipSync(tar), "application/vnd.oci.image.layer.v1.tar+gzip"));
      else if (compression === "zstd") described.push(await put(zstdCompressSync(tar), "application/vnd.oci.image.layer.v1.tar+zstd"));
      else described.push(await put(tar, "application/vnd.oci.image.layer.v1.tar"));
    }
    const image = await json({ architecture, os: "linux", config, rootfs: { type: "layers", diff_ids: diffIds } }, "application/vnd.oci.image.config.v1+json");
    const manifest = await json({ schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: image, layers: described }, "application/vnd.oci.image.manifest.v1+json");
    manifests.push({ ...manifest, platform: { architecture, os: "linux" }, annotations: { "org.opencontainers.image.ref.name": tag } });
  }
  await writeFile(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests }));
  return (manifests as { digest: string }[]).map(({ digest }) => digest);
}
