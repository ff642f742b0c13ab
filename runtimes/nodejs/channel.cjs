"use strict";
// Frames on the inherited descriptor 3: blocking reads and writes (../README.md is the protocol's text).

const fs = require("node:fs");

const CHANNEL_FD = 3;
const READ_BYTES = 64 * 1024;
const FRAME_BYTES_MAX = 8 * 1024 * 1024;

const FRAME = {
  assign: 1,
  invoke: 2,
  shutdown: 3,
  extensions: 4,
  hello: 16,
  ready: 17,
  initError: 18,
  response: 19,
  error: 20,
  streamStart: 21,
  streamChunk: 22,
  streamEnd: 23,
  log: 24,
  giveBack: 25,
};

const EMPTY = Buffer.alloc(0);
let readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
let start = 0;
let end = 0;

/** Only for a descriptor somebody made non-blocking: sleeps a moment instead of spinning. */
function pause() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

function readSome(buffer, offset) {
  for (;;) {
    try {
      return fs.readSync(CHANNEL_FD, buffer, offset, buffer.length - offset, null);
    } catch (error) {
      if (error.code !== "EAGAIN") return 0;
      pause();
    }
  }
}

/** Reads until `bytes` are in the buffer from `start` on; the engine closing the channel ends the process. */
function fill(bytes) {
  while (end - start < bytes) {
    if (start === end) start = end = 0;
    if (readBuffer.length - start < bytes) {
      const larger = bytes > READ_BYTES ? Buffer.allocUnsafeSlow(bytes) : readBuffer;
      readBuffer.copy(larger, 0, start, end);
      end -= start;
      start = 0;
      readBuffer = larger;
    }
    const got = readSome(readBuffer, end);
    if (got === 0) process.exit(0);
    end += got;
  }
}

/** The next frame; `body` is valid until the next call. Blocks the process: between invocations nothing of it runs. */
function readFrame() {
  fill(4);
  const length = readBuffer.readUInt32BE(start);
  if (length < 1 || length > FRAME_BYTES_MAX) process.exit(1);
  fill(4 + length);
  const type = readBuffer[start + 4];
  const body = readBuffer.subarray(start + 5, start + 4 + length);
  start += 4 + length;
  if (start === end && readBuffer.length > READ_BYTES) {
    readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
    start = end = 0;
  }
  return { type, body };
}

const wholeFrame = () => end - start >= 4 && end - start >= 4 + readBuffer.readUInt32BE(start);

function keep(chunk) {
  if (readBuffer.length - end < chunk.length) {
    const larger = Buffer.allocUnsafeSlow(Math.max(READ_BYTES, end - start + chunk.length));
    end = readBuffer.copy(larger, 0, start, end);
    start = 0;
    readBuffer = larger;
  }
  end += chunk.copy(readBuffer, end);
}

let socket;

/** Calls back when readFrame() has a frame, without blocking: what else runs in the process goes on. From the first call on nothing may block in a read anymore. */
function whenFrame(callback) {
  if (wholeFrame()) return void setImmediate(callback);
  if (!socket) {
    socket = new (require("node:net").Socket)({ fd: CHANNEL_FD, readable: true, writable: false });
    socket.on("end", () => process.exit(0)).on("error", () => process.exit(0));
  }
  const look = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) keep(chunk);
    if (!wholeFrame()) return;
    socket.off("readable", look);
    socket.unref(); // while the handler runs, what it waits for keeps the process alive
    callback();
  };
  socket.ref();
  socket.on("readable", look);
}

/** Set where several threads write: a frame is written whole. */
let lock;

function shareWith(threads) {
  lock = threads;
}

function takeLock() {
  while (Atomics.compareExchange(lock, 0, 0, 1) !== 0) Atomics.wait(lock, 0, 1);
}

function leaveLock() {
  Atomics.store(lock, 0, 0);
  Atomics.notify(lock, 0, 1);
}

function writeAll(buffer) {
  if (lock === undefined) return writeNow(buffer);
  takeLock();
  try {
    writeNow(buffer);
  } finally {
    leaveLock();
  }
}

function writeNow(buffer) {
  let offset = 0;
  while (offset < buffer.length) {
    try {
      offset += fs.writeSync(CHANNEL_FD, buffer, offset, buffer.length - offset, null);
    } catch (error) {
      if (error.code !== "EAGAIN") process.exit(1);
      pause();
    }
  }
}

/** Text of any length as one frame; `prefix` is a byte before it (the level of a log event). */
function writeText(type, text, prefix) {
  const extra = prefix === undefined ? 1 : 2;
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(4 + extra + bytes);
  frame.writeUInt32BE(extra + bytes, 0);
  frame[4] = type;
  if (prefix !== undefined) frame[5] = prefix;
  frame.write(text, 4 + extra, bytes, "utf8");
  writeAll(frame);
}

function writeBytes(type, bytes) {
  const head = Buffer.allocUnsafe(5);
  head.writeUInt32BE(1 + bytes.length, 0);
  head[4] = type;
  writeAll(bytes.length === 0 ? head : Buffer.concat([head, bytes]));
}

module.exports = { FRAME, EMPTY, readFrame, whenFrame, shareWith, writeText, writeBytes };
