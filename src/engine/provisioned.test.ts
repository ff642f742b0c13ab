// Provisioned concurrency: environments that are there before anyone asks for them, and stay.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { FunctionVersion } from "../ports/functions.ts";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";
import type { EngineOptions } from "./engine.ts";
import type { Environment } from "./environment.ts";
import { becameReady, excessOf, lost, newProvisioned, openChanges, shortOf, stateOf } from "./provisioned.ts";

const until = async (what: string, holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 750, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

async function withEngine(settings: Partial<EngineOptions["settings"]>, work: (t: TestEngine) => Promise<void>): Promise<void> {
  const t = await openTestEngine(settings);
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const readyOf = (t: TestEngine, version: FunctionVersion) => t.engine.provisioning.state(version).ready;
const typeOf = async (t: TestEngine, version: FunctionVersion) => (await t.invoke(version, { do: "facts" })).json.env.AWS_LAMBDA_INITIALIZATION_TYPE;

describe("provisioned environments", { skip: PYTHON ? false : "no python3 under /usr", concurrency: 3 }, () => {
  test("are initialised before the first invocation, used first, and what they cannot take spills over", () =>
    withEngine({}, async (t) => {
      const version = await t.custom("kept", { version: "1", memoryMb: 1769 });
      t.engine.provisioning.provision(version, 2);
      assert.deepEqual(t.engine.provisioning.state(version), { wanted: 2, ready: 0 });
      await until("two are ready", () => readyOf(t, version) === 2);
      assert.equal(await typeOf(t, version), "provisioned-concurrency");
      assert.ok((await t.lines("kept")).filter((line) => line.startsWith("INIT_START")).length === 2);
      await Promise.all(Array.from({ length: 3 }, () => t.invoke(version, { do: "sleep", seconds: 0.4 })));
      const of = (metric: string) => (t.measured.get(`${metric} kept`) ?? []).reduce((sum, value) => sum + value, 0);
      await until("measured", () => of("Invocations") === 4);
      assert.deepEqual([of("ProvisionedConcurrencyInvocations"), of("ProvisionedConcurrencySpilloverInvocations")], [3, 1]);
      assert.equal(Math.max(...t.measured.get("ProvisionedConcurrentExecutions kept")!), 2);
      assert.equal(Math.max(...t.measured.get("ProvisionedConcurrencyUtilization kept")!), 1);
    }));

  test("stay when unused, are replaced when they die, and go when they are not wanted anymore", () =>
    withEngine({ idleSeconds: 1 }, async (t) => {
      const version = await t.custom("stays", { version: "1", memoryMb: 1769 });
      const { provisioning } = t.engine;
      provisioning.provision(version, 2);
      await until("two are ready", () => readyOf(t, version) === 2);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.equal(readyOf(t, version), 2);
      await t.invoke(version, { do: "kill" });
      await until("it is replaced", () => readyOf(t, version) === 2 && t.engine.stats().environments === 2);
      assert.equal(await typeOf(t, version), "provisioned-concurrency");
      provisioning.provision(version, 1);
      await until("one is left", () => t.engine.stats().environments === 1);
      const running = t.invoke(version, { do: "sleep", seconds: 0.3 });
      provisioning.provision(version, 0);
      assert.equal((await running).failed, false);
      await until("none is left", () => t.engine.stats().environments === 0);
      assert.deepEqual(provisioning.state(version), { wanted: 0, ready: 0 });
      assert.equal(await typeOf(t, version), "on-demand");
    }));

  test("are told of when their init fails, and their function still answers", () =>
    withEngine({}, async (t) => {
      const version = await t.custom("fails", { version: "1", environment: { INIT: "error" } });
      const changed = t.engine.provisioning.changed(AbortSignal.timeout(10_000));
      t.engine.provisioning.provision(version, 1);
      await changed;
      await until("it has failed", () => t.engine.provisioning.state(version).failure !== undefined);
      assert.deepEqual(t.engine.provisioning.state(version), { wanted: 1, ready: 0, failure: "FUNCTION_ERROR_INIT_FAILURE" });
      assert.equal((await t.invoke(version, {})).json.errorType, "Function.NoLuck");
    }));

  test("take no more than the machine has, and always leave a place for the others", () =>
    withEngine({ environmentsMax: 3 }, async (t) => {
      const [version, other] = [await t.custom("many", { version: "1", memoryMb: 1769 }), await t.custom("other", { memoryMb: 1769 })];
      await Promise.all([1, 2, 3].map(() => t.invoke(other, { do: "sleep", seconds: 0.2 })));
      t.engine.provisioning.provision(version, 5);
      await until("as many as fit", () => readyOf(t, version) === 2);
      assert.match(t.engine.provisioning.state(version).failure!, /room for 3 execution environments/);
      for (let n = 0; n < 3; n++) assert.equal((await t.invoke(other, {})).failed, false);
      assert.equal(readyOf(t, version), 2);
      assert.ok(t.engine.stats().environments <= 3);
    }));

  test("may take longer than ten seconds to begin, and nobody waits for them meanwhile", () =>
    withEngine({}, async (t) => {
      const slow = "if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'on-demand') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10500);\nexports.handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE;";
      const version = await t.version("slow", { "index.js": slow }, { runtime: "nodejs22.x", version: "1", memoryMb: 1769 });
      t.engine.provisioning.provision(version, 1);
      assert.equal((await t.invoke(version, {})).json, "on-demand");
      await until("it is ready", () => readyOf(t, version) === 1);
      assert.equal((await t.invoke(version, {})).json, "provisioned-concurrency");
    }));

  test("follow a new revision of their version", () =>
    withEngine({}, async (t) => {
      const old = await t.custom("revised", { version: "1", memoryMb: 1769 });
      t.engine.provisioning.provision(old, 1);
      await until("one is ready", () => readyOf(t, old) === 1);
      const fresh = await t.custom("revised", { version: "1", memoryMb: 1769, environment: { MINE: "new" } });
      assert.equal((await t.invoke(fresh, { do: "facts" })).json.env.MINE, "new");
      await until("one of the new is ready", () => readyOf(t, fresh) === 1 && t.engine.provisioning.state(fresh).wanted === 1);
      t.engine.provisioning.provision(old, 0); // said late, of a revision that is not there anymore
      assert.equal(t.engine.provisioning.state(fresh).wanted, 1);
      t.forget(fresh);
      await until("its function is gone", () => t.engine.stats().environments === 0);
    }));
});

describe("the number of provisioned environments", () => {
  const MINUTE = 60_000;
  const environment = (expiresAtMs: number, bornMs = 0) => ({ expiresAtMs, bornMs }) as Environment;

  test("has one more while the credentials of one are about to end, and then that one goes", () => {
    const provisioned = newProvisioned(2);
    assert.equal(shortOf(provisioned, 0, 0), 2);
    const [old, young] = [environment(60 * MINUTE), environment(90 * MINUTE)];
    for (const env of [young, old]) becameReady(provisioned, env);
    assert.equal(shortOf(provisioned, 0, 0), 0);
    assert.equal(shortOf(provisioned, 51 * MINUTE, 51 * MINUTE), 1);
    const successor = environment(200 * MINUTE, 51 * MINUTE);
    provisioned.starting.add(successor);
    assert.deepEqual([shortOf(provisioned, 51 * MINUTE, 51 * MINUTE), excessOf(provisioned)], [0, []]);
    provisioned.starting.delete(successor);
    becameReady(provisioned, successor);
    assert.deepEqual(excessOf(provisioned), [old]);
  });

  test("is not renewed for ever where credentials are always short", () => {
    const provisioned = newProvisioned(1);
    becameReady(provisioned, environment(5 * MINUTE));
    assert.equal(shortOf(provisioned, MINUTE, MINUTE), 0);
  });

  test("is tried again after a failure, ever later", () => {
    const provisioned = newProvisioned(1);
    const env = environment(Infinity);
    lost(provisioned, env, 0, { unstarted: true });
    assert.deepEqual([shortOf(provisioned, 0, 500), shortOf(provisioned, 0, 1000)], [0, 1]);
    for (let n = 0; n < 20; n++) lost(provisioned, env, 1000, { unstarted: true });
    assert.deepEqual([shortOf(provisioned, 0, 5 * MINUTE), shortOf(provisioned, 0, 6 * MINUTE)], [0, 1]);
    becameReady(provisioned, env);
    assert.deepEqual(stateOf(provisioned), { wanted: 1, ready: 1 });
    lost(provisioned, env, 60 * MINUTE, {});
    assert.equal(stateOf(provisioned).failure, undefined);
  });

  test("that changes wakes who waits, and a change nobody saw is told to the next who asks", async () => {
    const changes = openChanges();
    const never = new AbortController();
    changes.tell();
    await changes.next(never.signal);
    const next = changes.next(never.signal);
    changes.tell();
    await next;
    const aborted = changes.next(never.signal);
    never.abort();
    await aborted;
  });
});
