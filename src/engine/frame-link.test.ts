// Frames as they come off a socket: any cut, any size, and what is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FRAME_TOO_LARGE, frameReader } from "./frame-link.ts";
import { FRAME } from "./frames.ts";

function frame(type: number, body: string): Buffer {
  const bytes = Buffer.alloc(5 + body.length);
  bytes.writeUInt32BE(1 + body.length);
  bytes[4] = type;
  bytes.write(body, 5, "latin1");
  return bytes;
}

test("frames come out the same however they are cut", () => {
  const stream = Buffer.concat([frame(19, "answer"), frame(17, ""), frame(24, "x".repeat(3000)), frame(20, "{}")]);
  for (const pieceBytes of [1, 2, 3, 5, 6, 64, 1000, 3004, 10_000]) {
    const seen: string[] = [];
    const read = frameReader((type, body) => seen.push(`${type}:${body.length}`));
    for (let at = 0; at < stream.length; at += pieceBytes) assert.equal(read(stream.subarray(at, at + pieceBytes)), undefined);
    assert.deepEqual(seen, ["19:6", "17:0", "24:3000", "20:2"], `in pieces of ${pieceBytes}`);
  }
});

test("an answer beyond every limit is skipped, and what follows is read", () => {
  const seen: number[] = [];
  const read = frameReader((type) => seen.push(type));
  const length = 9 * 1024 * 1024;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length);
  head[4] = FRAME.response;
  read(Buffer.concat([head, Buffer.alloc(1000)]));
  for (let left = length - 1 - 1000; left > 0; left -= 65_536) read(Buffer.alloc(Math.min(left, 65_536)));
  read(frame(FRAME.ready, ""));
  assert.deepEqual(seen, [FRAME_TOO_LARGE, FRAME.ready]);
});

test("a length no frame may have breaks the channel", () => {
  assert.match(frameReader(() => {})(Buffer.from([255, 255, 255, 255, 24]))!, /frame of 4294967295 bytes/);
  assert.match(frameReader(() => {})(Buffer.from([0, 0, 0, 0, 1]))!, /frame of 0 bytes/);
});
