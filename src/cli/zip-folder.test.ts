// What goes into a deployment package, and what a folder that cannot be one is told.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { zipFolder } from "./zip-folder.ts";

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
