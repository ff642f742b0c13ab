"use strict";
// A pre-warmed process has time before its function is known: it goes once through what a start and an invocation do, so that
// Node has loaded and compiled its parts. Halves the time from `assign` to the first answer.

const { fillContext } = require("./context.cjs");
const { loadHandler } = require("./load.cjs");

const FUNCTION_FILE = require("node:path").join(__dirname, "warm-up-function.cjs");

/** Calls `done` from a later turn of the event loop; leaves no trace a function could see. */
function warmUp(useEnvironment, nodeMajor, done) {
  const before = { ...process.env };
  useEnvironment({ ...before, NODE_PATH: before.NODE_PATH ?? "", WARMING_UP: "1" });
  useEnvironment(before);
  loadHandler(__dirname, "warm-up-function.handler", nodeMajor, async (_error, { handler }) => {
    await handler({}, fillContext({}, { id: "", deadlineMs: 0, arn: "" }));
    await new Promise(setImmediate);
    delete require.cache[FUNCTION_FILE];
    setImmediate(done);
  });
}

module.exports = { warmUp };
