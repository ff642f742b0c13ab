"use strict";
// One invocation of a handler made with awslambda.streamifyResponse: its stream becomes frames as it is written.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

const { Writable } = require("node:stream");
const { FRAME, EMPTY, writeBytes, writeText } = require("./channel.cjs");
const { current } = require("./current.cjs");
const { runtimeError, toResponseText } = require("./errors.cjs");
const { fillContext } = require("./context.cjs");
const { logFailure } = require("./console.cjs");
const { isPromise, sendError } = require("./invoke.cjs");

const CHUNK_BYTES_MAX = 1024 * 1024;
const DEFAULT_CONTENT_TYPE = "application/octet-stream";
const NOT_FINISHED = "Response stream is not finished.";

const isBytesOrText = (chunk) => typeof chunk === "string" || chunk instanceof Uint8Array;

/** Writing blocks while the engine does not read: that is the back-pressure, and nothing is held here. */
const FRAMES = {
  start: (contentType) => writeText(FRAME.streamStart, JSON.stringify({ contentType })),
  write(chunk, callback) {
    for (let offset = 0; offset < chunk.length; offset += CHUNK_BYTES_MAX) {
      writeBytes(FRAME.streamChunk, chunk.subarray(offset, offset + CHUNK_BYTES_MAX));
    }
    callback();
  },
};

class ResponseStream extends Writable {
  #contentType = DEFAULT_CONTENT_TYPE;
  #started = false;
  #written = false;

  #sink;

  constructor(highWaterMark, sink = FRAMES) {
    super({ highWaterMark, decodeStrings: true, emitClose: true });
    this.#sink = sink;
  }

  get started() {
    return this.#started;
  }

  setContentType(contentType) {
    if (this.#written) throw runtimeError("InvalidStreamingOperation", "Cannot set content-type, too late.");
    this.#contentType = String(contentType);
  }

  #beforeFirstWrite() {
    if (this.#written) return;
    this.#written = true;
    if (typeof this._onBeforeFirstWrite === "function") this._onBeforeFirstWrite((chunk) => super.write(chunk));
  }

  write(chunk, encoding, callback) {
    this.#beforeFirstWrite();
    return super.write(isBytesOrText(chunk) ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  end(chunk, encoding, callback) {
    this.#beforeFirstWrite();
    if (chunk !== undefined && chunk !== null && typeof chunk !== "function") this.write(chunk, encoding);
    return super.end([chunk, encoding, callback].find((argument) => typeof argument === "function"));
  }

  start() {
    if (this.#started) return;
    this.#started = true;
    this.#sink.start(this.#contentType);
  }

  _write(chunk, _encoding, callback) {
    this.start();
    this.#sink.write(chunk, callback);
  }

  _final(callback) {
    this.start();
    callback();
  }
}

function finish(stream, failure) {
  if (failure !== undefined && !stream.started) return sendError(failure.reason);
  if (failure !== undefined) logFailure("Invoke Error", failure.reason);
  current.phase = "idle";
  if (failure === undefined) writeBytes(FRAME.streamEnd, EMPTY);
  else writeText(FRAME.streamEnd, toResponseText(failure.reason));
}

/** Resolves when the stream ended, rejects when it was destroyed before. */
function streamEnded(stream) {
  return new Promise((resolve, reject) => {
    if (stream.writableFinished) return resolve();
    const fail = () => reject(stream.errored ?? new Error(NOT_FINISHED));
    if (stream.destroyed) return fail();
    stream.once("finish", resolve);
    stream.once("close", fail);
  });
}

/** Rejects when nothing is left to run that could end the stream: better than waiting for the timeout. */
function loopDrained() {
  return new Promise((_, reject) => {
    current.drained = () => reject(new Error(NOT_FINISHED));
  });
}

function streamingContext() {
  let waits = true;
  return {
    get callbackWaitsForEmptyEventLoop() {
      return waits;
    },
    set callbackWaitsForEmptyEventLoop(value) {
      waits = value;
    },
  };
}

async function run(target, event, stream, context, nodeMajor) {
  const result = target.handler(event, stream, context);
  if (!isPromise(result)) {
    const message = "Streaming does not support non-async handlers.";
    throw nodeMajor < 24 ? message : new Error(message);
  }
  if ((await result) !== undefined) console.warn("Streaming handlers ignore return values.");
  await streamEnded(stream);
}

async function invokeStreaming(target, invocation, payload, next, nodeMajor) {
  const stream = new ResponseStream(target.highWaterMark);
  stream.on("error", () => {});
  const context = nodeMajor < 24 ? streamingContext() : {};
  let failure;
  try {
    const drained = loopDrained();
    fillContext(context, invocation);
    await Promise.race([run(target, JSON.parse(payload), stream, context, nodeMajor), drained]);
  } catch (reason) {
    failure = { reason };
  }
  const complete = () => {
    current.drained = () => {};
    finish(stream, failure);
    setImmediate(next);
  };
  // Node.js 20 and 22 end such an invocation when the event loop is empty, unless the function says otherwise.
  if (failure === undefined && context.callbackWaitsForEmptyEventLoop === true) {
    current.drained = () => setImmediate(complete);
  } else complete();
}

module.exports = { ResponseStream, invokeStreaming, streamEnded, run };
