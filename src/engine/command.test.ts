// How a managed runtime is started: wrapper scripts, and the Node.js features AWS turns off.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestEngine, openTestEngine } from "../../test/support/engine.ts";

let t: TestEngine;
before(async () => { t = await openTestEngine({ prewarm: 1 }); });
after(() => t.close());

const WRAPPER = `#!/bin/sh
echo "wrapper got $(basename "$1")"
export FROM_WRAPPER="set by the wrapper"
export NODE_OPTIONS="--title=wrapped" PYTHONPATH=/var/task/more
exec "$@"
`;
const NODE = "exports.handler = async () => ({ own: process.env.FROM_WRAPPER, mine: process.env.MINE, title: process.title, root: process.env.LAMBDA_TASK_ROOT, gone: process.env.EVOKE_TEST_SECRET });";
const PYTHON = "import os, sys\ndef handler(event, context):\n    return {'own': os.environ['FROM_WRAPPER'], 'mine': os.environ['MINE'], 'more': '/var/task/more' in sys.path}\n";

test("a wrapper script starts the Node.js runtime, and what it sets stays", async () => {
  const wrapped = await t.version("wrapped", { "index.js": NODE, wrapper: WRAPPER }, { runtime: "nodejs22.x", environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper", MINE: "1" } });
  const { json, logTail } = await t.invoke(wrapped, {}, true);
  assert.deepEqual(json, { own: "set by the wrapper", mine: "1", title: "wrapped", root: "/var/task" });
  assert.match([...(await t.lines("wrapped")), String(logTail)].join("\n"), /wrapper got node/);
});

test("a wrapper script starts the Python runtime, and what it sets stays", async (test) => {
  const wrapped = await t.version("wrapped-python", { "index.py": PYTHON, wrapper: WRAPPER }, { runtime: "python3.11", environment: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper", MINE: "1" } });
  const { json } = await t.invoke(wrapped, {}).catch((error) => {
    if (error.name !== "InvalidRuntimeException") throw error;
    test.skip("no Python of this version or newer");
    return { json: undefined };
  });
  if (json) assert.deepEqual(json, { own: "set by the wrapper", mine: "1", more: true });
});

test("a wrapper that is not there, or not executable, ends the runtime as on AWS", async () => {
  for (const [name, file, status, says] of [["no-wrapper", "/opt/wrapper", 127, "does not exist"], ["no-program", "/var/task/index.js", 126, "is not an executable"]] as const) {
    const broken = await t.version(name, { "index.js": NODE }, { runtime: "nodejs22.x", environment: { AWS_LAMBDA_EXEC_WRAPPER: file } });
    const { json, failed, requestId, logTail } = await t.invoke(broken, {}, true);
    assert.ok(failed);
    assert.deepEqual(json, { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status ${status}` });
    assert.ok(Buffer.from(logTail!).toString().includes(`${file}: ${says}\n`), Buffer.from(logTail!).toString());
  }
});

test("Node.js knows how much memory it has, unless NODE_OPTIONS says otherwise", async () => {
  const files = { "index.js": "exports.handler = async () => process.execArgv.filter((flag) => flag.includes('space'))" };
  const flags = async (name: string, more: object) => (await t.invoke(await t.version(name, files, { runtime: "nodejs22.x", ...more }), {})).json;
  assert.deepEqual(await flags("heap-small", {}), ["--max-semi-space-size=6", "--max-old-space-size=116"]);
  assert.deepEqual(await flags("heap-large", { memoryMb: 1024 }), ["--max-semi-space-size=51", "--max-old-space-size=922"]);
  assert.deepEqual(await flags("heap-own", { environment: { NODE_OPTIONS: "--max_old_space_size=90" } }), []);
});

test("a Node.js function that makes much garbage stays within its memory", async () => {
  const code = "exports.handler = async () => { for (let i = 0; i < 25; i++) { const list = []; for (let j = 0; j < 100000; j++) list.push({ i, j, s: 'x' + j }); } return 'done'; };";
  assert.equal((await t.invoke(await t.version("garbage", { "index.js": code }, { runtime: "nodejs22.x", timeoutSeconds: 60 }), {})).json, "done");
});

test("custom runtimes know no wrapper", async () => {
  const custom = await t.custom("unwrapped", { environment: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper" } });
  assert.deepEqual((await t.invoke(custom, { a: 1 })).json, { a: 1 });
});

test("Node.js 22 requires no ES module and detects none unless NODE_OPTIONS says so; Node.js 24 does both", async () => {
  const files = {
    "index.js": "exports.handler = async ({ what }) => { try { return await require(what === 'require' ? './module.mjs' : './detected.js').value; } catch (error) { return error.code ?? error.name; } };",
    "module.mjs": "export const value = 'module';", "detected.js": "export const value = 'detected';",
  };
  const enabled = { NODE_OPTIONS: "--experimental-require-module --experimental-detect-module" };
  for (const [name, runtime, environment, expected] of [
    ["off", "nodejs22.x", {}, ["ERR_REQUIRE_ESM", "SyntaxError"]],
    ["on", "nodejs22.x", enabled, ["module", "detected"]],
    ["newer", "nodejs24.x", {}, ["module", "detected"]],
  ] as const) {
    const made = await t.version(`features-${name}`, files, { runtime, environment });
    assert.deepEqual([(await t.invoke(made, { what: "require" })).json, (await t.invoke(made, { what: "detect" })).json], expected, name);
  }
});
