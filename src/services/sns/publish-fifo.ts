// FIFO topics: a message is stored once in five minutes, with the next number, behind the others of its group.
// https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
import { createHash } from "node:crypto";
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { archived } from "./archive.ts";
import { publishSend } from "./delivery-fan-out.ts";
import type { Published } from "./message.ts";
import { type Topic, topicId } from "./topic.ts";

/** ACCOUNT/REGION/TOPIC/HASH */
const REMEMBERED = "sns/deduplication";
/** ACCOUNT/REGION/TOPIC */
const SEQUENCES = "sns/sequence";
export const FORGETTING = "sns-forget";

const REMEMBERED_MS = 300_000;
/** AWS's numbers have 20 digits; what they begin with is "10000000000000003000" in its guide. */
const FIRST_SEQUENCE = 10_000_000_000_000_000_000n;

export interface Accepted {
  messageId: string;
  sequenceNumber: string;
}

interface Remembered extends Accepted {
  untilMs: number;
}

export const contentHash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** One that was sent already is answered as it was then. "FifoThroughputScope MessageGroup": the same id in another group is another message. */
export async function storeOrdered(tx: Tx, send: (item: LaneSend) => Promise<void>, topic: Topic, message: Published): Promise<Accepted> {
  const { messageId, group = "", deduplicationId = "", publishedMs } = message;
  const scope = topic.attributes["FifoThroughputScope"] === "MessageGroup" ? group : "";
  const id = `${topicId(topic.arn)!}/${contentHash(`${topic.createdMs}\n${scope}\n${deduplicationId}`)}`;
  const remembered = tx.documents<Remembered>(REMEMBERED);
  // Before looking: its row is the lock without which two processes would both find nothing, and store the message twice.
  const sequenceNumber = String(FIRST_SEQUENCE + BigInt(await nextNumber(tx, topic)));
  const known = await remembered.get(id);
  if (known && known.untilMs > publishedMs) return known;
  const untilMs = publishedMs + REMEMBERED_MS;
  await remembered.put(id, { messageId, sequenceNumber, untilMs });
  await send({ lane: `${FORGETTING}/${topic.arn}`, id: messageId, body: id, dueMs: untilMs });
  await send(publishSend(topic, await archived(tx, topic, { ...message, sequenceNumber })));
  return { messageId, sequenceNumber };
}

async function nextNumber(tx: Tx, topic: Topic): Promise<number> {
  const numbers = tx.documents<{ last: number }>(SEQUENCES);
  const id = topicId(topic.arn)!;
  const next = () => numbers.update(id, ({ last }) => ({ last: last + 1 }));
  const there = await next();
  if (there) return there.last;
  await numbers.create(id, { last: 0 }); // or another process does
  return (await next())!.last;
}

/** Nothing is published to the topic before this transaction ends. */
export async function lockSequence(tx: Tx, topic: Topic): Promise<void> {
  const numbers = tx.documents<{ last: number }>(SEQUENCES);
  const lock = () => numbers.update(topicId(topic.arn)!, ({ last }) => ({ last }));
  if (!(await lock())) await numbers.create(topicId(topic.arn)!, { last: 0 });
}

/** In the transaction that deletes the topic; what is remembered of messages goes when its five minutes are over. */
export async function forgetSequence(tx: Tx, id: string): Promise<void> {
  await tx.documents(SEQUENCES).delete(id);
}

export function openForgetting({ lanes, clock }: Pick<RoomPorts, "lanes" | "clock">): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body: id }) => {
    const nowMs = clock.now();
    await lanes.transaction(async (tx) => {
      const remembered = tx.documents<Remembered>(REMEMBERED);
      const known = await remembered.update(id, (same) => same); // locked, or what is stored meanwhile would go
      if (known && known.untilMs <= nowMs) await remembered.delete(id); // later ones have an item of their own
    });
    return {};
  };
}
