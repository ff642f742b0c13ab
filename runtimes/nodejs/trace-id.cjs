"use strict";
// process.env._X_AMZN_TRACE_ID, another one for each event: it becomes a variable when somebody looks at process.env.
// Setting it each time took a third of a small invocation, and memory for good: docs/decisions/0029-trace-variable.md.

const NAME = "_X_AMZN_TRACE_ID";

/** Node's own object, whose members are the process's variables, or what the function has put in its place. */
let environment = process.env;
let traceId;
let isVariable = false;
let watching = false;

function watch() {
  watching = true;
  // For who has kept the object, as `import { env } from "node:process"` does: what is no variable is looked for in its prototype.
  const inherited = { get: () => traceId, enumerable: true, configurable: true };
  Object.defineProperty(Object.getPrototypeOf(environment), NAME, inherited);
  Object.defineProperty(process, "env", {
    get() {
      if (!isVariable && traceId !== undefined) {
        environment[NAME] = traceId;
        isVariable = true;
      }
      return environment;
    },
    set(value) {
      environment = value;
      isVariable = false;
    },
    enumerable: true,
    configurable: true,
  });
}

/** Of the event that begins; undefined where it has none. */
function setTraceId(next) {
  if (isVariable) delete environment[NAME];
  isVariable = false;
  traceId = next;
  if (!watching && next !== undefined) watch();
}

module.exports = { setTraceId };
