"use strict";
// What is going on in this process right now; one invocation at a time.

module.exports = {
  current: {
    /** "init" until the handler is loaded, "invoke" until its answer is sent, else "idle": who hears of a failure. */
    phase: "init",
    /** The handler is through, its answer not yet sent. */
    settled: false,
    requestId: undefined,
    tenantId: undefined,
    /** Called when nothing is left to run in the event loop. */
    drained: () => {},
  },
};
