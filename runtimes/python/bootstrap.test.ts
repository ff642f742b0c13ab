// The Python managed runtime, run for real on every Python from 3.9 on that is here.
import { after, describe, test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { Socket } from "node:net";
import { startRuntime, type Driver, type Outcome } from "../../test/support/frame-driver.ts";

const BOOTSTRAP = join(import.meta.dirname, "bootstrap.py");
const FOLDER = join(import.meta.dirname, "../../test/functions/python");
const SUPPORTED = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];

function candidates(): string[] {
  const versions = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  const brought = existsSync(versions) ? readdirSync(versions).map((name) => join(versions, name, "bin", "python3")) : [];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.endsWith("shims"));
  return [...brought, ...folders.flatMap((folder) => ["python3", ...SUPPORTED.map((v) => `python${v}`)].map((name) => join(folder, name)))];
}

const pythons = new Map<string, string>();
for (const file of candidates().filter((path) => existsSync(path))) {
  const version = execFileSync(file, ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).toString().trim();
  if (SUPPORTED.includes(version) && !pythons.has(version)) pythons.set(version, file);
}

interface Setup {
  runtime?: string;
  env?: Record<string, string>;
  logFormat?: string;
  logLevel?: string;
}

for (const version of SUPPORTED) {
  const python = pythons.get(version);
  const running: Driver[] = [];

  async function assign(handler: string, setup: Setup = {}): Promise<{ driver: Driver; loaded: Outcome }> {
    const driver = await startRuntime([python!, BOOTSTRAP]);
    running.push(driver);
    const fields = { runtime: `python${version}`, handler, taskRoot: FOLDER, env: {}, ...setup };
    return { driver, loaded: await driver.assign(fields) };
  }

  async function load(handler: string, setup: Setup = {}): Promise<Driver> {
    const { driver, loaded } = await assign(handler, setup);
    assert.equal(loaded.kind, "ready", loaded.text + driver.output());
    return driver;
  }

  async function call(handler: string, event: unknown = {}, setup: Setup = {}): Promise<Outcome> {
    return (await load(handler, setup)).invoke(event);
  }

  describe(`Python ${version}`, { concurrency: 2, skip: python === undefined && "not on this machine" }, () => {
    after(() => Promise.all(running.map((driver) => driver.close())));

    test("a handler gets its event and a complete context", async () => {
      const driver = await load("app.echo");
      const { json } = await driver.invoke({ a: "ü" }, {
        id: "id-1",
        arn: "arn:fn",
        deadlineMs: Date.now() + 5000,
        tenantId: "t",
        clientContext: JSON.stringify({ client: { app_title: "title" }, custom: { k: "v" } }),
        cognitoIdentity: JSON.stringify({ cognitoIdentityId: "i" }),
      });
      assert.deepEqual([json.event.a, json.id, json.arn, json.name, json.memory], ["ü", "id-1", "arn:fn", "fn", "128"]);
      assert.deepEqual([json.group, json.tenant, json.identity], ["/aws/lambda/fn", "t", "i"]);
      assert.deepEqual([json.client, json.custom], ["title", { k: "v" }]);
      assert.ok(json.remaining > 3000 && json.remaining <= 5000);
      assert.match(json.text, /^LambdaContext\(\[aws_request_id=id-1,log_group_name=/);
    });

    test("globals stay, nothing returned is null, and bytes are answered as they are", async () => {
      const driver = await load("app.counted");
      assert.equal((await driver.invoke({})).text, "1");
      assert.equal((await driver.invoke({})).text, "2");
      assert.equal((await call("app.nothing")).text, "null");
      assert.equal((await call("app.raw")).text, "\0\x01raw");
      assert.equal((await call("pkg/fn.handler")).text, '"nested"');
    });

    test("the environment is the function's, its code comes first in sys.path, then its layers", async () => {
      const driver = await load("app.environment", { env: { ONLY: "this", PYTHONPATH: "/somewhere" } });
      const { json } = await driver.invoke({}, { traceId: "Root=1" });
      assert.deepEqual([json.trace, json.env.ONLY, json.cwd], ["Root=1", "this", FOLDER]);
      const layer = `/opt/python/lib/python${version}/site-packages`;
      assert.deepEqual(json.path.slice(0, 4), [FOLDER, layer, "/opt/python", "/somewhere"]);
      assert.equal((await driver.invoke({})).json.trace, null);
    });

    test("however a function looks for the trace id of its event, it finds this one's, and programs it starts do", async () => {
      const driver = await load("app.traces");
      let event = 0;
      for (const look of ["native", "spawn", "kept", "variable", "listed", "child", "kept", "system", "native", "fork", "spawn", "child", "variable", "child", "deleted", "kept", "replaced", "variable"]) {
        const traceId = `Root=${++event}`;
        assert.equal((await driver.invoke({ look }, { traceId })).json, look === "deleted" ? null : traceId, look);
      }
    });

    test("results are encoded as AWS does: Decimal exactly, named tuples as objects, bytes as text", async () => {
      const old = ["3.9", "3.10", "3.11"].includes(version);
      const word = old ? "\\u00e9" : "é";
      assert.equal(
        (await call("app.values")).text,
        `{"price": 0.10, "point": {"x": 1, "y": 2}, "bytes": "text", "word": "${word}", "n": 1.5}`,
      );
    });

    test("a handler that cannot be loaded gives AWS's error", async () => {
      const cases: [string, string, RegExp][] = [
        ["app", "Runtime.MalformedHandlerName", /^Bad handler 'app': not enough values to unpack \(expected 2, got 1\)$/],
        ["app.absent", "Runtime.HandlerNotFound", /^Handler 'absent' missing on module 'app'$/],
        ["absent.handler", "Runtime.ImportModuleError", /^Unable to import module 'absent': No module named 'absent'$/],
        ["missing.handler", "Runtime.ImportModuleError", /^Unable to import module 'missing': No module named 'not_installed'$/],
        ["syntax.handler", "Runtime.UserCodeSyntaxError", /^Syntax error in module 'syntax': .*\(syntax.py, line 1\)$/],
        ["sys.exit", "Runtime.BuiltInModuleConflict", /^Cannot use built-in module sys as a handler module$/],
        ["throws.handler", "RuntimeError", /^while loading$/],
      ];
      for (const [handler, errorType, message] of cases) {
        const { driver, loaded } = await assign(handler);
        assert.equal(loaded.kind, "initError");
        assert.deepEqual(Object.keys(loaded.json), ["errorMessage", "errorType", "requestId", "stackTrace"]);
        assert.deepEqual([loaded.json.errorType, loaded.json.requestId], [errorType, ""]);
        assert.match(loaded.json.errorMessage, message);
        assert.match(loaded.logs.at(-1)!.text, new RegExp(`^\\[ERROR\\] ${errorType}: `));
        assert.equal(await driver.exited, 1);
      }
    });

    test("errors have AWS's shape, and the log shows the traceback in one event", async () => {
      const driver = await load("app.fail");
      const { kind, json, logs } = await driver.invoke({});
      assert.equal(kind, "error");
      assert.deepEqual([json.errorMessage, json.errorType, json.requestId], ["boom", "ValueError", "request-1"]);
      assert.equal(json.stackTrace.length, 1);
      assert.match(json.stackTrace[0], /^ {2}File ".*app\.py", line \d+, in fail\n {4}raise ValueError\("boom"\)\n$/);
      assert.equal(logs.length, 1);
      assert.match(logs[0]!.text, /^\[ERROR\] ValueError: boom\nTraceback \(most recent call last\):\n\u00a0\u00a0File "/);
      assert.equal((await driver.invoke({})).kind, "error", "the process goes on after an error");
      const inJson = await (await load("app.fail", { logFormat: "JSON" })).invoke({});
      assert.equal(JSON.parse(inJson.logs[0]!.text).errorType, "ValueError");
    });

    test("what cannot be encoded is a marshal error", async () => {
      const { json } = await call("app.unserializable");
      assert.equal(json.errorType, "Runtime.MarshalError");
      assert.equal(json.errorMessage, "Unable to marshal response: Object of type object is not JSON serializable");
      assert.match((await call("app.circular")).json.errorMessage, /Circular reference detected/);
    });

    test("a payload that is not JSON is an unmarshal error", async () => {
      const { json } = await call("app.echo", Buffer.from("{nope"));
      assert.equal(json.errorType, "Runtime.UnmarshalError");
    });

    test("large events and answers arrive whole; one too large is for the engine to refuse", async () => {
      const driver = await load("app.large");
      assert.equal((await driver.invoke({ bytes: 6_000_000 })).text.length, 6_000_002);
      assert.equal((await driver.invoke({ bytes: 9_000_000 })).text.length, 9_000_002);
      const big = await (await load("app.echo")).invoke({ text: "é".repeat(1_000_000) });
      assert.equal(big.json.event.text.length, 1_000_000);
    });

    test("sys.exit ends the process with its code, in a handler and while loading; so does KeyboardInterrupt", async () => {
      assert.equal((await call("app.exits")).exitCode, 5);
      const { loaded } = await assign("exits.handler");
      assert.deepEqual([loaded.kind, loaded.exitCode], ["exit", 3]);
      const interrupted = await call("app.interrupted");
      assert.equal(interrupted.kind, "exit");
    });

    test("each printed line is one raw log event", async () => {
      const { json, logs } = await call("app.prints");
      assert.deepEqual(logs.map(({ text }) => text), ["one\n", "two\n", "three\n", "four\n", "no end"]);
      assert.ok(logs.every(({ level }) => level === 6));
      assert.deepEqual(json, [1, true, "utf-8"]);
    });

    test("logging is configured as on AWS: tab-separated text from WARNING up", async () => {
      const { json, logs } = await call("app.logs");
      assert.deepEqual(json, [30, 1]);
      assert.equal(logs.length, 2);
      assert.match(logs[0]!.text, /^\[WARNING\]\t\d{4}-\d\d-\d\dT[\d:.]+Z\trequest-1\ttwo\nlines\n$/);
      assert.match(logs[1]!.text, /^\[ERROR\]\t\S+\trequest-1\tfailed\nTraceback/);
      assert.deepEqual(logs.map(({ level }) => level), [3, 4]);
    });

    test("JSON logging has one object for each record, at the level asked for", async () => {
      const driver = await load("app.logs", { logFormat: "JSON", logLevel: "INFO" });
      const { logs, json } = await driver.invoke({}, { tenantId: "t1" });
      assert.equal(json[0], 20);
      const [info, warning, error] = logs.map(({ text }) => JSON.parse(text));
      assert.deepEqual([info.level, info.message, info.logger, info.requestId], ["INFO", "some info", "app", "request-1"]);
      assert.deepEqual([warning.color, warning.tenantId], ["red", "t1"]);
      assert.deepEqual([error.errorType, error.errorMessage], ["KeyError", "'k'"]);
      assert.match(error.location, /app\.py:logs:\d+$/);
      assert.match(info.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    test("threads print whole lines, and a forked child's output goes to standard output", async () => {
      const { logs } = await call("app.threads");
      assert.equal(logs.length, 200);
      assert.ok(logs.every(({ text }) => text === `line ${"z".repeat(200)}\n`));
      const driver = await load("app.forks");
      assert.equal((await driver.invoke({})).kind, "response");
      driver.shutdown(Date.now());
      await driver.exited;
      assert.equal(driver.output(), "from the child\n");
    });

    test("child processes do not inherit the channel", async () => {
      assert.equal((await call("app.descriptors")).text, '"closed"');
    });

    test("shutdown runs the SIGTERM handler and ends the process", async () => {
      const driver = await load("stops.handler");
      assert.equal((await driver.invoke({})).text, '"ok"');
      driver.shutdown(Date.now() + 2000);
      assert.match((await driver.frame())!.body.toString(), /bye 15/);
      assert.equal(await driver.exited, 0);
    });

    test("the process ends when the engine closes the channel", async () => {
      const driver = await startRuntime([python!, BOOTSTRAP]);
      (driver.child.stdio[3] as Socket).destroy();
      assert.equal(await driver.exited, 0);
    });
  });
}
