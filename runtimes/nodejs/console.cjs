"use strict";
// The console of a managed Node.js function: one log frame for each call, as text or JSON, filtered by level.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

const { FRAME, writeText } = require("./channel.cjs");
const { current } = require("./current.cjs");
const { asError, toLogText } = require("./errors.cjs");

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

/** CloudWatch Logs holds no longer event; a longer line becomes several, as on AWS. */
const EVENT_CHARACTERS_MAX = 256 * 1024;

let json = false;

let format;
function formatted(params) {
  // Loaded at the first line that needs it: most cold starts log nothing before their answer.
  format ??= require("node:util").format;
  return format(...params);
}

function errorFields(error) {
  return {
    errorType: error?.constructor?.name ?? "UnknownError",
    errorMessage: error.message,
    stackTrace: typeof error.stack === "string" ? error.stack.split("\n") : [],
  };
}

const expandErrors = (_key, value) => (value instanceof Error ? { ...errorFields(value), ...value } : value);

function jsonLine(timestamp, level, params) {
  const line = { timestamp, level, requestId: current.requestId };
  if (current.tenantId) line.tenantId = current.tenantId;
  if (params.length === 1) {
    line.message = params[0];
    try {
      return JSON.stringify(line, expandErrors);
    } catch {
      line.message = formatted(params);
      return JSON.stringify(line);
    }
  }
  line.message = formatted(params);
  const error = params.find((param) => param instanceof Error);
  return JSON.stringify(error === undefined ? line : { ...line, ...errorFields(error) });
}

function write(index, params) {
  const timestamp = new Date().toISOString();
  const level = LEVELS[index];
  const line = json
    ? jsonLine(timestamp, level, params)
    : `${timestamp}\t${current.requestId}\t${level}\t${formatted(params)}\n`;
  for (let at = 0; at < line.length; at += EVENT_CHARACTERS_MAX) {
    writeText(FRAME.log, line.length <= EVENT_CHARACTERS_MAX ? line : line.slice(at, at + EVENT_CHARACTERS_MAX), index);
  }
}

/** Replaces the console's level methods; the others (dir, table, …) keep writing to standard output, as on AWS. */
function patchConsole(logFormat, logLevel) {
  json = String(logFormat).toUpperCase() === "JSON";
  const least = Math.max(0, LEVELS.indexOf(String(logLevel).toUpperCase()));
  LEVELS.forEach((level, index) => {
    console[level.toLowerCase()] = index < least ? () => {} : (message, ...params) => write(index, [message, ...params]);
  });
  console.log = console.info;
}

/** The runtime's own report of a failure, in the shape AWS's runtime gives it. */
function logFailure(what, value) {
  if (json) console.error(asError(value));
  else console.error(what, toLogText(value));
  const { missingSdk } = require("./sdk.cjs"); // a cold start that goes well does not pay for it
  const hint = missingSdk(value);
  if (hint !== undefined) write(LEVELS.indexOf("WARN"), [hint]);
}

module.exports = { patchConsole, logFailure };
