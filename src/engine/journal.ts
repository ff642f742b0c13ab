// One environment's log stream. An invoke only leaves notes here; lines are written out and handed to CloudWatch Logs in a later turn.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
import type { Clock } from "../kernel/clock.ts";
import { LAMBDA } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { LogEvent, LogSink } from "../ports/logs.ts";
import { type InitReport, type Report, systemLines } from "./log-lines.ts";

/** CloudWatch counts 26 bytes for every event beside its text, and takes events of up to 256 KB so counted. */
const EVENT_OVERHEAD_BYTES = 26;
export const EVENT_BYTES_MAX = 262_144 - EVENT_OVERHEAD_BYTES;
/** How long notes wait for others. */
const FLUSH_AFTER_MS = 20;
/** What one environment may have on its way to the log before it is no longer read from. */
const UNSTORED_BYTES_MAX = 1024 * 1024;
/** About what a REPORT line comes to, which is not written yet when it is counted. */
const REPORT_BYTES = 200;
/** A REPORT's memory is at most this old: one look serves the many invocations of a fast function. */
const MEMORY_SAMPLE_MS = 100;

export interface JournalHooks {
  memoryPeakBytes(): Promise<number>;
  /** The log is not keeping up: stop reading output, then go on. */
  pause(): void;
  resume(): void;
  /** Hand over, through output(), what has been written to the pipes without an end of line. */
  endLines(): void;
}

export interface Journal {
  readonly streamName: string;
  /** One event of the function's own. */
  line(message: string): void;
  /** The same from a pipe, which may be read a little later than the answer that was given after it. */
  output(message: string): void;
  initStart(runtimeVersion: string, phase: "init" | "invoke"): void;
  initReport(report: InitReport): void;
  started(requestId: string, traceId: string, tail: boolean): void;
  /** From now on lines belong to the tail of the invocation that waits for this init. */
  tailFromNow(): void;
  finished(report: Report): void;
  /** The last 4 KB since started(); call after finished(). */
  tail(): Promise<Uint8Array>;
  flush(): Promise<void>;
}

type Note = { timestamp: number; text: string | undefined; report?: Report };

export function openJournal(options: { version: FunctionVersion; streamName: string; clock: Clock; log: Log; sink: LogSink; hooks: JournalHooks }): Journal {
  const { version, streamName, clock, sink, hooks } = options;
  const where = { account: version.account, region: version.region, group: version.logging.group, stream: streamName };
  const lines = systemLines(version);
  let notes: Note[] = [];
  let unstoredBytes = 0;
  let storing = false;
  let paused = false;
  let waiting: (() => void) | undefined;
  let flushing: Promise<void> | undefined;
  let memory = { bytes: 0, atMs: -Infinity };
  let tail: string[] | undefined;
  let tailBytes = 0;
  let tailReport: { atMs: number; report: Report } | undefined;
  /** Where the last invocation's END stands among the notes. */
  let endAt: number | undefined;

  const sample = async () => {
    if (clock.monotonicMs() - memory.atMs < MEMORY_SAMPLE_MS) return;
    const bytes = await hooks.memoryPeakBytes().catch(() => 0);
    memory = { bytes: Math.max(bytes, memory.bytes), atMs: clock.monotonicMs() };
  };

  async function write(): Promise<void> {
    const reports = notes.some((note) => note.report);
    if (reports) hooks.endLines();
    const written = notes;
    notes = [];
    endAt = undefined;
    if (reports) await sample();
    const events: LogEvent[] = [];
    for (const { timestamp, text, report } of written) {
      const message = report ? lines.report(timestamp, report, memory.bytes) : text;
      if (message !== undefined) events.push({ timestamp, message });
    }
    if (events.length) sink.put(where, events);
  }

  const flush = (): Promise<void> => {
    waiting?.();
    waiting = undefined;
    flushing = (flushing ?? Promise.resolve()).then(write);
    return flushing;
  };

  async function store(): Promise<void> {
    storing = true;
    unstoredBytes = 0;
    try {
      await flush();
      await sink.flush();
    } catch (error) {
      options.log.error("Function output could not be stored", { function: version.arn, error });
    }
    storing = false;
    if (paused) hooks.resume();
    paused = false;
    count(0);
  }

  /** Half of what may be on its way is being stored while the other half comes in; only when both are full is reading stopped. */
  function count(bytes: number): void {
    unstoredBytes += bytes + EVENT_OVERHEAD_BYTES;
    if (unstoredBytes < UNSTORED_BYTES_MAX / 2) return;
    if (!storing) void store();
    else if (!paused) {
      paused = true;
      hooks.pause();
    }
  }

  const add = (note: Note) => {
    notes.push(note);
    waiting ??= clock.after(FLUSH_AFTER_MS, () => { waiting = undefined; void flush(); });
    count(note.text?.length ?? REPORT_BYTES);
  };
  const toTail = (message: string | undefined) => {
    if (!tail || message === undefined) return;
    tail.push(message);
    tailBytes += Buffer.byteLength(message) + 1;
    while (tail.length > 1 && tailBytes - Buffer.byteLength(tail[0]!) - 1 > LAMBDA.logTailBytesMax) tailBytes -= Buffer.byteLength(tail.shift()!) + 1;
  };
  const system = (timestamp: number, text: string | undefined) => {
    if (text === undefined) return;
    toTail(text);
    add({ timestamp, text });
  };

  const line = (message: string) => {
    if (message === "") return; // CloudWatch refuses empty events
    toTail(message);
    add({ timestamp: Math.trunc(clock.now()), text: message });
  };

  return {
    streamName,
    line,
    output(message) {
      if (endAt === undefined) return line(message);
      notes.splice(endAt, 0, { timestamp: notes[endAt]!.timestamp, text: message });
      endAt++;
      count(message.length);
    },
    initStart(runtimeVersion, phase) { const at = Math.trunc(clock.now()); system(at, lines.initStart(at, runtimeVersion, phase)); },
    initReport(report) { const at = Math.trunc(clock.now()); system(at, lines.initReport(at, report)); },
    tailFromNow() {
      tail = [];
      tailBytes = 0;
    },
    started(requestId, traceId, wantsTail) {
      if (!wantsTail || !tail) {
        tail = wantsTail ? [] : undefined;
        tailBytes = 0;
      }
      endAt = undefined;
      const at = Math.trunc(clock.now());
      system(at, lines.start(at, requestId, traceId));
    },
    finished(report) {
      const at = Math.trunc(clock.now());
      endAt = notes.length;
      system(at, lines.end(at, report));
      if (tail) tailReport = { atMs: at, report };
      add({ timestamp: at, text: undefined, report });
    },
    async tail() {
      const mine = tail ?? [];
      const last = tailReport;
      tail = undefined;
      tailReport = undefined;
      await sample();
      const report = last && lines.report(last.atMs, last.report, memory.bytes);
      const bytes = Buffer.from([...mine, ...(report === undefined ? [] : [report])].map((line) => `${line}\n`).join(""));
      return bytes.subarray(Math.max(0, bytes.byteLength - LAMBDA.logTailBytesMax));
    },
    flush,
  };
}
