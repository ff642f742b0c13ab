// Several events at once in one environment, with Node.js: threads that each run many.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { BARRIER, managed, payloadOf } from "../../../test/support/managed-instances.ts";

const HANDLER = `
const fs = require("node:fs");
const { threadId } = require("node:worker_threads");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let mine;
${BARRIER}
exports.handler = async (event, context) => {
  mine = event.n; // everybody's, in one thread
  console.log("begin", event.n);
  if (event.together) await barrier(event.together);
  if (event.sleepMs) await sleep(event.sleepMs);
  console.log("end", event.n);
  if (event.block) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, event.block);
  if (event.fail) throw new TypeError("no " + event.n);
  if (event.exit) process.exit(7);
  if (event.kill) process.kill(process.pid, "SIGKILL");
  if (event.stray) { setTimeout(() => { throw new RangeError("stray " + event.n); }, 5); await sleep(60000); }
  return { n: event.n, id: context.awsRequestId, trace: context.xRayTraceId, variable: process.env._X_AMZN_TRACE_ID, store: awslambda.InvokeStore.getRequestId(), environment: process.env.AWS_LAMBDA_LOG_STREAM_NAME, threadId, left: context.getRemainingTimeInMillis(), type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, concurrency: process.env.AWS_LAMBDA_MAX_CONCURRENCY };
};
`;

