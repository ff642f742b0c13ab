// What would leave for a person or a phone (e-mail, SMS, mobile push) stays here, where it can be read: the newest of each account.
import type { LogRecord, Logs, Tx } from "../../storage/stores.ts";

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
/** A thousand messages may be more than a gigabyte. */
const ANSWER_CHARACTERS_MAX = 16 * 1024 * 1024;
const PAGE = 20;

const logOf = (account: string): string => `sns/outbox/${account}`;

/** Inside a transaction when given its logs. */
export async function record(logs: Tx["logs"], account: string, nowMs: number, message: OutboxMessage): Promise<void> {
  const number = await logs.append(logOf(account), [{ atMs: nowMs, body: JSON.stringify(message) }]);
  if (number <= KEPT_MAX || number % TRIM_EVERY !== 0) return;
  const [oldest] = await logs.read(logOf(account), { after: number - KEPT_MAX, limit: 1 });
  if (oldest) await logs.trim(logOf(account), oldest.atMs);
}

/** The newest first: at most `limit`, and as many as fit into an answer. */
export async function readOutbox(logs: Pick<Logs, "read">, account: string, limit = KEPT_MAX): Promise<OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  const most = Math.min(limit, KEPT_MAX);
  for (let characters = 0; entries.length < most && characters < ANSWER_CHARACTERS_MAX;) {
    const after = entries.at(-1)?.number;
    const records = await logs.read(logOf(account), { limit: Math.min(PAGE, most - entries.length), backward: true, ...(after !== undefined && { after }) });
    for (const record of records) {
      characters += record.body.length;
      if (entries.length === 0 || characters <= ANSWER_CHARACTERS_MAX) entries.push(entryOf(record));
    }
    if (records.length < PAGE) break;
  }
  return entries;
}

export async function readOutboxEntry(logs: Pick<Logs, "read">, account: string, number: number): Promise<OutboxEntry | undefined> {
  const [record] = await logs.read(logOf(account), { after: number - 1, limit: 1 });
  return record?.seq === number ? entryOf(record) : undefined;
}

const entryOf = ({ seq, atMs, body }: LogRecord): OutboxEntry => ({ number: seq, sentMs: atMs, ...(JSON.parse(body) as OutboxMessage) });
