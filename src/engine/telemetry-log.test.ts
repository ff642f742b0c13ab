// Frames of AWS's runtime clients over a real socket pair, and what is none.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { EVENT_BYTES_MAX } from "./journal.ts";
import { readTelemetryLog } from "./telemetry-log.ts";

const open: { destroy(): void }[] = [];
afterEach(() => { for (const one of open.splice(0)) one.destroy(); });

async function pair(): Promise<{ runtime: Socket; engine: Socket; lines: string[] }> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const runtime = connect((server.address() as AddressInfo).port, "127.0.0.1").setNoDelay();
  const [engine] = (await once(server, "connection")) as [Socket];
  server.close();
  open.push(runtime, engine);
  const lines: string[] = [];
  readTelemetryLog(engine, { log: (_level, text) => { lines.push(text); } });
  return { runtime, engine, lines };
}

function frame(text: string, bytes = Buffer.byteLength(text)): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32BE(0xa55a0003, 0);
  head.writeUInt32BE(bytes, 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test("a frame is one event, whatever its lines and however it arrives", async () => {
  const { runtime, engine, lines } = await pair();
  const bytes = Buffer.concat([frame("one\nevent"), frame(""), frame("zwei ü")]);
  for (const at of bytes.keys()) {
    runtime.write(bytes.subarray(at, at + 1));
    await new Promise(setImmediate);
  }
  runtime.end();
  await once(engine, "close");
  assert.deepEqual(lines, ["one\nevent", "zwei ü"]);
});

test("a text that is longer than an event comes in pieces", async () => {
  const { runtime, engine, lines } = await pair();
  runtime.end(frame("x".repeat(EVENT_BYTES_MAX * 2 + 5)));
  await once(engine, "close");
  assert.deepEqual(lines.map(({ length }) => length), [EVENT_BYTES_MAX, EVENT_BYTES_MAX, 5]);
});

test("what is not frames ends the reading, and a frame that promises 4 GB keeps no more than an event", async () => {
  const garbage = await pair();
  garbage.runtime.write(Buffer.concat([frame("before"), Buffer.from("GET / HTTP/1.1\r\n\r\n")]));
  await once(garbage.engine, "close");
  assert.deepEqual(garbage.lines, ["before"]);
  const endless = await pair();
  endless.runtime.end(frame("y".repeat(EVENT_BYTES_MAX + 1), 0xffffffff));
  await once(endless.engine, "close");
  assert.deepEqual(endless.lines.map(({ length }) => length), [EVENT_BYTES_MAX]);
});
