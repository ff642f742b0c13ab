// The channel between the engine and a managed runtime's bootstrap: length-prefixed frames on an inherited descriptor.
// Measured 1.5 times faster than the Runtime API over loopback, and it needs no network (docs/decisions/0005-frames.md).
// The other ends are runtimes/nodejs/bootstrap.cjs and runtimes/python/bootstrap.py; runtimes/README.md is the protocol's text.

/**
 * A frame is: u32 big-endian length of what follows, u8 type, body.
 * A body with JSON and bytes is: u32 big-endian length of the JSON, JSON, bytes.
 */
export const FRAME = {
  // engine to runtime
  /** JSON: {runtime?, env?, handler, taskRoot, logFormat, logLevel, extensions?}. Sent once, first; until then a pre-warmed process is nobody's. */
  assign: 1,
  /** JSON + bytes: {id, deadlineMs, arn, traceId?, clientContext?, cognitoIdentity?, tenantId?, streaming} + payload. */
  invoke: 2,
  /** JSON: {deadlineMs}. The runtime raises SIGTERM handlers in itself and exits. */
  shutdown: 3,
  /** u8: 1 when extensions have registered, so that the process must not block between events. Only where `assign` had `extensions`; follows `ready`. */
  extensions: 4,
  /** Empty: SnapStart's restore, in answer to restoreNext. */
  restore: 5,
  // runtime to engine
  /** Empty: a pre-warmed process has loaded its bootstrap and waits for `assign`. */
  hello: 16,
  /** Empty: the handler is loaded. */
  ready: 17,
  /** JSON error object: the handler could not be loaded. The process exits after it. */
  initError: 18,
  /** Raw bytes: the handler's answer. */
  response: 19,
  /** JSON error object, in the runtime's own shape. */
  error: 20,
  /** JSON: {contentType}. */
  streamStart: 21,
  /** Raw bytes. */
  streamChunk: 22,
  /** Empty, or a JSON error object when the stream broke. */
  streamEnd: 23,
  /** u8 level index (0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 fatal, 6 raw), then UTF-8 text: one log event. */
  log: 24,
  /** Empty: the handler waits for something, so the events that came along with its own (`more`) are not begun; others may have them. */
  giveBack: 25,
  /** Empty: under SnapStart, in place of ready: the handler is loaded and the hooks before a snapshot have run. Then ready, or initError. */
  restoreNext: 26,
} as const;

/** A runtime may not make the engine buffer more than a full response and its envelope. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024;
