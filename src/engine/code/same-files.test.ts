// A new package that brings files another one had is unpacked by links to those.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { openPackages } from "./packages.ts";

const many = (code: string): Record<string, string | Uint8Array> => ({ "index.js": code, ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`node_modules/m${n}/index.js`, `module.exports = ${n};`])) });

async function packagesOf(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), "evoke-same-"));
  const stores = await openStores({ data: dataDir, ephemeral: true, database: undefined, clock: realClock(), log: silentLog });
  const packages = openPackages(dataDir, stores.blobs, realClock(), () => new Set());
  t.after(async () => {
    await packages.close();
    await stores.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return packages;
}

test("what has not changed is one file in both packages, and what has is its own", async (t) => {
  const packages = await packagesOf(t);
  const first = await packages.folder((await packages.add(await zipOf(many("1")))).id);
  const second = await packages.folder((await packages.add(await zipOf(many("2")))).id);
  const inode = async (path: string) => (await stat(path)).ino;
  assert.equal(await inode(join(first, "node_modules/m7/index.js")), await inode(join(second, "node_modules/m7/index.js")));
  assert.deepEqual([await readFile(join(first, "index.js"), "utf8"), await readFile(join(second, "index.js"), "utf8")], ["1", "2"]);
  await rm(first, { recursive: true });
  const third = await packages.folder((await packages.add(await zipOf(many("3")))).id);
  assert.equal(await readFile(join(third, "node_modules/m7/index.js"), "utf8"), "module.exports = 7;");
  assert.equal(await readFile(join(second, "node_modules/m7/index.js"), "utf8"), "module.exports = 7;");
});

test("files with the same content and another mode are two", async (t) => {
  const packages = await packagesOf(t);
  await packages.add(await zipOf({ ...many("1"), "data.txt": Buffer.from("#!/bin/sh") }));
  const folder = await packages.folder((await packages.add(await zipOf({ ...many("1"), "run.sh": "#!/bin/sh" }))).id);
  assert.equal((await stat(join(folder, "run.sh"))).mode & 0o777, 0o755);
});

test("a package of many files that follows others like it is whole, whatever became other, and those before it stay as they were", async (t) => {
  const packages = await packagesOf(t);
  const many = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`node_modules/m${n % 10}/${n}.js`, `module.exports = ${n};`]));
  const base: Record<string, string> = { ...many, "index.js": "0", "lib/a/deep.js": "deep", "lib/a.txt": "text", "turns": "file", "turned/into": "folder" };
  const add = async (files: Record<string, string>) => packages.folder((await packages.add(await zipOf(files))).id);
  const holds = async (folder: string, files: Record<string, string>) => {
    const paths = (await readdir(folder, { recursive: true, withFileTypes: true })).map((entry) => [join(entry.parentPath, entry.name).slice(folder.length + 1), entry.isDirectory()] as const);
    assert.deepEqual(paths.filter(([, isFolder]) => !isFolder).map(([path]) => path).sort(), Object.keys(files).sort());
    const folders = new Set(Object.keys(files).flatMap((path) => path.split("/").slice(0, -1).map((_, at, parts) => parts.slice(0, at + 1).join("/"))));
    assert.deepEqual(paths.filter(([, isFolder]) => isFolder).map(([path]) => path).sort(), [...folders].sort());
    for (const [path, content] of Object.entries(files)) assert.equal(await readFile(join(folder, path), "utf8"), content);
  };
  const first = await add(base);
  const second = await add({ ...base, "index.js": "1" });
  const { "lib/a/deep.js": _, "turns": __, "turned/into": ___, "node_modules/m3/3.js": ____, ...kept } = base;
  const changed = { ...kept, "index.js": "2", "turns/into": "folder", "turned": "file", "node_modules/m4/4.js": "other", "new/one.js": "new" };
  const third = await add(changed);
  const fourth = await add({ ...changed, "index.js": "3" });
  const other = await add({ ...Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`else/${n}`, `${n}`])) });
  await holds(first, base);
  await holds(second, { ...base, "index.js": "1" });
  await holds(third, changed);
  await holds(fourth, { ...changed, "index.js": "3" });
  assert.equal((await readdir(other, { recursive: true })).length, 601);
  assert.equal((await stat(join(first, "node_modules/m7/7.js"))).ino, (await stat(join(fourth, "node_modules/m7/7.js"))).ino);
});
