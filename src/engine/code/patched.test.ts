// A package made from another one and what has changed is, to the byte, the package that would have been made of everything.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test, type TestContext } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { BadCode } from "../../ports/code.ts";
import { openStores } from "../../storage/open.ts";
import { zipOf as zipOfOthers } from "../../../test/support/zip.ts";
import { type LocalCode, openPackages } from "./packages.ts";
import { entriesOf, orderKey, packEntry, zipOf } from "./zip-entries.ts";

const [FILE, PROGRAM, LINK] = [0o100644, 0o100755, 0o120777];
/** By path: what it holds, or leads to. */
type Files = Map<string, { mode: number; content: string }>;

async function zipOfFiles(files: Files): Promise<Buffer> {
  const paths = [...files.keys()].sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
  return Buffer.from(zipOf(await Promise.all(paths.map((path) => packEntry(path, Buffer.from(files.get(path)!.content), files.get(path)!.mode)))));
}

async function opened(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), "evoke-patched-"));
  const stores = await openStores({ data: dataDir, ephemeral: true, database: undefined, clock: realClock(), log: silentLog });
  const open: LocalCode[] = [];
  t.after(async () => {
    for (const packages of open) await packages.close();
    await stores.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    open() {
      const packages = openPackages(dataDir, stores.blobs, realClock(), () => new Set());
      open.push(packages);
      return packages;
    },
    blobs: stores.blobs, folder: join(dataDir, "code"),
  };
}

const large = (): Files => new Map([
  ["index.mjs", { mode: FILE, content: "0" }], ["lib/a.js", { mode: FILE, content: "a" }], ["lib/link", { mode: LINK, content: "a.js" }],
  ...Array.from({ length: 600 }, (_, n) => [`node_modules/m${n % 20}/${n}.js`, { mode: FILE, content: `exports.n = ${n};` }] as const),
]);

async function filesIn(folder: string): Promise<Files> {
  const found: Files = new Map();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const at = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) {
      assert.notEqual((await readdir(at)).length, 0, `${at} is empty`);
      continue;
    }
    found.set(relative(folder, at), entry.isSymbolicLink() ? { mode: LINK, content: await readlink(at) } : { mode: (await lstat(at)).mode, content: await readFile(at, "utf8") });
  }
  return found;
}

const sorted = (files: Files) => [...files].sort(([a], [b]) => (a < b ? -1 : 1));

/** The change from one to the other, as it is sent. */
async function changeOf(before: Files, after: Files): Promise<[string[], Buffer]> {
  const isSame = (path: string) => before.get(path)?.content === after.get(path)?.content && before.get(path)?.mode === after.get(path)?.mode;
  return [[...before.keys()].filter((path) => !after.has(path)), await zipOfFiles(new Map([...after].filter(([path]) => !isSame(path))))];
}

function edited(files: Files, random: () => number): Files {
  const after: Files = new Map(files);
  const pick = () => [...after.keys()][Math.floor(random() * after.size)]!;
  const drop = (path: string) => { for (const each of [...after.keys()]) if (each === path || each.startsWith(`${path}/`)) after.delete(each); };
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
    const path = random() < 0.5 ? pick() : [...after.keys()].filter((each) => !each.startsWith("node_modules/"))[0]!;
    switch (Math.floor(random() * 7)) {
      case 0: after.set(path, { mode: FILE, content: `${random()}` }); break;
      case 1: after.set(path, { mode: PROGRAM, content: after.get(path)!.content }); break;
      case 2: drop(path); break;
      case 3: {
        const folder = `new${Math.floor(random() * 5)}`;
        for (const each of [folder, `${folder}/deep`]) after.delete(each);
        after.set(`${folder}/deep/${Math.floor(random() * 9)}.js`, { mode: FILE, content: `${random()}` });
        break;
      }
      case 4: { // a file becomes a folder
        drop(path);
        after.set(`${path}/inside.js`, { mode: FILE, content: "inside" });
        break;
      }
      case 5: { // a folder becomes a file, or a link
        const folder = path.split("/").slice(0, -1).join("/") || "lib";
        drop(folder);
        after.set(folder, random() < 0.5 ? { mode: FILE, content: "was a folder" } : { mode: LINK, content: "index.mjs".replace(/^/, "../".repeat(folder.split("/").length - 1)) });
        break;
      }
      default: after.set(`node_modules/new${Math.floor(random() * 9)}/${random()}.js`, { mode: FILE, content: "installed" });
    }
  }
  return after.size > 550 ? after : large();
}

test("after any edits the zip, its hash, what is stored of it and the folder are those of the whole package, after a restart too", async (t) => {
  const { open, blobs } = await opened(t);
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  let packages = open();
  let files = large();
  let { id } = await packages.add(await zipOfFiles(files));
  for (let step = 0; step < 18; step++) {
    const after = edited(files, random);
    const whole = await zipOfFiles(after);
    const zip = await packages.patched(id, ...(await changeOf(files, after)));
    assert.ok(zip && whole.equals(zip), `step ${step}`);
    const added = await packages.add(zip);
    assert.equal(added.sha256, createHash("sha256").update(whole).digest("base64"));
    assert.equal(added.unzippedBytes, [...after.values()].reduce((sum, { content }) => sum + content.length, 0));
    assert.deepEqual(sorted(await filesIn(await packages.folder(added.id))), sorted(after), `step ${step}`);
    assert.ok(whole.equals((await packages.read(added.id))!));
    [id, files] = [added.id, after];
    if (step !== 5 && step !== 11) continue;
    await packages.close();
    packages = open();
    for (let time = 0; time < 2; time++) await packages.keepOnly(async () => new Set([id]));
    await rm(await packages.folder(id), { recursive: true });
    await packages.close();
    packages = open();
    assert.deepEqual(sorted(await filesIn(await packages.folder(id))), sorted(files));
    assert.ok(whole.equals((await packages.read(id))!));
  }
  const kept: number[] = [];
  for await (const { sizeBytes } of blobs.list("code")) kept.push(sizeBytes);
  assert.ok(kept.length > 2 && kept.filter((bytes) => bytes > 50_000).length <= 2, `what changed is kept, not everything each time: ${kept.join(", ")}`);
});

