// Drives a managed runtime's bootstrap as the engine does: a real process with a socket pair on descriptor 3.
import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import { FRAME } from "../../src/engine/frames.ts";

export interface Frame {
  name: keyof typeof FRAME;
  body: Buffer;
}

export interface LogEvent {
  level: number;
  text: string;
}

/** What one invocation, or the load of a handler, came to. */
export interface Outcome {
  /** The frame that settled it. */
  kind: keyof typeof FRAME | "exit";
  text: string;
  json: any;
  logs: LogEvent[];
  contentType?: string;
  chunks: Buffer[];
  exitCode?: number | null;
}

export interface Driver {
  child: ChildProcess;
  /** Everything written to standard output and standard error so far. */
  output(): string;
  assign(fields: Record<string, unknown>): Promise<Outcome>;
  invoke(payload: unknown, fields?: Record<string, unknown>): Promise<Outcome>;
  shutdown(deadlineMs: number): void;
  frame(): Promise<Frame | undefined>;
  exited: Promise<number | null>;
  close(): Promise<void>;
}

const NAMES = new Map(Object.entries(FRAME).map(([name, type]) => [type as number, name as keyof typeof FRAME]));
const SETTLING = new Set(["ready", "initError", "response", "error", "streamEnd"]);

export function encodeFrame(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + body.length, 0);
  head[4] = type;
  return Buffer.concat([head, body]);
}

function withJson(json: unknown, bytes: Buffer): Buffer {
  const text = Buffer.from(JSON.stringify(json));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length, 0);
  return Buffer.concat([length, text, bytes]);
}

/** Frames in the order they arrived, then undefined for ever. */
function frameReader(channel: Socket): () => Promise<Frame | undefined> {
  const frames: Frame[] = [];
  const waiting: ((frame: Frame | undefined) => void)[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let ended = false;
  channel.on("data", (data: Buffer) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
    while (rest.length >= 5 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const length = rest.readUInt32BE(0);
      const name = NAMES.get(rest[4]!);
      if (name === undefined) throw new Error(`unknown frame type ${rest[4]}`);
      const frame = { name, body: rest.subarray(5, 4 + length) };
      rest = rest.subarray(4 + length);
      const next = waiting.shift();
      if (next) next(frame);
      else frames.push(frame);
    }
  });
  const end = () => {
    ended = true;
    for (const next of waiting.splice(0)) next(undefined);
  };
  channel.on("close", end).on("error", end);
  return () =>
    frames.length > 0 || ended ? Promise.resolve(frames.shift()) : new Promise((resolve) => waiting.push(resolve));
}

async function settle(driver: Driver): Promise<Outcome> {
  const outcome: Outcome = { kind: "exit", text: "", json: undefined, logs: [], chunks: [] };
  for (;;) {
    const frame = await driver.frame();
    if (frame === undefined) return { ...outcome, exitCode: await driver.exited };
    if (frame.name === "log") outcome.logs.push({ level: frame.body[0]!, text: frame.body.toString("utf8", 1) });
    else if (frame.name === "streamStart") outcome.contentType = JSON.parse(frame.body.toString()).contentType;
    else if (frame.name === "streamChunk") outcome.chunks.push(Buffer.from(frame.body));
    else if (SETTLING.has(frame.name)) {
      const text = frame.body.toString();
      return { ...outcome, kind: frame.name, text, json: parsed(text) };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const DEFAULT_ENV = {
  PATH: process.env["PATH"] ?? "",
  AWS_LAMBDA_FUNCTION_NAME: "fn",
  AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128",
  AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/fn",
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/11/20/[$LATEST]0",
};

/** Starts the command and waits for its `hello`. */
export async function startRuntime(argv: string[], environment: Record<string, string> = {}): Promise<Driver> {
  const child = spawn(argv[0]!, argv.slice(1), {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", ...environment },
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!] as Readable[]) stream.on("data", (data) => (output += data));
  const exited = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const channel = child.stdio[3] as Socket;
  let invocations = 0;
  const driver: Driver = {
    child,
    output: () => output,
    exited,
    frame: frameReader(channel),
    assign(fields) {
      const env = { ...DEFAULT_ENV, ...(fields["env"] as object) };
      const assign = { logFormat: "Text", logLevel: undefined, ...fields, env };
      channel.write(encodeFrame(FRAME.assign, Buffer.from(JSON.stringify(assign))));
      return settle(driver);
    },
    invoke(payload, fields = {}) {
      const invocation = { id: `request-${++invocations}`, deadlineMs: Date.now() + 60_000, arn: "arn", ...fields };
      const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
      channel.write(encodeFrame(FRAME.invoke, withJson({ streaming: false, ...invocation }, bytes)));
      return settle(driver);
    },
    shutdown: (deadlineMs) => {
      channel.write(encodeFrame(FRAME.shutdown, Buffer.from(JSON.stringify({ deadlineMs }))));
    },
    async close() {
      if (child.exitCode === null) child.kill("SIGKILL");
      channel.destroy();
      await exited;
    },
  };
  const hello = await driver.frame();
  if (hello?.name !== "hello") throw new Error(`the runtime said ${hello?.name ?? "nothing"}: ${output}`);
  return driver;
}
