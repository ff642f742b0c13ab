// Settings: which source wins, and what a mistake is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, flagOf, readConfig, variableOf } from "./config.ts";

const none = { flags: {}, environment: {}, file: undefined };

test("a flag wins over a variable, a variable over the file, the file over the default", () => {
  assert.equal(readConfig(none).port, 4566);
  assert.equal(readConfig({ ...none, file: { port: 1 } }).port, 1);
  assert.equal(readConfig({ ...none, file: { port: 1 }, environment: { EVOKE_PORT: "2" } }).port, 2);
  assert.equal(readConfig({ file: { port: 1 }, environment: { EVOKE_PORT: "2" }, flags: { port: "3" } }).port, 3);
});

test("a wrong value names where it was written and what it should be", () => {
  assert.throws(() => readConfig({ ...none, flags: { port: "high" } }), new ConfigError('--port: "high" must be a whole number from 0 to 65535'));
  assert.throws(() => readConfig({ ...none, environment: { EVOKE_LOG: "loud" } }), /^ConfigError: EVOKE_LOG: "loud" must be one of debug, info, warn, error, silent$/);
  assert.throws(() => readConfig({ ...none, file: { ports: 1 } }), /there is no setting "ports"/);
  assert.throws(() => readConfig({ ...none, file: [] }), /one JSON object/);
  assert.throws(() => readConfig({ ...none, file: JSON.parse('{"toString": 1}') }), /there is no setting "toString"/);
  assert.throws(() => readConfig({ ...none, file: { credentials: { KEY: "secret" } } }), /credentials must be a text/);
  assert.deepEqual(readConfig({ ...none, file: { allowedHosts: ["a", "b"] } }).allowedHosts, "a,b");
});

test("a database address is checked and never repeated, and contradicts --ephemeral", () => {
  assert.throws(() => readConfig({ ...none, flags: { database: "mysql://me:secret@x" } }), new ConfigError("--database: must be a postgres:// address"));
  assert.throws(() => readConfig({ ...none, flags: { database: "postgres://x/y", ephemeral: "true" } }), /give one of them/);
});

test("flag and variable names follow from a setting's name", () => {
  assert.equal(flagOf("environmentsMax"), "environments-max");
  assert.equal(variableOf("environmentsMax"), "EVOKE_ENVIRONMENTS_MAX");
});
