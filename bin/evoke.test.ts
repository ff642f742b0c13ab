// The launcher on the oldest Node it promises to start from.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const onPath = spawnSync("node", ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
const major = Number(/^v(\d+)/.exec(onPath)?.[1] ?? 0);

test("the launcher starts on a Node too old for Evoke, and hands over to a newer one", { skip: (major < 20 || major >= 24) && `the Node on the PATH is ${onPath || "missing"}, not 20 to 23` }, () => {
  const { status, stdout, stderr } = spawnSync("node", [join(import.meta.dirname, "evoke.mjs"), "help"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^Evoke runs AWS Lambda functions on this machine\./);
});

test("the launcher may be executed: npx links to it as it is", { skip: process.platform === "win32" && "Windows has no such mode" }, () => {
  assert.equal(statSync(join(import.meta.dirname, "evoke.mjs")).mode & 0o111, 0o111);
});
