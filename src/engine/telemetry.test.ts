// The Telemetry API and the Logs API: real extensions subscribe and are told, over HTTP and TCP, in time, late, or never.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";
import { zipOf } from "../../test/support/zip.ts";
import { realClock } from "../kernel/clock.ts";
import { openDelivery } from "./runtime-api/telemetry/deliver.ts";

const RECORDER = new URL("../../test/functions/extensions/recorder.py", import.meta.url);
const NODE = { "index.js": "exports.handler = async (event) => { console.log('handled ' + event.n); if (event.fail) throw new Error('no'); return event; };" };
const LATEST = { api: "/2022-07-01/telemetry", schemaVersion: "2022-12-13", types: ["platform", "function", "extension"], buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 25 } };
const HTTP = { listen: "sandbox.localdomain", port: 8080, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080/x" } };

describe("telemetry", { skip: PYTHON ? false : "no python3 under /usr", concurrency: 3 }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  const subscriber = async (name: string, subscribe: object, more: object = {}) => {
    const layers = [(await t.engine.code.add(await zipOf({ "extensions/recorder.py": `#!${PYTHON}\n${await readFile(RECORDER, "utf8")}` }))).id];
    return t.version(name, NODE, { runtime: "nodejs22.x", layers, memoryMb: 256, environment: { SUBSCRIBE: JSON.stringify(subscribe) }, ...more });
  };
  const told = async (name: string): Promise<any[]> =>
    (await t.lines(name)).filter((line) => line.startsWith("EXT ")).map((line) => JSON.parse(line.slice(4)));
  const events = async (name: string, enough: (all: any[]) => boolean): Promise<any[]> => {
    for (let tries = 0; ; tries++) {
      const all = (await told(name)).flatMap(({ telemetry }) => telemetry ?? []);
      if (enough(all)) return all;
      assert.ok(tries < 40, `never: ${JSON.stringify(await told(name)).slice(-3000)}`);
    }
  };
  const ofType = (all: any[], type: string) => all.filter((event) => event.type === type);

  test("every record of an invocation arrives over HTTP, the init's included", async () => {
    const version = await subscriber("over-http", { ...LATEST, ...HTTP });
    const first = await t.invoke(version, { n: 1 });
    const second = await t.invoke(version, { n: 2, fail: true });
    await t.invoke(version, { n: 3 });
    const all = await events("over-http", (seen) => ofType(seen, "platform.report").length >= 2);
    assert.deepEqual((await told("over-http")).find(({ subscribed }) => subscribed).subscribed, [200, "OK"]);
    const kinds = all.map(({ type }) => type);
    for (const type of ["platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.extension", "platform.telemetrySubscription", "platform.start", "platform.runtimeDone", "platform.report", "function", "extension"]) assert.ok(kinds.includes(type), `no ${type} in ${kinds}`);
    assert.ok(all.every(({ time }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time)));
    const { record: initStart } = ofType(all, "platform.initStart")[0];
    assert.deepEqual([initStart.initializationType, initStart.phase, initStart.functionName], ["on-demand", "init", "over-http"]);
    assert.deepEqual(ofType(all, "platform.telemetrySubscription")[0].record, { name: "recorder.py", state: "Subscribed", types: ["platform", "function", "extension"] });
    assert.deepEqual(ofType(all, "platform.extension")[0].record, { name: "recorder.py", state: "Ready", events: ["INVOKE", "SHUTDOWN"] });
    const start = ofType(all, "platform.start")[0].record;
    assert.deepEqual([start.requestId, start.version, start.tracing.type], [first.requestId, "$LATEST", "X-Amzn-Trace-Id"]);
    const done = ofType(all, "platform.runtimeDone")[0].record;
    assert.deepEqual([done.requestId, done.status, typeof done.metrics.durationMs, done.metrics.producedBytes, done.spans[0].name], [first.requestId, "success", "number", 7, "responseLatency"]);
    const reports = ofType(all, "platform.report").map(({ record }) => record);
    assert.deepEqual(reports.slice(0, 2).map(({ requestId, status }) => [requestId, status]), [[first.requestId, "success"], [second.requestId, "error"]]);
    assert.deepEqual(Object.keys(reports[0].metrics).sort(), ["billedDurationMs", "durationMs", "initDurationMs", "maxMemoryUsedMB", "memorySizeMB"]);
    assert.match(ofType(all, "function")[0].record, /handled 1$/);
  });

  test("two environments of one function listen on the same port, each hearing its own", async () => {
    const version = await subscriber("side-by-side", { ...LATEST, ...HTTP, types: ["platform"] });
    const answers = await Promise.all([1, 2, 3].map((n) => t.invoke(version, { n })));
    assert.deepEqual(answers.map(({ failed }) => failed), [false, false, false]);
    await t.invoke(version, { n: 4 });
    assert.ok(!(await t.lines("side-by-side")).some((line) => line.includes("Address already in use")));
  });

  test("events arrive over TCP, one JSON object a line", async () => {
    const version = await subscriber("over-tcp", { ...LATEST, listen: "sandbox", port: 9999, destination: { protocol: "TCP", port: 9999 } });
    await t.invoke(version, { n: 1 });
    await t.invoke(version, { n: 2 });
    const all = await events("over-tcp", (seen) => ofType(seen, "platform.start").length >= 1);
    assert.ok(ofType(all, "platform.initStart").length >= 1); // the second event may have found the first's extension busy, and taken another environment
  });

  test("a listener that comes late gets what it has missed", async () => {
    const version = await subscriber("late", { ...LATEST, ...HTTP, types: ["platform"], late: 0.05 });
    // Delivery is tried while the function is awake: on a busy machine that takes more than a few invocations.
    for (let n = 1, all: any[] = []; ofType(all, "platform.initStart").length !== 1 || ofType(all, "platform.report").length < 1; n++) {
      assert.ok(n < 40, `never: ${JSON.stringify(all)}`);
      await t.invoke(version, { n });
      await new Promise((done) => setTimeout(done, 50));
      all = (await told("late")).flatMap(({ telemetry }) => telemetry ?? []);
    }
  });

  test("the Logs API has its own fewer records", async () => {
    const version = await subscriber("logs-api", { ...LATEST, ...HTTP, api: "/2020-08-15/logs", schemaVersion: "2020-08-15", types: ["platform", "function"] });
    const { requestId } = await t.invoke(version, { n: 1 });
    await t.invoke(version, { n: 2 });
    const all = await events("logs-api", (seen) => ofType(seen, "platform.report").length >= 1);
    assert.deepEqual([...new Set(all.map(({ type }) => type))].filter((type) => /init|runtimeDone|telemetry/.test(type)), []);
    assert.deepEqual(ofType(all, "platform.start")[0].record, { requestId });
    assert.deepEqual(ofType(all, "platform.end")[0].record, { requestId });
    assert.deepEqual(Object.keys(ofType(all, "platform.report")[0].record).sort(), ["metrics", "requestId"]);
    assert.deepEqual(ofType(all, "platform.logsSubscription")[0].record, { name: "recorder.py", state: "Subscribed", types: ["platform", "function"] });
  });

  test("lines that are JSON arrive as objects where the function logs JSON", async () => {
    const version = await subscriber("json", { ...LATEST, ...HTTP, types: ["function"] }, { logging: { format: "JSON", applicationLevel: "INFO", systemLevel: "INFO", group: "/aws/lambda/json" } });
    await t.invoke(version, { n: 1 });
    await t.invoke(version, { n: 2 });
    const [line] = await events("json", (seen) => seen.length >= 1);
    assert.equal(line.record.message, "handled 1");
  });

  test("what happened last arrives before the end", async () => {
    const version = await subscriber("at-the-end", { ...LATEST, ...HTTP, types: ["platform"], buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 30_000 } });
    const { requestId } = await t.invoke(version, { n: 1 });
    await t.invoke(await t.version("at-the-end", NODE, { runtime: "nodejs22.x" }), {});
    await events("at-the-end", (seen) => ofType(seen, "platform.report").some(({ record }) => record.requestId === requestId));
  });
});

