// Who is let in: reserved and account concurrency with real functions, recursive loops, tenants, and the metrics that tell of it.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { FunctionVersion, Invocation, InvokeResult } from "../ports/functions.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";
import { realIds } from "../kernel/ids.ts";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";

const ids = realIds();

describe("an invocation", { skip: PYTHON ? false : "no python3 under /usr" }, () => {
  let t: TestEngine;
  before(async () => { t = await openTestEngine(); });
  after(() => t.close());

  const invoke = (version: FunctionVersion, event: unknown, more: Partial<Invocation> = {}): Promise<InvokeResult> =>
    t.engine.functions.invoke({ version, invokedArn: version.arn, payload: Buffer.from(JSON.stringify(event)), requestId: ids.uuid(), tail: false, ...more });
  const jsonOf = ({ payload }: InvokeResult) => JSON.parse(Buffer.from(payload).toString());
  const until = async (what: string, holds: () => boolean) => {
    for (let tries = 0; !holds(); tries++) {
      assert.ok(tries < 300, `never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const sum = (key: string) => (t.measured.get(key) ?? []).reduce((total, value) => total + value, 0);

  test("counts towards the account's concurrency at its most, also when others have ended by the time that is told", async () => {
    const three = await t.custom("three-at-once");
    await Promise.all([0.2, 0.5, 0.8].map((seconds) => invoke(three, { do: "sleep", seconds })));
    await until("measured", () => sum("Invocations three-at-once") === 3);
    for (const metric of ["ConcurrentExecutions", "UnreservedConcurrentExecutions", "ClaimedAccountConcurrency"]) assert.equal(Math.max(...t.measured.get(metric)!), 3, metric);
  });

  test("counts for the alias, the version and the function that were invoked, each at its most", async () => {
    const both = await t.custom("by-name", { version: "3" });
    const as = (qualifier: string, count: number) => Array.from({ length: count }, () => invoke(both, { do: "sleep", seconds: 0.5 }, { invokedArn: `${both.arn}${qualifier}` }));
    await Promise.all([...as(":live", 2), ...as(":3", 1)]);
    await Promise.all(as("", 1));
    await until("measured", () => sum("Invocations by-name") === 4);
    const most = (key: string) => Math.max(...t.measured.get(`ConcurrentExecutions by-name${key}`)!);
    assert.deepEqual([most(""), most(" by-name:live"), most(" by-name:3"), most(" by-name")], [3, 2, 1, 1]);
  });

  test("above the function's reserved concurrency is throttled at once, and let in again after an answer", async () => {
    const one = await t.custom("reserved-one");
    const running = invoke(one, { do: "sleep", seconds: 0.5 }, { reservedConcurrency: 1 });
    const began = performance.now();
    await assert.rejects(invoke(one, {}, { reservedConcurrency: 1 }), (error) => error instanceof Throttled && error.reason === "ReservedFunctionConcurrentInvocationLimitExceeded");
    assert.ok(performance.now() - began < 100);
    await running;
    for (let n = 0; n < 20; n++) assert.equal((await invoke(one, { n }, { reservedConcurrency: 1 })).failed, false);
    await until("measured", () => sum("Invocations reserved-one") === 21);
    assert.equal(sum("Throttles reserved-one reserved-one"), 1);
    assert.equal(sum("Errors reserved-one"), 0);
    assert.equal(Math.max(...t.measured.get("ConcurrentExecutions reserved-one")!), 1);
  });

  test("of a function whose reserved concurrency is 0 never runs", async () => {
    const none = await t.custom("reserved-none");
    await assert.rejects(invoke(none, {}, { reservedConcurrency: 0 }), { reason: "ReservedFunctionConcurrentInvocationLimitExceeded" });
    assert.deepEqual(t.streams("reserved-none"), []);
  });

  test("gives its place back however it ends", async () => {
    const ends = await t.custom("ends", { timeoutSeconds: 1 });
    const one = { reservedConcurrency: 1 };
    for (const event of [{ do: "exit", code: 3 }, { do: "kill" }, { do: "hang" }, {}]) await invoke(ends, event, one);
    assert.equal(jsonOf(await invoke(ends, { still: "here" }, one)).still, "here");
    const broken = await t.custom("ends-at-init", { environment: { INIT: "exit" } });
    for (let n = 0; n < 3; n++) assert.equal((await invoke(broken, {}, one)).failed, true);
    await assert.rejects(invoke(await t.custom("ends-without-runtime", { runtime: "python3.9" }), {}, one), { code: "InvalidRuntimeException" });
    const streams = await t.custom("ends-streaming");
    for (let n = 0; n < 2; n++) {
      const { chunks } = await t.engine.functions.invokeStreaming({ version: streams, invokedArn: streams.arn, payload: Buffer.from('{"do":"stream","parts":["a"]}'), requestId: ids.uuid(), tail: false, ...one });
      for await (const chunk of chunks) assert.equal(Buffer.from(chunk).toString(), "a");
    }
    await until("measured", () => sum("Invocations ends") === 5);
    assert.equal(sum("Errors ends"), 3);
  });

  test("above what the account has left beside its reservations is throttled", async () => {
    t.reserve("111111111111", 999);
    const elsewhere = await t.custom("elsewhere", { account: "111111111111", arn: "arn:aws:lambda:eu-west-1:111111111111:function:elsewhere" });
    await invoke(elsewhere, {}); // what is reserved is asked for with an account's first function
    const running = invoke(elsewhere, { do: "sleep", seconds: 0.3 });
    await assert.rejects(invoke(elsewhere, {}), (error) => error instanceof Throttled && error.reason === "ConcurrentInvocationLimitExceeded");
    assert.equal((await invoke({ ...elsewhere, arn: `${elsewhere.arn}-2`, name: "elsewhere-2" }, {}, { reservedConcurrency: 999 })).failed, false);
    await running;
    t.reserve("111111111111", 0);
    await until("measured", () => t.measured.get("ClaimedAccountConcurrency")?.includes(1000) === true);
  });

  test("is counted for its alias and the version that ran, too", async () => {
    const version = await t.custom("aliased", { version: "3" });
    await invoke(version, {}, { invokedArn: `${version.arn}:live` });
    await invoke(version, {}, { invokedArn: `${version.arn}:3` });
    await until("measured", () => sum("Invocations aliased") === 2);
    assert.equal(sum("Invocations aliased aliased:live"), 1);
    assert.equal(sum("Invocations aliased aliased:live 3"), 1);
    assert.equal(sum("Invocations aliased aliased:3"), 1);
    assert.equal(t.measured.get("Duration aliased aliased:3")!.length, 1);
  });

  test("that comes of the same event for the 17th time is dropped, unless the function allows it", async () => {
    const handed = "exports.handler = async ({ url, left }) => { const answer = await fetch(url, { method: 'POST', headers: { 'X-Amzn-Trace-Id': process.env._X_AMZN_TRACE_ID }, body: String(left - 1) }); return answer.json(); };";
    const loop = await t.version("loop", { "index.js": handed }, { runtime: "nodejs22.x", timeoutSeconds: 20, memoryMb: 1769 });
    let recursiveLoop: "Allow" | "Terminate" = "Terminate";
    let runs = 0;
    // What Invoke does, without the room: hands the caller's trace header on.
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => { body += chunk; }).on("end", () => {
        const left = Number(body);
        if (left === 0) return response.end('"through"');
        runs++;
        invoke(loop, { url, left }, { traceId: request.headers["x-amzn-trace-id"] as string, recursiveLoop }).then(
          ({ payload }) => response.end(payload), (error) => { runs--; response.end(JSON.stringify(error.name)); });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal(jsonOf(await invoke(loop, { url, left: 30 })), "RecursiveInvocation");
      assert.equal(runs + 1, 16);
      assert.equal(sum("RecursiveInvocationsDropped loop"), 1);
      recursiveLoop = "Allow";
      assert.equal(jsonOf(await invoke(loop, { url, left: 18 })), "through");
      // Another function may have the event as often again.
      const trace = `Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=${"ab".repeat(4)}:40`;
      assert.equal(jsonOf(await invoke(await t.custom("in-between"), { do: "facts" }, { traceId: trace })).headers["lambda-runtime-trace-id"].split("Lineage=")[1].split("|")[0], "abababab:40");
      assert.equal(new RecursiveInvocation().name, "RecursiveInvocation");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("of one tenant never meets another's environment, and the tenant is in context and logs", async () => {
    const json = { format: "JSON" as const, applicationLevel: "INFO", systemLevel: "INFO", group: "/aws/lambda/tenants" };
    const node = await t.version("tenants", { "index.js": "let seen = []; exports.handler = async (event, context) => { seen.push(context.tenantId); console.log('hi'); return seen; };" }, { runtime: "nodejs22.x", tenantIsolation: true, logging: json });
    const seen = async (tenantId: string) => jsonOf(await invoke(node, {}, { tenantId }));
    assert.deepEqual(await seen("blue"), ["blue"]);
    assert.deepEqual(await seen("green"), ["green"]);
    assert.deepEqual(await seen("blue"), ["blue", "blue"]);
    const lines = (await t.lines("tenants")).map((line) => JSON.parse(line));
    assert.deepEqual(lines.filter(({ message }) => message === "hi").map(({ tenantId }) => tenantId).sort(), ["blue", "blue", "green"]); // two environments' lines come in no order
    for (const type of ["platform.start", "platform.report"]) assert.deepEqual(lines.filter((line) => line.type === type).map(({ record }) => record.tenantId).sort(), ["blue", "blue", "green"], type);
    const custom = await t.custom("tenants-custom", { tenantIsolation: true });
    assert.equal(jsonOf(await invoke(custom, { do: "facts" }, { tenantId: "a b/c" })).headers["lambda-runtime-aws-tenant-id"], "a b/c");
  });

  test("of a Python function has its tenant in the context, too", async (test) => {
    const python = await t.version("tenants-python", { "app.py": "def handler(event, context):\n    return context.tenant_id\n" }, { runtime: "python3.11", handler: "app.handler", tenantIsolation: true });
    try {
      assert.equal(jsonOf(await invoke(python, {}, { tenantId: "blue" })), "blue");
    } catch (error) {
      if ((error as Error).name !== "InvalidRuntimeException") throw error;
      test.skip("no Python of this version or newer");
    }
  });
});
