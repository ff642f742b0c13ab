"use strict";
// The Runtime API over HTTP: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// One connection waits for events; answers go over a few others, in turn: a process has 1024 files, and looking whose a new connection is
// costs Evoke more than an event. A stream has one of its own.

const http = require("node:http");

const ANSWERS_AT_ONCE = 2;

/** `share`: how many of the environment's events are a thread's, on average. */
function openClient(share = 1) {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
  const asking = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const answering = new http.Agent({ keepAlive: true, maxSockets: Math.max(1, Math.min(ANSWERS_AT_ONCE, Math.floor(share))) });
  const streaming = new http.Agent();

  const request = (agent, method, route, headers) =>
    http.request({ host, port, agent, method, path: `/2018-06-01/runtime/${route}`, headers });

  /** Resolves with the answer's head and text. */
  const finished = (sent) =>
    new Promise((resolve, reject) => {
      sent.on("error", reject);
      sent.on("response", (received) => {
        const parts = [];
        received.on("data", (part) => parts.push(part));
        received.on("end", () => resolve({ headers: received.headers, text: Buffer.concat(parts).toString() }));
        received.on("error", reject);
      });
    });

  const post = (route, text, headers = {}) => {
    const body = Buffer.from(text);
    const sent = request(answering, "POST", route, { "Content-Type": "application/json", "Content-Length": body.length, ...headers });
    const done = finished(sent);
    sent.end(body);
    return done.catch(() => {}); // the other end is gone, or has refused it and told the caller itself
  };

  const errorHeaders = (text) => ({ "Lambda-Runtime-Function-Error-Type": printable(JSON.parse(text).errorType) });

  return {
    async next() {
      const sent = request(asking, "GET", "invocation/next");
      const done = finished(sent);
      sent.end();
      const { headers, text } = await done.catch(() => process.exit(1));
      return {
        id: headers["lambda-runtime-aws-request-id"],
        deadlineMs: Number(headers["lambda-runtime-deadline-ms"]),
        arn: headers["lambda-runtime-invoked-function-arn"],
        traceId: headers["lambda-runtime-trace-id"],
        clientContext: headers["lambda-runtime-client-context"],
        cognitoIdentity: headers["lambda-runtime-cognito-identity"],
        tenantId: headers["lambda-runtime-aws-tenant-id"],
        payload: text,
      };
    },
    response: (id, text) => post(`invocation/${id}/response`, text),
    error: (id, text) => post(`invocation/${id}/error`, text, errorHeaders(text)),
    initError: (text) => post("init/error", text, errorHeaders(text)),
    /** A response that is written as it comes; `done` when the other end has taken it. */
    stream(id, contentType) {
      const sent = request(streaming, "POST", `invocation/${id}/response`, {
        "Content-Type": contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      });
      const done = finished(sent).catch(() => {});
      return { sent, done };
    },
    /** The two trailers of a stream that broke. */
    trailers: (text) => ({ ...errorHeaders(text), "Lambda-Runtime-Function-Error-Body": Buffer.from(text).toString("base64") }),
  };
}

const printable = (type) => String(type).replace(/[^\x20-\x7e]/g, "?").slice(0, 256);

module.exports = { openClient };
