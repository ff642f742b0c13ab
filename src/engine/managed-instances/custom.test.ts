// Several events at once in one environment, over the Runtime API: a custom runtime with several calls for the next event, well behaved and not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PYTHON, type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { managed } from "../../../test/support/managed-instances.ts";

/** Takes events on as many connections as it may, and answers as each event says, all from one thread when `gather` have come. */
const BOOTSTRAP = `#!${PYTHON}
import http.client, json, os, threading, time, sys
ADDRESS = os.environ["AWS_LAMBDA_RUNTIME_API"]
lock = threading.Lock()
held = []
seen = []

mine = threading.local()

def call(method, path, body=None, headers={}):
    connection = mine.__dict__.setdefault("connection", http.client.HTTPConnection(ADDRESS))
    connection.request(method, "/2018-06-01/runtime/" + path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers

def respond(id, value):
    status, text, _ = call("POST", "invocation/" + id + "/response", json.dumps(value))
    return [status, json.loads(text).get("errorType")]

def one(id, event):
    do = event.get("do")
    if do == "gather":
        with lock:
            held.append((id, event))
            if len(held) < event["count"]:
                return
            mine, held[:] = held[:], []
        for id, event in reversed(mine):
            respond(id, {"n": event["n"]})
    elif do == "twice":
        first = respond(id, {"n": event["n"]})
        seen.append([first, respond(id, {"n": -1}), respond("00000000-0000-0000-0000-000000000000", {}), call("POST", "invocation/" + id + "/error", "{}")[0]])
    elif do == "late":
        time.sleep(1.3)
        seen.append([respond(id, {}), respond(id, {})])
    elif do == "cut":
        import socket
        connection = socket.create_connection(ADDRESS.split(":"))
        connection.sendall(("POST /2018-06-01/runtime/invocation/" + id + "/response HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\nLambda-Runtime-Function-Response-Mode: streaming\\r\\n\\r\\n5\\r\\nhello\\r\\n").encode())
        time.sleep(0.3)
        connection.close()
    elif do == "large":
        respond(id, "x" * 7000000)
    elif do == "hang-up":
        connection = http.client.HTTPConnection(ADDRESS)
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        time.sleep(0.05)
        connection.close()
        respond(id, {"n": event["n"]})
    elif do == "seen":
        respond(id, seen)
    elif do == "api":
        respond(id, [call("GET", "nothing")[0], call("POST", "invocation/next")[0], call("POST", "init/error", "{}")[0]])
    else:
        respond(id, {"n": event.get("n"), "env": {name: value for name, value in os.environ.items() if "CONCURRENCY" in name or "INITIALIZATION" in name}})

def loop():
    while True:
        _, body, headers = call("GET", "invocation/next")
        one(headers["Lambda-Runtime-Aws-Request-Id"], json.loads(body))

threads = [threading.Thread(target=loop) for _ in range(int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]))]
for thread in threads: thread.start()
`;

describe("a custom runtime on managed instances", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());
  const custom = (name: string, order: Parameters<typeof managed>[1] = {}) => t.version(name, { bootstrap: BOOTSTRAP }, managed(name, { environmentsMax: 1, ...order }));

  test("answers that come out of order reach their own callers", async () => {
    const fn = await custom("order", { concurrency: 32 });
    const results = await Promise.all(Array.from({ length: 32 }, (_, n) => t.invoke(fn, { do: "gather", count: 32, n })));
    assert.deepEqual(results.map(({ json }) => json.n), results.map((_, n) => n));
    assert.deepEqual((await t.invoke(fn, {})).json.env, { AWS_LAMBDA_MAX_CONCURRENCY: "32", AWS_LAMBDA_INITIALIZATION_TYPE: "lambda-managed-instances" });
  });

  test("a second answer, an unknown id and a late answer are refused as AWS refuses them, and reach nobody", async () => {
    const fn = await custom("hostile", { timeoutSeconds: 1 });
    const twice = await t.invoke(fn, { do: "twice", n: 1 });
    assert.deepEqual(twice.json, { n: 1 });
    const late = await t.invoke(fn, { do: "late" });
    assert.equal(late.json.errorType, "Sandbox.Timedout");
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual((await t.invoke(fn, { do: "seen" })).json, [[[202, null], [400, "InvalidRequestID"], [400, "InvalidRequestID"], 400], [[410, "InvokeTimeout"], [400, "InvalidRequestID"]]]);
    assert.deepEqual((await t.invoke(fn, { do: "api" })).json, [404, 405, 403]);
  });

  test("a stream that breaks off and an answer that is too large fail alone", async () => {
    const fn = await custom("breaks");
    const [cut, large, fine] = await Promise.all([t.invoke(fn, { do: "cut" }), t.invoke(fn, { do: "large" }), t.invoke(fn, { n: 3 })]);
    assert.deepEqual([cut.failed, cut.json.errorType], [true, "Runtime.TruncatedResponse"]);
    assert.deepEqual([large.failed, large.json.errorType], [true, "Function.ResponseSizeTooLarge"]);
    assert.deepEqual([fine.failed, fine.json.n], [false, 3]);
  });

  test("a call for the next event whose client has hung up gets none", async () => {
    const fn = await custom("hangs-up", { concurrency: 4 });
    for (let n = 0; n < 20; n++) assert.equal((await t.invoke(fn, { do: "hang-up", n })).json.n, n);
  });

  test("no more than are allowed are in hand, and what comes then is throttled", async () => {
    const fn = await custom("full", { concurrency: 4, timeoutSeconds: 1 });
    await t.invoke(fn, {});
    const held = Array.from({ length: 4 }, (_, n) => t.invoke(fn, { do: "gather", count: 100, n }));
    await assert.rejects(t.invoke(fn, { n: 5 }), (error: Error & { reason?: string }) => error.reason === "ConcurrentInvocationLimitExceeded");
    assert.deepEqual((await Promise.all(held)).map(({ json }) => json.errorType), Array.from({ length: 4 }, () => "Sandbox.Timedout"));
    assert.deepEqual(t.measured.get("Throttles full"), [1]);
  });

  test("nothing is kept of events that are over", async () => {
    const fn = await custom("leaks", { concurrency: 8 });
    const round = () => Promise.all(Array.from({ length: 8 }, (_, n) => t.invoke(fn, { n, pad: "x".repeat(50_000) })));
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const held = async () => { // buffers are let go a turn after they are collected
      let least = Infinity;
      for (let n = 0; n < 5; n++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 20));
        const { heapUsed, external } = process.memoryUsage();
        least = Math.min(least, heapUsed + external);
      }
      return least;
    };
    for (let n = 0; n < 10; n++) await round();
    const before = await held();
    for (let n = 0; n < 40; n++) await round(); // 16 MB of events
    const more = (await held()) - before;
    assert.ok(more < 6_000_000, `${more} bytes more`);
    assert.deepEqual(t.engine.stats(), { ...t.engine.stats(), busy: 0, queued: 0 });
  });
});
