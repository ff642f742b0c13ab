"use strict";
// globalThis.awslambda: what AWS's Node.js runtime gives every function besides Node's own globals.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

const { STREAMING, HIGH_WATER_MARK } = require("./load.cjs");

const PRELUDE_CONTENT_TYPE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END_BYTES = 8;

const HttpResponseStream = class HttpResponseStream {
  static from(stream, prelude) {
    stream.setContentType(PRELUDE_CONTENT_TYPE);
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(new Uint8Array(PRELUDE_END_BYTES));
    };
    return stream;
  }
};

function streamifyResponse(handler, options) {
  handler[STREAMING] = "response";
  if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
  return handler;
}

const PROTECTED_KEYS = {
  REQUEST_ID: Symbol.for("_AWS_LAMBDA_REQUEST_ID"),
  X_RAY_TRACE_ID: Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID"),
  TENANT_ID: Symbol.for("_AWS_LAMBDA_TENANT_ID"),
};

/** The invocation's own values, as @aws/lambda-invoke-store reads them (Node.js 24 and newer). */
function invokeStore() {
  let context;
  return {
    getContext: () => context,
    hasContext: () => context !== undefined,
    get: (key) => context?.[key],
    set(key, value) {
      if (Object.values(PROTECTED_KEYS).includes(key)) {
        throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
      }
      context = context ?? {};
      context[key] = value;
    },
    getRequestId: () => context?.[PROTECTED_KEYS.REQUEST_ID] ?? "-",
    getXRayTraceId: () => context?.[PROTECTED_KEYS.X_RAY_TRACE_ID],
    getTenantId: () => context?.[PROTECTED_KEYS.TENANT_ID],
    run(values, task) {
      context = values;
      return task();
    },
  };
}

/** Returns `enter(invocation)`, to be called before each handler call. */
function defineGlobals(nodeMajor) {
  const off = process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (off === "1" || off === "true") return () => {};
  globalThis.awslambda = { ...globalThis.awslambda, streamifyResponse, HttpResponseStream };
  if (nodeMajor < 24) return () => {};
  const store = invokeStore();
  globalThis.awslambda.InvokeStore = store;
  return (invocation) =>
    store.run(
      {
        [PROTECTED_KEYS.REQUEST_ID]: invocation.id,
        [PROTECTED_KEYS.X_RAY_TRACE_ID]: invocation.traceId,
        [PROTECTED_KEYS.TENANT_ID]: invocation.tenantId,
      },
      () => {},
    );
}

module.exports = { PROTECTED_KEYS, HttpResponseStream, defineGlobals, streamifyResponse };
