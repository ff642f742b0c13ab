// What a change of an object tells others: stored in the transaction of the change, delivered by lanes, at least once.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
import { formatArn } from "../../kernel/arn.ts";
import { ServiceError } from "../../kernel/errors.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import type { Bucket } from "./bucket.ts";
import type { ObjectEvent } from "./change.ts";
import { bucketArn } from "./names.ts";
import { type DestinationKind, encodedKey, wants } from "./notification.ts";
import { bridgedEvent, eventText, type Happening } from "./notification-event.ts";
import type { Parts } from "./parts.ts";

const KIND = "s3-notification";
const SUBJECT = "Amazon S3 Notification";
/** S3 says neither how often nor how long it tries; these are EventBridge's, the other service that tries for long. */
const AGE_MS_MAX = 86_400_000;
const DELAY_MS_MAX = 480_000;

/** One message to one destination. */
export interface Notice {
  kind: DestinationKind | "bus";
  arn: string;
  bucket: Pick<Bucket, "name" | "account" | "region">;
  /** The message; for a bus the detail. */
  text: string;
  detailType?: string;
  sentMs: number;
  traceId?: string;
}

export interface Announcing {
  parts: Pick<Parts, "clock" | "ids" | "nextSequence">;
  /** Its notification configuration is in its settings. */
  bucket: Bucket;
  send(item: LaneSend): Promise<void>;
}

export const defaultBusArn = ({ region, account }: Pick<Bucket, "region" | "account">): string => formatArn("events", region, account, "event-bus/default");

/** A lane per bucket and destination: one backlog holds up no other. */
export const noticeSend = (id: string, notice: Notice): LaneSend => ({ lane: `${KIND}/${notice.bucket.name}/${notice.arn}`, id, body: JSON.stringify(notice), dueMs: notice.sentMs });

/** Awaits nothing but `send`. */
export async function announce({ parts: { clock, ids, nextSequence }, bucket: { name, account, region, settings }, send }: Announcing, event: ObjectEvent): Promise<void> {
  const { notification } = settings;
  if (!notification) return;
  const { key, version, call } = event;
  const sentMs = clock.now();
  // What removes a version is a later change than the one that made it.
  const sequence = event.name.endsWith(":Delete") ? Math.max(nextSequence(), version.sequence) : version.sequence;
  const happening: Happening = { ...event, bucket: { name, account, region }, timeMs: sentMs, sequence };
  const shared = { bucket: happening.bucket, sentMs, ...(call?.traceId !== undefined && { traceId: call.traceId }) };
  const encoded = encodedKey(key);
  for (const { id, kind, arn } of notification.rules.filter((rule) => wants(rule, event.name, encoded))) await send(noticeSend(ids.uuid(), { kind, arn, text: eventText(happening, id), ...shared }));
  if (!notification.eventBridge) return;
  const bridged = bridgedEvent(happening);
  if (bridged) await send(noticeSend(ids.uuid(), { kind: "bus", arn: defaultBusArn({ region, account }), text: bridged.detail, detailType: bridged.detailType, ...shared }));
}

/** Called once, when the room opens. */
export function registerNotices({ lanes, clock, log, targets, events }: Pick<RoomPorts, "lanes" | "clock" | "log" | "targets" | "events">): void {
  const deliver = async ({ kind, arn, bucket: { name, account, region }, text, detailType, traceId }: Notice, id: string): Promise<void> => {
    const sourceArn = bucketArn(name);
    const trace = traceId !== undefined && { traceId };
    if (kind === "function") {
      // With the notice's id, what is delivered once more after a crash is the same event, as long as that still waits.
      return events.enqueue({ functionArn: arn, payload: Buffer.from(text), requestId: id, ...trace, source: { service: "s3.amazonaws.com", arn: sourceArn, account } });
    }
    const message = { body: text, ...trace, ...(kind === "topic" && { subject: SUBJECT }), ...(kind === "bus" && { event: { source: "aws.s3", detailType: detailType!, resources: [sourceArn] } }) };
    await targets.deliver(arn, message, { account, region, service: "s3.amazonaws.com", sourceArn });
  };

  lanes.register(KIND, async ({ id, body, receives }: LaneItem): Promise<LaneOutcome> => {
    const notice = JSON.parse(body) as Notice;
    try {
      await deliver(notice, id);
      return {};
    } catch (error) {
      const againMs = clock.now() + Math.min(DELAY_MS_MAX, 1000 * 2 ** Math.min(receives - 1, 20));
      const mayPass = !(error instanceof ServiceError) || error.status >= 500 || error.status === 429;
      if (mayPass && againMs - notice.sentMs <= AGE_MS_MAX) return { againMs, crowded: true };
      log.warn("A bucket's event could not be delivered, and is dropped", { bucket: notice.bucket.name, destination: notice.arn, error });
      return {};
    }
  });
}
