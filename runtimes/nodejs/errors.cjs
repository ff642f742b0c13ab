"use strict";
// Error shapes of AWS's Node.js runtime: what a caller receives and what the log shows.

/** @param {string} name without the "Runtime." prefix */
function runtimeError(name, message, stack) {
  const error = new Error(message);
  // The name is set before the stack is read, so that its first line carries it.
  error.name = `Runtime.${name}`;
  Error.captureStackTrace(error, runtimeError);
  Object.defineProperty(error, "name", { enumerable: false });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function looksLikeError(value) {
  return (
    value instanceof Error ||
    (value !== null &&
      typeof value === "object" &&
      typeof value.name === "string" &&
      typeof value.message === "string" &&
      typeof value.stack === "string")
  );
}

const escapeDel = (text) => String(text).replaceAll("\x7F", "%7F");

/** What the caller gets: {errorType, errorMessage, trace}. Never throws, whatever was thrown. */
function toResponse(error) {
  try {
    if (looksLikeError(error)) {
      return {
        errorType: escapeDel(error.name),
        errorMessage: escapeDel(error.message),
        trace: typeof error.stack === "string" ? escapeDel(error.stack).split("\n") : [],
      };
    }
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  } catch {
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
      trace: [],
    };
  }
}

const ERROR_CHARACTERS_MAX = 512 * 1024;

/** The response as JSON, short enough for a frame whatever the message holds. */
function toResponseText(error) {
  const response = toResponse(error);
  const text = JSON.stringify(response);
  if (text.length <= ERROR_CHARACTERS_MAX) return text;
  const cut = (value) => String(value).slice(0, ERROR_CHARACTERS_MAX / 8);
  return JSON.stringify({ errorType: cut(response.errorType), errorMessage: cut(response.errorMessage), trace: [] });
}

const asError = (value) => (value instanceof Error ? value : new Error(safeString(value)));

function safeString(value) {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

function withEnumerableProperties(_key, value) {
  if (!(value instanceof Error)) return value;
  const shown = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
  if (typeof value.stack === "string") shown.stack = value.stack.split("\n");
  return shown;
}

/** The text log's form: a tab, then the error as JSON on one line. */
function toLogText(value) {
  const error = asError(value);
  try {
    return `\t${JSON.stringify(error, withEnumerableProperties)}`;
  } catch {
    return `\t${JSON.stringify(toResponse(error))}`;
  }
}

module.exports = { runtimeError, toResponseText, toLogText, asError };
