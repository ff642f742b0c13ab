// Images as they are found, checked and unpacked; what a hostile layer may not do.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { execFileSync } from "node:child_process";
import { type Layer, makeLayout, type MadeImage } from "../../../test/support/oci.ts";
import type { BadImage, BadImageReason } from "../../ports/images.ts";
import { inside, whyNotExecutable } from "./inside.ts";
import { openImages } from "./images.ts";
import { readReference } from "./reference.ts";

let folder: string;
before(async () => { folder = await mkdtemp(join(tmpdir(), "evoke-images-")); });
after(() => rm(folder, { recursive: true, force: true }));

let made = 0;
async function layout(...images: Partial<MadeImage>[]): Promise<{ name: string; path: string; digests: string[] }> {
  const name = `image${++made}`;
  const path = join(folder, "layouts", name);
  return { name, path, digests: await makeLayout(path, images.map((image) => ({ tag: "latest", layers: [], ...image }))) };
}

const images = () => openImages({ dataDir: join(folder, "data"), imagesDir: join(folder, "layouts"), cannotRun: undefined });

async function unpacked(...layers: Layer[]): Promise<string> {
  const { name } = await layout({ layers });
  const opened = images();
  const kept = await opened.open((await opened.add(`${name}:latest`, "x86_64")).id);
  assert.ok(kept.engineImage === undefined);
  return kept.rootDir;
}

const refused = (reason: BadImageReason, message?: RegExp) => (error: BadImage) => error.name === "BadImage" && error.reason === reason && (message ?? /./).test(error.message);
const text = (root: string, path: string) => readFile(join(root, path), "utf8");

test("layers are laid over one another, whatever they are compressed with", async () => {
  const root = await unpacked(
    { entries: [{ name: "etc", type: "directory" }, { name: "etc/motd", content: "one" }, { name: "app", content: "v1", mode: 0o755 }] },
    { compression: "zstd", entries: [{ name: "app", content: "v2", mode: 0o755 }, { name: "made/by/nobody", content: "deep" }] },
    { compression: "none", entries: [{ name: "same", type: "link", linkname: "app" }, { name: "to", type: "symlink", linkname: "/etc/motd" }] },
  );
  assert.equal(await text(root, "app"), "v2");
  assert.equal(await text(root, "same"), "v2");
  assert.equal((await stat(join(root, "app"))).mode & 0o777, 0o755);
  assert.equal(await text(root, "made/by/nobody"), "deep");
  assert.equal(await readFile((await inside(root, "/to", true))!, "utf8"), "one");
});

test("a whiteout takes away what lower layers had, and nothing of its own layer", async () => {
  const root = await unpacked(
    { entries: [{ name: "gone", content: "x" }, { name: "dir/old", content: "x" }, { name: "dir/sub/old", content: "x" }, { name: "kept/old", content: "x" }] },
    { entries: [{ name: ".wh.gone" }, { name: "dir/new", content: "y" }, { name: "dir/.wh..wh..opq" }, { name: "kept/.wh.none" }] },
  );
  assert.ok(!existsSync(join(root, "gone")));
  assert.deepEqual(await readdir(join(root, "dir")), ["new"]);
  assert.deepEqual(await readdir(join(root, "kept")), ["old"]);
});

test("a link in a layer leads back into the image, never out of it", async () => {
  const outside = join(folder, "outside");
  await writeFile(outside, "untouched");
  const root = await unpacked(
    { entries: [{ name: "up", type: "symlink", linkname: folder }, { name: "out", type: "symlink", linkname: outside }, { name: "usr/lib", type: "directory" }, { name: "lib", type: "symlink", linkname: "usr/lib" }] },
    { entries: [{ name: "up/planted", content: "x" }, { name: "out", content: "mine" }, { name: "lib/libc.so", content: "c" }, { name: "../../climbed", content: "x" }, { name: "dev/sda", type: "character-device" }] },
  );
  assert.equal(await readFile(outside, "utf8"), "untouched");
  assert.ok(!existsSync(join(folder, "planted")));
  assert.equal(await text(root, "out"), "mine");
  assert.equal(await text(root, "usr/lib/libc.so"), "c");
  assert.equal(await text(root, "climbed"), "x");
  assert.ok(!existsSync(join(root, "dev/sda")));
  assert.equal(await text(root, join(folder, "planted")), "x");
});

test("a hard link reaches nothing outside the image", async () => {
  const { name } = await layout({ layers: [{ entries: [{ name: "stolen", type: "link", linkname: "../../../../../../../../etc/passwd" }] }] });
  await assert.rejects(images().add(name, "x86_64"), refused("broken", /link to nothing/));
});

test("a layer that is not what its digest says is refused, and leaves nothing behind", async () => {
  const { name, path } = await layout({ layers: [{ entries: [{ name: "a", content: "a".repeat(5000) }] }] });
  const blobs = join(path, "blobs", "sha256");
  for (const blob of await readdir(blobs)) {
    const bytes = await readFile(join(blobs, blob));
    if (bytes[0] === 0x1f) await writeFile(join(blobs, blob), Buffer.concat([bytes.subarray(0, 4), Buffer.from([9]), bytes.subarray(5)]));
  }
  await assert.rejects(images().add(name, "x86_64"), refused("broken", /other content than its digest/));
  assert.deepEqual((await readdir(join(folder, "data", "images"))).filter((left) => left.startsWith("unpacking-")), []);
});

