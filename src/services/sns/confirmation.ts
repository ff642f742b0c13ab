// Asking an endpoint whether it wants the messages, and the tokens it answers with: how long they live, and what goes with them.
// https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
import { HEX, type Ids } from "../../kernel/ids.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import type { Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { confirmationSends, unsubscribeConfirmationSends } from "./delivery-confirmation.ts";
import { confirmUrl } from "./links.ts";
import { record } from "./outbox.ts";
import { findSubscription, type Protocol, type Subscription, topicArnOf } from "./subscription.ts";
import { lockTopic, removeFromTopic, type Token, TOKENS } from "./subscription-store.ts";
import type { Topic } from "./topic.ts";

/** "Confirmation tokens are valid for two days" (API_Subscribe); what was never confirmed goes with its token. */
const TOKEN_MS = 2 * 86_400_000;
/** As long as AWS's. */
const TOKEN_LENGTH = 288;
const KIND = "sns-token";

export const newToken = (ids: Ids): string => ids.token(TOKEN_LENGTH, HEX);
export const isToken = (text: string): boolean => new RegExp(`^[0-9a-f]{${TOKEN_LENGTH}}$`).test(text);

type Send = (item: LaneSend) => Promise<void>;
type Ports = Pick<RoomPorts, "ids" | "endpointUrl">;

export async function keepToken(tx: Tx, send: Send, { account, region }: Topic, token: string, kept: Token, nowMs: number): Promise<void> {
  await tx.documents<Token>(TOKENS).put(token, kept);
  await send({ lane: `${KIND}/${account}/${region}`, id: token, body: "", dueMs: nowMs + TOKEN_MS });
}

/** What has been asked is sent when the transaction is through. */
export async function askToConfirm({ ids, endpointUrl }: Ports, tx: Tx, send: Send, topic: Topic, subscription: Subscription, nowMs: number): Promise<void> {
  const { protocol, endpoint, owner } = subscription;
  const { token } = subscription.pending!;
  if (protocol !== "email") {
    for (const item of confirmationSends({ ids }, subscription, nowMs)) await send(item);
    return;
  }
  const url = confirmUrl(endpointUrl(), topic.arn, token);
  await record(tx.logs, owner, nowMs, {
    protocol, to: endpoint, region: topic.region, messageId: ids.uuid(), topicArn: topic.arn, subject: "AWS Notification - Subscription Confirmation", links: { confirm: url },
    body: `You have chosen to subscribe to the topic:\n${topic.arn}\n\nTo confirm this subscription, visit the link below (if this was in error no action is necessary):\n${url}\n`,
  });
}

/** Who can answer with a token is told of the end, too. */
const isAsked = (protocol: Protocol): boolean => ["http", "https", "email", "email-json"].includes(protocol);

/** To whoever was unsubscribed without a signature, with a way back. */
export async function tellUnsubscribed({ ids, endpointUrl }: Ports, tx: Tx, send: Send, topic: Topic, subscription: Subscription, nowMs: number): Promise<void> {
  const { protocol, endpoint, owner } = subscription;
  if (!isAsked(protocol)) return;
  const token = newToken(ids);
  await keepToken(tx, send, topic, token, { arn: subscription.arn, removed: subscription }, nowMs);
  if (protocol !== "email") {
    for (const item of unsubscribeConfirmationSends({ ids }, subscription, token, nowMs)) await send(item);
    return;
  }
  const url = confirmUrl(endpointUrl(), topic.arn, token);
  await record(tx.logs, owner, nowMs, {
    protocol, to: endpoint, region: topic.region, messageId: ids.uuid(), topicArn: topic.arn, subject: "AWS Notification - Unsubscribe Confirmation", links: { confirm: url },
    body: `Your subscription to the topic below has been deactivated:\n${topic.arn}\n\nTo cancel this operation and restore the subscription, visit the link below:\n${url}\n`,
  });
}

export function registerTokens({ lanes, ids }: Pick<RoomPorts, "lanes" | "ids">): void {
  lanes.register(KIND, async ({ id: token }) => {
    const revision = ids.uuid();
    await lanes.transaction(async (tx) => {
      const kept = await tx.documents<Token>(TOKENS).get(token);
      await tx.documents(TOKENS).delete(token);
      if (!kept || (await findSubscription(tx, kept.arn))?.pending?.token !== token) return;
      const topic = await lockTopic(tx, topicArnOf(kept.arn), revision);
      const subscription = topic && (await findSubscription(tx, kept.arn));
      if (subscription?.pending?.token === token) await removeFromTopic(tx, topic!, subscription);
    });
    return {};
  });
}
