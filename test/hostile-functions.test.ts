// Functions that misbehave in every way we know: each gets AWS's error, and the platform stays up and leaks nothing.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

let platform: TestPlatform;
let made = 0;
let isolationLevel = 0;
before(async () => {
  platform = await openTestPlatform({ environmentsMax: 20 });
  isolationLevel = ((await (await fetch(`${platform.url}/_evoke/health`)).json()) as { isolation: { level: number } }).isolation.level;
});
after(() => platform.close());

interface Made { name: string; invoke(event?: unknown): Promise<{ error: string | undefined; payload: any; log: string }> }

async function functionOf(files: Record<string, string>, options: { runtime?: Runtime; handler?: string; timeout?: number; memory?: number } = {}): Promise<Made> {
  const name = `hostile-${made++}`;
  await platform.lambda.send(new CreateFunctionCommand({
    FunctionName: name, Runtime: options.runtime ?? "nodejs22.x", Handler: options.handler ?? "index.handler", Role: "arn:aws:iam::000000000000:role/any",
    Timeout: options.timeout ?? 3, MemorySize: options.memory ?? 256, Code: { ZipFile: await zipOf(files) },
  }));
  await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
  return {
    name,
    async invoke(event = {}) {
      const answer = await platform.lambda.send(new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode(JSON.stringify(event)), LogType: "Tail" }));
      return { error: answer.FunctionError, payload: JSON.parse(new TextDecoder().decode(answer.Payload)), log: Buffer.from(answer.LogResult ?? "", "base64").toString() };
    },
  };
}

/** Command lines of processes that carry the mark in their environment or arguments. */
function processesWith(mark: string): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark) ? [pid] : [];
    } catch {
      return [];
    }
  });
}

async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let wait = 0; wait < 100; wait++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

test("a handler that does not exist", async () => {
  const { error, payload } = await (await functionOf({ "index.js": "exports.other = 1" })).invoke();
  assert.equal(error, "Unhandled");
  assert.equal(payload.errorType, "Runtime.HandlerNotFound");
  assert.equal(payload.errorMessage, "index.handler is undefined or not exported");
});

test("a module that is not in the package", async () => {
  const { payload } = await (await functionOf({ "other.js": "" })).invoke();
  assert.equal(payload.errorType, "Runtime.ImportModuleError");
  assert.match(payload.errorMessage, /Cannot find module 'index'/);
});

test("a module that throws while loading, in Node and in Python", async () => {
  const node = await (await functionOf({ "index.js": "throw new TypeError('at load')" })).invoke();
  assert.deepEqual([node.error, node.payload.errorType, node.payload.errorMessage], ["Unhandled", "TypeError", "at load"]);
  const python = await (await functionOf({ "index.py": "raise TypeError('at load')" }, { runtime: "python3.11" })).invoke();
  assert.deepEqual([python.error, python.payload.errorType, python.payload.errorMessage], ["Unhandled", "TypeError", "at load"]);
});

test("a module with a syntax error", async () => {
  const { payload } = await (await functionOf({ "index.js": "exports.handler = async ( => {" })).invoke();
  assert.equal(payload.errorType, "Runtime.UserCodeSyntaxError");
});

test("a handler that exits, and one that exits with a code", async () => {
  const exits = await functionOf({ "index.js": "exports.handler = async (e) => process.exit(e.code)" });
  const clean = await exits.invoke({ code: 0 });
  assert.equal(clean.payload.errorType, "Runtime.ExitError");
  assert.match(clean.payload.errorMessage, /^RequestId: [\w-]+ Error: Runtime exited without providing a reason$/);
  assert.match((await exits.invoke({ code: 7 })).payload.errorMessage, /^RequestId: [\w-]+ Error: Runtime exited with error: exit status 7$/);
});

test("a handler that hangs is killed at its timeout, and the next invoke starts afresh", async () => {
  const hangs = await functionOf({ "index.js": "let n = 0; exports.handler = async (e) => { n++; if (e.hang) for (;;); return n; }" }, { timeout: 1 });
  assert.equal((await hangs.invoke()).payload, 1);
  const { error, payload, log } = await hangs.invoke({ hang: true });
  assert.equal(error, "Unhandled");
  assert.equal(payload.errorType, "Sandbox.Timedout");
  assert.match(payload.errorMessage, /^RequestId: [\w-]+ Error: Task timed out after 1\.00 seconds$/);
  assert.match(log, /Task timed out after 1\.00 seconds/);
  assert.equal((await hangs.invoke()).payload, 1);
});

test("a handler that leaves processes behind, daemons among them, takes them along at its timeout", async () => {
  const mark = `left-behind-${process.pid}-${made}`;
  const forks = await functionOf({ "index.js": `const { spawn } = require("child_process");
    exports.handler = async () => { for (let i = 0; i < 5; i++) spawn("sh", ["-c", "trap '' TERM HUP INT; : ${mark}; while :; do sleep 1; done"], { detached: true, stdio: "ignore" }).unref(); await new Promise(() => setInterval(() => 0, 1000)); };` }, { timeout: 1 });
  assert.equal((await forks.invoke()).payload.errorType, "Sandbox.Timedout");
  await eventually("the daemons live on", () => processesWith(mark).length === 0);
});

test("a handler that floods standard output does not fill the platform's memory, and still answers", async () => {
  const before = process.memoryUsage().rss;
  const floods = await functionOf({ "index.js": "exports.handler = async () => { const line = 'x'.repeat(1000) + '\\n'; for (let i = 0; i < 100000; i++) process.stdout.write(line); return 'done'; }" }, { timeout: 30, memory: 512 });
  const { payload, log } = await floods.invoke();
  assert.equal(payload, "done");
  assert.ok(Buffer.byteLength(log) <= 4096);
  assert.match(log, /REPORT RequestId/);
  assert.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024, `grew by ${Math.round((process.memoryUsage().rss - before) / 1024 ** 2)} MB`);
});

