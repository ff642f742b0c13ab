// Every operation a room serves is called by the real client in some test: what no client has ever called is not known to work.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SERVICES } from "../src/services/index.ts";
import { coverageOf } from "./coverage.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const tests = ["src", "test"].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(root, folder, path)))
  .filter((path) => path.endsWith(".test.ts") || path.endsWith(".py")).map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** The JavaScript client's command, or its method; a paginator or waiter counts for what it calls. */
function callsOf(operation: string): RegExp {
  const method = operation[0]!.toLowerCase() + operation.slice(1);
  const snake = operation.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return new RegExp(`\\b${operation}Command\\b|\\.${method}\\(|\\bpaginate${operation}\\(|\\.${snake}\\(|get_paginator\\("${snake}"\\)`);
}

for (const service of SERVICES) {
  test(`every operation of ${service.client} that is served is called by a real client in some test`, async () => {
    const { operations } = await coverageOf(service as never);
    const missing = operations.filter(({ name, served }) => served && !tests.some(({ text }) => callsOf(name).test(text))).map(({ name }) => name);
    assert.deepEqual(missing, []);
  });
}
