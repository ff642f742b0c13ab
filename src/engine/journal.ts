// One environment's log stream. An invoke only leaves notes here; lines are written out and handed to CloudWatch Logs in a later turn.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
import type { Clock } from "../kernel/clock.ts";
import { LAMBDA } from "../kernel/limits.ts";
import type { Log } from "../kernel/log.ts";
import type { LogEvent, LogSink } from "../ports/logs.ts";
import { systemLines } from "./log-lines.ts";
import { type ExtensionStatus, type InitReport, type PlatformRecord, type Report, type RestoreReport, type Subject, extension, initReport, initRuntimeDone, initStart, report, restoreReport, restoreRuntimeDone, restoreStart, runtimeDone, start } from "./platform-records.ts";
import type { RuntimeIdentity } from "./runtime-identity.ts";

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
  /** An invocation's REPORT is written: nobody waits for it anymore. */
  reported(report: Report): void;
}

/** Told of everything as it happens, whatever the function's log format and level: the Telemetry API. */
export interface JournalObserver {
  record(atMs: number, record: PlatformRecord): void;
  line(atMs: number, from: "function" | "extension", text: string): void;
}

export interface Journal {
  readonly streamName: string;
  observe(observer: JournalObserver | undefined): void;
  /** One event of the function's own. */
  line(message: string): void;
  /** The same from a pipe, which may be read a little later than the answer that was given after it. */
  output(message: string): void;
  /** One line of an extension's. */
  extensionOutput(message: string): void;
  extension(status: ExtensionStatus): void;
  /** A record that only JSON logs and observers see. */
  other(record: PlatformRecord): void;
  initStart(runtime: RuntimeIdentity, phase: "init" | "invoke"): void;
  initRuntimeDone(done: Omit<InitReport, "durationMs">): void;
  initReport(report: InitReport): void;
  /** SnapStart: of the runtime that initStart() has named. */
  restoreStart(): void;
  restoreReport(report: RestoreReport): void;
  started(requestId: string, traceId: string, tail: boolean): void;
  /** From now on lines belong to the tail of the invocation that waits for this init. */
  tailFromNow(): void;
  /** Where extensions still work after the runtime has answered; finished() follows. */
  answered(report: Report, streamed: boolean): void;
  finished(report: Report): void;
  /** The last 4 KB since started(); call after finished(). */
  tail(): Promise<Uint8Array>;
  flush(): Promise<void>;
}

type Note = { timestamp: number; text: string | undefined; report?: Report };

export function openJournal(options: Subject & { streamName: string; clock: Clock; log: Log; sink: LogSink; hooks: JournalHooks }): Journal {
  const { version, streamName, clock, sink, hooks } = options;
  const where = { account: version.account, region: version.region, group: version.logging.group, stream: streamName };
  const lines = systemLines(options);
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
  let observer: JournalObserver | undefined;
  /** answered() has said what the runtime did with this invocation. */
  let saidDone = false;
  let runtime: RuntimeIdentity = { version: "", arn: "" };

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
    for (const { timestamp, text, report: given } of written) {
      const message = given ? lines.report(timestamp, given, memory.bytes) : text;
      if (given) {
        observer?.record(timestamp, report(options, given, memory.bytes, timestamp));
        hooks.reported(given);
      }
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

  const line = (message: string, from: "function" | "extension" = "function") => {
    if (message === "") return; // CloudWatch refuses empty events
    toTail(message);
    const at = Math.trunc(clock.now());
    add({ timestamp: at, text: message });
    observer?.line(at, from, message);
  };

  return {
    streamName,
    observe(next) { observer = next; },
    line: (message) => line(message),
    extensionOutput: (message) => line(message, "extension"),
    output(message) {
      if (endAt === undefined) return line(message);
      notes.splice(endAt, 0, { timestamp: notes[endAt]!.timestamp, text: message });
      endAt++;
      count(message.length);
      observer?.line(notes[endAt]!.timestamp, "function", message);
    },
    extension(status) {
      const at = Math.trunc(clock.now());
      system(at, lines.extension(at, status));
      observer?.record(at, extension(status));
    },
    other(record) {
      const at = Math.trunc(clock.now());
      system(at, lines.other(at, record));
      observer?.record(at, record);
    },
    initStart(given, phase) {
      const at = Math.trunc(clock.now());
      runtime = given;
      system(at, lines.initStart(at, given, phase));
      observer?.record(at, initStart(options, given, phase));
    },
    initRuntimeDone(done) {
      const at = Math.trunc(clock.now());
      system(at, lines.initRuntimeDone(at, done));
      observer?.record(at, initRuntimeDone(options, done));
    },
    initReport(given) {
      const at = Math.trunc(clock.now());
      system(at, lines.initReport(at, given));
      observer?.record(at, initReport(options, given));
    },
    restoreStart() {
      const at = Math.trunc(clock.now());
      system(at, lines.restoreStart(at, runtime));
      observer?.record(at, restoreStart(options, runtime));
    },
    restoreReport(given) {
      const at = Math.trunc(clock.now());
      for (const [line, record] of [[lines.restoreRuntimeDone(at, given), restoreRuntimeDone(given)], [lines.restoreReport(at, given), restoreReport(given)]] as const) {
        system(at, line);
        observer?.record(at, record);
      }
    },
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
      observer?.record(at, start(options, requestId, traceId));
    },
    answered(given, streamed) {
      const at = Math.trunc(clock.now());
      if (version.logging.format === "JSON") system(at, lines.end(at, given));
      observer?.record(at, runtimeDone(options, given, streamed ? undefined : at));
      saidDone = true;
    },
    finished(given) {
      const at = Math.trunc(clock.now());
      if (version.managed) return add({ timestamp: at, text: undefined, report: given }); // others may be in the middle of theirs
      endAt = notes.length;
      if (!saidDone || version.logging.format === "Text") system(at, lines.end(at, given));
      if (!saidDone) observer?.record(at, runtimeDone(options, given));
      saidDone = false;
      if (tail) tailReport = { atMs: at, report: given };
      add({ timestamp: at, text: undefined, report: given });
    },
    async tail() {
      const mine = tail ?? [];
      const last = tailReport;
      tail = undefined;
      tailReport = undefined;
      await sample();
      const reportLine = last && lines.report(last.atMs, last.report, memory.bytes);
      const bytes = Buffer.from([...mine, ...(reportLine === undefined ? [] : [reportLine])].map((line) => `${line}\n`).join(""));
      return bytes.subarray(Math.max(0, bytes.byteLength - LAMBDA.logTailBytesMax));
    },
    flush,
  };
}
