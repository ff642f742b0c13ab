// Handlers that show one behaviour of the Node.js runtime each.
const { execFileSync } = require("node:child_process");

let count = 0;

exports.echo = async (event, context) => ({ event, context, remaining: context.getRemainingTimeInMillis() });
exports.count = async () => ++count;
exports.nothing = async () => {};
exports.plain = (event) => event;
exports.nested = { deep: { handler: async () => "deep" } };
exports.notFunction = 1;
exports.environment = async () => ({ trace: process.env._X_AMZN_TRACE_ID, cwd: process.cwd(), env: process.env });
const kept = process.env;
exports.traces = async ({ look }) => {
  if (look === "kept") return kept._X_AMZN_TRACE_ID;
  if (look === "kept and listed") return { ...kept }._X_AMZN_TRACE_ID;
  if (look === "kept and written") return (kept._X_AMZN_TRACE_ID = JSON.parse(JSON.stringify(kept))._X_AMZN_TRACE_ID);
  if (look === "kept and handed on") return execFileSync("/bin/sh", ["-c", "echo $_X_AMZN_TRACE_ID"], { env: { ...kept, MORE: "1" } }).toString().trim();
  if (look === "listed") return Object.entries({ ...process.env }).find(([name]) => name === "_X_AMZN_TRACE_ID")?.[1];
  if (look === "cloned") return structuredClone(process.env)._X_AMZN_TRACE_ID;
  if (look === "child") return execFileSync(process.execPath, ["-p", "process.env._X_AMZN_TRACE_ID"]).toString().trim();
  if (look === "thread") return new Promise((resolve) => new (require("node:worker_threads").Worker)("require('node:worker_threads').parentPort.postMessage(process.env._X_AMZN_TRACE_ID)", { eval: true }).on("message", resolve));
  if (look === "replaced") process.env = { OWN: "1" };
  return process.env._X_AMZN_TRACE_ID;
};
exports.timers = async () => new Promise((resolve) => setTimeout(() => resolve("later"), 20));

exports.fail = async () => {
  throw Object.assign(new TypeError("boom"), { code: "E_BOOM" });
};
exports.failText = async () => {
  throw "just text";
};
exports.failHostile = async () => {
  throw {
    get name() {
      throw new Error("no name");
    },
    toString() {
      throw new Error("no text");
    },
  };
};
exports.circular = async () => {
  const value = {};
  value.self = value;
  return value;
};
exports.bigint = async () => 1n;
exports.large = async (event) => "x".repeat(event.bytes);
exports.rejects = async () => {
  Promise.reject(new Error("nobody listens"));
  return "answered";
};
exports.throwsLater = async () => {
  setTimeout(() => {
    throw new Error("thrown later");
  });
  return new Promise(() => {});
};
exports.exits = async () => process.exit(7);
exports.never = () => new Promise(() => {});

exports.callback = (event, context, callback) => {
  if (event.noWait) context.callbackWaitsForEmptyEventLoop = false;
  setTimeout(() => console.log("background"), 30);
  if (event.fail) callback(new Error(event.fail));
  else callback(null, "called back");
  callback(null, "a second answer");
};
exports.done = (event, context) => context.done(null, "done");

exports.log = async (event) => {
  for (const level of ["trace", "debug", "info", "log", "warn", "error", "fatal"]) console[level]("say %s", level);
  console.log("two\nlines", { a: 1 });
  console.log({ structured: true });
  console.error("failed", new RangeError("bad"));
  process.stdout.write("straight to standard output\n");
  if (event.flood) console.log("y".repeat(event.flood));
};

exports.descriptors = async () => {
  const list = execFileSync("/bin/sh", ["-c", "if true <&3; then echo open; else echo closed; fi"], { stdio: ["ignore", "pipe", "ignore"] });
  return list.toString().trim();
};

exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType("text/plain");
  stream.write("one,");
  stream.write({ two: 2 });
  if (event.fail) throw new Error(event.fail);
  stream.end();
  await new Promise((resolve) => stream.once("finish", resolve));
});
exports.streamHttp = awslambda.streamifyResponse(async (event, stream) => {
  const http = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { a: "b" } });
  if (event.body) http.write(event.body);
  http.end();
});
exports.streamPipeline = awslambda.streamifyResponse(async (event, stream) => {
  const { pipeline } = require("node:stream/promises");
  const { Readable } = require("node:stream");
  const chunk = Buffer.alloc(64 * 1024, "z");
  await pipeline(Readable.from(Array.from({ length: event.chunks }, () => chunk)), stream);
});
exports.streamFailsFirst = awslambda.streamifyResponse(async () => {
  throw new Error("before the first byte");
});
exports.streamUnfinished = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("half");
});
exports.streamLateType = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("x");
  stream.setContentType("text/html");
});
exports.streamMalformed = Object.assign(async () => {}, {
  [Symbol.for("aws.lambda.runtime.handler.streaming")]: "request",
});

process.on("SIGTERM", () => {
  console.log("bye");
});
