"use strict";
// One buffered invocation: calls the handler and sends exactly one response or error.
// Before Node.js 24 a handler may use a callback or context.done; from 24 on only its return value counts.

const { FRAME, writeText } = require("./channel.cjs");
const { current } = require("./current.cjs");
const { runtimeError, toResponseText } = require("./errors.cjs");
const { fillContext } = require("./context.cjs");
const { logFailure } = require("./console.cjs");

function sendResult(result, nodeMajor) {
  let text;
  try {
    text = JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    const message = "Unable to stringify response body";
    throw nodeMajor >= 24 ? runtimeError("JSONStringifyError", message) : new Error(message);
  }
  current.phase = "idle";
  writeText(FRAME.response, text);
}

function sendError(error) {
  logFailure("Invoke Error", error);
  current.phase = "idle";
  writeText(FRAME.error, toResponseText(error));
}

const isPromise = (value) => Boolean(value) && typeof value.then === "function";

/** Node.js 24 and newer. One turn of the event loop passes before the answer, in which a stray rejection still fails it. */
async function invokeAsync(target, invocation, payload, next) {
  let result;
  try {
    result = await target.handler(JSON.parse(payload), fillContext({}, invocation));
    current.settled = true;
    await new Promise(setImmediate);
    sendResult(result, 24);
  } catch (error) {
    sendError(error);
  }
  next();
}

/** Completion as context.done, succeed, fail and the callback see it: the first call wins. */
function completion(next) {
  let finished = false;
  let waitsForEmptyEventLoop = true;
  const once = (action) => (...args) => {
    if (finished) return;
    action(...args);
    finished = true;
  };
  const settle = (error, result) => {
    current.drained = () => {};
    if (error !== undefined && error !== null) sendError(error);
    else sendResult(result, 22);
    setImmediate(next);
  };
  const callback = (error, result) => {
    if ((error !== undefined && error !== null) || !waitsForEmptyEventLoop) return settle(error, result);
    current.drained = () => setImmediate(() => settleOrFail(result));
  };
  // A result that cannot be serialised must not be lost with the process.
  const settleOrFail = (result) => {
    try {
      settle(null, result);
    } catch (error) {
      settle(error);
    }
  };
  return {
    callback: once(callback),
    giveUp: () => {
      finished = true;
      settle(null, null);
    },
    context: {
      get callbackWaitsForEmptyEventLoop() {
        return waitsForEmptyEventLoop;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waitsForEmptyEventLoop = value;
      },
      succeed: once((result) => settle(null, result)),
      fail: once((error) => settle(error ?? "handled")),
      done: once(settle),
    },
  };
}

/** Node.js 20 and 22: a promise, a callback, or neither (the answer is then null when the event loop is empty). */
function invokeWithCallback(target, invocation, payload, next) {
  const { callback, context, giveUp } = completion(next);
  current.drained = giveUp;
  try {
    const result = target.handler(JSON.parse(payload), fillContext(context, invocation), callback);
    if (isPromise(result)) result.then(context.succeed, context.fail).catch(context.fail);
  } catch (error) {
    callback(error);
  }
}

module.exports = { invokeAsync, invokeWithCallback, sendError, isPromise };
