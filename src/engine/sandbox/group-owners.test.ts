// Which folders of control groups a platform removes for others; ordinary folders stand in for groups, which are removed by the same call.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ownersMark, removeAbandoned } from "./group-owners.ts";

test("folders of platforms that are gone are removed, others stay", { skip: process.platform !== "linux" && "no control groups" }, async (t) => {
  const parent = mkdtempSync(join(tmpdir(), "evoke-owners-"));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const mine = ownersMark()!;
  const dead = ownersMark(child.pid)!;
  const lives = spawn("sleep", ["60"]);
  await once(lives, "spawn");
  t.after(() => lives.kill());
  const alive = ownersMark(lives.pid)!;
  child.kill("SIGKILL");
  await once(child, "exit");
  assert.match(dead, new RegExp(`^owner-\\d+-${child.pid}-\\d+$`));
  assert.equal(ownersMark(child.pid), undefined);
  const folders: Record<string, string[]> = {
    "evoke-own": [dead],
    "evoke-killed": [dead],
    "evoke-killed-with-groups": [dead, "env-1", "env-2"],
    "evoke-number-used-again": [alive.replace(/\d+$/, "1")],
    "evoke-alive": [alive],
    "evoke-mine-too": [mine, dead],
    "evoke-of-another-namespace": [dead.replace(/^owner-\d+/, "owner-1")],
    "evoke-unmarked": ["env-1"],
    "evoke-holds-something": [dead, "env-1/cgroup.procs"],
    "others": [dead],
  };
  for (const [name, groups] of Object.entries(folders)) for (const group of groups) mkdirSync(join(parent, name, group), { recursive: true });
  await removeAbandoned([join(parent, "evoke-own")]);
  assert.deepEqual(readdirSync(parent).sort(), ["evoke-alive", "evoke-holds-something", "evoke-mine-too", "evoke-of-another-namespace", "evoke-own", "evoke-unmarked", "others"]);
  assert.deepEqual(readdirSync(join(parent, "evoke-holds-something")), ["env-1"]);
});
