"use strict";
// The Node.js managed runtime: waits for a function on descriptor 3, loads its handler, and runs invocations one by one.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html — the protocol's text is ../README.md.

const { FRAME, EMPTY, readFrame, whenFrame, writeBytes, writeText } = require("./channel.cjs");
const { current } = require("./current.cjs");
const { runtimeError, toResponseText } = require("./errors.cjs");
const { patchConsole, logFailure } = require("./console.cjs");
const { loadHandler } = require("./load.cjs");
const { defineGlobals } = require("./globals.cjs");
const { invokeAsync, invokeWithCallback } = require("./invoke.cjs");

const EXIT_UNHANDLED_REJECTION = 128;
const EXIT_UNCAUGHT_EXCEPTION = 129;

function useEnvironment(env) {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  // A key that keeps its value is not set again: setting TZ, for one, costs.
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value;
  const nodeModule = require("node:module");
  // Node reads NODE_PATH and NODE_COMPILE_CACHE when it starts; this process started before its function was known.
  if (env.NODE_PATH) nodeModule._initPaths();
  if (env.NODE_COMPILE_CACHE) nodeModule.enableCompileCache?.(env.NODE_COMPILE_CACHE);
}

function nodeMajorOf(assign) {
  const match = /nodejs(\d+)/.exec(assign.runtime ?? process.env.AWS_EXECUTION_ENV ?? "");
  return Number(match?.[1] ?? process.versions.node.split(".")[0]);
}

function reportFailure(error) {
  const text = toResponseText(error);
  if (current.phase === "init") writeText(FRAME.initError, text);
  else if (current.phase === "invoke") writeText(FRAME.error, text);
  current.phase = "idle";
}

function watchFailures() {
  process.on("uncaughtException", (error) => {
    logFailure("Uncaught Exception", error);
    reportFailure(error);
    process.exit(EXIT_UNCAUGHT_EXCEPTION);
  });
  process.on("unhandledRejection", (reason, promise) => {
    const error = Object.assign(runtimeError("UnhandledPromiseRejection", describe(reason)), { reason, promise });
    logFailure("Unhandled Promise Rejection", error);
    reportFailure(error);
    process.exit(EXIT_UNHANDLED_REJECTION);
  });
}

function describe(reason) {
  try {
    return String(reason);
  } catch {
    return "unknown reason";
  }
}

/** AWS sends SIGTERM; this process is blocked in a read, so the listeners are called from here. */
function shutDown({ deadlineMs }) {
  current.drained = () => process.exit(0);
  if (process.listenerCount("SIGTERM") === 0) {
    process.removeAllListeners("exit");
    process.exit(0);
  }
  setTimeout(() => process.exit(0), Math.max(0, deadlineMs - Date.now())).unref();
  process.emit("SIGTERM", "SIGTERM", 15);
}

/** `waits`: extensions run in this process or beside it, or a debugger talks to it, so it may not block between events. */
function runLoop(target, nodeMajor, enter, waits) {
  let invoke = nodeMajor >= 24 ? invokeAsync : invokeWithCallback;
  if (target.streaming) invoke = require("./stream.cjs").invokeStreaming;
  let begun = 0;
  const giveBack = (invocation, count) => {
    if (invocation !== begun || current.phase !== "invoke" || current.settled) return;
    for (let n = 0; n < count; n++) readFrame();
    writeBytes(FRAME.giveBack, EMPTY);
  };
  const next = () => {
    current.phase = "idle";
    if (!waits) return take();
    current.drained = () => {};
    whenFrame(take);
  };
  const take = () => {
    const { type, body } = readFrame();
    if (type === FRAME.shutdown) return shutDown(JSON.parse(body.toString()));
    if (type !== FRAME.invoke) process.exit(1);
    const jsonBytes = body.readUInt32BE(0);
    const invocation = JSON.parse(body.toString("utf8", 4, 4 + jsonBytes));
    current.requestId = invocation.id;
    current.tenantId = invocation.tenantId;
    enter(invocation);
    current.phase = "invoke";
    current.settled = false;
    // Further events came in the same write. A handler that waits for something would keep them waiting too: they go back.
    begun++;
    if (invocation.more) setImmediate(giveBack, begun, invocation.more);
    invoke(target, invocation, body.toString("utf8", 4 + jsonBytes), next, nodeMajor);
  };
  next();
}

function start() {
  writeBytes(FRAME.hello, EMPTY);
  const frame = readFrame();
  if (frame.type !== FRAME.assign) process.exit(frame.type === FRAME.shutdown ? 0 : 1);
  const assign = JSON.parse(frame.body.toString());
  if (assign.env !== undefined) useEnvironment(assign.env);
  process.chdir(assign.taskRoot);
  if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === "lambda-managed-instances") {
    return require("./concurrent/main.cjs").run(assign);
  }
  const nodeMajor = nodeMajorOf(assign);
  if (nodeMajor >= 24) current.requestId = "-";
  patchConsole(
    process.env.AWS_LAMBDA_LOG_FORMAT ?? assign.logFormat,
    process.env.AWS_LAMBDA_LOG_LEVEL ?? assign.logLevel,
  );
  watchFailures();
  process.on("beforeExit", () => current.drained());
  const enter = defineGlobals(nodeMajor);
  loadHandler(assign.taskRoot, assign.handler, nodeMajor, (error, target) => {
    if (error !== undefined) {
      logFailure(nodeMajor >= 24 ? "Init Error" : "Uncaught Exception", error);
      reportFailure(error);
      process.exit(nodeMajor >= 24 ? 1 : EXIT_UNCAUGHT_EXCEPTION);
    }
    writeBytes(FRAME.ready, EMPTY);
    const extended = assign.extensions === true && readFrame().body[0] === 1;
    runLoop(target, nodeMajor, enter, extended || assign.inspected === true);
  });
}

/** Set for a process that is started before its function is known; `assign` takes it away with the rest of the environment. */
if (process.env.EVOKE_WARM_UP === "1") {
  require("./warm-up.cjs").warmUp(useEnvironment, Number(process.versions.node.split(".")[0]), start);
} else start();
