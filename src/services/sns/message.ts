// A published message, and how it looks to those who receive it. No I/O.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
import { assert } from "../../kernel/assert.ts";
import type { Signature } from "./signing.ts";

export interface MessageAttribute {
  /** String, String.Array, Number or Binary, or one of them with a label. */
  type: string;
  /** Base64 for Binary. */
  value: string;
}

export interface Published {
  messageId: string;
  topicArn: string;
  /** With MessageStructure json its default text. */
  text: string;
  /** MessageStructure json: the texts of protocols and push platforms that have their own. */
  texts?: Record<string, string>;
  subject?: string;
  attributes: Record<string, MessageAttribute>;
  group?: string;
  /** FIFO topics: as given, or the SHA-256 of the message. */
  deduplicationId?: string;
  sequenceNumber?: string;
  /** Its place in the archive of its topic. */
  archiveSeq?: number;
  publishedMs: number;
  traceId?: string;
}

export const textFor = ({ text, texts }: Published, protocol: string): string => (texts !== undefined && Object.hasOwn(texts, protocol) ? texts[protocol]! : text);

/** What a receiver may check, by the names it has in JSON. */
export const signable = (message: Published, protocol: string): Record<string, string | undefined> => ({
  Type: "Notification", MessageId: message.messageId, TopicArn: message.topicArn, Subject: message.subject, Message: textFor(message, protocol), Timestamp: timestamp(message.publishedMs),
});

export const timestamp = (ms: number): string => new Date(ms).toISOString();

/** The JSON that queues, servers and e-mail-json get; order and layout are AWS's (recorded by LocalStack: topics of FIFO do not sign). */
export function envelope(message: Published, protocol: string, unsubscribeUrl: string, signature: Signature | undefined): string {
  const { messageId, topicArn, sequenceNumber, subject, attributes, publishedMs } = message;
  return layOut({
    Type: "Notification", MessageId: messageId, SequenceNumber: sequenceNumber, TopicArn: topicArn, Subject: subject, Message: textFor(message, protocol), Timestamp: timestamp(publishedMs),
    SignatureVersion: signature?.version, Signature: signature?.value, SigningCertURL: signature?.certificateUrl, UnsubscribeURL: unsubscribeUrl,
  }, attributes);
}

/** `"Name" : "value"` line by line, without what is undefined. */
export function layOut(members: Record<string, string | undefined>, attributes: Record<string, MessageAttribute> = {}): string {
  const lines = Object.entries(members).filter(([, value]) => value !== undefined).map(([name, value]) => `  "${name}" : ${JSON.stringify(value)}`);
  const nested = Object.entries(attributes).map(([name, attribute]) => `    ${JSON.stringify(name)} : ${JSON.stringify(shown(attribute))}`);
  if (nested.length > 0) lines.push(`  "MessageAttributes" : {\n${nested.join(",\n")}\n  }`);
  return `{\n${lines.join(",\n")}\n}`;
}

/** What a function is invoked with; it spells two names its own way, and what is absent is null. */
export function lambdaEvent(message: Published, subscriptionArn: string, unsubscribeUrl: string, signature: Signature | undefined): string {
  assert(signature, "functions are subscribed to standard topics, whose messages are signed");
  const { messageId, topicArn, subject = null, attributes, publishedMs } = message;
  return JSON.stringify({
    Records: [{
      EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscriptionArn,
      Sns: {
        Type: "Notification", MessageId: messageId, TopicArn: topicArn, Subject: subject, Message: textFor(message, "lambda"), Timestamp: timestamp(publishedMs),
        SignatureVersion: signature.version, Signature: signature.value, SigningCertUrl: signature.certificateUrl, UnsubscribeUrl: unsubscribeUrl,
        MessageAttributes: Object.fromEntries(Object.entries(attributes).map(([name, attribute]) => [name, shown(attribute)])),
      },
    }],
  });
}

const shown = ({ type, value }: MessageAttribute) => ({ Type: type, Value: value });
