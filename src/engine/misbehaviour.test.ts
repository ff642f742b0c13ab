// Functions that fail, cheat and attack: each gives AWS's error to its caller, and the engine goes on.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";

describe("misbehaving functions", { skip: PYTHON ? false : "no python3 under /usr", concurrency: 4 }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());
  const alive = async (name: string) => assert.deepEqual((await t.invoke(await t.custom(`${name}-alive`), { still: 1 })).json, { still: 1 });

  test("a process that exits is Runtime.ExitError, and the next invocation gets a new one", async () => {
    const exits = await t.custom("exits");
    const { failed, json, requestId } = await t.invoke(exits, { do: "exit", code: 3 });
    assert.equal(failed, true);
    assert.deepEqual(json, { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status 3` });
    assert.equal((await t.invoke(exits, { do: "exit", code: 0 })).json.errorMessage.replace(/^.*Error: /, ""), "Runtime exited without providing a reason");
    assert.equal((await t.invoke(exits, { do: "kill" })).json.errorMessage.replace(/^.*Error: /, ""), "Runtime exited with error: signal: killed");
    assert.deepEqual((await t.invoke(exits, { fine: true })).json, { fine: true });
    assert.match((await t.lines("exits")).join("\n"), new RegExp(`REPORT RequestId: ${requestId}\t.*\tStatus: error\tError Type: Runtime.ExitError`));
  });

  test("a function that hangs is killed at its timeout with all its children, whatever they ignore", async () => {
    const hangs = await t.custom("hangs", { timeoutSeconds: 1 });
    const startedMs = performance.now();
    const { failed, json, requestId } = await t.invoke(hangs, { do: "hang", ignore: true, children: true });
    const tookMs = performance.now() - startedMs;
    assert.equal(failed, true);
    assert.deepEqual(json, { errorType: "Sandbox.Timedout", errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds` });
    assert.ok(tookMs >= 1000 && tookMs < 5000, `took ${tookMs} ms`);
    const lines = (await t.lines("hangs")).join("\n");
    assert.match(lines, new RegExp(`Z ${requestId} Task timed out after 1.00 seconds\nEND RequestId: ${requestId}\nREPORT .*\tStatus: timeout`));
    assert.equal(sleepers(), 0, "a grandchild lives on");
    assert.deepEqual((await t.invoke(hangs, { fine: true })).json, { fine: true });
  });

  test("an init that fails is repeated with the invocation, and its own error reaches the caller", async () => {
    const fails = await t.custom("init-error", { environment: { INIT: "error" } });
    const { failed, json } = await t.invoke(fails, {});
    assert.deepEqual({ failed, json }, { failed: true, json: { errorType: "Function.NoLuck", errorMessage: "init failed" } });
    const lines = await t.lines("init-error");
    assert.match(lines.join("\n"), /INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Function.NoLuck\n[^]*INIT_REPORT Init Duration: [\d.]+ ms\tPhase: invoke\tStatus: error/);
    assert.deepEqual((await t.invoke(fails, {})).json.errorMessage, "init failed");
    assert.equal((await t.lines("init-error")).filter((line) => line.includes("Phase: init\t")).length, 1, "only the first init stands alone");
  });

  test("a process that exits while it starts is Runtime.ExitError, and what it printed is in the log", async () => {
    const exits = await t.custom("init-exit", { environment: { INIT: "exit" } });
    const { json, requestId, logTail } = await t.invoke(exits, {}, true);
    assert.deepEqual(json, { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: exit status 7` });
    assert.ok((await t.lines("init-exit")).includes("about to exit"));
    assert.match(Buffer.from(logTail!).toString(), /^INIT_START [^]*about to exit\n[^]*\nSTART /);
  });

  test("an init that hangs takes its ten seconds, then the function's timeout", async () => {
    const hangs = await t.custom("init-hang", { environment: { INIT: "hang" }, timeoutSeconds: 1 });
    const { json, requestId } = await t.invoke(hangs, {});
    assert.deepEqual(json, { errorType: "Sandbox.Timedout", errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds` });
    assert.match((await t.lines("init-hang")).join("\n"), /INIT_REPORT Init Duration: 1\d{4}\.\d+ ms\tPhase: init\tStatus: timeout/);
  });

  test("a package without a bootstrap is Runtime.InvalidEntrypoint", async () => {
    const none = await t.version("no-bootstrap", { "readme.txt": "nothing here" });
    const { json, requestId } = await t.invoke(none, {});
    assert.deepEqual(json, { errorType: "Runtime.InvalidEntrypoint", errorMessage: `RequestId: ${requestId} Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]` });
  });

  test("a second answer is refused, and the caller has the first", async () => {
    const twice = await t.custom("twice");
    assert.equal((await t.invoke(twice, { do: "twice" })).json, "first");
    const line = (await t.lines("twice")).find((text) => text.startsWith("second answer"))!;
    assert.match(line, /^second answer: 403 \{.*"errorType":"InvalidStateTransition"/);
  });

  test("an answer with another invocation's id is refused", async () => {
    const wrong = await t.custom("wrong-id");
    assert.deepEqual((await t.invoke(wrong, { do: "wrong-id" })).json, { status: 400, body: { errorMessage: "Invalid request ID", errorType: "InvalidRequestID" } });
  });

  test("asking for the next event before answering is refused", async () => {
    const early = await t.custom("early");
    const { json } = await t.invoke(early, { do: "next-before-answer" });
    assert.deepEqual([json.status, json.body.errorType], [403, "InvalidStateTransition"]);
  });

  test("garbage on the Runtime API closes that connection only", async () => {
    const garbage = await t.custom("garbage");
    assert.match((await t.invoke(garbage, { do: "garbage" })).json.answer, /^HTTP\/1\.1 400 /);
  });

  test("an answer that is too large is Function.ResponseSizeTooLarge, and the runtime hears 413", async () => {
    const large = await t.custom("large");
    const { failed, json } = await t.invoke(large, { do: "large", bytes: 6_291_555 });
    assert.equal(failed, true);
    assert.deepEqual(json, { errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." });
    assert.equal((await t.invoke(large, { do: "large", bytes: 6_291_554 })).payload.byteLength, 6_291_556);
    assert.match((await t.lines("large")).find((line) => line.startsWith("refused"))!, /413.*RequestEntityTooLarge/);
  });

  test("an error's payload is passed on byte for byte, and strange types do not reach the log", async () => {
    const errs = await t.custom("errs");
    const { failed, json } = await t.invoke(errs, { do: "error", body: { any: ["shape"] }, type: "weird type!" });
    assert.deepEqual({ failed, json }, { failed: true, json: { any: ["shape"] } });
    assert.doesNotMatch((await t.lines("errs")).join("\n"), /weird/);
  });

  test("a flood of output is logged line by line, without growing the platform", async () => {
    const floods = await t.custom("floods", { timeoutSeconds: 30 });
    const beforeBytes = process.memoryUsage().rss;
    assert.equal((await t.invoke(floods, { do: "flood", megabytes: 20 })).json, "flooded");
    assert.equal((await t.lines("floods")).filter((line) => line.startsWith("xxx")).length, 20 * 1024);
    assert.ok(process.memoryUsage().rss - beforeBytes < 300 * 1024 * 1024);
    await alive("floods");
  });

  test("a line longer than a log event may be comes in pieces", async () => {
    const long = await t.custom("long-line");
    await t.invoke(long, { do: "long-line", bytes: 600_000 });
    const pieces = (await t.lines("long-line")).filter((line) => line.startsWith("y"));
    assert.ok(pieces.length >= 3 && pieces.every((piece) => piece.length <= 262_118), `${pieces.length} pieces`);
    assert.equal(pieces.join("").length, 600_000);
  });

  test("/tmp ends at its size", async () => {
    const fills = await t.custom("fills", { timeoutSeconds: 30 });
    const { json } = await t.invoke(fills, { do: "fill-tmp" });
    assert.deepEqual(json.error, "No space left on device");
    assert.ok(json.megabytes <= 513, `${json.megabytes} MB`);
  });

  test("using too much memory is told as out of memory in the log", async () => {
    const hog = await t.custom("hog", { timeoutSeconds: 30 });
    const { failed, json } = await t.invoke(hog, { do: "memory" });
    assert.equal(failed, true);
    assert.match(json.errorMessage, /Runtime exited with error: signal: killed$/);
    assert.match((await t.lines("hog")).join("\n"), /Status: error\tError Type: Runtime.OutOfMemory/);
  });

  test("/tmp survives a crash", async () => {
    const keeps = await t.custom("keeps");
    await t.invoke(keeps, { do: "keep" });
    assert.deepEqual((await t.invoke(keeps, { do: "facts" })).json.tmp, ["kept"]);
  });

  test("a managed handler that throws while loading, is missing, or exits", async () => {
    const managed = (name: string, code: string, handler = "index.handler") => t.version(name, { "index.js": code }, { runtime: "nodejs22.x", handler });
    assert.equal((await t.invoke(await managed("throws", "throw new RangeError('no')"), {})).json.errorType, "RangeError");
    assert.equal((await t.invoke(await managed("no-handler", "exports.other = 1"), {})).json.errorType, "Runtime.HandlerNotFound");
    assert.equal((await t.invoke(await managed("no-module", "", "other.handler"), {})).json.errorType, "Runtime.ImportModuleError");
    assert.match((await t.invoke(await managed("node-exits", "exports.handler = async () => process.exit(5)"), {})).json.errorMessage, /exit status 5$/);
  });

  test("what is written straight to standard output stands before END, also without an end of line", async () => {
    const code = `exports.handler = async ({ n }) => { console.log("logged"); process.stdout.write("whole " + n + "\\n"); process.stdout.write("partial " + n); };`;
    const writes = await t.version("partial-lines", { "index.js": code }, { runtime: "nodejs22.x" });
    for (let n = 0; n < 3; n++) {
      await t.invoke(writes, { n });
      await t.lines("partial-lines"); // the next one comes after everything of this one
    }
    const kinds = (await t.lines("partial-lines")).map((line) => line.replace(/^.*\tlogged/, "logged").replace(/ RequestId.*/, ""));
    assert.deepEqual(kinds.slice(1), [0, 1, 2].flatMap((n) => ["START", "logged", `whole ${n}`, `partial ${n}`, "END", "REPORT"]));
  });

  test("frames a managed runtime may not send now are ignored, and its invocation goes on", async () => {
    const code = `const fs = require("node:fs");
      const send = (type, text = "") => { const frame = Buffer.from("    " + String.fromCharCode(type) + text); frame.writeUInt32BE(frame.length - 4); fs.writeSync(3, frame); };
      exports.handler = async ({ types }) => { for (const type of types) send(type, "x"); await new Promise((done) => setTimeout(done, 50)); return "answered"; };`;
    const strays = await t.version("stray-frames", { "index.js": code }, { runtime: "nodejs22.x" });
    for (const types of [[17, 17], [16, 18], [22], [21, 22, 21]]) {
      const { json, payload } = await t.invoke(strays, { types }).catch((error) => ({ json: String(error), payload: undefined }));
      assert.equal(json, "answered", `frames ${types}: ${payload}`);
    }
  });

  test("a managed function is not harmed by the unhandled rejection of the invocation before", async () => {
    const node = await t.version("rejects", { "index.js": "exports.handler = async (event) => { if (event.bad) { Promise.reject(new Error('stray')); await new Promise((r) => setTimeout(r, 50)); } return 'fine'; };" }, { runtime: "nodejs22.x" });
    const bad = await t.invoke(node, { bad: true });
    assert.equal(bad.json.errorType, "Runtime.UnhandledPromiseRejection");
    assert.equal((await t.invoke(node, {})).json, "fine");
  });
});

const sleepers = (): number => execFileSync("ps", ["-eo", "args"]).toString().split("\n").filter((line) => line === "sleep 300").length;
