// What counts as a save: whatever way an editor has of writing a file.
import assert from "node:assert/strict";
import { appendFile, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { realClock } from "../kernel/clock.ts";
import { watchFolder } from "./dev-watch.ts";

async function watched(t: TestContext, prepare: (folder: string) => Promise<unknown> = async () => undefined) {
  const folder = await mkdtemp(join(tmpdir(), "evoke-watch-"));
  await prepare(folder);
  const told: string[][] = [];
  const watch = await watchFolder(folder, realClock(), (paths) => told.push([...paths].sort()));
  t.after(async () => {
    watch.close();
    await rm(folder, { recursive: true, force: true });
  });
  const seen = async (path: string) => {
    for (let tries = 0; tries < 100; tries++) {
      if (told.some((paths) => paths.includes(path))) return;
      await realClock().sleep(20);
    }
    assert.fail(`nothing was told of ${path}: ${JSON.stringify(told)}`);
  };
  return { folder, told, seen };
}

test("a file that is written, renamed into place or deleted is told by its path", async (t) => {
  const { folder, told, seen } = await watched(t, (path) => writeFile(join(path, "gone.js"), ""));
  await writeFile(join(folder, "index.js"), "1");
  await seen("index.js");
  told.length = 0;
  await writeFile(join(folder, "index.js.tmp"), "2");
  await rename(join(folder, "index.js.tmp"), join(folder, "index.js"));
  await seen("index.js");
  await rm(join(folder, "gone.js"));
  await seen("gone.js");
});

test("folders are watched from when they are there, with what they brought", async (t) => {
  const { folder, told, seen } = await watched(t, (path) => mkdir(join(path, "src/deep"), { recursive: true }));
  await writeFile(join(folder, "src/deep/a.js"), "1");
  await seen("src/deep/a.js");
  await mkdir(join(folder, "new/inner"), { recursive: true });
  await seen("new");
  await realClock().sleep(50);
  await writeFile(join(folder, "new/inner/b.js"), "1");
  await seen("new/inner/b.js");
  told.length = 0;
  await rm(join(folder, "src"), { recursive: true });
  await seen("src");
});

test("many saves at once are told together", async (t) => {
  const { folder, told, seen } = await watched(t);
  for (let n = 0; n < 50; n++) await appendFile(join(folder, `f${n}.js`), "x");
  await seen("f49.js");
  assert.ok(told.length <= 3, `told ${told.length} times`);
  assert.equal(new Set(told.flat()).size, 50);
});

test("node_modules, compiled Python and editors' own files are nobody's save", async (t) => {
  const { folder, told, seen } = await watched(t, (path) => mkdir(join(path, "node_modules/x"), { recursive: true }));
  for (const name of ["node_modules/x/index.js", ".index.js.swp", "index.js~", ".#index.js", "4913"]) await writeFile(join(folder, name), "1");
  await mkdir(join(folder, "__pycache__"));
  await writeFile(join(folder, "last.js"), "1");
  await seen("last.js");
  assert.deepEqual(told.flat(), ["last.js"]);
});

test("a link that leads back is not followed: a save is told once, by its own path", async (t) => {
  const { folder, told, seen } = await watched(t);
  await symlink(".", join(folder, "self"));
  await seen("self");
  await realClock().sleep(50);
  told.length = 0;
  await writeFile(join(folder, "index.js"), "1");
  await seen("index.js");
  assert.deepEqual(told.flat(), ["index.js"]);
});
