// What goes into a deployment package, and what a folder that cannot be one is told.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readZip } from "../engine/code/zip.ts";
import { zipFolder, type ZipMemory } from "./zip-folder.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "evoke-zip-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "lib"));
  writeFileSync(join(folder, "lib", "index.js"), "exports.handler = () => 1");
  return folder;
}

test("the same files give the same bytes, and a link inside the folder stays a link", async (t) => {
  const folder = folderOf(t);
  symlinkSync("lib/index.js", join(folder, "index.js"));
  symlinkSync("../index.js", join(folder, "lib", "back.js"));
  assert.deepEqual(await zipFolder(folder), await zipFolder(folder));
});

test("what was packed comes out again: content, modes, links, names in any script", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "bootstrap"), "#!/bin/sh\n".repeat(1000), { mode: 0o755 });
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "größe.txt"), "é");
  symlinkSync("lib/index.js", join(folder, "index.js"));
  const { entries } = await readZip(await zipFolder(folder));
  const seen = await Promise.all(entries.map(async ({ path, kind, mode, target, bytes }) => [path, kind, mode & 0o777, target ?? Buffer.from(await bytes()).toString().slice(0, 9)]));
  assert.deepEqual(seen.sort(), [
    ["bootstrap", "file", 0o755, "#!/bin/sh"], ["empty", "file", 0o644, ""], ["größe.txt", "file", 0o644, "é"], ["index.js", "link", 0o777, "lib/index.js"], ["lib/index.js", "file", 0o644, "exports.h"],
  ]);
});

test("zipped again with what is remembered, a folder gives the bytes it would have given without", async (t) => {
  const folder = folderOf(t);
  const memory: ZipMemory = new Map();
  const first = await zipFolder(folder, memory);
  assert.deepEqual(await zipFolder(folder, memory), first);
  writeFileSync(join(folder, "lib", "index.js"), "exports.handler = () => 2");
  writeFileSync(join(folder, "lib", "new.js"), "");
  const second = await zipFolder(folder, memory);
  assert.notDeepEqual(second, first);
  assert.deepEqual(second, await zipFolder(folder));
});

test("a link that leads out of the folder is named", async (t) => {
  for (const target of ["/etc/hosts", "../../outside", "lib/../../up"]) {
    const folder = folderOf(t);
    symlinkSync(target, join(folder, "away"));
    await assert.rejects(zipFolder(folder), (error: Error) => error.message.startsWith("away is a link that leads out of ") && error.message.includes(target));
  }
});

test("a file that cannot be read is named", { skip: process.getuid?.() === 0 && "root reads everything" }, async (t) => {
  const folder = folderOf(t);
  chmodSync(join(folder, "lib", "index.js"), 0o000);
  await assert.rejects(zipFolder(folder), /cannot zip .*EACCES.*lib\/index\.js/);
});

test("a folder with more in it than a package may have is refused before it is read", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "disk.img"), "");
  truncateSync(join(folder, "disk.img"), 64 * 1024 ** 3);
  await assert.rejects(zipFolder(folder), /cannot zip .*: it holds more than 262144000 bytes, .*disk\.img/);
});

test("a folder that cannot be listed is named, and one that links to itself is no loop", async (t) => {
  const folder = folderOf(t);
  symlinkSync(".", join(folder, "self"));
  symlinkSync("..", join(folder, "lib", "up"));
  assert.deepEqual((await readZip(await zipFolder(folder))).entries.map(({ path }) => path).sort(), ["lib/index.js", "lib/up", "self"]);
  await assert.rejects(zipFolder(join(folder, "gone")), /cannot zip .*gone: ENOENT/);
});
