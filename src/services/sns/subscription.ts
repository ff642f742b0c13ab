// What a subscription is, where it is kept, and the subscriptions of a topic as publishing reads them.
// https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
import type { Stores, Tx } from "../../storage/stores.ts";
import { type Topic, topicId } from "./topic.ts";

/** Documents of this kind have the id ACCOUNT/REGION/TOPIC/UUID, of the topic's account. */
export const SUBSCRIPTIONS = "sns/subscription";

export const PROTOCOLS = ["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface Subscription {
  /** TOPIC-ARN:UUID, pending ones too. */
  arn: string;
  topicArn: string;
  /** The account that subscribed. */
  owner: string;
  protocol: Protocol;
  endpoint: string;
  /** What was set, by AWS's names: RawMessageDelivery ("true"), FilterPolicy, FilterPolicyScope, RedrivePolicy, DeliveryPolicy, SubscriptionRoleArn, ReplayPolicy. */
  attributes: Record<string, string>;
  createdMs: number;
  /** Who subscribed. */
  principalArn: string;
  /** Absent once it is confirmed: what confirms it. */
  pending?: { token: string };
  /** Whether it was confirmed by somebody with credentials of the subscriber's account. */
  authenticated: boolean;
  /** Whether Unsubscribe needs a signature. */
  authenticateOnUnsubscribe: boolean;
  /** The last replay: what the archive got after the record `heldAfter` waits for its end. */
  replay?: { id: string; status: "Pending" | "In progress" | "Completed"; heldAfter: number };
}

export const isReplaying = ({ replay }: Subscription): boolean => replay !== undefined && replay.status !== "Completed";

/** Whether a replay brings the subscription the message of this place in the archive, in its turn. */
export const isHeldBack = (subscription: Subscription, archiveSeq: number | undefined): boolean => archiveSeq !== undefined && isReplaying(subscription) && archiveSeq > subscription.replay!.heldAfter;

/** ACCOUNT/REGION/TOPIC/UUID; undefined when the text is not the ARN of a subscription. */
export function subscriptionId(arn: string): string | undefined {
  const cut = arn.lastIndexOf(":");
  const topic = topicId(arn.slice(0, cut));
  const uuid = arn.slice(cut + 1);
  return topic !== undefined && /^[0-9a-f-]{36}$/.test(uuid) ? `${topic}/${uuid}` : undefined;
}

export const topicArnOf = (subscriptionArn: string): string => subscriptionArn.slice(0, subscriptionArn.lastIndexOf(":"));

export async function findSubscription(stores: Pick<Stores | Tx, "documents">, arn: string): Promise<Subscription | undefined> {
  const id = subscriptionId(arn);
  return id === undefined ? undefined : stores.documents<Subscription>(SUBSCRIPTIONS).get(id);
}

export const deadLetterArnOf = ({ attributes }: Subscription): string | undefined =>
  attributes["RedrivePolicy"] === undefined ? undefined : (JSON.parse(attributes["RedrivePolicy"]) as { deadLetterTargetArn: string }).deadLetterTargetArn;

const PAGE = 500;
const TOPICS_KEPT_MAX = 500;
/** Of the filter policies of all kept topics; those of one topic may come to 50 MiB. */
const POLICIES_KEPT_CHARACTERS_MAX = 64 * 1024 * 1024;

export interface Subscriptions {
  /** The confirmed ones, a page at a time. The objects are frozen and, while nothing changes, the same ones for every message. */
  of(topic: Topic): AsyncIterable<readonly Subscription[]>;
}

/** Topics of one page are kept until their revision changes: a topic with a hundred subscriptions is read for each message. */
export function openSubscriptions(stores: Pick<Stores, "documents">): Subscriptions {
  const kept = new Map<string, { revision: string; subscriptions: readonly Subscription[]; characters: number }>();
  let characters = 0;
  const documents = stores.documents<Subscription>(SUBSCRIPTIONS);
  return {
    async *of(topic) {
      const known = kept.get(topic.arn);
      if (known?.revision === topic.revision) {
        yield known.subscriptions;
        return;
      }
      const prefix = `${topicId(topic.arn)!}/`;
      for (let after: string | undefined, first = true; ; first = false) {
        const rows = await documents.list({ prefix, limit: PAGE, ...(after !== undefined && { after }) });
        const subscriptions = rows.map(([, subscription]) => subscription).filter(({ pending }) => !pending);
        if (first && rows.length < PAGE) keep(topic, subscriptions);
        if (subscriptions.length > 0) yield subscriptions;
        if (rows.length < PAGE) return;
        after = rows.at(-1)![0];
      }
    },
  };

  function keep({ arn, revision }: Topic, subscriptions: readonly Subscription[]): void {
    forget(arn);
    const read = { revision, subscriptions, characters: subscriptions.reduce((sum, { attributes }) => sum + (attributes["FilterPolicy"]?.length ?? 0), 0) };
    while (kept.size > 0 && (kept.size >= TOPICS_KEPT_MAX || characters + read.characters > POLICIES_KEPT_CHARACTERS_MAX)) forget(kept.keys().next().value!);
    kept.set(arn, read);
    characters += read.characters;
  }

  function forget(arn: string): void {
    characters -= kept.get(arn)?.characters ?? 0;
    kept.delete(arn);
  }
}
