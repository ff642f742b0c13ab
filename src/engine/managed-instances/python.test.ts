// Several events at once in one environment, with Python: a process for each.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { PYTHON, type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { managed } from "../../../test/support/managed-instances.ts";

const HANDLER = `
import json, logging, os, sys, time
logging.getLogger().setLevel("INFO")
served = 0

def barrier(count):
    with open("/tmp/barrier", "a") as file:
        file.write(".")
    while os.stat("/tmp/barrier").st_size < count:
        time.sleep(0.002)

def handler(event, context):
    global served
    served += 1
    n = event["n"]
    logging.info("begin %d" % n)
    if "together" in event:
        barrier(event["together"])
    time.sleep(event.get("sleep", 0))
    if event.get("fail"):
        raise KeyError("no %d" % n)
    if event.get("exit"):
        sys.exit(5)
    if event.get("kill"):
        os.kill(os.getppid(), 9)
        time.sleep(60)
    logging.info("x" * event.get("log", 0) + "end %d" % n)
    return {"n": n, "id": context.aws_request_id, "pid": os.getpid(), "environment": os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], "served": served, "trace": os.environ.get("_X_AMZN_TRACE_ID")}
`;

describe("Python on managed instances", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());
  const python = (name: string, order: Parameters<typeof managed>[1] = {}) => t.version(name, { "index.py": HANDLER }, managed(name, { runtime: "python3.11", ...order }));

  test("as many events as are allowed run at once, each in a process of its own", async () => {
    const fn = await python("together", { concurrency: 16 });
    const results = await Promise.all(Array.from({ length: 16 }, (_, n) => t.invoke(fn, { n, together: 16, log: 100_000 })));
    for (const [n, { json, failed, requestId }] of results.entries()) {
      assert.equal(failed, false, JSON.stringify(json));
      assert.deepEqual([json.n, json.id, json.served], [n, requestId, 1]);
      assert.match(json.trace, /^Root=1-/);
    }
    assert.equal(new Set(results.map(({ json }) => json.pid)).size, 16);
    assert.equal(new Set(results.map(({ json }) => json.environment)).size, 1);
    const lines = (await t.lines("together")).map((line) => JSON.parse(line));
    for (const [n, { requestId }] of results.entries()) assert.deepEqual(lines.filter((line) => line.requestId === requestId).map(({ message }) => message.replace(/^x{100000}/, "")), [`begin ${n}`, `end ${n}`]);
  });

  test("processes are made as they are needed", async () => {
    const fn = await python("few", { concurrency: 16 });
    const pids = new Set<number>();
    for (let n = 0; n < 10; n++) pids.add((await t.invoke(fn, { n })).json.pid);
    assert.ok(pids.size <= 2, `${pids.size} processes`);
  });

  test("an error, a process that ends and a timeout are their own caller's", async () => {
    const fn = await python("alone", { concurrency: 8, timeoutSeconds: 2 });
    const [fails, ends, slow, fine] = await Promise.all([t.invoke(fn, { n: 0, together: 4, fail: true }), t.invoke(fn, { n: 1, together: 4, exit: true }), t.invoke(fn, { n: 2, together: 4, sleep: 2.4 }), t.invoke(fn, { n: 3, together: 4, sleep: 0.3 })]);
    assert.deepEqual([fails.failed, fails.json.errorType, fails.json.requestId], [true, "KeyError", fails.requestId]);
    assert.deepEqual([ends.failed, ends.json], [true, { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${ends.requestId} Error: Runtime exited with error: exit status 5` }]);
    assert.deepEqual([slow.failed, slow.json.errorType], [true, "Sandbox.Timedout"]);
    assert.deepEqual([fine.failed, fine.json.n], [false, 3]);
    const next = await t.invoke(fn, { n: 4, sleep: 0.7 });
    assert.deepEqual([next.json.n, next.json.environment], [4, fine.json.environment]);
  });

  test("all that is in hand fails when the environment's first process dies", async () => {
    const fn = await python("dies");
    const all = await Promise.all([0, 1, 2].map((n) => t.invoke(fn, { n, together: 3, kill: n === 0, sleep: 5 * n })));
    assert.deepEqual(all.map(({ failed, json }) => [failed, json]), all.map(() => [true, { errorType: "Runtime.ExitError" }]));
    assert.equal((await t.invoke(fn, { n: 3 })).json.n, 3);
  });

  test("what cannot be initialised fails who waits for it", async () => {
    const fn = await t.version("broken", { "index.py": "import nowhere" }, managed("broken", { runtime: "python3.11" }));
    const result = await t.invoke(fn, {});
    assert.deepEqual([result.failed, result.json.errorType], [true, "Runtime.ImportModuleError"]);
  });

  test("where no more processes can be made, those that are there take the events in turn", async () => {
    const fn = await t.version("full", { "index.py": `
import os, resource, time
def handler(event, context):
    if event.get("full"):
        resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (4, 4))
    time.sleep(event.get("sleep", 0))
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
` }, managed("full", { runtime: "python3.11", concurrency: 8, environmentsMax: 1 }));
    const { json } = await t.invoke(fn, { full: true });
    const all = await Promise.all(Array.from({ length: 6 }, () => t.invoke(fn, { sleep: 0.1 })));
    assert.deepEqual(all.map((one) => one.json), all.map(() => json));
  });

  test("a process that dies is noticed at once, though what its handler has forked lives on", async () => {
    const fn = await t.version("forks", { "index.py": `
import os, signal, time
def handler(event, context):
    if event.get("die"):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
` }, managed("forks", { runtime: "python3.11", concurrency: 4, timeoutSeconds: 30 }));
    const { json } = await t.invoke(fn, {});
    const began = performance.now();
    assert.equal((await t.invoke(fn, { die: true })).json.errorType, "Runtime.ExitError");
    assert.ok(performance.now() - began < 15_000);
    assert.deepEqual((await Promise.all(Array.from({ length: 4 }, () => t.invoke(fn, {})))).map((one) => one.json), Array(4).fill(json));
  });
});
