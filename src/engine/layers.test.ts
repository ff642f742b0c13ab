// Layers as functions see them: /opt, in order, found by every runtime, with modes and links as they were.
import assert from "node:assert/strict";
import { access, chmod, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";
import { zipOf } from "../../test/support/zip.ts";
import { openLayers } from "./code/layers.ts";

describe("layers in functions", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());
  const layer = async (files: Record<string, string>) => (await t.engine.code.add(await zipOf(files))).id;

  test("later layers win, and a Node.js function finds modules, programs and files of all", async () => {
    const handler = { "index.js": `
      const { execFileSync } = require("node:child_process"); const fs = require("node:fs");
      exports.handler = async () => ({ a: require("a"), b: require("b"), which: execFileSync("tool").toString().trim(), data: fs.readFileSync("/opt/data.txt", "utf8"), list: fs.readdirSync("/opt").sort(), locked: (() => { try { fs.writeFileSync("/opt/new", ""); return false; } catch (error) { return error.code; } })() });` };
    const layers = [
      await layer({ "nodejs/node_modules/a/index.js": "module.exports = 'first a'", "data.txt": "first", "bin/tool": "#!/bin/sh\necho first tool" }),
      await layer({ "nodejs/node22/node_modules/b/index.js": "module.exports = 'b'", "data.txt": "second", "bin/tool": "#!/bin/sh\necho second tool" }),
    ];
    const version = await t.version("node-layers", handler, { runtime: "nodejs22.x", layers });
    const expected = { a: "first a", b: "b", which: "second tool", data: "second", list: ["bin", "data.txt", "nodejs"], locked: "EROFS" };
    assert.deepEqual((await t.invoke(version, {})).json, expected);
    const turned = await t.version("node-layers-turned", handler, { runtime: "nodejs22.x", layers: [...layers].reverse() });
    assert.deepEqual((await t.invoke(turned, {})).json, { ...expected, which: "first tool", data: "first" });
  });

  test("the second environment, in a sandbox made beforehand, sees the same", async () => {
    const handler = { "index.js": "exports.handler = async () => require('node:fs').readFileSync('/opt/x', 'utf8');" };
    for (const n of [1, 2, 3]) {
      const version = await t.version(`one-layer-${n}`, handler, { runtime: "nodejs22.x", layers: [await layer({ x: `content ${n}` })] });
      assert.equal((await t.invoke(version, {})).json, `content ${n}`);
      await new Promise((done) => setTimeout(done, 300));
    }
    const without = await t.version("no-layer", { "index.js": "exports.handler = async () => require('node:fs').existsSync('/opt') && require('node:fs').readdirSync('/opt');" }, { runtime: "nodejs22.x" });
    const { json } = await t.invoke(without, {});
    assert.ok(json === false || json.length === 0, JSON.stringify(json));
  });

  test("a layer brings the bootstrap of a custom runtime", async () => {
    const bootstrap = `#!${PYTHON}\n${await readFile(new URL("../../test/functions/custom/bootstrap.py", import.meta.url), "utf8")}`;
    const version = await t.version("runtime-layer", { "index.txt": "" }, { layers: [await layer({ bootstrap })] });
    assert.deepEqual((await t.invoke(version, { a: 1 })).json, { a: 1 });
    const none = await t.version("no-bootstrap", { "index.txt": "" }, { layers: [await layer({ x: "" })] });
    assert.match((await t.invoke(none, {})).json.errorMessage, /Couldn't find valid bootstrap\(s\): \[\/var\/task\/bootstrap \/opt\/bootstrap\]/);
  });

  test("a wrapper script from a layer starts the runtime", async () => {
    const version = await t.version("wrapped", { "index.js": "exports.handler = async () => process.env.WRAPPED;" }, {
      runtime: "nodejs22.x", environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrap" }, layers: [await layer({ wrap: "#!/bin/sh\nexport WRAPPED=yes\nexec \"$@\"\n" })],
    });
    assert.equal((await t.invoke(version, {})).json, "yes");
  });
});

describe("layers laid over one another", () => {
  let folder: string;
  before(async () => { folder = await mkdtemp(join(tmpdir(), "evoke-layers-")); });
  after(() => rm(folder, { recursive: true, force: true }));
  const make = async (id: string, files: Record<string, string | { link: string }>) => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, "code", id, name);
      await mkdir(dirname(path), { recursive: true });
      if (typeof content === "string") await writeFile(path, content);
      else await symlink(content.link, path);
    }
  };

  test("files, folders and links replace one another, nothing is written through a link, and modes stay", async () => {
    await make("1", { "a": "file a", "b/c": "file c", "l": { link: "b" }, "x": "run me" });
    await chmod(join(folder, "code/1/x"), 0o755);
    await make("2", { "a/inner": "now a folder", "b": "now a file", "l/in": "beside the link, not through it" });
    const layers = openLayers(folder, async (id) => join(folder, "code", id));
    const path = await layers.folder(["1", "2"]);
    assert.equal(await layers.folder(["1", "2"]), path);
    assert.equal(await readFile(join(path, "a/inner"), "utf8"), "now a folder");
    assert.equal(await readFile(join(path, "b"), "utf8"), "now a file");
    assert.ok((await lstat(join(path, "l"))).isDirectory());
    assert.deepEqual(await readdir(join(folder, "code/1/b")), ["c"]);
    assert.equal((await lstat(join(path, "x"))).mode & 0o777, 0o755);
    const turned = await layers.folder(["2", "1"]);
    assert.equal(await readlink(join(turned, "l")), "b");
    assert.equal(await layers.folder(["1"]), join(folder, "code/1"));
    await layers.keepOnly((id) => id !== "2");
    await assert.rejects(access(path));
    assert.equal(await readFile(join(folder, "code/1/a"), "utf8"), "file a");
    assert.equal(await layers.folder(["1", "2"]), path);
  });
});
