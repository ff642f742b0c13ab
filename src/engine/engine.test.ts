// Functions run in real sandboxes: what callers and logs see when they behave.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";

describe("functions", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  test("a custom runtime answers, and its environment is used again", async () => {
    const echo = await t.custom("echo");
    const first = await t.invoke(echo, { a: 1 });
    assert.deepEqual({ failed: first.failed, json: first.json, executedVersion: first.executedVersion }, { failed: false, json: { a: 1 }, executedVersion: "$LATEST" });
    const one = await t.invoke(echo, { do: "facts" });
    const two = await t.invoke(echo, { do: "facts" });
    assert.equal(one.json.pid, two.json.pid);
  });

  test("a function sees AWS's variables and headers", async () => {
    const facts = await t.custom("facts", { environment: { MINE: "1" } });
    const { json, requestId } = await t.invoke(facts, { do: "facts" });
    assert.equal(json.env.MINE, "1");
    assert.equal(json.env._HANDLER, "index.handler");
    assert.equal(json.env.AWS_LAMBDA_FUNCTION_NAME, "facts");
    assert.equal(json.env.AWS_ENDPOINT_URL, "http://127.0.0.1:4566");
    assert.equal(json.env.AWS_ACCESS_KEY_ID, "ASIATEST");
    assert.equal(json.env.AWS_EXECUTION_ENV, undefined);
    assert.match(json.env.AWS_LAMBDA_LOG_STREAM_NAME, /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
    assert.equal(json.headers["lambda-runtime-aws-request-id"], requestId);
    assert.equal(json.headers["lambda-runtime-invoked-function-arn"], facts.arn);
    assert.match(json.headers["lambda-runtime-trace-id"], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=[0-9a-f]{8}:0$/);
    const left = Number(json.headers["lambda-runtime-deadline-ms"]) - Date.now();
    assert.ok(left > 0 && left <= 3000, `${left} ms left`);
  });

  test("a user's own endpoint wins over the platform's", async () => {
    const own = await t.custom("own-endpoint", { environment: { AWS_ENDPOINT_URL_S3: "http://elsewhere" } });
    const { json } = await t.invoke(own, { do: "facts" });
    assert.equal(json.env.AWS_ENDPOINT_URL, undefined);
  });

  test("the tail has all lines of the invocation", async () => {
    const prints = await t.custom("prints");
    const { logTail, requestId } = await t.invoke(prints, { do: "print", text: "hello" }, true);
    const lines = Buffer.from(logTail!).toString().trimEnd().split("\n");
    assert.equal(lines[0], `START RequestId: ${requestId} Version: $LATEST`);
    assert.deepEqual(lines.slice(1, -2).sort(), ["hello", "to stderr"]);
    assert.equal(lines.at(-2), `END RequestId: ${requestId}`);
    assert.match(lines.at(-1)!, new RegExp(`^REPORT RequestId: ${requestId}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\tMax Memory Used: [1-9]\\d* MB\tInit Duration: [\\d.]+ ms`));
    const again = await t.invoke(prints, { do: "print", text: "x".repeat(6000) }, true);
    assert.equal(again.logTail!.byteLength, 4096);
    assert.doesNotMatch(Buffer.from(again.logTail!).toString(), /Init Duration/);
    assert.match((await t.lines("prints"))[0]!, /^INIT_START Runtime Version: provided:al2023/);
  });

  test("system lines are JSON objects where the function asks for it", async () => {
    const json = await t.custom("json-logs", { logging: { format: "JSON", applicationLevel: "INFO", systemLevel: "DEBUG", group: "/aws/lambda/json-logs" } });
    const { requestId } = await t.invoke(json, {});
    const lines = (await t.lines("json-logs")).map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ type }) => type), ["platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start", "platform.runtimeDone", "platform.report"]);
    assert.equal(lines[3].record.requestId, requestId);
    assert.equal(lines[5].record.status, "success");
    assert.ok(lines[5].record.metrics.maxMemoryUsedMB > 0);
  });

  test("a stream arrives as it is written, and whole for a buffered caller", async () => {
    const streams = await t.custom("streams");
    const { chunks, completed, contentType } = await t.stream(streams, { do: "stream", parts: ["a", "b"], pause: 0.05 });
    assert.equal(contentType, "text/plain");
    const parts = [];
    for await (const chunk of chunks) parts.push(Buffer.from(chunk).toString());
    assert.deepEqual(parts, ["a", "b"]);
    assert.deepEqual(await completed, {});
    const whole = await t.engine.functions.invoke({ version: streams, invokedArn: streams.arn, payload: Buffer.from('{"do":"stream","parts":["c","d"]}'), requestId: "7c7f4a1e-0000-4000-8000-000000000001", tail: false });
    assert.equal(Buffer.from(whole.payload).toString(), "cd");
  });

  test("an error in the middle of a stream is told at its end", async () => {
    const streams = await t.custom("streams-late");
    const { chunks, completed } = await t.stream(streams, { do: "stream", parts: ["a"], fail: true });
    for await (const chunk of chunks) assert.equal(Buffer.from(chunk).toString(), "a");
    assert.deepEqual(await completed, { errorCode: "Function.Late", errorDetails: '{"errorType": "Late", "errorMessage": "too late"}' });
  });

  test("a client that leaves a stream does not stop the function", async () => {
    const streams = await t.custom("streams-left");
    const { chunks, completed } = await t.stream(streams, { do: "stream", parts: ["a", "b", "c"], times: 1_000_000 });
    for await (const _ of chunks) break;
    assert.deepEqual(await completed, {});
    assert.equal((await t.invoke(streams, { still: "here" })).json.still, "here");
  });

  test("a slow client holds a large stream back without losing any of it", async () => {
    const streams = await t.custom("streams-slow");
    const { chunks, completed } = await t.stream(streams, { do: "stream", parts: Array.from({ length: 16 }, () => "0123456789abcdef"), times: 65_536 });
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.equal(bytes, 16 * 1024 * 1024);
    assert.deepEqual(await completed, {});
  });

  test("errors in quick succession each reach their own caller", async () => {
    const fails = await t.custom("fails-again");
    for (let n = 0; n < 20; n++) {
      const { json } = await t.invoke(fails, { do: "error", body: { errorType: "Function.Bad", errorMessage: `no ${n}` }, lingers: 0.03 });
      assert.equal(json.errorMessage, `no ${n}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
    const ends = (await t.lines("fails-again")).filter((line) => line.startsWith("END "));
    assert.deepEqual([ends.length, new Set(ends).size], [20, 20]);
  });

  test("concurrent invocations of a slow function run side by side", async () => {
    const slow = await t.custom("slow");
    const results = await Promise.all(Array.from({ length: 6 }, () => t.invoke(slow, { do: "sleep", seconds: 0.5 })));
    assert.equal(new Set(results.map(({ json }) => json.pid)).size <= 6, true);
    assert.equal(t.streams("slow").length, 6);
  });

  test("new code takes over at once, and the running invocation ends on the old", async () => {
    const old = await t.custom("updated", { environment: { CODE: "old" } });
    await t.invoke(old, {});
    const running = t.invoke(old, { do: "sleep", seconds: 0.3 });
    const fresh = await t.custom("updated", { environment: { CODE: "new" } });
    assert.equal((await t.invoke(fresh, { do: "facts" })).json.env.CODE, "new");
    assert.equal((await running).failed, false);
  });

  test("a runtime that is not installed is named, with how to get it", async () => {
    const missing = await t.custom("missing-runtime", { runtime: "python3.9" });
    await assert.rejects(t.invoke(missing, {}), { code: "InvalidRuntimeException", message: /evoke runtimes add python3\.9/ });
  });

  test("a managed Node.js function streams", async () => {
    const node = await t.version("node-streams", { "index.js": "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType('text/plain'); for (const part of event) { stream.write(part); await new Promise((r) => setTimeout(r, 30)); } stream.end(); });" }, { runtime: "nodejs22.x" });
    const { chunks, completed, contentType } = await t.stream(node, ["one ", "two"]);
    let text = "";
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
    assert.deepEqual([contentType, text, await completed], ["text/plain", "one two", {}]);
  });

  test("a managed Python function prints and answers", async (test) => {
    const python = await t.version("python", { "app.py": "def handler(event, context):\n    print('two\\nlines')\n    return {'event': event, 'left': context.get_remaining_time_in_millis() > 0}\n" }, { runtime: "python3.11", handler: "app.handler" });
    try {
      const { json, logTail } = await t.invoke(python, { a: 1 }, true);
      assert.deepEqual(json, { event: { a: 1 }, left: true });
      assert.match(Buffer.from(logTail!).toString(), /^START .*\ntwo\nlines\nEND /);
    } catch (error) {
      if ((error as Error).name !== "InvalidRuntimeException") throw error;
      test.skip("no Python of this version or newer");
    }
  });

  test("a managed Node.js function runs over frames", async () => {
    const node = await t.version("node", { "index.js": "let n = 0; exports.handler = async (event, context) => { console.log('called'); return { event, n: ++n, id: context.awsRequestId }; };" }, { runtime: "nodejs22.x" });
    const first = await t.invoke(node, { a: [1] });
    assert.deepEqual(first.json, { event: { a: [1] }, n: 1, id: first.requestId });
    const { json, logTail } = await t.invoke(node, {}, true);
    assert.equal(json.n, 2);
    assert.match(Buffer.from(logTail!).toString(), /^START .*\n.*\tINFO\tcalled\nEND .*\nREPORT /);
  });
});
