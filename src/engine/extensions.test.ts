// External and internal extensions in real sandboxes: what they are told, what they may hold up, and what their end means.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";
import { zipOf } from "../../test/support/zip.ts";
import type { FunctionVersion } from "../ports/functions.ts";

const RECORDER = new URL("../../test/functions/extensions/recorder.py", import.meta.url);
const NODE = { "index.js": "exports.handler = async (event) => { console.log('handled'); if (event.hang) await new Promise((d) => setTimeout(d, 60000)); if (event.exit) process.exit(1); if (event.fail) throw new Error('no'); return event; };" };

describe("extensions", { skip: PYTHON ? false : "no python3 under /usr", concurrency: 3 }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  const layer = async (files: Record<string, string>) => (await t.engine.code.add(await zipOf(files))).id;
  const recorder = async (name = "recorder.py") => layer({ [`extensions/${name}`]: `#!${PYTHON}\n${await readFile(RECORDER, "utf8")}` });
  const nodeWith = async (name: string, environment: Record<string, string> = {}, more: Partial<FunctionVersion> = {}) =>
    t.version(name, NODE, { runtime: "nodejs22.x", environment, layers: [await recorder()], memoryMb: 256, ...more });
  /** What the extension has printed so far. */
  const told = async (name: string): Promise<any[]> => (await t.lines(name)).filter((line) => line.startsWith("EXT ")).map((line) => JSON.parse(line.slice(4)));
  const until = async (name: string, holds: (told: any[]) => boolean): Promise<any[]> => {
    for (let tries = 0; ; tries++) {
      const said = await told(name);
      if (holds(said)) return said;
      assert.ok(tries < 60, `never: ${JSON.stringify(said).slice(-1500)}\n${(await t.lines(name)).join("\n").slice(-3000)}`);
    }
  };

  for (const kind of ["managed", "custom"] as const) {
    test(`an external extension is started first, hears of every invocation and of the end, with a ${kind} runtime`, async () => {
      const name = `external-${kind}`;
      const version = kind === "managed" ? await nodeWith(name) : await t.custom(name, { layers: [await recorder()], memoryMb: 256 });
      const first = await t.invoke(version, { a: 1 });
      assert.deepEqual([first.failed, first.json], [false, { a: 1 }]);
      const second = await t.invoke(version, { b: 2 });
      assert.deepEqual(second.json, { b: 2 });
      const saidOf = (said: any[], eventType: string) => said.filter(({ event }) => event?.eventType === eventType);
      const said = await until(name, (all) => saidOf(all, "INVOKE").length === 2);
      const registered = said[0]; // an extension that is slow to ask again makes a second environment, with one of its own: what follows may be either's
      const [one, two] = [first, second].map(({ requestId }) => said.find(({ event }) => event?.requestId === requestId));
      assert.equal(registered.registered, 200);
      assert.deepEqual(registered.body, { accountId: "000000000000", functionName: name, functionVersion: "$LATEST", handler: "index.handler" });
      assert.deepEqual(["_HANDLER", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_XRAY_DAEMON_ADDRESS"].filter((key) => registered.env.includes(key)), []);
      assert.deepEqual(["AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_LAMBDA_RUNTIME_API", "AWS_ENDPOINT_URL"].filter((key) => !registered.env.includes(key)), []);
      assert.equal(one.event.eventType, "INVOKE");
      assert.deepEqual([one?.event.requestId, two?.event.requestId], [first.requestId, second.requestId]);
      assert.equal(one.event.invokedFunctionArn, version.arn);
      assert.equal(one.event.tracing.type, "X-Amzn-Trace-Id");
      assert.ok(one.event.deadlineMs > Date.now() && one.identifier);
      assert.ok((await t.lines(name)).includes("EXTENSION\tName: recorder.py\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"));
      await t.invoke(await t.version(name, NODE, { runtime: "nodejs22.x" }), {}); // another revision: the old environment is given up
      const ended = await until(name, (all) => all.filter(({ stopping }) => stopping).length === all.filter((each) => each.registered).length);
      const reasons = saidOf(ended, "SHUTDOWN").map(({ event }) => event.shutdownReason);
      assert.deepEqual(reasons, ended.filter((each) => each.registered).map(() => "spindown"), "each is told once");
    });
  }

  test("the answer does not wait for a slow extension, the next invocation does, and REPORT and a metric count it", async () => {
    const version = await nodeWith("slow", { EXTENSION: "slow 0.5" });
    await t.invoke(version, {});
    await until("slow", (said) => said.some(({ slept }) => slept));
    const startedMs = performance.now();
    const { json, requestId } = await t.invoke(version, { now: 1 });
    assert.deepEqual(json, { now: 1 });
    assert.ok(performance.now() - startedMs < 400, `took ${performance.now() - startedMs} ms`);
    await until("slow", (said) => said.filter(({ slept }) => slept).length === 2);
    const report = (await t.lines("slow")).find((line) => line.startsWith(`REPORT RequestId: ${requestId}`))!;
    assert.ok(Number(/Duration: ([\d.]+) ms/.exec(report)![1]) >= 500, report);
    const measured = t.measured.get("PostRuntimeExtensionsDuration slow")!;
    assert.ok(measured.length === 2 && measured.every((ms) => ms > 400 && ms < 3000), String(measured));
  });

  test("an extension that does not come back is cut off at the function's timeout, when its caller has long had the answer", async () => {
    const version = await nodeWith("hang-invoke", { EXTENSION: "hang-invoke" }, { timeoutSeconds: 1 });
    const { failed, json, requestId } = await t.invoke(version, { a: 1 });
    assert.deepEqual([failed, json], [false, { a: 1 }]);
    assert.deepEqual((await t.invoke(version, { b: 2 })).json, { b: 2 });
    const cutOff = (lines: string[]) => lines.some((line) => line.startsWith(`REPORT RequestId: ${requestId}`));
    for (let tries = 0; !cutOff(await t.lines("hang-invoke")); tries++) assert.ok(tries < 40, "never cut off");
    assert.match((await t.lines("hang-invoke")).join("\n"), new RegExp(`Z ${requestId} Task timed out after 1.00 seconds\n(.*\n)?END RequestId: ${requestId}\nREPORT RequestId: ${requestId}\t.*\tStatus: timeout`));
  });

  for (const [does, errorType, reason, log] of [
    ["crash-init", "Extension.Crash", "exit status 3", "EXTENSION\tName: recorder.py\tState: Started\tEvents: []"],
    ["init-error", "Extension.InitError", "exit status 1", "EXTENSION\tName: recorder.py\tState: InitError\tEvents: [INVOKE,SHUTDOWN]\tError Type: Extension.NoConfig"],
    ["crash-invoke", "Extension.Crash", "signal: aborted", "EXTENSION\tName: recorder.py\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"],
    ["exit-error", "Extension.ExitError", "exit status 2", "EXTENSION\tName: recorder.py\tState: Ready\tEvents: [INVOKE,SHUTDOWN]"],
  ] as const) {
    test(`an extension that does "${does}" is ${errorType}, and hurts only its function`, async () => {
      const version = await nodeWith(does, { EXTENSION: does }, { timeoutSeconds: 10 });
      const { failed, json, requestId } = await t.invoke(version, { hang: true });
      assert.equal(failed, true);
      assert.deepEqual(json, { errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` });
      const lines = await t.lines(does);
      assert.ok(lines.includes(log), lines.join("\n"));
      assert.ok(lines.join("\n").includes(`Error: ${reason}\n${errorType}`), lines.join("\n"));
      assert.match(lines.join("\n"), new RegExp(`REPORT RequestId: ${requestId}\t.*\tStatus: error\tError Type: ${errorType}`));
    });
  }

  test("an extension that reports an error and stays has two seconds, then its own error type is what the log says", async () => {
    const { json, requestId } = await t.invoke(await nodeWith("init-error-stays", { EXTENSION: "init-error-stays" }, { timeoutSeconds: 10 }), {});
    assert.deepEqual(json, { errorType: "Extension.InitError", errorMessage: `RequestId: ${requestId} Error: Extension.NoConfig` });
  });

  test("an extension that never registers holds up init for ten seconds, then the function's timeout", async () => {
    const version = await nodeWith("hang-init", { EXTENSION: "hang-init" }, { timeoutSeconds: 1 });
    const { json, requestId } = await t.invoke(version, {});
    assert.deepEqual(json, { errorType: "Sandbox.Timedout", errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds` });
    assert.match((await t.lines("hang-init")).join("\n"), /INIT_REPORT Init Duration: 1\d{4}\.\d+ ms\tPhase: init\tStatus: timeout/);
  });

  test("a file that cannot be executed, and an eleventh extension, are Extension.LaunchError", async () => {
    const noBits = await t.version("no-bits", NODE, { runtime: "nodejs22.x", layers: [await layer({ "extensions/plain.txt": "hello" })] });
    assert.equal((await t.invoke(noBits, {})).json.errorType, "Extension.LaunchError");
    assert.ok((await t.lines("no-bits")).includes("EXTENSION\tName: plain.txt\tState: LaunchError\tEvents: []\tError Type: PermissionDenied"));
    const eleven = await t.version("eleven", NODE, { runtime: "nodejs22.x", layers: [await layer(Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`extensions/e${n}`, "#!/bin/sh\nsleep 60"])))] });
    assert.equal((await t.invoke(eleven, {})).json.errorType, "Extension.LaunchError");
    const missing = await t.version("no-interpreter", NODE, { runtime: "nodejs22.x", layers: [await layer({ "extensions/lost": "#!/no/such/thing\n" })] });
    assert.equal((await t.invoke(missing, {})).json.errorType, "Extension.LaunchError");
  });

  test("after a timeout and after a crash extensions hear why, and get their two seconds", async () => {
    const version = await nodeWith("told-why", {}, { timeoutSeconds: 1 });
    assert.equal((await t.invoke(version, { hang: true })).json.errorType, "Sandbox.Timedout");
    await until("told-why", (said) => said.some(({ event }) => event?.shutdownReason === "timeout") && said.some(({ stopping }) => stopping));
    assert.equal((await t.invoke(version, { exit: true })).json.errorType, "Runtime.ExitError");
    await until("told-why", (said) => said.some(({ event }) => event?.shutdownReason === "failure"));
    assert.deepEqual((await t.invoke(version, { fine: 1 })).json, { fine: 1 });
  });

  test("an extension that hangs at the end is killed when its two seconds are up", async () => {
    const own = await openTestEngine();
    const layers = [(await own.engine.code.add(await zipOf({ "extensions/recorder.py": `#!${PYTHON}\n${await readFile(RECORDER, "utf8")}` }))).id];
    await own.invoke(await own.version("hang-shutdown", NODE, { runtime: "nodejs22.x", environment: { EXTENSION: "hang-shutdown" }, layers, memoryMb: 256 }), {});
    const startedMs = performance.now();
    await own.close();
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs >= 1900 && tookMs < 5000, `took ${tookMs} ms`);
  });

  test("the Extensions and Telemetry APIs refuse with AWS's errors", async () => {
    await t.invoke(await nodeWith("mistakes", { EXTENSION: "mistakes" }), {});
    const answers = (await until("mistakes", (said) => said.some(({ event }) => event))).filter(({ mistake }) => mistake).map(({ mistake }) => [mistake[0], mistake[1].errorType ?? mistake[1]]);
    assert.deepEqual(answers, [
      [403, "Extension.InvalidExtensionName"], [403, "Extension.InvalidExtensionState"], [403, "Extension.InvalidEventType"], [403, "Extension.InvalidEventType"], [403, "InvalidRequestFormat"],
      [403, "Extension.MissingExtensionIdentifier"], [403, "Extension.InvalidExtensionIdentifier"], [403, "Extension.UnknownExtensionIdentifier"], [403, "Extension.MissingHeader"],
      [400, "ValidationError"], [400, "ValidationError"], [400, "ValidationError"], [405, ""], [404, "404 page not found\n"],
    ]);
    const texts = (await told("mistakes")).filter(({ mistake }) => mistake).map(({ mistake }) => mistake[1].errorMessage);
    assert.equal(texts[9], "URI port is not provided; types should not be empty");
    assert.equal(texts[1], "State transition from Registered to Registered failed for extension recorder.py. Error: State transition is not allowed");
  });

  test("an extension without events is left alone, and killed at the end", async () => {
    const version = await nodeWith("no-events", { EVENTS: "[]" });
    for (const n of [1, 2]) assert.deepEqual((await t.invoke(version, { n })).json, { n });
    assert.deepEqual((await told("no-events")).filter(({ event }) => event), []);
  });

  test("several extensions run side by side", async () => {
    const version = await t.version("several", NODE, { runtime: "nodejs22.x", layers: [await recorder("one"), await recorder("two"), await recorder("three")], memoryMb: 512 });
    assert.deepEqual((await t.invoke(version, { a: 1 })).json, { a: 1 });
    const said = await until("several", (all) => all.filter(({ event }) => event).length === 3);
    assert.deepEqual([...new Set(said.map(({ name }) => name))].sort(), ["one", "three", "two"]);
  });

  test("an internal extension is waited for, may not ask for SHUTDOWN, and lets the runtime end in its own time", async () => {
    const files = {
      "index.mjs": `
        import http from "node:http";
        const api = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
        const call = (method, path, headers, body) => new Promise((done) => http.request({ host: api[0], port: api[1], method, path, headers }, (r) => { let t = ""; r.on("data", (c) => t += c); r.on("end", () => done({ status: r.statusCode, headers: r.headers, body: t })); }).end(body));
        const events = [];
        let refused;
        {
          refused = JSON.parse((await call("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": "inner" }, '{"events":["SHUTDOWN"]}')).body).errorType;
          const { headers } = await call("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": "inner" }, '{"events":["INVOKE"]}');
          const id = headers["lambda-extension-identifier"];
          (async () => { for (;;) { const { body } = await call("GET", "/2020-01-01/extension/event/next", { "Lambda-Extension-Identifier": id }); events.push(JSON.parse(body)); await new Promise((d) => setTimeout(d, 100)); console.log("inner is through"); } })();
        }
        process.on("SIGTERM", () => { console.log("asked to end"); setTimeout(() => { console.log("ends"); process.exit(0); }, 100); });
        export const handler = async (event, context) => { await new Promise((d) => setTimeout(d, 30)); return { refused, ids: events.map((e) => e.requestId), late: (await call("POST", "/2020-01-01/extension/register", { "Lambda-Extension-Name": "other" }, '{"events":[]}')).status }; };`,
    };
    const version = await t.version("internal", files, { runtime: "nodejs22.x", layers: [await layer({ "x": "y" })] });
    const first = await t.invoke(version, {});
    assert.deepEqual(first.json, { refused: "Extension.InvalidEventType", ids: [first.requestId], late: 403 });
    const second = await t.invoke(version, {});
    assert.deepEqual(second.json.ids, [first.requestId, second.requestId]);
    const lines = await t.lines("internal");
    assert.ok(lines.includes("EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]"), lines.join("\n"));
    await t.invoke(await t.version("internal", NODE, { runtime: "nodejs22.x" }), {});
    for (let tries = 0; !(await t.lines("internal")).some((line) => line.endsWith("\tends")); tries++) assert.ok(tries < 30, (await t.lines("internal")).join("\n"));
  });
});

