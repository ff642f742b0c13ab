// The Node.js managed runtime, run for real on every Node.js that is here.
import { after, describe, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { startRuntime, type Driver, type Outcome } from "../../test/support/frame-driver.ts";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap.cjs");
const FUNCTIONS = join(import.meta.dirname, "../../test/functions");
const FLAGS = ["--no-experimental-require-module", "--no-experimental-detect-module"];

const nodes = new Map<string, string>();
for (const file of [process.execPath, ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"))]) {
  if (!existsSync(file)) continue;
  const version = execFileSync(file, ["-p", "process.versions.node"]).toString().trim();
  if (Number(version.split(".")[0]) >= 20 && !nodes.has(version)) nodes.set(version, file);
}

interface Setup {
  runtime?: string;
  folder?: string;
  env?: Record<string, string>;
  logFormat?: string;
  logLevel?: string;
}

for (const [version, node] of nodes) {
  const running: Driver[] = [];

  async function assign(handler: string, setup: Setup = {}): Promise<{ driver: Driver; loaded: Outcome }> {
    const driver = await startRuntime([node, ...FLAGS, BOOTSTRAP]);
    running.push(driver);
    const { folder = join(FUNCTIONS, "nodejs"), runtime = "nodejs22.x", ...rest } = setup;
    return { driver, loaded: await driver.assign({ runtime, handler, taskRoot: folder, env: {}, ...rest }) };
  }

  async function load(handler: string, setup: Setup = {}): Promise<Driver> {
    const { driver, loaded } = await assign(handler, setup);
    assert.equal(loaded.kind, "ready", loaded.text + driver.output());
    return driver;
  }

  async function loadError(handler: string, setup: Setup = {}): Promise<Outcome> {
    const { loaded } = await assign(handler, setup);
    assert.equal(loaded.kind, "initError");
    return loaded;
  }

  async function call(handler: string, event: unknown = {}, setup: Setup = {}): Promise<Outcome> {
    return (await load(handler, setup)).invoke(event);
  }

  describe(`Node.js ${version}`, { concurrency: 2 }, () => {
    after(() => Promise.all(running.map((driver) => driver.close())));

    test("a handler gets its event and a complete context", async () => {
      const driver = await load("index.echo", { env: { MY_VALUE: "1" } });
      const { json } = await driver.invoke({ a: "ü" }, {
        id: "id-1",
        arn: "arn:fn",
        deadlineMs: Date.now() + 5000,
        tenantId: "t",
        clientContext: JSON.stringify({ custom: { k: "v" } }),
        cognitoIdentity: JSON.stringify({ cognitoIdentityId: "i" }),
      });
      assert.deepEqual(json.event, { a: "ü" });
      assert.deepEqual(json.context, {
        callbackWaitsForEmptyEventLoop: true,
        functionVersion: "$LATEST",
        functionName: "fn",
        memoryLimitInMB: "128",
        logGroupName: "/aws/lambda/fn",
        logStreamName: "2026/11/20/[$LATEST]0",
        clientContext: { custom: { k: "v" } },
        identity: { cognitoIdentityId: "i" },
        invokedFunctionArn: "arn:fn",
        awsRequestId: "id-1",
        tenantId: "t",
      });
      assert.ok(json.remaining > 3000 && json.remaining <= 5000);
    });

    test("globals stay from one invocation to the next", async () => {
      const driver = await load("index.count");
      assert.equal((await driver.invoke({})).text, "1");
      assert.equal((await driver.invoke({})).text, "2");
    });

    test("the environment is the function's and nothing else, with the trace id of each invocation", async () => {
      const driver = await load("index.environment", { env: { ONLY: "this" } });
      const first = await driver.invoke({}, { traceId: "Root=1" });
      assert.equal(first.json.trace, "Root=1");
      assert.equal(first.json.env.ONLY, "this");
      assert.equal(first.json.cwd, join(FUNCTIONS, "nodejs"));
      assert.equal((await driver.invoke({})).json.trace, undefined);
    });

    test("nothing returned is null, and timers run while a handler waits", async () => {
      assert.equal((await call("index.nothing")).text, "null");
      assert.equal((await call("index.timers")).text, '"later"');
    });

    test("a plain return value counts from Node.js 24 on, and is null before", async () => {
      assert.equal((await call("index.plain", { a: 1 })).text, "null");
      assert.equal((await call("index.plain", { a: 1 }, { runtime: "nodejs24.x" })).text, '{"a":1}');
    });

    test("however a function looks for the trace id of its event, it finds this one's", async () => {
      const driver = await load("index.traces");
      let event = 0;
      for (const look of ["kept and listed", "kept", "kept and written", "kept", "variable", "kept and handed on", "listed", "nothing", "cloned", "child", "thread", "kept", "replaced", "variable"]) {
        const traceId = `Root=${++event}`;
        assert.equal((await driver.invoke({ look }, { traceId })).json, look === "replaced" ? null : traceId, look);
      }
    });

    test("variables a function has put in place of process.env while it loads stay, with the trace id of each event among them", async () => {
      const driver = await load("replaced.handler", { env: { ONLY: "this" } });
      for (const traceId of ["Root=1", "Root=2"]) {
        const { ONLY, OWN, _X_AMZN_TRACE_ID } = (await driver.invoke({}, { traceId })).json;
        assert.deepEqual({ ONLY, OWN, _X_AMZN_TRACE_ID }, { ONLY: "this", OWN: "1", _X_AMZN_TRACE_ID: traceId });
      }
    });

    test("the execution environment variable names the rules to follow when the assignment does not", async () => {
      const driver = await startRuntime([node, ...FLAGS, BOOTSTRAP]);
      running.push(driver);
      const env = { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" };
      await driver.assign({ handler: "index.plain", taskRoot: join(FUNCTIONS, "nodejs"), env });
      assert.equal((await driver.invoke({ a: 1 })).text, '{"a":1}');
    });

    test("a callback answers when the event loop is empty, or at once when told so, and only once", async () => {
      const driver = await load("index.callback");
      const waited = await driver.invoke({});
      assert.equal(waited.text, '"called back"');
      assert.match(waited.logs.at(-1)!.text, /background/);
      const atOnce = await driver.invoke({ noWait: true });
      assert.equal(atOnce.text, '"called back"');
      assert.equal(atOnce.logs.length, 0);
      assert.equal((await driver.invoke({ fail: "no" })).json.errorMessage, "no");
      assert.equal((await call("index.done")).text, '"done"');
    });

    test("a callback handler is refused from Node.js 24 on", async () => {
      const { json } = await loadError("index.callback", { runtime: "nodejs24.x" });
      assert.equal(json.errorType, "Runtime.CallbackHandlerDeprecated");
      assert.match(json.errorMessage, /removed support for callback-based function handlers starting with Node.js 24/);
    });

    test("handlers are found in folders, nested exports, .cjs, .mjs and module packages", async () => {
      assert.equal((await call("nested/fn.handler")).text, '"nested"');
      assert.equal((await call("index.nested.deep.handler")).text, '"deep"');
      assert.equal((await call("common.handler")).text, '"cjs"');
      assert.equal((await call("module.handler")).text, '"mjs"');
      const folder = join(FUNCTIONS, "nodejs-modules");
      assert.equal((await call("index.handler", {}, { folder })).text, '"awaited"');
      assert.equal((await call("index.other", {}, { folder, runtime: "nodejs24.x" })).text, '"default"');
    });

    test("ES modules import what NODE_PATH holds, as layers and the SDK need", async () => {
      const layer = mkdtempSync(join(tmpdir(), "evoke-layer-"));
      try {
        const package_ = join(layer, "node_modules", "layered");
        mkdirSync(package_, { recursive: true });
        writeFileSync(join(package_, "index.js"), 'module.exports = "from the layer";');
        const setup = { folder: join(FUNCTIONS, "nodejs-modules"), env: { NODE_PATH: join(layer, "node_modules") } };
        assert.equal((await call("layer.handler", {}, setup)).text, '"from the layer"');
      } finally {
        rmSync(layer, { recursive: true, force: true });
      }
    });

    test("a handler that cannot be loaded gives AWS's error", async () => {
      const cases: [string, string, RegExp][] = [
        ["index", "Runtime.MalformedHandlerName", /^Bad handler$/],
        ["../index.echo", "Runtime.MalformedHandlerName", /'..\/index.echo' is not a valid handler name/],
        ["index.absent", "Runtime.HandlerNotFound", /^index.absent is undefined or not exported$/],
        ["index.notFunction", "Runtime.HandlerNotFound", /^index.notFunction is not a function$/],
        ["absent.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'absent'/],
        ["missing.handler", "Runtime.ImportModuleError", /^Error: Cannot find module 'not-installed'/],
        ["syntax.handler", "Runtime.UserCodeSyntaxError", /^SyntaxError: /],
        ["throws.handler", "Error", /^while loading$/],
        ["index.streamMalformed", "Runtime.MalformedStreamingHandler", /Only response streaming is supported/],
      ];
      for (const [handler, errorType, message] of cases) {
        const { json, logs } = await loadError(handler);
        assert.equal(json.errorType, errorType, handler);
        assert.match(json.errorMessage, message);
        assert.ok(json.trace.length > 1);
        assert.match(logs[0]!.text, /\tundefined\tERROR\tUncaught Exception \t\{"errorType":/);
      }
    });

    test("a missing part of AWS's SDK is explained in the log", async () => {
      const { json, logs } = await loadError("sdk.handler");
      assert.equal(json.errorType, "Runtime.ImportModuleError");
      assert.match(logs.at(-1)!.text, /@aws-sdk\/client-not-here is part of AWS's own Node.js runtime/);
    });

    test("a module that exits while loading ends the process", async () => {
      const { loaded } = await assign("exits.handler");
      assert.deepEqual([loaded.kind, loaded.exitCode], ["exit", 3]);
    });

    test("errors have AWS's shape, and the log shows them on one line", async () => {
      const driver = await load("index.fail");
      const { kind, json, logs } = await driver.invoke({});
      assert.equal(kind, "error");
      assert.deepEqual(Object.keys(json), ["errorType", "errorMessage", "trace"]);
      assert.equal(json.errorType, "TypeError");
      assert.equal(json.trace[0], "TypeError: boom");
      const line = /^\S+Z\trequest-1\tERROR\tInvoke Error \t(\{.*\})\n$/.exec(logs[0]!.text);
      assert.equal(JSON.parse(line![1]!).code, "E_BOOM");
      assert.equal((await driver.invoke({})).kind, "error", "the process goes on after an error");
    });

    test("anything can be thrown or returned without harm", async () => {
      assert.deepEqual((await call("index.failText")).json, { errorType: "string", errorMessage: "just text", trace: [] });
      assert.equal((await call("index.failHostile")).json.errorType, "handled");
      for (const handler of ["index.circular", "index.bigint"]) {
        assert.equal((await call(handler)).json.errorMessage, "Unable to stringify response body");
        const newer = await call(handler, {}, { runtime: "nodejs24.x" });
        assert.equal(newer.json.errorType, "Runtime.JSONStringifyError");
      }
    });

    test("large events and answers arrive whole; one too large is for the engine to refuse", async () => {
      const driver = await load("index.large");
      assert.equal((await driver.invoke({ bytes: 6_000_000 })).text.length, 6_000_002);
      assert.equal((await driver.invoke({ bytes: 9_000_000 })).text.length, 9_000_002);
      const big = await (await load("index.echo")).invoke({ text: "é".repeat(3_000_000) });
      assert.equal(big.json.event.text.length, 3_000_000);
    });

    test("an unhandled rejection ends the process: after the answer before Node.js 24, instead of it from then on", async () => {
      const older = await load("index.rejects");
      assert.equal((await older.invoke({})).text, '"answered"');
      assert.equal(await older.exited, 128);
      const newer = await load("index.rejects", { runtime: "nodejs24.x" });
      const { kind, json, logs } = await newer.invoke({});
      assert.deepEqual([kind, json.errorType], ["error", "Runtime.UnhandledPromiseRejection"]);
      assert.equal(json.errorMessage, "Error: nobody listens");
      assert.match(logs[0]!.text, /ERROR\tUnhandled Promise Rejection \t/);
      assert.equal(await newer.exited, 128);
    });

    test("an uncaught exception is reported and ends the process", async () => {
      const driver = await load("index.throwsLater");
      const { kind, json } = await driver.invoke({});
      assert.deepEqual([kind, json.errorMessage], ["error", "thrown later"]);
      assert.equal(await driver.exited, 129);
    });

    test("process.exit and an event loop that runs empty end the invocation", async () => {
      assert.deepEqual((await call("index.exits")).exitCode, 7);
      assert.equal((await call("index.never")).text, "null");
      assert.equal((await call("index.never", {}, { runtime: "nodejs24.x" })).exitCode, 0);
    });

    test("each console call is one log event, as text", async () => {
      const driver = await load("index.log");
      const { logs } = await driver.invoke({ flood: 300_000 });
      const names = ["TRACE", "DEBUG", "INFO", "INFO", "WARN", "ERROR", "FATAL"];
      assert.deepEqual(logs.slice(0, 7).map(({ text }) => text.split("\t")[2]), names);
      assert.deepEqual(logs.slice(0, 7).map(({ level }) => level), [0, 1, 2, 2, 3, 4, 5]);
      assert.match(logs[2]!.text, /^\d{4}-\d\d-\d\dT[\d:.]+Z\trequest-1\tINFO\tsay info\n$/);
      assert.match(logs[7]!.text, /\ttwo\nlines \{ a: 1 \}\n$/);
      assert.match(logs[9]!.text, /\tERROR\tfailed RangeError: bad\n/);
      assert.equal(logs.slice(10).map(({ text }) => text).join("").length > 300_000, true);
      assert.ok(logs.every(({ text }) => text.length <= 256 * 1024));
      assert.equal(driver.output(), "straight to standard output\n");
    });

    test("JSON logs carry level, request id, objects and errors, filtered by level", async () => {
      const driver = await load("index.log", { logFormat: "JSON", logLevel: "INFO" });
      const { logs } = await driver.invoke({}, { tenantId: "t1" });
      const lines = logs.map(({ text }) => JSON.parse(text));
      assert.deepEqual(lines.slice(0, 5).map(({ level }) => level), ["INFO", "INFO", "WARN", "ERROR", "FATAL"]);
      assert.deepEqual(Object.keys(lines[0]), ["timestamp", "level", "requestId", "tenantId", "message"]);
      assert.deepEqual(lines.find(({ message }) => message.structured).message, { structured: true });
      const failed = lines.at(-1);
      assert.deepEqual([failed.errorType, failed.errorMessage, failed.stackTrace[0]], ["RangeError", "bad", "RangeError: bad"]);
      const fails = await (await load("index.fail", { logFormat: "JSON" })).invoke({});
      assert.equal(JSON.parse(fails.logs[0]!.text).message.errorType, "TypeError");
    });

    test("child processes do not inherit the channel", async () => {
      assert.equal((await call("index.descriptors")).text, '"closed"');
    });

    test("a streaming handler sends its content type and its chunks as they are written", async () => {
      const driver = await load("index.stream");
      const whole = await driver.invoke({});
      assert.equal(whole.kind, "streamEnd");
      assert.equal(whole.text, "");
      assert.equal(whole.contentType, "text/plain");
      assert.deepEqual(whole.chunks.map(String), ["one,", '{"two":2}']);
      const broken = await driver.invoke({ fail: "midway" });
      assert.equal(Buffer.concat(broken.chunks).toString(), 'one,{"two":2}');
      assert.equal(broken.json.errorMessage, "midway");
      assert.equal((await driver.invoke({}, { streaming: true })).chunks.length, 2);
    });

    test("an HTTP response stream starts with its prelude and eight zero bytes", async () => {
      const driver = await load("index.streamHttp");
      const { chunks, contentType } = await driver.invoke({ body: "hi" });
      assert.equal(contentType, "application/vnd.awslambda.http-integration-response");
      assert.equal(Buffer.concat(chunks).toString("latin1"), '{"statusCode":201,"headers":{"a":"b"}}' + "\0".repeat(8) + "hi");
      assert.match(Buffer.concat((await driver.invoke({})).chunks).toString("latin1"), /\}\0{8}$/);
    });

    test("a large stream flows through a pipeline without loss", async () => {
      const { chunks, contentType } = await call("index.streamPipeline", { chunks: 300 });
      assert.equal(contentType, "application/octet-stream");
      assert.equal(Buffer.concat(chunks).length, 300 * 64 * 1024);
    });

    test("streams that fail, stay open or change their type too late are errors", async () => {
      for (const runtime of ["nodejs22.x", "nodejs24.x"]) {
        const first = await call("index.streamFailsFirst", {}, { runtime });
        assert.deepEqual([first.kind, first.json.errorMessage], ["error", "before the first byte"]);
        const open = await call("index.streamUnfinished", {}, { runtime });
        assert.deepEqual([open.kind, open.json.errorMessage], ["streamEnd", "Response stream is not finished."]);
        const late = await call("index.streamLateType", {}, { runtime });
        assert.equal(late.json.errorType, "Runtime.InvalidStreamingOperation");
      }
    });

    test("shutdown runs SIGTERM listeners and ends the process", async () => {
      const driver = await load("index.count");
      await driver.invoke({});
      driver.shutdown(Date.now() + 2000);
      const frame = await driver.frame();
      assert.match(frame!.body.toString(), /bye/);
      assert.equal(await driver.exited, 0);
    });

    test("a function does not see that its process was warmed up before it was known", async () => {
      const folder = mkdtempSync(join(tmpdir(), "evoke-early-"));
      after(() => rmSync(folder, { recursive: true, force: true }));
      const file = join(folder, "index.js");
      writeFileSync(file, `exports.handler = async () => [Object.keys(process.env).filter((name) => name.includes("WARM")), Object.keys(require.cache).filter((name) => name.includes("function")), process.argv.length];`);
      const driver = await startRuntime([node, ...FLAGS, BOOTSTRAP], { EVOKE_WARM_UP: "1" });
      running.push(driver);
      assert.equal((await driver.assign({ runtime: "nodejs24.x", handler: "index.handler", taskRoot: folder, env: {} })).kind, "ready");
      assert.deepEqual((await driver.invoke({})).json, [[], [], 2]);
    });

    test("the process ends when the engine closes the channel, assigned or not", async () => {
      const driver = await startRuntime([node, BOOTSTRAP]);
      (driver.child.stdio[3] as import("node:net").Socket).destroy();
      assert.equal(await driver.exited, 0);
    });
  });
}
