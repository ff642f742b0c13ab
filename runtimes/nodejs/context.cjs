"use strict";
// The context object of a handler, without its completion methods.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

function parsed(value, name) {
  if (value === undefined || typeof value === "object") return value ?? undefined;
  try {
    return JSON.parse(value);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`, { cause: error });
  }
}

let own;

/** Of the environment: read with the first event, for each look at it costs. */
function ownValues() {
  if (own?.functionName === undefined) {
    own = {
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    };
  }
  return own;
}

/** Adds the function's and the invocation's values to `target`, and moves the trace id to the environment. */
function fillContext(target, invocation) {
  if (invocation.traceId) process.env._X_AMZN_TRACE_ID = invocation.traceId;
  else delete process.env._X_AMZN_TRACE_ID;
  return withValues(target, invocation);
}

function withValues(target, invocation) {
  const { deadlineMs } = invocation;
  return Object.assign(target, ownValues(), {
    clientContext: parsed(invocation.clientContext, "ClientContext"),
    identity: parsed(invocation.cognitoIdentity, "CognitoIdentity"),
    invokedFunctionArn: invocation.arn,
    awsRequestId: invocation.id,
    tenantId: invocation.tenantId,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  });
}

module.exports = { fillContext, withValues };
