// Replays: archived messages of a time, sent to one subscription again; what is published meanwhile waits behind them.
// https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { archiveBeginsMs } from "./archive.ts";
import { RAW_ATTRIBUTES_MAX } from "./deliver-sqs.ts";
import { filteredOut } from "./delivery-filter.ts";
import { type TryParts, tryLater } from "./delivery-tries.ts";
import { notAnAttribute, notSupported } from "./errors.ts";
import type { Published } from "./message.ts";
import { lockSequence } from "./publish-fifo.ts";
import { windowOf } from "./replay-window.ts";
import { findSubscription, isReplaying, type Subscription, subscriptionId, SUBSCRIPTIONS } from "./subscription.ts";
import { lockTopic } from "./subscription-store.ts";
import { findTopic, type Topic } from "./topic.ts";

export const REPLAYS = "sns-replay";
/** Each up to a megabyte. */
const BATCH = 20;

interface Work {
  subscriptionArn: string;
  replayId: string;
  /** The last record of the archive that was looked at. */
  position: number;
}

/** Of a locked topic: the subscription with its replay begun; a running one is replaced. Throws InvalidParameter. */
export async function startReplay(tx: Tx, send: (item: LaneSend) => Promise<void>, topic: Topic, subscription: Subscription, { replayId, nowMs, prefix }: { replayId: string; nowMs: number; prefix: string }): Promise<Subscription> {
  const bad = (what: string) => notAnAttribute(prefix, `ReplayPolicy: ${what}`);
  if (!topic.archive) throw bad("the topic has no ArchivePolicy");
  if (subscription.pending) throw notSupported("ReplayPolicy of a subscription that is not confirmed");
  if (windowOf(subscription.attributes["ReplayPolicy"]!, prefix).fromMs > nowMs) throw bad("StartingPoint must not be in the future");
  await lockSequence(tx, topic);
  // What the replaced one holds back is held back still.
  const heldAfter = isReplaying(subscription) ? subscription.replay!.heldAfter : ((await tx.logs.last(topic.archive.log))?.seq ?? 0);
  await send(workSend({ subscriptionArn: subscription.arn, replayId, position: 0 }, nowMs));
  return { ...subscription, replay: { id: replayId, status: "Pending", heldAfter } };
}

const workSend = (work: Work, dueMs: number): LaneSend => ({ lane: `${REPLAYS}/${work.subscriptionArn}`, id: `${work.replayId}/${work.position}`, body: JSON.stringify(work), dueMs });

/** The attribute of the guide; left off where it would be one too many for a queue (deliver-sqs). */
const replayed = (message: Published, { attributes: { RawMessageDelivery: raw } }: Subscription): Published =>
  raw === "true" && Object.keys(message.attributes).length >= RAW_ATTRIBUTES_MAX ? message : { ...message, attributes: { ...message.attributes, Replayed: { type: "String", value: "true" } } };

/** Batch by batch; each with how far it has come, in one transaction, so that whoever takes it up goes on where the last has ended. */
export function openReplays({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">, parts: Pick<TryParts, "count">): (item: LaneItem) => Promise<LaneOutcome> {
  const move = (work: Work, topic: Topic, status: "In progress" | "Completed", after: number): Promise<boolean> => {
    const revision = ids.uuid();
    return stores.transaction(async (tx) => {
      await lockTopic(tx, topic.arn, revision);
      await lockSequence(tx, topic); // nothing is published before it is written that nothing is held back any more
      if (status === "Completed" && (await tx.logs.read(topic.archive!.log, { after, limit: 1 })).length > 0) return false;
      await tx.documents<Subscription>(SUBSCRIPTIONS).update(subscriptionId(work.subscriptionArn)!, (before) => (before.replay?.id === work.replayId ? { ...before, replay: { ...before.replay, status } } : before));
      return true;
    });
  };

  return async ({ body }) => {
    const work = JSON.parse(body) as Work;
    const subscription = await findSubscription(stores, work.subscriptionArn);
    const topic = subscription && (await findTopic(stores, subscription.topicArn));
    if (!topic?.archive || subscription?.replay?.id !== work.replayId || !isReplaying(subscription)) return {}; // replaced, unsubscribed, or done
    if (subscription.replay.status === "Pending") await move(work, topic, "In progress", work.position);
    const nowMs = clock.now();
    const { heldAfter } = subscription.replay;
    const policy = subscription.attributes["ReplayPolicy"];
    // Stopped: what was held back comes still.
    const { fromMs, untilMs } = policy === undefined ? { fromMs: Infinity, untilMs: 0 } : windowOf(policy, "");
    const earliestMs = Math.max(fromMs, archiveBeginsMs(topic, nowMs));
    const after = policy === undefined ? Math.max(work.position, heldAfter) : work.position;
    const records = await stores.logs.read(topic.archive.log, { after, limit: BATCH });
    if (records.length === 0) return (await move(work, topic, "Completed", after)) ? {} : { againMs: nowMs };
    const sends: LaneSend[] = [];
    for (const { seq, atMs, body: text } of records) {
      const isReplayed = seq <= heldAfter;
      if (isReplayed && (atMs < earliestMs || atMs > untilMs)) continue;
      const message = JSON.parse(text) as Published;
      const unwanted = await filteredOut(subscription, message);
      if (unwanted !== undefined) for (const name of ["NumberOfNotificationsFilteredOut", unwanted] as const) parts.count(name, topic, 1);
      else sends.push({ ...tryLater({ topic, subscription, message }, isReplayed ? JSON.stringify(replayed(message, subscription)) : text, 0, nowMs), id: `${message.messageId}/${work.replayId}` });
    }
    return { sends: [...sends, workSend({ ...work, position: records.at(-1)!.seq }, nowMs)] };
  };
}
