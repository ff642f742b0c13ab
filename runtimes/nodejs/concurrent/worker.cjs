"use strict";
// One worker thread: asks for the next event while those it has are waiting for something.

const { AsyncLocalStorage } = require("node:async_hooks");
const { isMainThread, parentPort, workerData } = require("node:worker_threads");
const { shareWith } = require("../channel.cjs");
const { logFailure, patchConsole } = require("../console.cjs");
const { withValues } = require("../context.cjs");
const { current } = require("../current.cjs");
const { runtimeError, toResponseText } = require("../errors.cjs");
const { HttpResponseStream, PROTECTED_KEYS, streamifyResponse } = require("../globals.cjs");
const { loadHandler } = require("../load.cjs");
const { openClient } = require("./client.cjs");
const { openLedger } = require("./ledger.cjs");

let threads;

/** Handlers with a callback are refused, as from Node.js 24 on. */
const NODE_MAJOR = 24;

/** Each event's own values, as @aws/lambda-invoke-store and the console read them. */
function invokeStore(storage) {
  const store = {
    getContext: () => storage.getStore(),
    hasContext: () => storage.getStore() !== undefined,
    get: (key) => storage.getStore()?.[key],
    set(key, value) {
      if (Object.values(PROTECTED_KEYS).includes(key)) {
        throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
      }
      if (!store.hasContext()) throw new Error("No context available");
      storage.getStore()[key] = value;
    },
    getRequestId: () => store.get(PROTECTED_KEYS.REQUEST_ID) ?? "-",
    getXRayTraceId: () => store.get(PROTECTED_KEYS.X_RAY_TRACE_ID),
    getTenantId: () => store.get(PROTECTED_KEYS.TENANT_ID),
    run: (values, task) => storage.run(values, task),
  };
  return store;
}

function defineGlobals() {
  const store = invokeStore(new AsyncLocalStorage());
  Object.defineProperty(current, "requestId", { get: store.getRequestId });
  Object.defineProperty(current, "tenantId", { get: store.getTenantId });
  const off = process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (off !== "1" && off !== "true") {
    globalThis.awslambda = { ...globalThis.awslambda, streamifyResponse, HttpResponseStream, InvokeStore: store };
  }
  return store;
}

function textOf(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw runtimeError("JSONStringifyError", "Unable to stringify response body");
  }
}

async function answer(client, target, invocation) {
  const { id } = invocation;
  try {
    // The trace id is in the context: a variable would be everybody's.
    const context = withValues({ xRayTraceId: invocation.traceId }, invocation);
    const event = JSON.parse(invocation.payload);
    if (target.streaming) return await require("./stream.cjs").invokeStreaming(client, target, id, event, context);
    const text = textOf(await target.handler(event, context));
    await new Promise(setImmediate);
    await client.response(id, text);
  } catch (error) {
    logFailure("Invoke Error", error);
    await client.error(id, toResponseText(error));
  }
}

/** What was thrown where nobody catches it ends the thread, and with it all that it has in hand. */
function watchFailures(say) {
  const end = (what, error) => {
    logFailure(what, error);
    say({ failure: toResponseText(error) });
    process.exit(1);
  };
  process.on("uncaughtException", (error) => end("Uncaught Exception", error));
  process.on("unhandledRejection", (reason, promise) => {
    let text = "unknown reason";
    try {
      text = String(reason);
    } catch { /* an object that cannot be shown */ }
    end("Unhandled Promise Rejection", Object.assign(runtimeError("UnhandledPromiseRejection", text), { reason, promise }));
  });
}

/** Of what all threads share: how many there are, and what each has in hand. */
const LIVING = 1;
const IN_HAND = 2;

/** Tells the main thread when all threads may have something to do. Answers how to say that the event is through. */
function count(say) {
  if (!threads) return () => {};
  Atomics.add(threads, workerData.own, 1);
  const living = Atomics.load(threads, LIVING);
  if (living < threads.length - IN_HAND && threads.reduce((sum, events, at) => (at < IN_HAND ? sum : sum + events), 0) >= living) say({ took: true });
  return () => Atomics.sub(threads, workerData.own, 1);
}

function work(assign, ledger, say, share) {
  const store = defineGlobals();
  const client = openClient(share);
  patchConsole("JSON", process.env.AWS_LAMBDA_LOG_LEVEL ?? assign.logLevel);
  loadHandler(assign.taskRoot, assign.handler, NODE_MAJOR, async (error, target) => {
    if (error !== undefined) {
      logFailure("Init Error", error);
      await client.initError(toResponseText(error));
      process.exit(1);
    }
    watchFailures(say);
    say({ ready: true });
    for (;;) {
      const invocation = await client.next();
      const leave = ledger.enter(invocation.id);
      const through = count(say);
      const values = {
        [PROTECTED_KEYS.REQUEST_ID]: invocation.id,
        [PROTECTED_KEYS.X_RAY_TRACE_ID]: invocation.traceId,
        [PROTECTED_KEYS.TENANT_ID]: invocation.tenantId,
      };
      // A handler that does not wait for anything is through before the next event is asked for.
      void store.run(values, () => answer(client, target, invocation)).finally(leave).finally(through);
    }
  });
}

if (!isMainThread) {
  threads = new Int32Array(workerData.threads);
  shareWith(threads);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
  work(workerData.assign, openLedger(Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY), workerData.ledger), (message) => parentPort.postMessage(message), workerData.share);
}

module.exports = { work };
