"use strict";
// The request ids a thread has in hand, where the main thread can read them when it has died, whatever it died of.

const ID_BYTES = 36;

function openLedger(concurrency, shared = new SharedArrayBuffer(concurrency * ID_BYTES)) {
  const bytes = Buffer.from(shared);
  const free = Array.from({ length: concurrency }, (_, slot) => slot);
  return {
    shared,
    /** Answers how to take it out again. */
    enter(id) {
      const slot = free.pop();
      if (slot === undefined) return () => {}; // more than there may be: those whose time was up run on
      bytes.write(id.padEnd(ID_BYTES), slot * ID_BYTES, ID_BYTES, "latin1");
      return () => {
        bytes.fill(0, slot * ID_BYTES, (slot + 1) * ID_BYTES);
        free.push(slot);
      };
    },
    inHand: () =>
      free.map((slot) => bytes.toString("latin1", slot * ID_BYTES, (slot + 1) * ID_BYTES)).filter((id) => id[0] !== "\0").map((id) => id.trim()),
  };
}

module.exports = { openLedger };
