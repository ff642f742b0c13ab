// A new package that brings files another one had is unpacked by links to those.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
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
  t.after(async () => {
    await stores.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return openPackages(dataDir, stores.blobs, () => new Set());
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
