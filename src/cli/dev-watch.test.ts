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
  const alls: boolean[] = [];
  const watch = await watchFolder(folder, realClock(), (paths, all) => {
    told.push([...paths].sort());
    alls.push(all);
  });
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
  return { folder, told, alls, seen };
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

test("compiled Python and editors' own files are nobody's save", async (t) => {
  const { folder, told, alls, seen } = await watched(t);
  for (const name of [".index.js.swp", "index.js~", ".#index.js", "4913"]) await writeFile(join(folder, name), "1");
  await mkdir(join(folder, "__pycache__"));
  await writeFile(join(folder, "last.js"), "1");
  await seen("last.js");
  assert.deepEqual([told.flat(), alls], [["last.js"], [false]]);
});

test("an installation is one save when it is over, and everything is to be looked at", async (t) => {
  const { folder, told, alls, seen } = await watched(t, (path) => mkdir(join(path, "node_modules/there"), { recursive: true }));
  for (let n = 0; n < 20; n++) {
    await mkdir(join(folder, `node_modules/new${n}`));
    await writeFile(join(folder, `node_modules/new${n}/index.js`), "1");
    await realClock().sleep(20);
  }
  await writeFile(join(folder, "node_modules/there/index.js"), "1");
  await seen("node_modules/there/index.js");
  assert.deepEqual(alls, [true]);
  told.length = alls.length = 0;
  await writeFile(join(folder, "node_modules/new7/index.js"), "2");
  await writeFile(join(folder, "index.js"), "a save of one's own does not wait for it");
  await seen("index.js");
  assert.ok(told[0]!.includes("node_modules/new7/index.js") && alls[0], JSON.stringify(told));
});

test("a folder that takes the name of another is watched in its place", async (t) => {
  const { folder, told, seen } = await watched(t, (path) => mkdir(join(path, "dist"), { recursive: true }));
  for (let n = 0; n < 5; n++) {
    await rm(join(folder, "dist"), { recursive: true });
    await mkdir(join(folder, "dist"));
    await realClock().sleep(40);
    told.length = 0;
    await writeFile(join(folder, "dist/index.js"), `${n}`);
    await seen("dist/index.js");
  }
  await rename(join(folder, "dist"), join(folder, "old"));
  await mkdir(join(folder, "dist"));
  await realClock().sleep(40);
  told.length = 0;
  await writeFile(join(folder, "old/index.js"), "1");
  await writeFile(join(folder, "dist/index.js"), "1");
  await seen("dist/index.js");
  await seen("old/index.js");
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
