// --inspect, whole: a debugger attaches to a function, sets a breakpoint, takes its time, and the invocation succeeds.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { join, relative } from "node:path";
import { test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, UpdateFunctionCodeCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { readConfig } from "../src/config.ts";
import { PYTHON } from "./support/engine.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ROLE = "arn:aws:iam::000000000000:role/any";
const TIMEOUT_SECONDS = 1;
const LONGER_MS = 1_800;

const sleep = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function create({ lambda }: TestPlatform, name: string, runtime: "nodejs24.x" | "python3.11", files: Record<string, string | Uint8Array>): Promise<void> {
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: runtime, Handler: "index.handler", Role: ROLE, Timeout: TIMEOUT_SECONDS, Code: { ZipFile: await zipOf(files) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
}

async function invoke({ lambda }: TestPlatform, name: string, event: unknown = {}) {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload!).toString()) };
}

/** A debugger that speaks Chrome's protocol, as VS Code and the browser do. */
async function attach(port: number) {
  let url: string | undefined;
  while (url === undefined) {
    const targets = await fetch(`http://127.0.0.1:${port}/json/list`).then((response) => response.json() as Promise<{ webSocketDebuggerUrl: string }[]>).catch(() => undefined);
    url = targets?.[0]?.webSocketDebuggerUrl;
  }
  assert.ok(url.startsWith(`ws://127.0.0.1:${port}/`), "the address it says is the one that was asked");
  const socket = new WebSocket(url);
  await once(socket, "open");
  let next = 0;
  const waiting: { is(message: any): boolean; resolve(message: any): void }[] = [];
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data));
    const at = waiting.findIndex(({ is }) => is(message));
    if (at >= 0) waiting.splice(at, 1)[0]!.resolve(message.result ?? message.params);
  });
  const when = (is: (message: any) => boolean) => new Promise<any>((resolve) => { waiting.push({ is, resolve }); });
  return {
    event: (method: string) => when((message) => message.method === method),
    send(method: string, params: object = {}) {
      const id = ++next;
      socket.send(JSON.stringify({ id, method, params }));
      return when((message) => message.id === id);
    },
    close: () => socket.close(),
  };
}

const NODE_CODE = `exports.handler = async (event) => {
  const answer = event.n + 1;
  return { answer };
};
`;

test("a Node.js function stopped at a breakpoint for longer than its timeout goes on and succeeds", { timeout: 60_000 }, async () => {
  const port = await freePort();
  await using platform = await openTestPlatform({ inspect: `debugged=${port}` });
  await create(platform, "debugged", "nodejs24.x", { "index.js": NODE_CODE });
  assert.deepEqual(await invoke(platform, "debugged", { n: 1 }), { error: undefined, answer: { answer: 2 } });
  await sleep(300); // any other environment would be frozen now
  const debug = await attach(port);
  await debug.send("Debugger.enable");
  const { breakpointId } = await debug.send("Debugger.setBreakpointByUrl", { urlRegex: ".*/index\\.js", lineNumber: 2 });
  assert.ok(breakpointId);
  const paused = debug.event("Debugger.paused");
  const invoked = invoke(platform, "debugged", { n: 41 });
  const { callFrames } = await paused;
  await sleep(LONGER_MS);
  const { result } = await debug.send("Debugger.evaluateOnCallFrame", { callFrameId: callFrames[0].callFrameId, expression: "answer" });
  assert.equal(result.value, 42);
  await debug.send("Debugger.resume");
  assert.deepEqual(await invoked, { error: undefined, answer: { answer: 42 } });
  debug.close();
});

test("only the time stopped is given: a function under a debugger that hangs by itself times out", { timeout: 60_000 }, async () => {
  const port = await freePort();
  await using platform = await openTestPlatform({ inspect: `hangs=${port}` });
  await create(platform, "hangs", "nodejs24.x", { "index.js": "exports.handler = (event) => event.hang ? new Promise((resolve) => setTimeout(resolve, 60000)) : {};" });
  await invoke(platform, "hangs");
  const debug = await attach(port);
  await debug.send("Debugger.enable");
  const { error, answer } = await invoke(platform, "hangs", { hang: true });
  assert.equal(error, "Unhandled");
  assert.match(answer.errorMessage, /Task timed out after 1.00 seconds/);
  debug.close();
});

test("several invocations of a function under a debugger have one environment", { timeout: 60_000 }, async () => {
  const port = await freePort();
  await using platform = await openTestPlatform({ inspect: `alone=${port}` });
  await create(platform, "alone", "nodejs24.x", { "index.js": "exports.handler = async () => { await new Promise((resolve) => setTimeout(resolve, 50)); return process.env.AWS_LAMBDA_LOG_STREAM_NAME; };" });
  const answers = await Promise.all(Array.from({ length: 5 }, () => invoke(platform, "alone")));
  assert.equal(new Set(answers.map(({ answer }) => answer)).size, 1);
});

