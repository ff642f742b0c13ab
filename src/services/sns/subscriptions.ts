// Subscriptions that are there: listed, described, changed, ended. https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html
import type * as Sdk from "@aws-sdk/client-sns";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { tellUnsubscribed } from "./confirmation.ts";
import { badAttributeName, badSubscriptionId, malformedArn, notTheOwner, subscriptionNotFound, tooManyFilterPolicies } from "./errors.ts";
import { pageOf } from "./page.ts";
import { startReplay } from "./replays.ts";
import { FILTER_POLICIES_MAX, isSigned } from "./subscribe.ts";
import { findSubscription, type Subscription, SUBSCRIPTIONS, topicArnOf } from "./subscription.ts";
import { checkedAttribute, checkFilter, describeSubscription, isSubscriptionAttribute } from "./subscription-attributes.ts";
import { BY_OWNER, lockTopic, type Pointer, putSubscription, removeFromTopic } from "./subscription-store.ts";
import { findTopic, type Topic, topicId } from "./topic.ts";
import { topicFor } from "./topic-lookup.ts";

type SubscriptionApi = Pick<Api<typeof Sdk>, "ListSubscriptions" | "ListSubscriptionsByTopic" | "GetSubscriptionAttributes" | "SetSubscriptionAttributes" | "Unsubscribe">;
type Ports = Pick<RoomPorts, "stores" | "access" | "clock" | "ids" | "lanes" | "endpointUrl">;

export function subscriptionOperations(ports: Ports): SubscriptionApi {
  const { stores, ids, clock, lanes } = ports;
  return {
    async ListSubscriptions({ NextToken }, { account, region }) {
      const { found, next } = await pageOf(stores.documents<Pointer>(BY_OWNER), `${account}/${region}/`, NextToken);
      const subscriptions = await Promise.all(found.map(([, { arn }]) => findSubscription(stores, arn)));
      return { Subscriptions: subscriptions.filter((one) => one !== undefined).map(shown), ...(next && { NextToken: next }) };
    },

    async ListSubscriptionsByTopic({ TopicArn, NextToken }, call) {
      const topic = await topicFor(ports, TopicArn, call, "ListSubscriptionsByTopic");
      const { found, next } = await pageOf(stores.documents<Subscription>(SUBSCRIPTIONS), `${topicId(topic.arn)!}/`, NextToken);
      return { Subscriptions: found.map(([, subscription]) => shown(subscription)), ...(next && { NextToken: next }) };
    },

    async GetSubscriptionAttributes({ SubscriptionArn }, call) {
      const { subscription, topic } = await findOwn(ports, SubscriptionArn, call, "GetSubscriptionAttributes");
      return { Attributes: describeSubscription(subscription, topic.attributes["DeliveryPolicy"]) };
    },

    async SetSubscriptionAttributes({ SubscriptionArn, AttributeName: name, AttributeValue: value }, call) {
      await findOwn(ports, SubscriptionArn, call, "SetSubscriptionAttributes");
      if (!isSubscriptionAttribute(name)) throw badAttributeName();
      const revision = ids.uuid();
      const nowMs = clock.now();
      await lanes.transaction(async (tx, send) => {
        const topic = await lockTopic(tx, topicArnOf(SubscriptionArn), revision);
        const subscription = topic && (await findSubscription(tx, SubscriptionArn));
        if (!subscription) throw subscriptionNotFound();
        const checked = checkedAttribute(name, value, { protocol: subscription.protocol, endpoint: subscription.endpoint, topic, prefix: "" });
        const attributes = { ...subscription.attributes, ...(checked !== undefined && { [name]: checked }) };
        if (checked === undefined) delete attributes[name];
        checkFilter(attributes, "");
        if (name === "FilterPolicy" && checked !== undefined && subscription.attributes["FilterPolicy"] === undefined && topic.counts.filtered >= FILTER_POLICIES_MAX) throw tooManyFilterPolicies();
        const after = { ...subscription, attributes };
        const replays = name === "ReplayPolicy" && checked !== undefined;
        await putSubscription(tx, topic, subscription, replays ? await startReplay(tx, send, topic, after, { replayId: revision, nowMs, prefix: "" }) : after);
      });
      return {};
    },

    async Unsubscribe({ SubscriptionArn }, call) {
      checkArn(SubscriptionArn);
      const revision = ids.uuid();
      const nowMs = clock.now();
      await lanes.transaction(async (tx, send) => {
        if (!(await findSubscription(tx, SubscriptionArn))) return; // ending what is not there is no error (recorded)
        const topic = await lockTopic(tx, topicArnOf(SubscriptionArn), revision);
        const subscription = topic && (await findSubscription(tx, SubscriptionArn));
        if (!subscription) return;
        // The link in a message is enough, unless who confirmed wanted it otherwise; another account needs the link.
        const owns = isSigned(call) && isOwner(subscription, topic, call);
        if (!owns && (isSigned(call) || subscription.authenticateOnUnsubscribe)) throw notTheOwner(isSigned(call) ? call.principal.arn : "anonymous", "Unsubscribe", SubscriptionArn);
        await removeFromTopic(tx, topic, subscription);
        if (!owns && !subscription.pending) await tellUnsubscribed(ports, tx, send, topic, subscription, nowMs);
      });
      return {};
    },
  };
}

/** A subscription is its owner's, and the topic's owner's. */
const isOwner = (subscription: Subscription, topic: Topic, { account }: Call): boolean => subscription.owner === account || topic.account === account;

const shown = ({ arn, topicArn, owner, protocol, endpoint, pending }: Subscription) => ({ SubscriptionArn: pending ? "PendingConfirmation" : arn, Owner: owner, Protocol: protocol, Endpoint: endpoint, TopicArn: topicArn });

function checkArn(arn: string): void {
  if (!parseArn(arn)) throw malformedArn("SubscriptionArn", arn);
  if (arn.split(":").length < 7) throw badSubscriptionId();
}

async function findOwn({ stores }: Pick<RoomPorts, "stores">, arn: string, call: Call, action: string): Promise<{ subscription: Subscription; topic: Topic }> {
  checkArn(arn);
  const both = await findBoth(stores, arn);
  if (!isOwner(both.subscription, both.topic, call)) throw notTheOwner(call.principal.arn, action, arn);
  return both;
}

async function findBoth(stores: Parameters<typeof findSubscription>[0], arn: string): Promise<{ subscription: Subscription; topic: Topic }> {
  const subscription = await findSubscription(stores, arn);
  const topic = subscription && (await findTopic(stores, subscription.topicArn));
  if (!topic) throw subscriptionNotFound();
  return { subscription, topic };
}