test("a layer that is no archive is refused", async () => {
  const { name, path } = await layout({ layers: [{ compression: "none", entries: [{ name: "a", content: "a" }] }] });
  const index = JSON.parse(await readFile(join(path, "index.json"), "utf8"));
  const manifest = JSON.parse(await readFile(join(path, "blobs/sha256", index.manifests[0].digest.slice(7)), "utf8"));
  manifest.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar+gzip";
  const { createHash } = await import("node:crypto");
  const bytes = Buffer.from(JSON.stringify(manifest));
  const hex = createHash("sha256").update(bytes).digest("hex");
  await writeFile(join(path, "blobs/sha256", hex), bytes);
  await writeFile(join(path, "index.json"), JSON.stringify({ manifests: [{ ...index.manifests[0], digest: `sha256:${hex}`, size: bytes.byteLength }] }));
  await assert.rejects(images().add(name, "x86_64"), refused("broken"));
});

test("a tag, a digest and an architecture are told apart; what is not there is said", async () => {
  const { name, digests } = await layout({ tag: "one", config: { Cmd: ["1"] }, architecture: "amd64" }, { tag: "two", config: { Cmd: ["2"] }, architecture: "amd64" }, { tag: "two", config: { Cmd: ["2arm"] }, architecture: "arm64" });
  const opened = images();
  const uri = `000000000000.dkr.ecr.eu-west-1.amazonaws.com/${name}`;
  const command = async (reference: string, architecture: "x86_64" | "arm64" = "x86_64") => (await opened.open((await opened.add(`${uri}${reference}`, architecture)).id)).config.command;
  assert.deepEqual(await command(":two"), ["2"]);
  assert.deepEqual(await command(":two", "arm64"), ["2arm"]);
  assert.deepEqual(await command(`@${digests[0]}`), ["1"]);
  assert.equal((await opened.add(`${uri}:one`, "x86_64")).resolvedUri, `${uri}@${digests[0]}`);
  await assert.rejects(command(":three"), refused("not-there", /no image tagged three/));
  await assert.rejects(command(":one", "arm64"), refused("not-there", /linux\/arm64/));
  await assert.rejects(opened.add("nothing:latest", "x86_64"), refused("not-there", /no OCI layout at/));
  await assert.rejects(openImages({ dataDir: folder, imagesDir: "", cannotRun: undefined }).add("a:b", "x86_64"), refused("not-there", /--images/));
});

test("a layout in a tar archive is read as well", async () => {
  const { name, path } = await layout({ config: { Cmd: ["tarred"] } });
  execFileSync("tar", ["-C", path, "-cf", `${path}-packed.tar`, "."]);
  const opened = images();
  assert.deepEqual((await opened.open((await opened.add(`${name}-packed`, "x86_64")).id)).config.command, ["tarred"]);
});

test("images that nobody names anymore are forgotten", async () => {
  const { name, digests } = await layout({ layers: [{ entries: [{ name: "locked", type: "directory", mode: 0o500 }, { name: "locked/file", content: "x" }] }] });
  const opened = images();
  const { id } = await opened.add(name, "x86_64");
  await opened.keepOnly((other) => other === id);
  assert.equal(id, digests[0]!.slice(7));
  await opened.open(id);
  await opened.keepOnly(() => false);
  await assert.rejects(opened.open(id), /is missing from the data folder/);
});

test("image references that lead anywhere else are refused", () => {
  for (const uri of ["", "../etc:latest", "a/../b", "/a", "A:latest", "a:b:c", "a@sha256:12", "a b", "localhost:5000/../x", "a:..", `a@sha256:${"0".repeat(64)}@x`])
    assert.throws(() => readReference(uri), { name: "BadImage" }, uri);
  assert.deepEqual(readReference("localhost:5000/team/app:v1.2"), { name: "localhost:5000/team/app", repository: "team/app", tag: "v1.2" });
  assert.deepEqual(readReference("team/app"), { name: "team/app", repository: "team/app", tag: "latest" });
});

test("a program is found in an image as execvp finds it there", async () => {
  const root = await unpacked({ entries: [{ name: "usr/bin/run", content: "", mode: 0o755 }, { name: "bin", type: "symlink", linkname: "usr/bin" }, { name: "data", content: "x" }, { name: "loop", type: "symlink", linkname: "loop" }] });
  const at = { path: "/sbin:/bin", cwd: "/usr" };
  for (const word of ["run", "/bin/run", "bin/run", "./bin/../bin/run"]) assert.equal(await whyNotExecutable(root, word, at), undefined, word);
  assert.equal(await whyNotExecutable(root, "/data", at), "fork/exec /data: permission denied");
  assert.equal(await whyNotExecutable(root, "/loop", at), "fork/exec /loop: no such file or directory");
  assert.equal(await whyNotExecutable(root, "none", at), 'exec: "none": executable file not found in $PATH');
});
