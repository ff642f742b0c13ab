// Embedded metric format: a JSON line in a log that says of itself which of its members are metrics.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
import type { LogEvent, LogSink } from "../../ports/logs.ts";
import type { Log } from "../../kernel/log.ts";
import type { Stores } from "../../storage/stores.ts";
import { type Where } from "./metric.ts";
import { type Addition, addPoints } from "./points.ts";
import { FUTURE_MS_MAX, metricOf, PAST_MS_MAX, VALUE_MAX } from "./put-metric-data.ts";
import { addTo, emptySum, setOf } from "./statistic-set.ts";

const METRICS_MAX = 100;
const DIMENSIONS_MAX = 30;
const VALUES_MAX = 100;
/** Of one line: as many as one full directive comes to. Directives have no limit of their own in the specification, but a line has. */
const ADDITIONS_MAX = METRICS_MAX * DIMENSIONS_MAX;
/** Lines are stored together up to so many. */
const BATCH = 1000;
/** So many lines wait to be read; more are dropped, and a line says so. */
const WAITING_MAX = 10_000;
const WAITING_CHARACTERS_MAX = 32 * 1024 * 1024;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
const UNITS: ReadonlySet<string> = new Set([
  "Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None",
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"].flatMap((unit) => [unit, `${unit}/Second`]),
]);

/** A log sink that also looks for such lines. Reading and storing happens later, off the path of the invocation. */
export function readingEmf(sink: LogSink, { stores, log, now }: { stores: Stores; log: Log; now: () => number }): LogSink {
  let waiting: { where: Where; event: LogEvent }[] = [];
  let waitingCharacters = 0;
  let dropping = false;
  let reading: Promise<void> | undefined;
  const readAll = async (): Promise<void> => {
    while (waiting.length) {
      const additions: Addition[] = [];
      let lines = 0;
      while (lines < waiting.length && lines < 200 && additions.length < BATCH) {
        const { where, event } = waiting[lines++]!;
        waitingCharacters -= event.message.length;
        for (const addition of additionsOf(where, event, now())) additions.push(addition);
      }
      waiting.splice(0, lines);
      if (additions.length) await stores.transaction((tx) => addPoints(tx, additions, now())).catch((error: unknown) => log.error("embedded metrics could not be stored", { error, lines }));
      else await new Promise<void>((resolve) => { setImmediate(resolve); });
    }
    dropping = false;
    reading = undefined;
  };
  return {
    put(where, events) {
      sink.put(where, events);
      for (const event of events) {
        if (!event.message.includes('"_aws"') || jsonStart(event.message) < 0) continue;
        if (waiting.length < WAITING_MAX && waitingCharacters + event.message.length <= WAITING_CHARACTERS_MAX) {
          waiting.push({ where, event });
          waitingCharacters += event.message.length;
        } else if (!dropping) {
          dropping = true; // said once until all are read
          log.warn("more embedded metrics than can be stored; some are lost");
        }
      }
      if (waiting.length) reading ??= new Promise<void>((resolve) => { setImmediate(resolve); }).then(readAll);
    },
    async flush() {
      await Promise.all([sink.flush(), reading]);
    },
  };
}

/** Node.js puts time, request id and level before what console.log writes, and aws-embedded-metrics-node relies on CloudWatch reading past them (its LambdaSink). */
function jsonStart(message: string): number {
  if (message[0] === "{") return 0;
  const start = message.indexOf("\t{");
  return start >= 0 && start < 100 ? start + 1 : -1;
}

/** None where the line is not well-formed; CloudWatch drops such lines silently, too. */
export function additionsOf(where: Where, { message, timestamp }: LogEvent, nowMs: number): Addition[] {
  let line: any;
  try {
    line = JSON.parse(message.slice(Math.max(jsonStart(message), 0)));
  } catch {
    return [];
  }
  const directives = line?._aws?.CloudWatchMetrics;
  if (!Array.isArray(directives)) return [];
  const atMs = typeof line._aws.Timestamp === "number" && Number.isFinite(line._aws.Timestamp) ? line._aws.Timestamp : timestamp;
  if (atMs < nowMs - PAST_MS_MAX || atMs > nowMs + FUTURE_MS_MAX) return []; // what PutMetricData refuses
  const additions: Addition[] = [];
  for (const directive of directives.filter(isDirective)) {
    for (const names of directive.Dimensions) {
      if (additions.length + directive.Metrics.length > ADDITIONS_MAX) return additions;
      additions.push(...fromDirective(where, line, directive, names, atMs));
    }
  }
  return additions;
}

interface Directive {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit?: string; StorageResolution?: number }[];
}

function isDirective(given: any): given is Directive {
  if (typeof given !== "object" || given === null) return false;
  given.Dimensions ??= [[]];
  return typeof given.Namespace === "string" && given.Namespace.length <= 255 && given.Namespace !== "" && !given.Namespace.startsWith("AWS/")
    && Array.isArray(given.Metrics) && given.Metrics.length <= METRICS_MAX
    && Array.isArray(given.Dimensions) && given.Dimensions.length <= DIMENSIONS_MAX && given.Dimensions.every((names: unknown) => Array.isArray(names) && names.length <= DIMENSIONS_MAX);
}

function fromDirective(where: Where, line: Record<string, unknown>, { Namespace, Metrics }: Directive, names: string[], atMs: number): Addition[] {
  if (new Set(names).size !== names.length || names.some((name) => typeof name !== "string" || !isText(line[name]))) return [];
  const dimensions = names.map((name): [string, string] => [name, String(line[name])]);
  return Metrics.flatMap((definition): Addition[] => {
    const name = definition?.Name;
    if (typeof name !== "string" || name === "" || name.length > 1024) return [];
    const values = [line[name]].flat().slice(0, VALUES_MAX);
    if (!values.length || values.some((value) => typeof value !== "number" || !(Math.abs(value) <= VALUE_MAX))) return [];
    const sum = emptySum();
    for (const value of values as number[]) addTo(sum, value);
    const unit = UNITS.has(definition.Unit ?? "") ? definition.Unit! : "None";
    return [{ where: { account: where.account, region: where.region }, metric: metricOf(where, Namespace, name, dimensions), unit, atMs, set: setOf(sum), ...(definition.StorageResolution === 1 ? { highResolution: true } : {}) }];
  });
}

const isText = (value: unknown): boolean => (typeof value === "string" && value !== "" && value.length <= 1024) || typeof value === "number";
