// Subscribe and ConfirmSubscription. https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
import type * as Sdk from "@aws-sdk/client-sns";
import { parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { askToConfirm, isToken, keepToken, newToken } from "./confirmation.ts";
import { checkedEndpoint, checkedProtocol, mustConfirm } from "./endpoint-rules.ts";
import { ATTRIBUTES, badTopicOfToken, invalid, malformedToken, noSuchEndpointToSubscribe, notAnAttribute, notAuthorized, notSupported, subscriptionDiffers, tooLargeForSubscribers, tooManyFilterPolicies, tooManySubscriptions, topicNotFound, unknownToken } from "./errors.ts";
import { findEndpoint } from "./endpoint.ts";
import { isLarge, LARGE_SUBSCRIPTIONS_MAX, takesLarge } from "./large-messages.ts";
import { startReplay } from "./replays.ts";
import { findSubscription, type Subscription, topicArnOf } from "./subscription.ts";
import { checkedAttribute, checkFilter, isAlready, isSubscriptionAttribute } from "./subscription-attributes.ts";
import { findByEndpoint, lockTopic, putSubscription, type Token, TOKENS } from "./subscription-store.ts";
import type { Topic } from "./topic.ts";
import { topicFor } from "./topic-lookup.ts";

type SubscribeApi = Pick<Api<typeof Sdk>, "Subscribe" | "ConfirmSubscription">;
type Ports = Pick<RoomPorts, "stores" | "access" | "clock" | "ids" | "lanes" | "targets" | "endpointUrl">;

/** https://docs.aws.amazon.com/general/latest/gr/sns.html */
const SUBSCRIPTIONS_MAX = 12_500_000;
const FIFO_SUBSCRIPTIONS_MAX = 100;
export const FILTER_POLICIES_MAX = 200;

/** The gateway lets these in without a signature; their caller is nobody. */
export const isSigned = ({ principal }: Call): boolean => principal.accessKeyId !== "";

export function subscribeOperations(ports: Ports): SubscribeApi {
  const { stores, ids, clock, lanes } = ports;
  return {
    async Subscribe(input, call) {
      const found = await topicFor(ports, input.TopicArn, call, "Subscribe");
      const wanted = wantedSubscription(input, found, call);
      await checkEndpointThere(ports, wanted);
      const uuid = ids.uuid();
      const revision = ids.uuid();
      const token = newToken(ids);
      const nowMs = clock.now();
      const there = await lanes.transaction(async (tx, send) => {
        const topic = await lockTopic(tx, found.arn, revision);
        if (!topic) throw topicNotFound();
        const before = await findByEndpoint(tx, wanted);
        if (before) {
          if (!isAlready(before.attributes, wanted.attributes)) throw subscriptionDiffers();
          if (before.pending) await askToConfirm(ports, tx, send, topic, before, nowMs);
          return before;
        }
        checkRoom(topic, wanted);
        const subscription: Subscription = { ...wanted, arn: `${topic.arn}:${uuid}`, createdMs: nowMs };
        if (mustConfirm(wanted.protocol, wanted.endpoint, call.account)) Object.assign(subscription, { pending: { token }, authenticated: false });
        const replays = wanted.attributes["ReplayPolicy"] !== undefined;
        await putSubscription(tx, topic, undefined, replays ? await startReplay(tx, send, topic, subscription, { replayId: uuid, nowMs, prefix: ATTRIBUTES }) : subscription);
        if (!subscription.pending) return subscription;
        await keepToken(tx, send, topic, token, { arn: subscription.arn }, nowMs);
        await askToConfirm(ports, tx, send, topic, subscription, nowMs);
        return subscription;
      });
      return { SubscriptionArn: there.pending && !input.ReturnSubscriptionArn ? "pending confirmation" : there.arn };
    },

    async ConfirmSubscription({ TopicArn, Token: token, AuthenticateOnUnsubscribe }, call) {
      const topicArn = parseArn(TopicArn);
      if (!topicArn) throw badTopicOfToken();
      if (!isToken(token)) throw malformedToken();
      const strict = AuthenticateOnUnsubscribe?.toLowerCase() === "true";
      if (strict && !isSigned(call)) throw notAuthorized("AuthenticateOnUnsubscribe needs a signed request"); // our words
      const revision = ids.uuid();
      // The token says which topic; of the ARN AWS looks at the region alone (recorded).
      return stores.transaction(async (tx) => {
        const kept = await tx.documents<Token>(TOKENS).get(token);
        if (!kept) throw unknownToken();
        if (parseArn(kept.arn)!.region !== topicArn.region) throw badTopicOfToken();
        const topic = await lockTopic(tx, topicArnOf(kept.arn), revision);
        const before = await findSubscription(tx, kept.arn);
        if (before && !before.pending) return { SubscriptionArn: before.arn };
        const wanted = before ?? kept.removed;
        if (!topic || !wanted || (!before && (await findByEndpoint(tx, wanted)))) throw unknownToken();
        if (kept.removed) await tx.documents(TOKENS).delete(token); // it brings back once
        const { pending: _confirmed, replay: _ended, ...subscription } = wanted;
        await putSubscription(tx, topic, before, { ...subscription, authenticated: isSigned(call), authenticateOnUnsubscribe: strict });
        return { SubscriptionArn: subscription.arn };
      });
    },
  };
}

function wantedSubscription(input: Parameters<SubscribeApi["Subscribe"]>[0], topic: Topic, call: Call): Omit<Subscription, "arn" | "createdMs"> {
  const protocol = checkedProtocol(input.Protocol, topic);
  const endpoint = checkedEndpoint(protocol, input.Endpoint, topic);
  const attributes: Record<string, string> = {};
  for (const [name, given] of Object.entries(input.Attributes ?? {})) {
    if (!isSubscriptionAttribute(name)) throw notAnAttribute(ATTRIBUTES, `Unknown attribute: ${name.slice(0, 100)}`); // our words
    const value = checkedAttribute(name, given, { protocol, endpoint, topic, prefix: ATTRIBUTES });
    if (value !== undefined) attributes[name] = value;
  }
  checkFilter(attributes, ATTRIBUTES);
  return { topicArn: topic.arn, owner: call.account, protocol, endpoint, attributes, principalArn: call.principal.arn, authenticated: true, authenticateOnUnsubscribe: false };
}

async function checkEndpointThere({ stores, targets }: Ports, { protocol, endpoint, attributes }: Pick<Subscription, "protocol" | "endpoint" | "attributes">): Promise<void> {
  if (protocol === "application" && !(await findEndpoint(stores, endpoint))) throw noSuchEndpointToSubscribe(endpoint);
  if (protocol !== "firehose") return;
  if (!targets.serves(endpoint)) throw notSupported("subscriptions of Firehose streams");
  if (attributes["SubscriptionRoleArn"] === undefined) throw invalid(`${ATTRIBUTES}SubscriptionRoleArn is required`); // our words
}

function checkRoom({ fifo, counts, attributes }: Topic, wanted: Pick<Subscription, "protocol" | "attributes">): void {
  const large = isLarge(attributes["MaximumMessageSize"]);
  const total = counts.confirmed + counts.pending;
  if (total >= (large ? LARGE_SUBSCRIPTIONS_MAX : fifo ? FIFO_SUBSCRIPTIONS_MAX : SUBSCRIPTIONS_MAX)) throw tooManySubscriptions();
  if (large && !takesLarge(wanted.protocol)) throw tooLargeForSubscribers();
  if (wanted.attributes["FilterPolicy"] !== undefined && counts.filtered >= FILTER_POLICIES_MAX) throw tooManyFilterPolicies();
}
