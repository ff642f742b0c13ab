// After close() no process, socket or folder of the engine is left.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { PYTHON, openTestEngine } from "../../test/support/engine.ts";

const until = async (what: string, holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 500, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test("nothing is left when the engine closes, whatever was going on", { skip: PYTHON ? false : "no python3 under /usr" }, async () => {
  const childrenBefore = children();
  const socketsBefore = sockets();
  const t = await openTestEngine({ prewarm: 1 });
  const custom = await t.custom("leaks", { timeoutSeconds: 60 });
  const node = await t.version("leaks-node", { "index.js": "exports.handler = async () => new Promise((done) => setTimeout(done, 60_000));" }, { runtime: "nodejs22.x", timeoutSeconds: 60 });
  await t.invoke(custom, { do: "background" });
  const cut = [t.invoke(custom, { do: "hang", ignore: true, children: true }), t.invoke(node, {})].map((promise) => promise.then(({ json }) => json, () => ({ errorType: "rejected" })));
  await until("all run", () => t.engine.stats().busy === 2);
  const starting = t.invoke(await t.custom("starting", { environment: { INIT: "hang" } }), {}).catch((error) => error.message);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await t.close();
  for (const answer of await Promise.all(cut)) assert.ok(["Runtime.ExitError", "rejected"].includes(answer.errorType), JSON.stringify(answer));
  assert.equal(await starting, "Evoke is shutting down");
  assert.deepEqual(children(), childrenBefore);
  assert.ok(sockets() <= socketsBefore, `${sockets()} sockets, before ${socketsBefore}`);
});

function children(): string[] {
  return execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)]).toString().split("\n").filter((line) => line && !line.startsWith("ps "));
}

const sockets = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|Pipe/.test(name)).length;
