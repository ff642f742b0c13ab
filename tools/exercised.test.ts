// Every operation a room serves is called by the real client in some test: what no client has ever called is not known to work.
// boto3's paginators and waiters as well: they read answers (tokens, states, error codes) that nobody else looks at.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SERVICES } from "../src/services/index.ts";
import { coverageOf } from "./coverage.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const tests = ["src", "test"].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(root, folder, path)))
  .filter((path) => path.endsWith(".test.ts") || path.endsWith(".py")).map((path) => ({ path, text: readFileSync(path, "utf8") }));

const snakeOf = (name: string): string => name.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3_$2").toLowerCase();

/** The JavaScript client's command, or its method; a paginator or waiter counts for what it calls. */
function callsOf(operation: string): RegExp {
  const method = operation[0]!.toLowerCase() + operation.slice(1);
  const snake = snakeOf(operation);
  return new RegExp(`\\b${operation}Command\\b|\\.${method}\\(|\\bpaginate${operation}\\(|\\.${snake}\\(|get_paginator\\("${snake}"\\)`);
}

/** Tests that talk to this service at all: several services have a GetPolicy. boto3 knows cloudwatch-logs as "logs". */
function testsOf(client: string): typeof tests {
  const room = client.replace("@aws-sdk/client-", "");
  return tests.filter(({ path, text }) => text.includes(client) || (path.endsWith(".py") && [room, room.split("-").at(-1)!, room.replaceAll("-", "")].some((name) => text.includes(`"${name}"`))));
}

for (const room of SERVICES) {
  const service = await room.load();
  const own = testsOf(service.client);

  test(`every operation of ${service.client} that is served is called by a real client in some test`, async () => {
    const { operations } = await coverageOf(service as never);
    const missing = operations.filter(({ name, served }) => served && !own.some(({ text }) => callsOf(name).test(text))).map(({ name }) => name);
    assert.deepEqual(missing, []);
  });

  test(`every paginator and waiter of ${service.client} whose operation is served is run by boto3`, async () => {
    const { operations } = await coverageOf(service as never);
    // Names in quotes; a place for a variable in them stands for any word.
    const said = own.filter(({ path }) => path.endsWith(".py")).flatMap(({ text }) => text.match(/"[a-z]+_[\w{}]+"/g) ?? []).map((quoted) => new RegExp(`^${quoted.slice(1, -1).replace(/\{\w+\}/g, "\\w+")}$`));
    const missing = operations.filter(({ served }) => served).flatMap(({ name }) => [...paginatorsOf(service.client, name), ...waitersOf(service.client, name)]).filter((name) => !said.some((one) => one.test(name)));
    assert.deepEqual(missing, []);
  });
}

/** Its last page names itself as the next one, so boto3 has no paginator for it. */
const ENDLESS = "GetLogEvents";

const published = (client: string, folder: string): string => join(root, "node_modules", client, "dist-es", folder);

const paginatorsOf = (client: string, operation: string): string[] => (operation !== ENDLESS && existsSync(join(published(client, "pagination"), `${operation}Paginator.js`)) ? [snakeOf(operation)] : []);

/** The JavaScript client's waiters are made from the same list as boto3's; each file names the command it sends. */
function waitersOf(client: string, operation: string): string[] {
  const folder = published(client, "waiters");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("waitFor")) : [];
  return files.filter((name) => readFileSync(join(folder, name), "utf8").includes(`new ${operation}Command(`)).map((name) => snakeOf(name.slice("waitFor".length, -".js".length)));
}