test("what a slow listener cannot take is dropped, and it is told how much", async () => {
  const clock = realClock();
  const seen: any[] = [];
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => { text += chunk; }).on("end", () => {
      seen.push(...JSON.parse(text));
      if (seen.length > 1000) return void response.end();
      held.push(() => response.end());
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  const delivery = openDelivery({
    clock, host: "127.0.0.1", droppedEvent: (dropped) => JSON.stringify({ dropped }),
    subscription: { schemaVersion: "2022-12-13", types: ["function"], buffering: { maxItems: 1000, maxBytes: 262_144, timeoutMs: 25 }, destination: { protocol: "HTTP", method: "POST", port, path: "/" } },
  });
  for (let n = 0; n < 5000; n++) delivery.add(JSON.stringify({ n }));
  while (!held.length) await clock.sleep(5);
  for (let n = 5000; n < 8000; n++) delivery.add(JSON.stringify({ n }));
  held[0]!();
  await delivery.flush(clock.monotonicMs() + 5000);
  delivery.close();
  server.close();
  const dropped = seen.filter((event) => event.dropped).reduce((sum, event) => sum + event.dropped.records, 0);
  assert.ok(dropped > 0);
  assert.equal(seen.filter((event) => event.n !== undefined).length + dropped, 8000);
});
