// Extensions beside several events at once: they hear of the end alone, and of telemetry in one schema.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { managed } from "../../../test/support/managed-instances.ts";
import { zipOf } from "../../../test/support/zip.ts";

const RECORDER = new URL("../../../test/functions/extensions/recorder.py", import.meta.url);
const NODE = { "index.js": "exports.handler = async (event) => { console.log('handled'); await new Promise((d) => setTimeout(d, event.ms ?? 0)); return event; };" };
const SUBSCRIPTION = { api: "/2022-07-01/telemetry", listen: "sandbox.localdomain", port: 8080, types: ["platform", "function"], buffering: { maxItems: 1000, maxBytes: 262144, timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080/x" } };

describe("extensions on managed instances", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());
  const recorded = async (name: string, environment: Record<string, string>) =>
    t.version(name, NODE, managed(name, { runtime: "nodejs26.x", environment, layers: [(await t.engine.code.add(await zipOf({ "extensions/recorder.py": `#!${PYTHON}\n${await readFile(RECORDER, "utf8")}` }))).id] }));
  const told = async (name: string): Promise<any[]> => (await t.lines(name)).filter((line) => line.startsWith("EXT ")).map((line) => JSON.parse(line.slice(4)));
  const until = async (name: string, holds: (said: any[]) => boolean): Promise<any[]> => {
    for (let tries = 0; ; tries++) {
      const said = await told(name);
      if (holds(said)) return said;
      assert.ok(tries < 40, `never: ${JSON.stringify(said).slice(-2000)}`);
    }
  };

  test("one that registers for SHUTDOWN is told of it, and of every record in the newest schema", async () => {
    const fn = await recorded("shutdown", { EVENTS: '["SHUTDOWN"]', SUBSCRIBE: JSON.stringify({ ...SUBSCRIPTION, schemaVersion: "2025-01-29" }) });
    const results = await Promise.all([0, 1, 2].map((n) => t.invoke(fn, { n, ms: 50 })));
    assert.deepEqual(results.map(({ json }) => json.n), [0, 1, 2]);
    const records = (said: any[]) => said.flatMap(({ telemetry }) => telemetry ?? []);
    const said = await until("shutdown", (all) => records(all).filter(({ type }) => type === "platform.report").length === 3);
    assert.deepEqual(said.find(({ subscribed }) => subscribed).subscribed, [200, "OK"]);
    assert.ok(!said[0].env.includes("AWS_LAMBDA_MAX_CONCURRENCY"));
    const kinds = new Set(records(said).map(({ type }) => type));
    for (const kind of ["platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start", "platform.report", "function"]) assert.ok(kinds.has(kind), `no ${kind} in ${[...kinds]}`);
    assert.ok(!kinds.has("platform.runtimeDone"));
    t.forget(fn);
    await until("shutdown", (all) => all.some(({ event }) => event?.eventType === "SHUTDOWN"));
    assert.ok(!(await told("shutdown")).some(({ event }) => event?.eventType === "INVOKE"));
  });

  test("one that wants INVOKE or another schema is refused", async () => {
    const fn = await recorded("invoke", { EVENTS: '["INVOKE","SHUTDOWN"]' });
    const { failed } = await t.invoke(fn, {});
    assert.equal(failed, true, "an extension that cannot register fails the init");
    assert.deepEqual([(await told("invoke"))[0].registered, (await told("invoke"))[0].body.errorType], [403, "Extension.InvalidEventType"]);
    const other = await recorded("schema", { EVENTS: '["SHUTDOWN"]', SUBSCRIBE: JSON.stringify({ ...SUBSCRIPTION, schemaVersion: "2022-12-13" }) });
    await t.invoke(other, {});
    assert.equal((await told("schema")).find(({ subscribed }) => subscribed).subscribed[0], 400);
  });
});
