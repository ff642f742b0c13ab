"use strict";
// AWS's runtime carries its SDK; a function that counts on it should learn why it is not found.

const fs = require("node:fs");
const path = require("node:path");

const MISSING = /Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^']+)'/;

let said = false;

function missingName(value) {
  try {
    return value instanceof Error ? MISSING.exec(value.message)?.[1] : undefined;
  } catch {
    return undefined; // anything can be thrown, also what cannot be looked at
  }
}

/** The sentence for the log, once in a process; undefined when nothing of the SDK is missing. */
function missingSdk(value) {
  const name = said ? undefined : missingName(value);
  if (name === undefined) return undefined;
  said = true;
  const folders = (process.env.NODE_PATH ?? "").split(path.delimiter);
  return folders.some((folder) => fs.existsSync(path.join(folder, "@aws-sdk")))
    ? `${name} is part of AWS's own Node.js runtime, but not among the packages that evoke runtimes add aws-sdk brings: put it into the function's package.`
    : `${name} is part of AWS's own Node.js runtime and not installed here: evoke runtimes add aws-sdk brings it, or put it into the function's package.`;
}

module.exports = { missingSdk };
