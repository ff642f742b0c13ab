// Reading along in what a debugger is told, however it is cut into pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dapReader, devToolsReader, type Reader, type Told } from "./stops.ts";

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : body.length < 65_536 ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255]) : Buffer.alloc(10);
  if (head.length === 10) {
    head.set([0x81, 127]);
    head.writeBigUInt64BE(BigInt(body.length), 2);
  }
  return Buffer.concat([head, body]);
}

const paused = (bytes: number) => frame(`{"method":"Debugger.paused","params":{"data":"${"x".repeat(bytes)}"}}`);

const devTools = Buffer.concat([
  Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"method":"Debugger.paused"'), // a page, which is no message
  Buffer.from("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
  frame('{"id":1,"result":{"debuggerId":"1"}}'), paused(10), frame('{"method":"Debugger.resumed","params":{}}'), paused(300), paused(100_000), frame(`{"method":"Runtime.consoleAPICalled","params":{"text":"Debugger.paused"}}`), frame('{"method":"Debugger.resumed","params":{}}'),
]);

const dap = Buffer.from([
  '{"seq": 1, "type": "event", "event": "initialized"}', '{"seq": 2, "type": "event", "event": "stopped", "body": {"reason": "breakpoint"}}', '{"seq": 3, "type": "response", "request_seq": 4, "success": true, "command": "evaluate", "body": {"result": "\\"event\\": \\"stopped\\""}}',
  '{"seq": 4, "type": "response", "request_seq": 5, "success": true, "command": "continue"}', `{"seq": 5, "type": "event", "event": "output", "body": {"output": "${"é".repeat(5000)}"}}`, '{"seq": 6, "type": "event", "event": "stopped"}', '{"seq": 7, "type": "event", "event": "continued"}',
].map((text) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`).join(""));

function inPieces(bytes: Buffer, size: number, open: (tell: (told: Told) => void) => Reader): Told[] {
  const told: Told[] = [];
  const read = open((one) => told.push(one));
  for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
  return told;
}

for (const size of [1, 7, 100, 4096, 1 << 20]) {
  test(`Chrome's protocol in pieces of ${size} bytes`, () => {
    assert.deepEqual(inPieces(devTools, size, devToolsReader), ["attached", "stopped", "running", "stopped", "stopped", "running"]);
  });

  test(`DAP in pieces of ${size} bytes`, () => {
    assert.deepEqual(inPieces(dap, size, dapReader), ["attached", "stopped", "running", "stopped", "running"]);
  });
}
