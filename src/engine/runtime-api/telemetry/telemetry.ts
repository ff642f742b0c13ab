// The Telemetry API and the Logs API of one environment: who has subscribed, and what each of them is told, in the shape of its API and schema.
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html, …/runtimes-logs-api.html
import type { Clock } from "../../../kernel/clock.ts";
import type { JournalObserver } from "../../journal.ts";
import type { PlatformRecord } from "../../platform-records.ts";
import { type Delivery, openDelivery } from "./deliver.ts";
import type { Subscription, SubscriptionApi, TelemetryType } from "./subscription.ts";

export interface Telemetry extends JournalObserver {
  /** Where sandbox.localdomain is; before anyone subscribes. */
  at(host: string): void;
  subscribe(name: string, api: SubscriptionApi, subscription: Subscription): void;
  /** By whom an extension has been served already: it may not use both. */
  apiOf(name: string): SubscriptionApi | undefined;
  /** No more subscriptions; what happened before is forgotten. */
  close(): void;
  isClosed(): boolean;
  count(): number;
  pause(): void;
  resume(): void;
  flush(deadlineMs: number): Promise<void>;
  /** Nothing more is sent. */
  end(): void;
}

/** What has happened before somebody subscribed is told to him too: the init of which he is part has begun by then. */
const EARLY_MAX = 1000;
const EARLY_BYTES_MAX = 256 * 1024;
/** https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html names these; the schema of 2021-03-18 has runtimeDone too. */
const LOGS_RECORDS = ["platform.start", "platform.end", "platform.report", "platform.fault", "platform.extension", "platform.logsSubscription", "platform.logsDropped"];

interface Event {
  atMs: number;
  type: TelemetryType;
  name: string;
  record: unknown;
}

interface Subscriber {
  name: string;
  api: SubscriptionApi;
  subscription: Subscription;
  delivery: Delivery;
}

/** `said`: the subscription itself is an event, of the log too. */
export function openTelemetry(options: { clock: Clock; jsonLogs: boolean; said(record: PlatformRecord): void }): Telemetry {
  const { clock, jsonLogs, said } = options;
  let host = "127.0.0.1";
  const subscribers: Subscriber[] = [];
  let early: Event[] = [];
  let earlyBytes = 0;
  let closed = false;

  const tell = (event: Event) => {
    for (const subscriber of subscribers) if (wants(subscriber, event)) for (const text of textsOf(subscriber, event, jsonLogs)) subscriber.delivery.add(text);
    if (closed || early.length >= EARLY_MAX || earlyBytes > EARLY_BYTES_MAX) return;
    early.push(event);
    earlyBytes += typeof event.record === "string" ? event.record.length : 200;
  };
  return {
    at(address) { host = address; },
    record: (atMs, { type, record }) => tell({ atMs, type: "platform", name: type, record }),
    line: (atMs, from, text) => tell({ atMs, type: from, name: from, record: text }),
    subscribe(name, api, subscription) {
      const droppedEvent = ({ records, bytes }: { records: number; bytes: number }) => eventText(clock.now(), "platform.logsDropped", {
        droppedBytes: bytes, droppedRecords: records, reason: "Some logs were dropped because the downstream consumer is slower than the logs production rate",
      });
      const subscriber: Subscriber = { name, api, subscription, delivery: openDelivery({ subscription, host, clock, droppedEvent }) };
      subscribers.push(subscriber);
      for (const event of early) if (wants(subscriber, event)) for (const text of textsOf(subscriber, event, jsonLogs)) subscriber.delivery.add(text);
      said({ type: `platform.${api}Subscription`, record: { name, state: "Subscribed", types: subscription.types } });
    },
    apiOf: (name) => subscribers.find((subscriber) => subscriber.name === name)?.api,
    close() {
      closed = true;
      early = [];
    },
    isClosed: () => closed,
    count: () => subscribers.length,
    pause() { for (const { delivery } of subscribers) delivery.pause(); },
    resume() { for (const { delivery } of subscribers) delivery.resume(); },
    async flush(deadlineMs) { await Promise.all(subscribers.map(({ delivery }) => delivery.flush(deadlineMs))); },
    end() { for (const { delivery } of subscribers) delivery.close(); },
  };
}

const wants = ({ subscription }: Subscriber, event: Event): boolean => subscription.types.includes(event.type);

const eventText = (atMs: number, type: string, record: unknown): string => JSON.stringify({ time: new Date(atMs).toISOString(), type, record });

function textsOf({ api, subscription }: Subscriber, { atMs, type, name, record }: Event, jsonLogs: boolean): string[] {
  if (type !== "platform") return [eventText(atMs, name, jsonLogs && api === "telemetry" && subscription.schemaVersion !== "2022-07-01" ? asObject(record as string) : record)];
  if (api === "telemetry") return [eventText(atMs, name, record)];
  return logsTexts(subscription.schemaVersion, atMs, name, record as Record<string, unknown>);
}

/** The Logs API knows fewer records, with fewer members, and the end of an invocation as a record of its own. */
function logsTexts(schemaVersion: string, atMs: number, name: string, record: Record<string, unknown>): string[] {
  const { requestId } = record;
  if (name === "platform.start") return [eventText(atMs, name, { requestId })];
  if (name === "platform.runtimeDone") return schemaVersion === "2020-08-15" ? [] : [eventText(atMs, name, { requestId, status: record.status })];
  if (name === "platform.report") return [eventText(atMs, "platform.end", { requestId }), eventText(atMs, name, { requestId, metrics: record.metrics })];
  return LOGS_RECORDS.includes(name) ? [eventText(atMs, name, record)] : [];
}

/** A line that is a JSON object, as that object. */
function asObject(line: string): unknown {
  if (!line.startsWith("{")) return line;
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
