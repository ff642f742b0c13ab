// What a publisher gives, checked: text, subject, structure, attributes, group and deduplication id. No I/O.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import type { PublishBatchRequestEntry, PublishInput } from "@aws-sdk/client-sns";
import { messageBytes, readMessageAttributes } from "./message-attributes.ts";
import type { Published } from "./message.ts";
import { badDeduplicationId, badGroup, badMessageStructure, badSubject, deduplicationOnStandard, deduplicationRequired, emptyMessage, groupRequired, jsonUnreadable, jsonWithoutDefault, messageTooLong } from "./publish-errors.ts";
import { contentHash } from "./publish-fifo.ts";
import type { Topic } from "./topic.ts";

type Given = Pick<PublishInput & PublishBatchRequestEntry, "Message" | "Subject" | "MessageStructure" | "MessageAttributes">;

/** Attributes and all, where the topic's MaximumMessageSize does not say otherwise; no topic's says more than 1 MiB. */
const MESSAGE_BYTES_MAX = 262_144;
const LARGE_BYTES_MAX = 1_048_576;
/** "The total size limit for a single SMS Publish action is 1,600 characters." */
const SMS_CHARACTERS_MAX = 1_600;
/** "Subjects must be UTF-8 text with no line breaks or control characters, and less than 100 characters long": users send 100. */
const SUBJECT = /^[^\p{Cc}\u2028\u2029]{1,100}$/u;
/** API_Publish: "up to 128 alphanumeric characters and punctuation". */
const ID = /^[\x21-\x7e]{1,128}$/;

export interface Content extends Pick<Published, "text" | "texts" | "subject" | "attributes"> {
  bytes: number;
}

/** `needsDefault`: not when it goes to one platform alone. */
export function readContent({ Message: message = "", Subject: subject, MessageStructure: structure, MessageAttributes: given }: Given, needsDefault = true): Content {
  if (subject !== undefined && !SUBJECT.test(subject)) throw badSubject();
  if (message === "") throw emptyMessage();
  const attributes = readMessageAttributes(given);
  const bytes = messageBytes(message, attributes);
  if (structure !== undefined && structure !== "json") throw badMessageStructure();
  const content: Content = { text: message, attributes, bytes, ...(subject !== undefined && { subject }) };
  return structure === "json" && bytes <= LARGE_BYTES_MAX ? { ...content, ...readTexts(message, needsDefault) } : content;
}

/** "Non-string values will cause the key to be ignored." */
function readTexts(message: string, needsDefault: boolean): Pick<Published, "text" | "texts"> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw jsonUnreadable();
  }
  if (typeof parsed !== "object" || parsed === null) throw jsonUnreadable();
  const { default: text, ...texts } = Object.fromEntries(Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  if (text === undefined && needsDefault) throw jsonWithoutDefault();
  return { text: text ?? "", texts };
}

/** Of one message to the topic, and of all in a batch together. `topic` absent: of one to an endpoint. */
export const bytesMaxOf = (topic?: Topic): number => Number(topic?.attributes["MaximumMessageSize"] ?? MESSAGE_BYTES_MAX);

export function checkSize({ bytes }: Content, topic?: Topic): void {
  if (bytes > bytesMaxOf(topic)) throw messageTooLong();
}

export function checkSms(content: Content): void {
  checkSize(content);
  if (content.text.length > SMS_CHARACTERS_MAX) throw messageTooLong();
}

/** The group and deduplication id of a message of this topic; `message` as it was given, for its hash. */
export function readOrder(topic: Topic, message: string, group: string | undefined, deduplicationId: string | undefined): Pick<Published, "group" | "deduplicationId"> {
  if (topic.fifo && group === undefined) throw groupRequired();
  if (!topic.fifo && deduplicationId !== undefined) throw deduplicationOnStandard();
  if (group !== undefined && !ID.test(group)) throw badGroup();
  if (deduplicationId !== undefined && !ID.test(deduplicationId)) throw badDeduplicationId();
  if (!topic.fifo) return group === undefined ? {} : { group };
  if (deduplicationId === undefined && topic.attributes["ContentBasedDeduplication"] !== "true") throw deduplicationRequired();
  return { group: group!, deduplicationId: deduplicationId ?? contentHash(message) };
}
