// Storing subscriptions: the document, the two ways to find it, and the topic's counts, always together in one transaction.
import { createHash } from "node:crypto";
import type { Tx } from "../../storage/stores.ts";
import { type Subscription, subscriptionId, SUBSCRIPTIONS } from "./subscription.ts";
import { type Topic, topicId, TOPICS } from "./topic.ts";

/** By what is subscribed: ACCOUNT/REGION/TOPIC/PROTOCOL/SHA256-OF-ENDPOINT. An endpoint is subscribed to a topic once. */
const BY_ENDPOINT = "sns/subscription-of-endpoint";
/** By who subscribed: OWNER/REGION/TOPIC-ACCOUNT/TOPIC/UUID. */
export const BY_OWNER = "sns/subscription-of-owner";
/** What confirms, by the token; it outlives the subscription it may bring back. */
export const TOKENS = "sns/token";

/** Where to find the subscription. */
export interface Pointer {
  arn: string;
}

export interface Token {
  arn: string;
  /** What an unsubscription took away, and this token brings back. */
  removed?: Subscription;
}

const endpointId = ({ topicArn, protocol, endpoint }: Pick<Subscription, "topicArn" | "protocol" | "endpoint">): string => `${topicId(topicArn)!}/${protocol}/${createHash("sha256").update(endpoint).digest("hex")}`;

const ownerId = ({ arn, owner }: Subscription): string => {
  const [account, region, topic, uuid] = subscriptionId(arn)!.split("/");
  return `${owner}/${region}/${account}/${topic}/${uuid}`;
};

export async function findByEndpoint(tx: Tx, what: Pick<Subscription, "topicArn" | "protocol" | "endpoint">): Promise<Subscription | undefined> {
  const pointer = await tx.documents<Pointer>(BY_ENDPOINT).get(endpointId(what));
  return pointer && tx.documents<Subscription>(SUBSCRIPTIONS).get(subscriptionId(pointer.arn)!);
}

/**
 * The topic, whose subscriptions nobody else changes before this transaction ends (PostgreSQL locks the row that was updated); before
 * anything is read of them. `revision` is another one each time.
 */
export async function lockTopic(tx: Tx, topicArn: string, revision: string): Promise<Topic | undefined> {
  return tx.documents<Topic>(TOPICS).update(topicId(topicArn)!, (topic) => ({ ...topic, revision }));
}

/** One that is new, or takes the place of what it was; of a locked topic, as the next. */
export async function putSubscription(tx: Tx, topic: Topic, before: Subscription | undefined, after: Subscription): Promise<void> {
  await tx.documents<Subscription>(SUBSCRIPTIONS).put(subscriptionId(after.arn)!, after);
  if (!before) {
    await tx.documents<Pointer>(BY_ENDPOINT).put(endpointId(after), { arn: after.arn });
    await tx.documents<Pointer>(BY_OWNER).put(ownerId(after), { arn: after.arn });
  }
  await tx.documents<Topic>(TOPICS).put(topicId(topic.arn)!, { ...topic, counts: counted(counted(topic.counts, before, -1), after, 1) });
}

const counted = (counts: Topic["counts"], subscription: Subscription | undefined, by: 1 | -1): Topic["counts"] => subscription === undefined ? counts : {
  ...counts,
  [subscription.pending ? "pending" : "confirmed"]: counts[subscription.pending ? "pending" : "confirmed"] + by,
  filtered: counts.filtered + (subscription.attributes["FilterPolicy"] === undefined ? 0 : by),
};

/** Without the topic's counts: for a topic that goes with it. */
export async function removeSubscription(tx: Tx, subscription: Subscription): Promise<void> {
  await tx.documents(SUBSCRIPTIONS).delete(subscriptionId(subscription.arn)!);
  await tx.documents(BY_ENDPOINT).delete(endpointId(subscription));
  await tx.documents(BY_OWNER).delete(ownerId(subscription));
  if (subscription.pending) await tx.documents(TOKENS).delete(subscription.pending.token);
}

export async function removeFromTopic(tx: Tx, topic: Topic, subscription: Subscription): Promise<void> {
  await removeSubscription(tx, subscription);
  const counts = counted(topic.counts, subscription, -1);
  await tx.documents<Topic>(TOPICS).put(topicId(topic.arn)!, { ...topic, counts: { ...counts, deleted: counts.deleted + 1 } });
}
