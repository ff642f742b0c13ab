// On the way to a destination or a dead-letter queue: stored work of its own, tried again for a while when the target refuses.
import type { Clock } from "../kernel/clock.ts";
import { parseArn } from "../kernel/arn.ts";
import type { Log } from "../kernel/log.ts";
import type { Sender, TargetMessage, Targets } from "../ports/targets.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { CountAsync } from "./async-metrics.ts";
import { openEventCounts } from "./mapping-metrics.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../ports/lanes.ts";

export interface Outgoing {
  id: string;
  /** "batch": the record of a batch that an event source mapping discarded. */
  kind: "destination" | "dead-letter" | "batch";
  arn: string;
  message: TargetMessage;
  /** For metrics: as the event was asked for. */
  eventArn: string;
  /** Unqualified. */
  functionArn: string;
  /** The execution role of what ran; it must be permitted to send there. */
  role: string | undefined;
  traceId: string;
  nowMs: number;
  /** Events of a mapping that count as delivered with it. */
  counts?: { uuid: string; events: number };
}

interface Head {
  kind: Outgoing["kind"];
  arn: string;
  eventArn: string;
  from: Sender;
  message: Omit<TargetMessage, "body">;
  sinceMs: number;
  counts?: Outgoing["counts"];
}

const WHAT = { destination: "The record of an asynchronous event", "dead-letter": "A dead letter", batch: "The record of a discarded batch" } as const;

/** It is given up after both: restarts count as tries, and a platform that was down for long has not tried. */
const TRIES_MIN = 6;
const TRYING_MS_MAX = 300_000;
const BACK_OFF_MS_FIRST = 1_000;
const BACK_OFF_MS_MAX = 60_000;

/** A lane per target, so that one that is not there holds up only itself. */
export function outgoing({ id, kind, arn, message: { body, ...rest }, eventArn, functionArn, role, traceId, nowMs, counts }: Outgoing): LaneSend {
  const { account, region } = parseArn(functionArn)!;
  const head: Head = { kind, arn, eventArn, from: { account, region, sourceArn: functionArn, ...(role ? { roleArn: role } : {}) }, message: { ...rest, traceId }, sinceMs: nowMs, ...(counts ? { counts } : {}) };
  return { lane: `outgoing/${arn}`, id, body: `${JSON.stringify(head)}\n${body}`, dueMs: nowMs };
}

export function openOutgoing({ clock, log, targets, metrics, count }: { clock: Clock; log: Log; targets: Targets; metrics: Metrics; count: CountAsync }): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body, receives }) => {
    const end = body.indexOf("\n");
    const { kind, arn, eventArn, from, message, sinceMs, counts } = JSON.parse(body.slice(0, end)) as Head;
    try {
      await targets.deliver(arn, { ...message, body: body.slice(end + 1) }, from);
      if (counts) openEventCounts(metrics, { ...from, uuid: counts.uuid, countsEvents: true })("OnFailureDestinationDeliveredEventCount", counts.events);
      return {};
    } catch (error) {
      const what = WHAT[kind];
      const nowMs = clock.now();
      const isHopeless = !targets.serves(arn);
      if (!isHopeless && (receives < TRIES_MIN || nowMs - sinceMs < TRYING_MS_MAX)) {
        if (receives === 1) log.warn(`${what} could not be delivered and is tried again for ${TRYING_MS_MAX / 60_000} minutes`, { to: arn, function: eventArn, error: sentence(error) });
        return { againMs: nowMs + Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_FIRST * 2 ** Math.min(receives - 1, 16)) };
      }
      log.error(`${what} could not be delivered and is given up`, { to: arn, function: eventArn, error: sentence(error) });
      if (parseArn(eventArn)?.service === "lambda") count(kind === "dead-letter" ? "DeadLetterErrors" : "DestinationDeliveryFailures", eventArn, 1);
      return {};
    }
  };
}

const sentence = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
