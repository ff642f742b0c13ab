// The command line: what is understood, and what is said when it is not.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseArguments, UsageError } from "./arguments.ts";

const parse = (...argv: string[]) => parseArguments(argv, {}, tmpdir());

test("no command means start, and settings are flags of every command", () => {
  assert.equal(parse().name, "start");
  assert.equal(parse("--port", "4567", "--ephemeral").config.port, 4567);
  assert.equal(parse("--ephemeral").config.ephemeral, true);
  assert.equal(parse("status", "--port", "1").config.port, 1);
  assert.deepEqual(parse("invoke", "f", "--event", "-", "--json"), { ...parse("invoke", "f", "--event", "-", "--json"), positionals: ["f"], json: true });
});

test("an unknown command or option is a usage error that says where to look", () => {
  assert.throws(() => parse("explode"), new UsageError('there is no command "explode"; there are start, status, deploy, dev, invoke, event, emit, logs, outbox, clock, runtimes, doctor, help'));
  assert.throws(() => parse("deploy", "x", "--colour", "red"), /Unknown option '--colour' \(see: evoke help deploy\)/);
});

test("a word that a command does not take is refused, not ignored", () => {
  assert.throws(() => parse("start", "4567"), new UsageError('"4567" means nothing to start (see: evoke help start)'));
  assert.deepEqual(parse("runtimes", "add", "nodejs22.x").positionals, ["add", "nodejs22.x"]);
});

test("--help anywhere explains the command", () => {
  assert.deepEqual([parse("deploy", "--help").name, parse("deploy", "--help").positionals], ["help", ["deploy"]]);
  assert.equal(parse("--help").name, "help");
});

test("evoke.config.json in the current folder is read, and its mistakes are named", () => {
  const folder = mkdtempSync(join(tmpdir(), "evoke-config-"));
  try {
    writeFileSync(join(folder, "evoke.config.json"), '{"port": 4999}');
    assert.equal(parseArguments([], {}, folder).config.port, 4999);
    writeFileSync(join(folder, "evoke.config.json"), "{port");
    assert.throws(() => parseArguments([], {}, folder), /evoke\.config\.json is not JSON/);
    writeFileSync(join(folder, "evoke.config.json"), '\uFEFF{"port": 4998}'); // as Windows editors write it
    assert.equal(parseArguments([], {}, folder).config.port, 4998);
    rmSync(join(folder, "evoke.config.json"));
    mkdirSync(join(folder, "evoke.config.json"));
    assert.throws(() => parseArguments([], {}, folder), /evoke\.config\.json cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
