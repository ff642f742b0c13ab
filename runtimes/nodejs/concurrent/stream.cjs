"use strict";
// A handler made with awslambda.streamifyResponse, where several run at once: its stream is a request of its own.

const { logFailure } = require("../console.cjs");
const { toResponseText } = require("../errors.cjs");
const { ResponseStream, run } = require("../stream.cjs");

/** Fails as a plain error would until the first byte; from then on with the stream's trailers. */
async function invokeStreaming(client, target, id, event, context) {
  let open;
  const stream = new ResponseStream(target.highWaterMark, {
    start(contentType) {
      open = client.stream(id, contentType);
      open.sent.on("error", () => {});
    },
    write(chunk, callback) {
      if (open.sent.destroyed) return callback(); // its time was up: nobody hears it anymore
      open.sent.write(chunk, () => callback());
    },
  });
  stream.on("error", () => {});
  try {
    await run(target, event, stream, context, 24);
  } catch (error) {
    if (!open) throw error;
    logFailure("Invoke Error", error);
    open.sent.addTrailers(client.trailers(toResponseText(error)));
  }
  open.sent.end();
  await open.done;
}

module.exports = { invokeStreaming };
