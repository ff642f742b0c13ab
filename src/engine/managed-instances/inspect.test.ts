// --inspect on managed instances: one environment, one thread, and time stands still for all its events while the program is stopped.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { openTestEngine } from "../../../test/support/engine.ts";
import { managed } from "../../../test/support/managed-instances.ts";
import { realClock } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openInspectors } from "../inspect/inspectors.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test("a program under a debugger has all its events in one thread of one environment, and stopped time does not count", async () => {
  const port = await freePort();
  const inspectors = await openInspectors({ inspect: `seen=${port}`, wait: false, network: "shared", clock: realClock(), log: silentLog });
  const t = await openTestEngine({}, process.env, "auto", { inspectors });
  try {
    const fn = await t.version("seen", { "index.js": `
      const { isMainThread } = require("node:worker_threads");
      exports.handler = async (event) => {
        if (event.stop) debugger;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { n: event.n, isMainThread, environment: process.env.AWS_LAMBDA_LOG_STREAM_NAME };
      };` }, managed("seen", { runtime: "nodejs26.x", concurrency: 4, timeoutSeconds: 2 }));
    const first = await Promise.all([0, 1, 2, 3].map((n) => t.invoke(fn, { n })));
    assert.deepEqual(first.map(({ json }) => [json.n, json.isMainThread]), [0, 1, 2, 3].map((n) => [n, true]));
    assert.equal(new Set(first.map(({ json }) => json.environment)).size, 1);
    const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json() as [{ webSocketDebuggerUrl: string }];
    const socket = new WebSocket(webSocketDebuggerUrl);
    await once(socket, "open");
    const paused = new Promise<void>((resolve) => socket.addEventListener("message", ({ data }) => { if (JSON.parse(String(data)).method === "Debugger.paused") resolve(); }));
    socket.send('{"id":1,"method":"Debugger.enable"}');
    const results = Promise.all([4, 5].map((n) => t.invoke(fn, { n, stop: n === 5 })));
    await paused;
    await sleep(2500);
    socket.send('{"id":2,"method":"Debugger.resume"}');
    assert.deepEqual((await results).map(({ json }) => json.n), [4, 5]);
    socket.close();
  } finally {
    await t.close();
  }
});
