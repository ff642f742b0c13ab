// How many environments there are, who gets them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Throttled } from "../ports/throttled.ts";
import { PYTHON, type TestEngine, openTestEngine } from "../../test/support/engine.ts";
import type { EngineOptions } from "./engine.ts";

const until = async (what: string, holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 500, `never: ${what}`);
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

describe("environments", { skip: PYTHON ? false : "no python3 under /usr", concurrency: 4 }, () => {
  test("never exceed their maximum: another function's idle one makes room, and who finds none waits", () =>
    withEngine({ environmentsMax: 2 }, async (t) => {
      const [a, b] = [await t.custom("a"), await t.custom("b")];
      await Promise.all([t.invoke(a, { do: "sleep", seconds: 0.2 }), t.invoke(a, { do: "sleep", seconds: 0.2 })]);
      assert.equal((await t.invoke(b, {})).failed, false);
      assert.ok(t.engine.stats().environments <= 2);
      const results = await Promise.all(Array.from({ length: 6 }, (_, n) => t.invoke(n % 2 ? a : b, { do: "sleep", seconds: 0.1 })));
      assert.ok(results.every(({ failed }) => !failed));
      assert.ok(t.engine.stats().environments <= 2);
    }));

  test("one function's crowd takes neither the turn nor the only environment of another that is in use", () =>
    withEngine({ environmentsMax: 2 }, async (t) => {
      const code = { "index.js": "let n = 0; exports.handler = async ({ ms }) => { await new Promise((done) => setTimeout(done, ms)); return ++n; };" };
      const [crowd, other] = [await t.version("crowd", code, { runtime: "nodejs22.x" }), await t.version("other", code, { runtime: "nodejs22.x" })];
      let left = 60;
      const running = Promise.all(Array.from({ length: left }, () => t.invoke(crowd, { ms: 200 }).finally(() => { left--; })));
      await until("it runs", () => t.engine.stats().busy === 2);
      for (let n = 1; n <= 4; n++) {
        const { payload } = await t.invoke(other, { ms: 0 });
        assert.equal(Buffer.from(payload).toString(), String(n), "still the same environment");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(left > 20, `${left} of the crowd were still to come`);
      await running;
    }));

  test("who waits too long with every place taken is throttled", () =>
    withEngine({ environmentsMax: 1 }, async (t) => {
      const busy = await t.custom("busy", { timeoutSeconds: 30 });
      const running = t.invoke(busy, { do: "sleep", seconds: 11 });
      await until("it runs", () => t.engine.stats().busy === 1);
      await assert.rejects(t.invoke(await t.custom("late"), {}), (error) => error instanceof Throttled);
      assert.equal((await running).failed, false);
    }));

  test("unused ones are given up", () =>
    withEngine({ idleSeconds: 1 }, async (t) => {
      await t.invoke(await t.custom("unused"), {});
      await until("given up", () => t.engine.stats().environments === 0);
    }));

  test("those of deleted functions are given up within seconds", () =>
    withEngine({}, async (t) => {
      const gone = await t.custom("gone");
      await t.invoke(gone, {});
      t.forget(gone);
      await until("given up", () => t.engine.stats().environments === 0);
    }));

  test("a fast function keeps to few of them under load", () =>
    withEngine({ environmentsMax: 64 }, async (t) => {
      const fast = await t.version("fast", { "index.js": "exports.handler = async (event) => event;" }, { runtime: "nodejs22.x" });
      for (let n = 0; n < 50; n++) await t.invoke(fast, { n });
      const loop = async () => { for (let n = 0; n < 200; n++) await t.invoke(fast, { n }); };
      await Promise.all(Array.from({ length: 32 }, loop));
      // How few depends on what else the machine does; one for each of 32 callers would be as if nothing were known of the function.
      assert.ok(t.engine.stats().environments < 32, `${t.engine.stats().environments} environments`);
    }));

  test("a function whose environments are frozen goes on where it was", () =>
    withEngine({}, async (t) => {
      const frozen = await t.custom("frozen");
      const { json } = await t.invoke(frozen, { do: "facts" });
      await new Promise((resolve) => setTimeout(resolve, 900));
      assert.equal((await t.invoke(frozen, { do: "facts" })).json.pid, json.pid);
    }));

  test("one that has had its share of events is succeeded by a new one, and no event is lost by that", async () => {
    const t = await openTestEngine({}, process.env, "auto", { eventsMax: 50 });
    try {
      const code = { "index.js": "const own = Math.random(); let n = 0; exports.handler = async (event) => ({ own, n: ++n, event });" };
      const worn = await t.version("worn", code, { runtime: "nodejs22.x" });
      const seen = new Map<number, number>();
      await Promise.all(Array.from({ length: 4 }, async (_, caller) => {
        for (let n = 0; n < 100; n++) {
          const { json } = await t.invoke(worn, { caller, n });
          assert.deepEqual(json.event, { caller, n });
          seen.set(json.own, Math.max(json.n, seen.get(json.own) ?? 0));
        }
      }));
      assert.equal([...seen.values()].reduce((sum, n) => sum + n, 0), 400);
      assert.ok([...seen.values()].every((n) => n <= 53), `${[...seen.values()]} events; what was sent along with the last one is done`);
      const custom = await t.custom("custom");
      const streams: string[] = [];
      for (let n = 0; n < 110; n++) streams.push((await t.invoke(custom, { do: "facts" })).json.env.AWS_LAMBDA_LOG_STREAM_NAME);
      assert.ok(streams.some((one) => streams.filter((other) => other === one).length > 50), "what a custom runtime keeps is its own affair");
    } finally {
      await t.close();
    }
  });

  test("a pre-warmed process takes a new function, and is replaced", () =>
    withEngine({ prewarm: 1 }, async (t) => {
      const node = (name: string) => t.version(name, { "index.js": `exports.handler = async () => process.env.AWS_LAMBDA_FUNCTION_NAME;` }, { runtime: "nodejs22.x" });
      assert.equal((await t.invoke(await node("first"), {})).json, "first");
      await until("a spare is ready", () => t.engine.stats().spares === 1);
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal((await t.invoke(await node("second"), {})).json, "second");
      await until("a spare is ready again", () => t.engine.stats().spares === 1);
      assert.equal((await t.invoke(await node("own-start"), {})).json, "own-start");
    }));
});
