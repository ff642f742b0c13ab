// How many environments there are on a capacity provider, and when: kept, added, given up, replaced; never more than version and provider may have.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FunctionVersion } from "../../ports/functions.ts";
import { type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { type ManagedOrder, managed } from "../../../test/support/managed-instances.ts";
import type { EngineOptions } from "../engine.ts";

const CODE = { "index.js": `
  exports.handler = async (event) => {
    if (event.sleepMs) await new Promise((resolve) => setTimeout(resolve, event.sleepMs));
    if (event.kill) process.kill(process.pid, "SIGKILL");
    return { environment: process.env.AWS_LAMBDA_LOG_STREAM_NAME, mark: process.env.MARK };
  };` };

const until = async (what: string, holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 750, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

async function withEngine(settings: Partial<EngineOptions["settings"]>, work: (t: TestEngine, make: (name: string, order?: ManagedOrder) => Promise<FunctionVersion>) => Promise<void>): Promise<void> {
  const t = await openTestEngine(settings);
  try {
    await work(t, (name, order = {}) => t.version(name, CODE, managed(name, { runtime: "nodejs26.x", ...order })));
  } finally {
    await t.close();
  }
}

const environmentsOf = (results: { json: { environment: string } }[]) => new Set(results.map(({ json }) => json.environment));
const many = (t: TestEngine, version: FunctionVersion, count: number, event: object) => Promise.all(Array.from({ length: count }, () => t.invoke(version, event)));
const refused = { reason: "ConcurrentInvocationLimitExceeded" };

describe("environments on a capacity provider", { concurrency: 2 }, () => {
  test("those kept are initialised before anyone asks, share the events, are replaced when they die, and go when they are not wanted", () =>
    withEngine({ idleSeconds: 1 }, async (t, make) => {
      const { provisioning } = t.engine;
      const version = await make("kept", { concurrency: 4 });
      provisioning.provision(version, 2);
      assert.deepEqual(provisioning.state(version), { wanted: 2, ready: 0 });
      await until("two are ready", () => provisioning.state(version).ready === 2);
      assert.equal(environmentsOf(await many(t, version, 4, { sleepMs: 100 })).size, 2);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      assert.equal(t.engine.stats().environments, 2);
      assert.equal((await t.invoke(version, { kill: true })).failed, true);
      await until("it is replaced", () => provisioning.state(version).ready === 2 && t.engine.stats().environments === 2);
      const stop = new AbortController();
      let told = -1; // what nobody had waited for yet is told at once
      void (async () => { for (; !stop.signal.aborted; told++) await provisioning.changed(stop.signal); })();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const before = told;
      for (let n = 0; n < 5; n++) provisioning.provision(version, 2);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(told, before, "said again: nothing has changed");
      stop.abort();
      provisioning.provision(version, 0);
      await until("they are gone", () => t.engine.stats().environments === 0);
      assert.deepEqual(provisioning.state(version), { wanted: 0, ready: 0 });
    }));

  test("there are more when all are full, as many as the version may have, and fewer again when they are unused", () =>
    withEngine({ idleSeconds: 1 }, async (t, make) => {
      const version = await make("grows", { concurrency: 2, environmentsMax: 3 });
      const held = many(t, version, 6, { sleepMs: 1500 });
      await until("three are full", () => t.engine.stats().busy === 3);
      await assert.rejects(t.invoke(version, {}), refused);
      assert.equal(environmentsOf(await held).size, 3);
      await until("they are given up", () => t.engine.stats().environments === 0);
      // Its scaling changes while its revision does not.
      const more = { ...version, managed: { ...version.managed!, environmentsMax: 4 } };
      assert.equal(environmentsOf(await many(t, more, 8, { sleepMs: 800 })).size, 4);
    }));

  test("a provider's vCPUs are shared by its functions, and no other's", () =>
    withEngine({}, async (t, make) => {
      const [one, two, other] = await Promise.all([make("one", { concurrency: 1, providerVcpusMax: 3 }), make("two", { concurrency: 1, memoryMb: 4096, providerVcpusMax: 3 }), make("other", { provider: "other", concurrency: 1 })]);
      const held = t.invoke(two, { sleepMs: 2500 }); // two vCPUs
      const also = t.invoke(one, { sleepMs: 2500 });
      await until("both run", () => t.engine.stats().busy === 2);
      await assert.rejects(t.invoke(one, {}), refused);
      await assert.rejects(t.invoke(two, {}), refused);
      assert.equal((await t.invoke(other, {})).failed, false);
      assert.equal((await held).failed || (await also).failed, false);
      const { provisioning } = t.engine;
      provisioning.provision(one, 4);
      await until("it says why", () => provisioning.state(one).failure !== undefined);
      assert.match(provisioning.state(one).failure!, /the capacity provider has 3 vCPUs/);
    }));

  test("a new revision takes what comes, the old one ends with what it has in hand", () =>
    withEngine({}, async (t, make) => {
      const { provisioning } = t.engine;
      const order = { version: "$LATEST.PUBLISHED", concurrency: 2 };
      const before = await make("revised", { ...order, environment: { MARK: "old" } });
      provisioning.provision(before, 1);
      const held = t.invoke(before, { sleepMs: 1200 });
      await until("it runs", () => t.engine.stats().busy === 1);
      const after = await make("revised", { ...order, environment: { MARK: "new" } });
      assert.equal((await t.invoke(after, {})).json.mark, "new");
      assert.equal((await t.invoke(before, {})).json.mark, "new", "an invocation that was on its way");
      assert.equal((await held).json.mark, "old");
      await until("the old one is gone", () => t.engine.stats().environments === 1);
      assert.deepEqual(provisioning.state(after), { wanted: 1, ready: 1 });
      t.forget(after);
      await until("a deleted function has none", () => t.engine.stats().environments === 0);
    }));

  test("an init that fails is told, and tried again after a while", () =>
    withEngine({}, async (t) => {
      const { provisioning } = t.engine;
      const version = await t.version("fails", { "index.js": "throw new Error('no')" }, managed("fails", { runtime: "nodejs26.x" }));
      provisioning.provision(version, 1);
      await until("it has failed", () => provisioning.state(version).failure === "FUNCTION_ERROR_INIT_FAILURE");
      assert.ok((await t.lines("fails")).some((line) => line.includes('"platform.initReport"') && line.includes('"status":"error"')));
      assert.equal((await t.invoke(version, {})).json.errorMessage, "no");
    }));

  test("closing cuts off what is in hand and leaves nothing", () =>
    withEngine({}, async (t, make) => {
      const version = await make("closing", { concurrency: 8 });
      const cut = many(t, version, 4, { sleepMs: 60_000 });
      await until("they run", () => t.engine.stats().busy === 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await t.engine.close();
      for (const { failed, json } of await cut) assert.deepEqual([failed, json.errorType], [true, "Runtime.ExitError"]);
    }));

  test("on a provider that is full a new revision is tried beside the one whose place it takes, and nothing else is", () =>
    withEngine({ idleSeconds: 1 }, async (t, make) => {
      const { provisioning } = t.engine;
      const version = await make("swapped", { providerVcpusMax: 1 });
      provisioning.provision(version, 1);
      await until("it runs", () => provisioning.state(version).ready === 1);
      const next = { ...version, revision: "next", environment: { MARK: "next" } };
      provisioning.provision(next, 1);
      await until("its successor is there", () => provisioning.state(next).ready === 1);
      assert.equal((await t.invoke(version, {})).json.mark, undefined);
      await assert.rejects(t.invoke(await make("other", { providerVcpusMax: 1 }), {}), refused);
      assert.equal((await t.invoke(next, {})).json.mark, "next");
      await until("what was before is gone", () => t.engine.stats().environments === 1);
    }));

  test("a second attempt at an event whose handler still runs holds nobody up", () =>
    withEngine({ idleSeconds: 60 }, async (t, make) => {
      const version = await make("late", { environmentsMax: 1, timeoutSeconds: 1, concurrency: 4 });
      const again = (of: FunctionVersion, event: object) => t.engine.functions.invoke({ version: of, invokedArn: of.arn, payload: Buffer.from(JSON.stringify(event)), requestId: "8f507cfc-0000-4697-b07a-ac58fc914c95", tail: false });
      assert.equal((await again(version, { sleepMs: 3000 })).failed, true);
      await assert.rejects(again(version, {}), refused); // asynchronous ones are tried again later
      assert.equal((await t.invoke(version, {})).failed, false);
      const two = { ...version, managed: { ...version.managed!, environmentsMax: 2 } };
      const second = again(two, {}); // in another environment, which has to be started
      const began = performance.now();
      const other = await t.invoke(two, {});
      const { payload, failed } = await second;
      assert.deepEqual([other.failed, failed], [false, false]);
      assert.notEqual(JSON.parse(Buffer.from(payload).toString()).environment, other.json.environment);
      assert.ok(performance.now() - began < 5000);
    }));
});