test("with --inspect-wait a debugger that attaches late still meets a breakpoint at init, and another one after new code", { timeout: 60_000 }, async () => {
  const port = await freePort();
  await using platform = await openTestPlatform({ inspect: `waits=${port}`, inspectWait: true });
  const code = (answer: number) => ({ "index.js": `const answer = ${answer};\ndebugger;\nexports.handler = async () => answer;\n` });
  await create(platform, "waits", "nodejs24.x", code(1));
  const round = async (expected: number) => {
    const attached = attach(port); // before there is anything to attach to
    const invoked = invoke(platform, "waits");
    const debug = await attached;
    await sleep(LONGER_MS);
    await debug.send("Debugger.enable");
    const paused = debug.event("Debugger.paused");
    await debug.send("Runtime.runIfWaitingForDebugger");
    await paused;
    await debug.send("Debugger.resume");
    assert.deepEqual(await invoked, { error: undefined, answer: expected });
  };
  await round(1);
  await platform.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "waits", ZipFile: await zipOf(code(2)) }));
  await waitUntilFunctionUpdatedV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "waits" });
  await round(2);
});

test("a port that is taken and a name that cannot be one are said at the start", { timeout: 60_000 }, async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await assert.rejects(openTestPlatform({ inspect: `any=${port}` }), /Port \d+ for --inspect is taken/);
  server.close();
  assert.throws(() => readConfig({ flags: { inspect: "a b" }, environment: {}, file: undefined }), /must be FUNCTION or FUNCTION=PORT/);
});

/** A debugger that speaks DAP over TCP, as debugpy does. */
async function attachPython(port: number) {
  const socket: Socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let seq = 0;
  let held = Buffer.alloc(0);
  const waiting: { is(message: any): boolean; resolve(message: any): void }[] = [];
  socket.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const end = held.indexOf("\r\n\r\n");
      const length = end < 0 ? undefined : Number(/Content-Length: (\d+)/.exec(held.toString("latin1", 0, end))![1]);
      if (length === undefined || held.length < end + 4 + length) return;
      const message = JSON.parse(held.toString("utf8", end + 4, end + 4 + length));
      held = held.subarray(end + 4 + length);
      const at = waiting.findIndex(({ is }) => is(message));
      if (at >= 0) waiting.splice(at, 1)[0]!.resolve(message.body);
    }
  });
  const when = (is: (message: any) => boolean) => new Promise<any>((resolve) => { waiting.push({ is, resolve }); });
  return {
    event: (name: string) => when((message) => message.type === "event" && message.event === name),
    send(command: string, args: object = {}) {
      const mine = ++seq;
      const body = JSON.stringify({ seq: mine, type: "request", command, arguments: args });
      socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return when((message) => message.type === "response" && message.request_seq === mine);
    },
    close: () => socket.destroy(),
  };
}

/** A folder with debugpy in it, as `pip install --target` makes it. */
const DEBUGPY = process.env["EVOKE_TEST_DEBUGPY"];

function pythonHasDebugpy(): boolean {
  try {
    execFileSync("python3", ["-s", "-c", "import debugpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function filesIn(folder: string): Record<string, Uint8Array> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.parentPath.includes("__pycache__")).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [relative(folder, file), readFileSync(file)]));
}

test("a Python function without debugpy says how to get it", { timeout: 60_000, skip: !PYTHON || pythonHasDebugpy() }, async () => {
  await using platform = await openTestPlatform({ inspect: `snake=${await freePort()}` });
  await create(platform, "snake", "python3.11", { "index.py": "def handler(event, context):\n    return 1\n" });
  await assert.rejects(invoke(platform, "snake"), /--inspect needs debugpy.*-m pip install debugpy/);
});

test("a Python function stopped at a breakpoint for longer than its timeout goes on and succeeds", { timeout: 60_000, skip: !DEBUGPY && "EVOKE_TEST_DEBUGPY names no folder with debugpy" }, async () => {
  const port = await freePort();
  await using platform = await openTestPlatform({ inspect: `snake=${port}`, inspectWait: true });
  await create(platform, "snake", "python3.11", { ...filesIn(DEBUGPY!), "index.py": "def handler(event, context):\n    answer = event['n'] + 1\n    return answer\n" });
  const invoked = invoke(platform, "snake", { n: 41 });
  const debug = await attachPython(port);
  await debug.send("initialize", { adapterID: "test" });
  const initialized = debug.event("initialized");
  void debug.send("attach", { justMyCode: true });
  await initialized;
  await debug.send("setBreakpoints", { source: { path: "/var/task/index.py" }, breakpoints: [{ line: 3 }] });
  const stopped = debug.event("stopped");
  void debug.send("configurationDone");
  const { threadId } = await stopped;
  await sleep(LONGER_MS);
  await debug.send("continue", { threadId });
  assert.deepEqual(await invoked, { error: undefined, answer: 42 });
  debug.close();
});