test("a handler that fills /tmp gets 'no space left', where the machine can limit it", async (t) => {
  if (isolationLevel > 2) return t.skip("this isolation level cannot limit /tmp");
  const fills = await functionOf({ "index.js": "const fs = require('fs'); exports.handler = async () => { const fd = fs.openSync('/tmp/big', 'w'); try { for (let i = 0; i < 700; i++) fs.writeSync(fd, Buffer.alloc(1024 * 1024)); return 'all'; } catch (e) { return e.code; } finally { fs.unlinkSync('/tmp/big'); } }" }, { timeout: 30, memory: 512 });
  assert.equal((await fills.invoke()).payload, "ENOSPC");
  assert.equal((await fills.invoke()).payload, "ENOSPC");
});

test("a handler that takes more memory than it has is killed and named as out of memory, where the machine can limit it", async (t) => {
  if (isolationLevel > 1) return t.skip("this isolation level only watches memory");
  const eats = await functionOf({ "index.js": "exports.handler = async () => { const all = []; for (;;) all.push(Buffer.alloc(16 * 1024 * 1024, 1)); }" }, { timeout: 20, memory: 128 });
  const { error, payload, log } = await eats.invoke();
  assert.equal(error, "Unhandled");
  assert.equal(payload.errorType, "Runtime.ExitError");
  assert.match(payload.errorMessage, /^RequestId: [\w-]+ Error: Runtime exited with error: signal: killed$/);
  assert.match(log, /Error Type: Runtime\.OutOfMemory/);
});

test("an answer over six megabytes", async () => {
  const { payload } = await (await functionOf({ "index.js": "exports.handler = async () => 'x'.repeat(7 * 1024 * 1024)" }, { memory: 512 })).invoke();
  assert.deepEqual(payload, { errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." });
});

test("an answer that is no JSON", async () => {
  const circular = await (await functionOf({ "index.js": "exports.handler = async () => { const a = {}; a.a = a; return a; }" })).invoke();
  assert.equal(circular.error, "Unhandled");
  const python = await (await functionOf({ "index.py": "def handler(e, c):\n    return {1, 2}\n" }, { runtime: "python3.11" })).invoke();
  assert.equal(python.payload.errorType, "Runtime.MarshalError");
});

test("a runtime that answers twice, answers somebody else's request, or talks nonsense gets refused and the platform goes on", async () => {
  const liar = await functionOf({ bootstrap: `#!/usr/bin/env python3
import http.client, os, json
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None):
    c = http.client.HTTPConnection(api); c.request(method, "/2018-06-01/runtime/" + path, body); r = c.getresponse(); return r.status, r.read(), dict(r.getheaders())
seen = []
while True:
    status, event, headers = call("GET", "invocation/next")
    id = {k.lower(): v for k, v in headers.items()}["lambda-runtime-aws-request-id"]
    a = call("POST", "invocation/00000000-0000-0000-0000-000000000000/response", b"1")[0]
    b = call("POST", "invocation/" + id + "/response", json.dumps(seen).encode())[0]
    c = call("POST", "invocation/" + id + "/response", b"2")[0]
    d = call("PUT", "invocation/" + id + "/response", b"3")[0]
    seen = [a, b, c, d]
` }, { runtime: "provided.al2023", handler: "x" });
  assert.deepEqual((await liar.invoke()).payload, []);
  const [wrongId, first, second, wrongMethod] = (await liar.invoke()).payload;
  assert.equal(first, 202);
  for (const status of [wrongId, second, wrongMethod]) assert.ok(status >= 400 && status < 500, String(status));
});

test("an answer that comes after the timeout is nobody's", async () => {
  const late = await functionOf({ "index.js": "process.on('SIGTERM', () => 0); exports.handler = async (e) => { if (e.late) { const end = Date.now() + 1500; while (Date.now() < end); } return e; }" }, { timeout: 1 });
  assert.equal((await late.invoke({ late: true })).payload.errorType, "Sandbox.Timedout");
  assert.deepEqual((await late.invoke({ fresh: 1 })).payload, { fresh: 1 });
});

test("a package without a bootstrap", async () => {
  const { payload } = await (await functionOf({ "nothing.txt": "" }, { runtime: "provided.al2023", handler: "x" })).invoke();
  assert.equal(payload.errorType, "Runtime.InvalidEntrypoint");
  assert.match(payload.errorMessage, /Couldn't find valid bootstrap\(s\): \[\/var\/task\/bootstrap \/opt\/bootstrap\]/);
});

test("garbage on the runtime's channel only hurts the function that wrote it", async () => {
  const garbage = await functionOf({ "index.js": "exports.handler = async (e) => { if (e.garbage) { require('fs').writeSync(3, Buffer.alloc(100000, 255)); await new Promise((r) => setTimeout(r, 500)); } return 1; }" });
  assert.equal((await garbage.invoke({ garbage: true })).error, "Unhandled");
  assert.equal((await garbage.invoke()).payload, 1);
});

test("after all of them the platform answers, and closing it leaves no process of theirs", async () => {
  const fine = await functionOf({ "index.js": "exports.handler = async () => 'fine'" });
  assert.equal((await fine.invoke()).payload, "fine");
  await platform.close();
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim();
  assert.equal(children, "", "child processes are left");
  platform = await openTestPlatform();
});
