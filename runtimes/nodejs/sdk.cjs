"use strict";
// AWS's runtime carries its SDK; a function that counts on it should learn why it is not found.

const fs = require("node:fs");
const path = require("node:path");

let said = false;

/** The sentence for the log, once in a process; undefined when nothing of the SDK is missing. */
function missingSdk(error) {
  const name = /Cannot find (?:module|package) '((?:@aws-sdk|@smithy)\/[^']+)'/.exec(String(error))?.[1];
  if (name === undefined || said) return undefined;
  said = true;
  const installed = (process.env.NODE_PATH ?? "").split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, "@aws-sdk")));
  return installed
    ? `${name} is part of AWS's own Node.js runtime, but not among the packages that evoke runtimes add aws-sdk brings: put it into the function's package.`
    : `${name} is part of AWS's own Node.js runtime and not installed here: evoke runtimes add aws-sdk brings it, or put it into the function's package.`;
}

module.exports = { missingSdk };
