// A message as it is stored: one line of JSON with what is known of it, then its body as it is, so that a large body is never escaped. Pure.
import type { ReceivedMessage } from "../../storage/stores.ts";
import type { StoredAttributes } from "./message-attributes.ts";

export interface MessageHead {
  id: string;
  bodyMd5: string;
  senderId: string;
  attributes?: StoredAttributes;
  attributesMd5?: string;
  trace?: string;
  /** FIFO: its own, or the digest of its content. */
  deduplicationId?: string;
  /** The queue it came from, in a dead-letter queue; and what had been counted there. */
  deadLetterSourceArn?: string;
  receivedBefore?: number;
  firstReceivedMs?: number;
}

export const storedBody = (head: MessageHead, body: string): string => `${JSON.stringify(head)}\n${body}`;

/** A message that was received, as all who show it need it. */
export interface Taken {
  head: MessageHead;
  body: string;
  received: ReceivedMessage;
}

export function readTaken(received: ReceivedMessage): Taken {
  const end = received.body.indexOf("\n");
  return { head: JSON.parse(received.body.slice(0, end)) as MessageHead, body: received.body.slice(end + 1), received };
}

/** AWS's are 20 digits that rise. */
export const sequenceNumber = (sequence: number): string => `188${String(sequence).padStart(17, "0")}`;

/** System attributes, by the names of MessageSystemAttributeNames. */
export function systemAttributes({ head, received }: Taken, fifo: boolean): Record<string, string> {
  return {
    ApproximateReceiveCount: String((head.receivedBefore ?? 0) + received.receives),
    SentTimestamp: String(Math.trunc(received.sentMs)),
    SenderId: head.senderId,
    ApproximateFirstReceiveTimestamp: String(Math.trunc(head.firstReceivedMs ?? received.firstReceivedMs)),
    ...(fifo && { SequenceNumber: sequenceNumber(received.sequence) }),
    ...(received.group !== undefined && { MessageGroupId: received.group }),
    ...(head.deduplicationId !== undefined && { MessageDeduplicationId: head.deduplicationId }),
    ...(head.trace !== undefined && { AWSTraceHeader: head.trace }),
    ...(head.deadLetterSourceArn !== undefined && { DeadLetterQueueSourceArn: head.deadLetterSourceArn }),
  };
}

export const SYSTEM_ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp", "SequenceNumber", "MessageGroupId", "MessageDeduplicationId", "AWSTraceHeader", "DeadLetterQueueSourceArn"];