describe("Node.js on managed instances", () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  test("as many events as are allowed run at once in one process, each with its own answer, id and log lines", async () => {
    const fn = await t.version("together", { "index.js": HANDLER }, managed("together", { runtime: "nodejs26.x", concurrency: 24 }));
    const results = await Promise.all(Array.from({ length: 24 }, (_, n) => t.invoke(fn, { n, together: 24 })));
    for (const [n, { json, failed, requestId }] of results.entries()) {
      assert.equal(failed, false, JSON.stringify(json));
      assert.deepEqual([json.n, json.id, json.store, json.variable], [n, requestId, requestId, undefined]);
      assert.match(json.trace, /^Root=1-/);
    }
    assert.equal(new Set(results.map(({ json }) => json.environment)).size, 1);
    assert.deepEqual([results[0]!.json.type, results[0]!.json.concurrency], ["lambda-managed-instances", "24"]);
    const lines = (await t.lines("together")).map((line) => JSON.parse(line));
    for (const [n, { requestId }] of results.entries()) {
      assert.deepEqual(lines.filter((line) => line.requestId === requestId).map(({ message }) => message), [`begin ${n}`, `end ${n}`]);
      const own = lines.filter((line) => line.record?.requestId === requestId);
      assert.deepEqual(own.map(({ type }) => type), ["platform.start", "platform.report"]);
      assert.deepEqual(Object.keys(own[1].record), ["requestId", "status", "metrics", "tracing", "spans"]);
      assert.deepEqual(Object.keys(own[1].record.metrics), ["durationMs"]);
    }
    assert.deepEqual([lines[0].type, lines[0].record.initializationType, lines[0].record.instanceId], ["platform.initStart", "lambda-managed-instances", t.streams("together")[0]]);
    assert.equal(t.measured.get("ExecutionEnvironmentConcurrency provider together together:1")!.reduce((a, b) => Math.max(a, b)), 24);
  });

  test("an event that takes too long fails alone, and what it answers later nobody hears", async () => {
    const fn = await t.version("slow", { "index.js": HANDLER }, managed("slow", { runtime: "nodejs26.x", concurrency: 8, timeoutSeconds: 2 }));
    const first = await t.invoke(fn, { n: 0 });
    const [slow, quick, next] = await Promise.all([t.invoke(fn, { n: 1, sleepMs: 2500 }), t.invoke(fn, { n: 2, sleepMs: 600 }), t.invoke(fn, { n: 3 })]);
    assert.deepEqual([slow.failed, slow.json], [true, { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 2.00 seconds" }]);
    assert.deepEqual([quick.failed, quick.json.n, next.json.n], [false, 2, 3]);
    const late = await t.invoke(fn, { n: 4, sleepMs: 700 }); // the late answer comes meanwhile
    assert.deepEqual([late.json.n, late.json.environment], [4, first.json.environment]);
    const report = (await t.lines("slow")).map((line) => JSON.parse(line)).find(({ type, record }) => type === "platform.report" && record.requestId === slow.requestId);
    assert.deepEqual([report.record.status, report.record.errorType], ["timeout", "Sandbox.Timedout"]);
  });

  test("a handler's error is its own caller's", async () => {
    const fn = await t.version("fails", { "index.js": HANDLER }, managed("fails", { runtime: "nodejs26.x", concurrency: 8 }));
    const results = await Promise.all([0, 1, 2, 3].map((n) => t.invoke(fn, { n, together: 4, fail: n % 2 === 1 })));
    assert.deepEqual(results.map(({ failed }) => failed), [false, true, false, true]);
    assert.deepEqual([results[1]!.json.errorType, results[1]!.json.errorMessage], ["TypeError", "no 1"]);
    const errors = (await t.lines("fails")).map((line) => JSON.parse(line)).filter(({ level }) => level === "ERROR");
    assert.deepEqual(errors.map(({ requestId }) => requestId).sort(), [results[1]!.requestId, results[3]!.requestId].sort());
  });

  test("a thread that ends fails what it had in hand, and the others' events go on", async () => {
    const fn = await t.version("threads", { "index.js": HANDLER }, managed("threads", { runtime: "nodejs26.x", concurrency: 8, environment: { AWS_LAMBDA_NODEJS_WORKER_COUNT: "2" } }));
    while (new Set((await Promise.all([0, 1, 2, 3].map((n) => t.invoke(fn, { n, sleepMs: 20 })))).map(({ json }) => json.threadId)).size < 2);
    const others = Promise.all([0, 1].map((n) => t.invoke(fn, { n, sleepMs: 400 }))); // one for each thread
    const [stray, rest] = await Promise.all([t.invoke(fn, { n: 2, stray: true }), others]);
    assert.deepEqual([stray.failed, stray.json.errorType, stray.json.errorMessage], [true, "RangeError", "stray 2"]);
    assert.equal(rest.filter(({ failed }) => failed).length, 1, "that of the same thread alone");
    const exit = await t.invoke(fn, { n: 3, exit: true });
    assert.deepEqual([exit.failed, exit.json.errorType], [true, "Runtime.ExitError"]);
    assert.equal((await t.invoke(fn, { n: 4 })).json.n, 4);
  });

  test("a process that dies fails all it has in hand, and nothing else", async () => {
    const fn = await t.version("dies", { "index.js": HANDLER }, managed("dies", { runtime: "nodejs26.x", concurrency: 4 }));
    await t.invoke(fn, { n: 5 }); // so that one environment is there, and takes all that it may
    const doomed = [0, 1, 2].map((n) => t.invoke(fn, { n, together: 4, kill: n === 2, sleepMs: n === 2 ? 0 : 5000 }));
    const other = t.invoke(fn, { n: 3, together: 4, sleepMs: 5000 });
    const fifth = t.invoke(fn, { n: 4, sleepMs: 300 }); // the first environment is full: another one is made
    const failed = await Promise.all([...doomed, other]);
    assert.deepEqual(failed.map((one) => [one.failed, one.json]), failed.map(() => [true, { errorType: "Runtime.ExitError" }]));
    assert.deepEqual([(await fifth).failed, (await fifth).json.n], [false, 4]);
    const reports = (await t.lines("dies")).map((line) => JSON.parse(line)).filter(({ type }) => type === "platform.report");
    assert.deepEqual(reports.map(({ record }) => record.errorType).sort(), ["Runtime.ExitError", "Runtime.ExitError", "Runtime.ExitError", "Runtime.ExitError", undefined, undefined]);
    assert.ok((await t.lines("dies")).some((line) => line.includes('"platform.fault"') && line.includes("signal: killed")));
  });

  test("handlers that do not wait share the work of their threads", async () => {
    const fn = await t.version("blocks", { "index.js": HANDLER }, managed("blocks", { runtime: "nodejs26.x", concurrency: 4, environment: { AWS_LAMBDA_NODEJS_WORKER_COUNT: "4" } }));
    while (new Set((await Promise.all([0, 1, 2, 3].map((n) => t.invoke(fn, { n, sleepMs: 20 })))).map(({ json }) => json.threadId)).size < 4);
    const results = await Promise.all([0, 1, 2, 3].map((n) => t.invoke(fn, { n, block: 500 })));
    assert.equal(new Set(results.map(({ json }) => json.threadId)).size, 4);
  });

  test("streams go on beside each other", async () => {
    const fn = await t.version("streams", { "index.js": `
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        for (let n = 0; n < 5; n++) { stream.write(event.n + " "); await new Promise((resolve) => setTimeout(resolve, 20)); }
        if (event.fail) throw new TypeError("broke");
        stream.end(event.large ? "x".repeat(3_000_000) : "");
      });` }, managed("streams", { runtime: "nodejs26.x", concurrency: 8 }));
    const texts = await Promise.all([0, 1, 2, 3].map(async (n) => {
      const { chunks, completed } = await t.stream(fn, { n, fail: n === 1, large: n === 2 });
      let text = "";
      for await (const chunk of chunks) text += Buffer.from(chunk).toString();
      return [text.length > 100 ? text.length : text, (await completed).errorCode];
    }));
    assert.deepEqual(texts, [["0 0 0 0 0 ", undefined], ["1 1 1 1 1 ", "Unhandled"], [3_000_010, undefined], ["3 3 3 3 3 ", undefined]]);
  });

  test("a caller that does not read its stream holds up nobody else", async () => {
    const fn = await t.version("unread", { "index.js": `
      exports.handler = awslambda.streamifyResponse(async (event, stream) => {
        for (let n = 0; n < (event.chunks ?? 1); n++) if (!stream.write(event.chunks ? "x".repeat(64 * 1024) : '"short"')) await new Promise((resolve) => stream.once("drain", resolve));
        stream.end();
      });` }, managed("unread", { runtime: "nodejs26.x", concurrency: 4, environmentsMax: 1 }));
    const unread = await t.stream(fn, { chunks: 160 });
    for (let n = 0; n < 8; n++) assert.equal((await t.invoke(fn, {}).catch(({ message }) => assert.fail(message)) as { failed: boolean }).failed, false);
    let bytes = 0;
    for await (const chunk of unread.chunks) bytes += chunk.byteLength;
    assert.equal(bytes, 160 * 64 * 1024);
  });

  test("a tail has the invocation's own lines", async () => {
    const fn = await t.version("tails", { "index.js": HANDLER }, managed("tails", { runtime: "nodejs26.x", concurrency: 8 }));
    const results = await Promise.all([0, 1, 2].map((n) => t.invoke(fn, { n, together: 3 }, true)));
    for (const [n, { logTail }] of results.entries()) {
      const lines = Buffer.from(logTail!).toString().trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(lines.map((line) => line.type ?? line.message), ["platform.start", `begin ${n}`, `end ${n}`, "platform.report"]);
    }
  });

  test("what cannot be initialised fails who waits for it", async () => {
    const fn = await t.version("broken", { "index.js": "throw new Error('at init')" }, managed("broken", { runtime: "nodejs26.x", concurrency: 8 }));
    const result = await t.invoke(fn, {});
    assert.deepEqual([result.failed, payloadOf(result).errorMessage], [true, "at init"]);
  });

  test("answers that are ready at once go over few connections: each new one is looked at by Evoke, and takes a file of 1024", async () => {
    const code = `
      let most = 0;
      setInterval(() => { most = Math.max(most, process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length); }, 0);
      exports.handler = async ({ untilMs }) => { await new Promise((resolve) => setTimeout(resolve, untilMs - Date.now())); return most; };`;
    const fn = await t.version("few", { "index.js": code }, managed("few", { runtime: "nodejs26.x", concurrency: 64, environment: { AWS_LAMBDA_NODEJS_WORKER_COUNT: "1" } }));
    await t.invoke(fn, {});
    const untilMs = Date.now() + 1000;
    await Promise.all(Array.from({ length: 64 }, () => t.invoke(fn, { untilMs })));
    const most = (await t.invoke(fn, {})).json;
    assert.ok(most <= 4, `${most} connections`);
  });
});