test("a function cannot speak for another over that one's Runtime API", { skip: PYTHON && process.platform === "linux" ? false : "needs python3 under /usr and Linux" }, async () => {
  const t = await openTestEngine();
  try {
    const victim = await t.custom("victim");
    const { json } = await t.invoke(victim, { do: "facts" });
    const [host, port] = json.env.AWS_LAMBDA_RUNTIME_API.split(":");
    const thief = await t.version("thief", { "index.js": `
      const http = require("node:http");
      exports.handler = () => new Promise((done) => http.get({ host: "${host}", port: ${port}, path: "/2018-06-01/runtime/invocation/next" }, (r) => done("status " + r.statusCode)).on("error", (error) => done(error.code)));` }, { runtime: "nodejs22.x" });
    assert.equal((await t.invoke(thief, {})).json, "ECONNRESET");
    assert.deepEqual((await t.invoke(victim, { still: 1 })).json, { still: 1 });
  } finally {
    await t.close();
  }
});

for (const isolation of ["uid", "none"] as const) {
  test(`layers and extensions work with plain processes, by other paths (--isolation ${isolation})`, { skip: PYTHON ? false : "no python3 under /usr" }, async (context) => {
    const t = await openTestEngine({}, process.env, isolation).catch((error: Error) => error);
    if (t instanceof Error) return context.skip(t.message);
    try {
      const recorder = `#!${PYTHON}\n${await readFile(RECORDER, "utf8")}`;
      const layers = [(await t.engine.code.add(await zipOf({ "extensions/recorder.py": recorder, "nodejs/node_modules/dep/index.js": "module.exports = 'dep';" }))).id];
      const node = await t.version("plain-node", { "index.js": "exports.handler = async () => require('dep');" }, { runtime: "nodejs22.x", layers });
      assert.equal((await t.invoke(node, {})).json, "dep");
      const python = await t.version("plain-python", { "index.py": "def handler(event, context):\n    import dep\n    return dep.name\n" }, { runtime: "python3.11", layers: [(await t.engine.code.add(await zipOf({ "python/dep.py": "name = 'dep'" }))).id] });
      const { json } = await t.invoke(python, {});
      if (json?.errorType !== "InvalidRuntimeException") assert.equal(json, "dep");
      const lines = await t.lines("plain-node");
      assert.ok(lines.some((line) => line.startsWith("EXT ") && line.includes('"eventType": "INVOKE"')), lines.join("\n"));
    } finally {
      await t.close();
    }
  });
}
