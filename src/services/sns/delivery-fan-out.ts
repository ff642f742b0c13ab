// From a published message to its subscriptions. What succeeds at once leaves nothing behind; what does not becomes an item of its subscription.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { filteredOut } from "./delivery-filter.ts";
import { attempt, boundTries, isHttp, type TryParts, tryLater } from "./delivery-tries.ts";
import type { Published } from "./message.ts";
import { isHeldBack, openSubscriptions, type Subscription } from "./subscription.ts";
import { findTopic, type Topic } from "./topic.ts";

export const FAN_OUT = "sns-publish";

/** One lane per topic; groups of a FIFO topic are worked on in order. */
export function publishSend(topic: Topic, message: Published): LaneSend {
  return { lane: `${FAN_OUT}/${topic.arn}`, id: message.messageId, body: JSON.stringify(message), dueMs: message.publishedMs, ...(topic.fifo && { group: message.group! }) };
}

/** Deliveries at once, of all topics together: each holds a copy of its message. */
const AT_ONCE_MAX = 256;
/** So many that follow are stored before the next subscriptions are looked at. */
const SENDS_MAX = 500;
/** No more messages of a group are taken together once they come to so many: they are written in one transaction. */
const TOGETHER_SENDS_MAX = 20;

/** Killed on the way, it starts over: some get the message twice, nobody never. */
export function openFanOut({ stores, clock, lanes }: Pick<RoomPorts, "stores" | "clock" | "lanes">, parts: TryParts): (item: LaneItem) => Promise<LaneOutcome> {
  const subscriptions = openSubscriptions(stores);
  const limit = openLimit(AT_ONCE_MAX);

  const deliver = async (topic: Topic, subscription: Subscription, message: Published, body: string): Promise<LaneSend[]> => {
    if (isHeldBack(subscription, message.archiveSeq)) return [];
    const unwanted = await filteredOut(subscription, message);
    if (unwanted !== undefined) {
      parts.count("NumberOfNotificationsFilteredOut", topic, 1);
      parts.count(unwanted, topic, 1);
      return [];
    }
    const delivery = { topic, subscription, message };
    // Order needs a line to stand in; and a server may take 15 seconds, which others of the topic need not wait for.
    if (topic.fifo || isHttp(subscription)) {
      boundTries(lanes, delivery);
      return [tryLater(delivery, body, 0, clock.now())];
    }
    const { againInMs, sends } = await limit(() => attempt(parts, delivery, 1));
    return againInMs === undefined ? sends : [tryLater(delivery, body, 1, clock.now() + againInMs)];
  };

  const toSubscriptions = async (body: string, sends: LaneSend[]): Promise<void> => {
    const message = JSON.parse(body) as Published;
    const topic = await findTopic(stores, message.topicArn);
    if (!topic) return;
    for await (const page of subscriptions.of(topic)) {
      if (sends.length >= SENDS_MAX) {
        const together = sends.splice(0); // not inside: a transaction may begin again
        await lanes.transaction(async (_tx, send) => { for (const one of together) await send(one); });
      }
      sends.push(...(await Promise.all(page.map((subscription) => deliver(topic, subscription, message, body)))).flat());
    }
  };

  return async ({ body, behind }) => {
    const sends: LaneSend[] = [];
    await toSubscriptions(body, sends);
    let behindFinished = 0;
    while (behindFinished < behind.length && sends.length < TOGETHER_SENDS_MAX) await toSubscriptions(behind[behindFinished++]!.body, sends);
    return { sends, behindFinished };
  };
}

function openLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next(); // its place goes over
      else running--;
    }
  };
}
