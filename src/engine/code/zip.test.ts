// Hostile and broken zips: refused before anything is written.
import assert from "node:assert/strict";
import { lstat, mkdtemp, readFile, readdir, readlink, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, test } from "node:test";
import { ZipFile } from "yazl";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { BadCode } from "../../ports/code.ts";
import { openStores } from "../../storage/open.ts";
import { openDownloads } from "./download.ts";
import { openPackages } from "./packages.ts";
import { readZip } from "./zip.ts";

type Item = [name: string, content: string | Uint8Array, mode?: number];

async function zipOf(items: Item[]): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content, mode] of items) {
    if (name.endsWith("/")) zip.addEmptyDirectory(name);
    else zip.addBuffer(Buffer.from(content as string), name, { mode: mode ?? 0o100644, compress: true });
  }
  const bytes = buffer(zip.outputStream);
  zip.end();
  return bytes;
}

/** The same zip with other bytes in place: for names a zip writer would refuse. */
function replaced(zip: Buffer, from: string, to: string): Buffer {
  assert.equal(from.length, to.length);
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}

const refused = async (zip: Uint8Array, reason: string) =>
  assert.rejects(readZip(zip).then(async (plan) => { for (const entry of plan.entries) await entry.bytes(); }), (error) => error instanceof BadCode && error.reason === reason || assert.fail(`${error}`));

describe("deployment zips", () => {
  test("paths that leave the package are refused", async () => {
    for (const name of ["../x", "/abc", "a/../../b", "C:/x", "..\\x", "\\abc"]) {
      const plain = "p".repeat(name.length);
      await refused(replaced(await zipOf([[plain, "evil"]]), plain, name), "unsafe-path");
    }
  });

  test("symbolic links may point inside, and nowhere else", async () => {
    const link = 0o120777;
    assert.equal((await readZip(await zipOf([["lib/a.js", "1"], ["bin/a", "../lib/a.js", link]]))).entries.length, 2);
    for (const target of ["/etc/passwd", "../../etc", "..", "a/../../x", "b/../c"]) await refused(await zipOf([["evil", target, link]]), "unsafe-path");
    await refused(await zipOf([["dir", "sub", link], ["dir/file", "through the link"]]), "unsafe-path");
    await refused(await zipOf([["device", "", 0o020666]]), "unsafe-path");
  });

  test("bombs are refused by what they declare, and by what they are", async () => {
    const zeros = await zipOf([["zeros", Buffer.alloc(1024 * 1024)]]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(1024 * 1024);
    const lying = replaced(zeros, size.toString("latin1"), "\x10\0\0\0");
    await refused(lying, "not-a-zip");
    const huge = Buffer.alloc(4);
    huge.writeUInt32LE(262_144_001);
    await refused(replaced(zeros, size.toString("latin1"), huge.toString("latin1")), "unzipped-too-large");
  });

  test("duplicates, encryption, cut-off files and noise are refused", async () => {
    await refused(replaced(await zipOf([["aa", "1"], ["bb", "2"]]), "bb", "aa"), "not-a-zip");
    await refused(replaced(await zipOf([["aa", "1"], ["bb/c", "2"]]), "bb/c", "aa/c"), "not-a-zip");
    const zip = await zipOf([["file", "content"]]);
    await refused(zip.subarray(0, zip.byteLength - 10), "not-a-zip");
    await refused(Buffer.from("not a zip at all"), "not-a-zip");
    await refused(Buffer.alloc(0), "not-a-zip");
    const encrypted = Buffer.from(zip);
    const central = encrypted.indexOf("PK\x01\x02", 0, "latin1");
    encrypted[central + 8]! |= 1;
    await refused(encrypted, "not-a-zip");
    const wrongSum = Buffer.from(zip);
    wrongSum[central + 16]! ^= 255;
    await refused(wrongSum, "not-a-zip");
  });
});

describe("code packages", () => {
  test("are kept once, unpacked with their modes and links, and unpacked again when the folder is gone", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "evoke-code-"));
    const clock = realClock();
    const stores = await openStores({ data: dataDir, ephemeral: true, database: undefined, clock, log: silentLog });
    try {
      const packages = openPackages(dataDir, stores.blobs, clock, () => new Set());
      const zip = await zipOf([["bootstrap", "#!/bin/sh", 0o100700], ["lib/data.json", "{}", 0o100600], ["empty/", ""], ["link", "lib/data.json", 0o120777]]);
      const [kept, again] = await Promise.all([packages.add(zip), packages.add(zip)]);
      assert.deepEqual(kept, again);
      assert.deepEqual(await packages.check(zip), kept);
      assert.equal(Buffer.from(kept.sha256, "base64").toString("hex"), kept.id);
      const folder = await packages.folder(kept.id);
      assert.deepEqual((await readdir(folder)).sort(), ["bootstrap", "empty", "lib", "link"]);
      assert.equal((await stat(join(folder, "bootstrap"))).mode & 0o777, 0o755);
      assert.equal((await lstat(join(folder, "lib/data.json"))).mode & 0o777, 0o644);
      assert.equal(await readlink(join(folder, "link")), "lib/data.json");

      await rm(folder, { recursive: true });
      const later = openPackages(dataDir, stores.blobs, clock, () => new Set());
      assert.equal(await readFile(join(await later.folder(kept.id), "bootstrap"), "utf8"), "#!/bin/sh");

      const downloads = openDownloads({ key: new Uint8Array(32), clock, endpointUrl: () => "http://localhost:1", read: packages.read });
      const url = new URL(downloads.url(kept.id));
      assert.deepEqual(Buffer.from((await downloads.page(url.pathname, url.search.slice(1))).body as Uint8Array), zip);
      assert.equal((await downloads.page(url.pathname, url.search.slice(1).replace(/expires=\d/, "expires=9"))).status, 403);
      assert.equal((await downloads.page(url.pathname, "")).status, 403);

      assert.equal((await later.keepOnly(async () => new Set())).left, true);
      assert.ok(await packages.read(kept.id), "another process may be about to name it");
      assert.equal((await later.keepOnly(async () => new Set())).left, false);
      await later.close();
      assert.equal(await packages.read(kept.id), undefined);
      assert.deepEqual(await readdir(join(dataDir, "code")), []);
    } finally {
      await stores.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
