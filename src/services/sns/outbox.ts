// What would leave for a person or a phone (e-mail, SMS, mobile push) stays here, where it can be read: the newest of each account.
import type { Logs, Tx } from "../../storage/stores.ts";

export interface OutboxMessage {
  protocol: "email" | "email-json" | "sms" | "application";
  /** An e-mail address, a phone number, or the ARN of a platform endpoint. */
  to: string;
  region: string;
  messageId: string;
  /** Absent for what was published to the endpoint or the number itself. */
  topicArn?: string;
  subject?: string;
  body: string;
  /** Where the person would click: the confirmation, or the end of the subscription. */
  links?: { confirm?: string; unsubscribe?: string };
  /** MessageAttributes, where they say how it is sent (AWS.SNS.SMS.SenderID, AWS.SNS.MOBILE.APNS.TTL …). */
  attributes?: Record<string, string>;
}

export interface OutboxEntry extends OutboxMessage {
  /** Rises with every message of the account. */
  number: number;
  sentMs: number;
}

const KEPT_MAX = 1000;
const TRIM_EVERY = 50;

const logOf = (account: string): string => `sns/outbox/${account}`;

/** Inside a transaction when given its logs. */
export async function record(logs: Tx["logs"], account: string, nowMs: number, message: OutboxMessage): Promise<void> {
  const number = await logs.append(logOf(account), [{ atMs: nowMs, body: JSON.stringify(message) }]);
  if (number <= KEPT_MAX || number % TRIM_EVERY !== 0) return;
  const [oldest] = await logs.read(logOf(account), { after: number - KEPT_MAX, limit: 1 });
  if (oldest) await logs.trim(logOf(account), oldest.atMs);
}

/** The newest first. */
export async function readOutbox(logs: Pick<Logs, "read">, account: string, limit = KEPT_MAX): Promise<OutboxEntry[]> {
  const records = await logs.read(logOf(account), { limit: Math.min(limit, KEPT_MAX), backward: true });
  return records.map(({ seq, atMs, body }) => ({ number: seq, sentMs: atMs, ...(JSON.parse(body) as OutboxMessage) }));
}
