// What becomes of a message on its way in: checked, weighed, stored. SendMessage, SendMessageBatch and deliveries by other services share it.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Deduplication, Message, MessageQueues, Stores } from "../../storage/stores.ts";
import { forbiddenCharacter, textMd5, textSha256 } from "./body.ts";
import { missingParameter } from "./errors.ts";
import { inGroupOrder } from "./group-order.ts";
import { type MessageHead, sequenceNumber, storedBody } from "./message.ts";
import { attributesBytes, attributesMd5, readAttributes, readTraceAttribute, TRACE_HEADER } from "./message-attributes.ts";
import { deduplicationMissing, invalidContents, invalidDelay, invalidId, notOfThisQueueType } from "./message-errors.ts";
import type { Meters } from "./meters.ts";
import { messagesOf } from "./names.ts";
import { orderOf, type Queue } from "./queue.ts";

/** What a caller says of one message; the members of SendMessage and of an entry. */
export interface Outgoing {
  MessageBody?: string | undefined;
  DelaySeconds?: number | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  MessageSystemAttributes?: Partial<Record<string, MessageAttributeValue>> | undefined;
  MessageDeduplicationId?: string | undefined;
  MessageGroupId?: string | undefined;
}

export interface Sender {
  id: string;
  /** The trace header of the request, which a message's own goes before. */
  trace?: string | undefined;
}

export interface Prepared {
  message: Message;
  deduplication?: Deduplication;
  head: MessageHead;
  systemMd5?: string;
  bytes: number;
}

export interface SentMessage {
  MessageId: string;
  MD5OfMessageBody: string;
  MD5OfMessageAttributes?: string;
  MD5OfMessageSystemAttributes?: string;
  SequenceNumber?: string;
}

export const DEDUPLICATION_MS = 300_000;
const DELAY_SECONDS_MAX = 900;
const ID = /^[0-9A-Za-z!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

export interface SendParts {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  meters: Meters;
}

/** Body and attributes, as they count towards the limits. */
export function prepare({ clock, ids }: Pick<SendParts, "clock" | "ids">, queue: Queue, outgoing: Outgoing, sender: Sender, tooLong: (mostBytes: number) => Error): Prepared {
  const { MessageBody: body, MessageGroupId: group } = outgoing;
  if (!body) throw missingParameter("MessageBody");
  const forbidden = forbiddenCharacter(body);
  if (forbidden !== undefined) throw invalidContents(forbidden);
  const attributes = readAttributes(outgoing.MessageAttributes);
  const trace = readTraceAttribute(outgoing.MessageSystemAttributes as Record<string, MessageAttributeValue> | undefined);
  const bytes = Buffer.byteLength(body) + (attributes ? attributesBytes(attributes) : 0);
  if (bytes > queue.maximumBytes) throw tooLong(queue.maximumBytes);
  const nowMs = clock.now();
  const deduplicationId = checkIds(queue, outgoing, body);
  const traceText = trace?.text ?? sender.trace;
  const head: MessageHead = {
    id: ids.uuid(), bodyMd5: textMd5(body), senderId: sender.id,
    ...(attributes && { attributes, attributesMd5: attributesMd5(attributes) }),
    ...(traceText !== undefined && { trace: traceText }),
    ...(deduplicationId !== undefined && { deduplicationId }),
  };
  return {
    message: { order: orderOf(queue), body: storedBody(head, body), sentMs: nowMs, dueMs: nowMs + delaySeconds(queue, outgoing.DelaySeconds) * 1000, ...(group !== undefined && { group }) },
    ...(queue.fifo && deduplicationId !== undefined && { deduplication: { key: queue.fifo.scope === "queue" ? deduplicationId : `${group} ${deduplicationId}`, nowMs, untilMs: nowMs + DEDUPLICATION_MS, answer: head.id } }),
    head, bytes,
    ...(trace && { systemMd5: attributesMd5({ [TRACE_HEADER]: trace }) }),
  };
}

/** Returns what the message is told apart by, in FIFO queues. */
function checkIds(queue: Queue, { MessageGroupId: group, MessageDeduplicationId: given }: Outgoing, body: string): string | undefined {
  if (given !== undefined && !ID.test(given)) throw invalidId(given, "MessageDeduplicationId");
  if (group !== undefined && !ID.test(group)) throw invalidId(group, "MessageGroupId");
  if (!queue.fifo) {
    if (given !== undefined) throw notOfThisQueueType(given, "MessageDeduplicationId");
    return undefined;
  }
  if (group === undefined) throw missingParameter("MessageGroupId");
  if (given === undefined && !queue.fifo.contentBased) throw deduplicationMissing();
  return given ?? textSha256(body);
}

/** FIFO queues have one delay for all; a message may only say 0, which means none of its own (observed by LocalStack). */
function delaySeconds(queue: Queue, given: number | undefined): number {
  if (given === undefined) return queue.delaySeconds;
  if (queue.fifo) {
    if (given !== 0) throw notOfThisQueueType(given, "DelaySeconds");
    return queue.delaySeconds;
  }
  if (!Number.isInteger(given) || given < 0 || given > DELAY_SECONDS_MAX) throw invalidDelay(given);
  return given;
}

/** As it was said, where nobody else uses the stores: then the groups begin in that order. */
export const sendingOrder = <T>(stores: Stores, messages: T[], groupOf: (message: T) => string | undefined): T[] => (stores.steps ? messages : inGroupOrder(messages, groupOf));

/** One write. */
export async function store(messages: Pick<MessageQueues, "send">, queue: Queue, { message, deduplication, head, systemMd5 }: Prepared): Promise<SentMessage> {
  const sent = await messages.send(messagesOf(queue.id), message, deduplication);
  return {
    MessageId: sent.duplicateOf ?? head.id,
    MD5OfMessageBody: head.bodyMd5,
    ...(head.attributesMd5 !== undefined && { MD5OfMessageAttributes: head.attributesMd5 }),
    ...(systemMd5 !== undefined && { MD5OfMessageSystemAttributes: systemMd5 }),
    ...(queue.fifo && { SequenceNumber: sequenceNumber(sent.sequence) }),
  };
}

export function countSent({ meters }: Pick<SendParts, "meters">, queue: Queue, bytes: number): void {
  const meter = meters.of(queue);
  meter.NumberOfMessagesSent(1);
  meter.SentMessageSize(bytes);
}
