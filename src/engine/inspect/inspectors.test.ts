// The door to a debugger: who gets through it, and that it stays open for the next one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { test, type TestContext } from "node:test";
import { realClock } from "../../kernel/clock.ts";
import { lineLog } from "../../kernel/log.ts";
import type { FunctionVersion } from "../../ports/functions.ts";
import { openInspectors } from "./inspectors.ts";

const version = (runtime: string) => ({ name: "debugged", runtime }) as FunctionVersion;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function open(t: TestContext) {
  const port = await freePort();
  const clock = realClock();
  const inspectors = await openInspectors({ inspect: `debugged=${port}`, wait: false, network: "shared", clock, log: lineLog("error", clock.now, () => {}) });
  t.after(() => inspectors.close());
  return { port, inspectors };
}

/** A program that answers what it is told; all it has been told, too. */
async function program(t: TestContext, port: number): Promise<string[]> {
  const told: string[] = [];
  const server = createServer((socket) => socket.on("error", () => {}).on("data", (chunk) => { told.push(String(chunk)); socket.write("heard"); })).listen(port, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return told;
}

test("a web page cannot post a message to debugpy: what does not begin as its protocol does is cut off", async (t) => {
  const { port, inspectors } = await open(t);
  const told = await program(t, (await inspectors.begin(version("python3.13")))!.port);
  const message = JSON.stringify({ seq: 1, type: "request", command: "initialize", arguments: {} });
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: message }));
  const debuggers = connect(port, "127.0.0.1");
  t.after(() => debuggers.destroy());
  for (const piece of ["Content-", `Length: ${message.length}\r\n\r\n${message}`]) {
    debuggers.write(piece);
    await realClock().sleep(30);
  }
  assert.equal(String((await once(debuggers, "data"))[0]), "heard");
  assert.equal(told.join(""), `Content-Length: ${message.length}\r\n\r\n${message}`);
});

test("debuggers that gave up before there was a program take nobody's place", async (t) => {
  const { port, inspectors } = await open(t);
  for (let n = 0; n < 40; n++) {
    const impatient = connect(port, "127.0.0.1");
    await once(impatient, "connect");
    impatient.write("GET /json/list HTTP/1.1\r\n\r\n");
    impatient.destroy();
    await once(impatient, "close");
  }
  await realClock().sleep(50);
  const patient = connect(port, "127.0.0.1");
  t.after(() => patient.destroy());
  patient.on("error", () => {});
  patient.write("GET /json/version HTTP/1.1\r\n\r\n");
  await realClock().sleep(50);
  const told = await program(t, (await inspectors.begin(version("nodejs24.x")))!.port);
  assert.equal(String((await once(patient, "data", { signal: AbortSignal.timeout(2_000) }))[0]), "heard");
  assert.deepEqual(told, ["GET /json/version HTTP/1.1\r\n\r\n"]);
});

test("who talks without end before there is a program is cut off", { timeout: 5_000 }, async (t) => {
  const { port } = await open(t);
  const flood = connect(port, "127.0.0.1");
  flood.on("error", () => {});
  flood.write(Buffer.alloc(1024 * 1024));
  await new Promise((resolve) => flood.resume().once("close", resolve));
});