test("what was some saves ago comes back as the package it was", async (t) => {
  const { open } = await opened(t);
  const packages = open();
  const files = large();
  const other: Files = new Map([...files, ["index.mjs", { mode: FILE, content: "1" }]]);
  const first = await packages.add(await zipOfFiles(files));
  let { id } = first;
  for (const [before, after] of [[files, other], [other, files], [files, other], [other, files]] as const) {
    id = (await packages.add((await packages.patched(id, ...(await changeOf(before, after))))!)).id;
    assert.deepEqual(sorted(await filesIn(await packages.folder(id))), sorted(after));
  }
  assert.equal(id, first.id);
});

test("a package that is not there, or of another program's making, is not changed but asked for whole", async (t) => {
  const { open } = await opened(t);
  const packages = open();
  const nothing = Buffer.from(zipOf([]));
  const { id } = await packages.add(await zipOfOthers({ "index.js": "1", "lib/a.js": "2" }));
  assert.equal(await packages.patched(id, [], nothing), undefined);
  assert.equal(await packages.patched("0".repeat(64), [], nothing), undefined);
  const ours = await packages.add(await zipOfFiles(large()));
  assert.equal(await packages.patched(ours.id, [], Buffer.from(await zipOfOthers({ "index.mjs": "1" }))), undefined);
  assert.equal(await packages.patched(ours.id, [], Buffer.from("no zip")), undefined);
});

test("what no package may hold comes in by no change: paths below files or links, or out of it, wrong checksums", async (t) => {
  const { open } = await opened(t);
  const packages = open();
  const { id } = await packages.add(await zipOfFiles(large()));
  const change = async (path: string, mode = FILE, content = "x") => packages.patched(id, [], await zipOfFiles(new Map([[path, { mode, content }]])));
  for (const path of ["index.mjs/below", "lib/link/below", "lib", "node_modules", "../out", "/out"]) await assert.rejects(change(path), BadCode, path);
  assert.equal(await change("a\\b"), undefined);
  await assert.rejects(change("out", LINK, "../../etc"), BadCode);
  const forged = await zipOfFiles(new Map([["index.mjs", { mode: FILE, content: "y" }]]));
  const [{ centralAt } = assert.fail()] = entriesOf(forged)!;
  forged.writeUInt32LE(7, 14);
  forged.writeUInt32LE(7, centralAt + 16);
  const zip = (await packages.patched(id, [], forged))!;
  await assert.rejects(packages.add(zip), BadCode);
  // In the order of the zip a slash counts as this character.
  const same = (await packages.patched(id, ["lib\0a.js", "./index.mjs", "../index.mjs"], Buffer.from(zipOf([]))))!;
  assert.equal((await packages.add(same)).id, id);
});

test("what another process adds and names while this one sweeps is kept, with all it is made of", async (t) => {
  const { open, blobs, folder } = await opened(t);
  const [packages, other] = [open(), open()];
  const files = large();
  const changed = (content: string): Files => new Map([...files, ["index.mjs", { mode: FILE, content }]]);
  const first = await packages.add(await zipOfFiles(files));
  const save = async (of: LocalCode, id: string, before: Files, after: Files) => (await of.add((await of.patched(id, ...(await changeOf(before, after))))!)).id;
  const second = await save(packages, first.id, files, changed("1"));
  await mkdir(join(folder, "unpacking-killed"));
  let third = "";
  await packages.keepOnly(async () => new Set([second]));
  const { used } = await packages.keepOnly(async () => new Set([(third = await save(other, second, changed("1"), changed("2")))]));
  assert.deepEqual([...used], [third]);
  const zip = await zipOfFiles(changed("2"));
  assert.ok(zip.equals(Buffer.from((await packages.read(third))!)));
  const fourth = await save(packages, third, changed("2"), changed("3"));
  for (let time = 0; time < 2; time++) await packages.keepOnly(async () => new Set([fourth]));
  assert.ok((await zipOfFiles(changed("3"))).equals(Buffer.from((await open().read(fourth))!)));
  const left: string[] = [];
  for await (const { key } of blobs.list("code")) left.push(key);
  assert.ok(left.length <= 2, left.join(" "));
  for (let tries = 0; (await readdir(folder)).some((name) => name.startsWith("unpacking-")); tries++) {
    assert.ok(tries < 500, "what was killed while it unpacked, and what is not used any more, goes away");
    await realClock().sleep(10);
  }
});

test("several changes at once of one package are each whole", async (t) => {
  const { open } = await opened(t);
  const packages = open();
  const files = large();
  const { id } = await packages.add(await zipOfFiles(files));
  await Promise.all(Array.from({ length: 6 }, async (_, n) => {
    const after: Files = new Map([...files, [`lib/${n}.js`, { mode: FILE, content: `${n}` }]]);
    const added = await packages.add((await packages.patched(id, ...(await changeOf(files, after))))!);
    assert.deepEqual(sorted(await filesIn(await packages.folder(added.id))), sorted(after));
  }));
});
