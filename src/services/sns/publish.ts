// Publish and PublishBatch: a message is accepted when it is stored; who gets it, and how, is delivery's.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
import type * as Sdk from "@aws-sdk/client-sns";
import type { Call } from "../../kernel/call.ts";
import { parseArn } from "../../kernel/arn.ts";
import type { Target } from "../../ports/targets.ts";
import type { Api, RoomPorts } from "../service.ts";
import { pushOf, smsOf } from "./deliver-person.ts";
import { publishSend } from "./delivery-fan-out.ts";
import { openTopicMetrics } from "./delivery-metrics.ts";
import { malformedArn, topicNotFound } from "./errors.ts";
import { messageBytes } from "./message-attributes.ts";
import type { Published } from "./message.ts";
import { type OutboxMessage, record } from "./outbox.ts";
import { isOptedOut } from "./phone-numbers.ts";
import { smsDefaults } from "./sms.ts";
import { findEndpoint } from "./endpoint.ts";
import { bytesMaxOf, checkSize, checkSms, type Content, readContent, readOrder } from "./publish-content.ts";
import { batchTooLong, endpointDisabled, idCharacter, idsNotDistinct, idTooLong, messageTooLong, noEntries, noPhoneNumber, noSuchTarget, noTarget, oneTargetOnly, optedOut, tooManyEntries } from "./publish-errors.ts";
import { type Accepted, storeOrdered } from "./publish-fifo.ts";
import { findTopic, type Topic } from "./topic.ts";
import { topicFor } from "./topic-lookup.ts";

const ENTRIES_MAX = 10;
const ENTRY_ID_MAX = 80;
const E164 = /^\+[1-9]\d{1,14}$/;

type Answer = { MessageId: string; SequenceNumber?: string };

export function publishOperations(ports: RoomPorts): Pick<Api<typeof Sdk>, "Publish" | "PublishBatch"> {
  const store = openStoring(ports);
  return {
    async Publish(input, call) {
      const { TopicArn, TargetArn, PhoneNumber } = input;
      if ([TopicArn, TargetArn, PhoneNumber].filter((target) => target !== undefined).length > 1) throw oneTargetOnly();
      const isEndpoint = TargetArn !== undefined && parseArn(TargetArn)?.resource.startsWith("endpoint/") === true;
      const content = readContent(input, !isEndpoint);
      if (PhoneNumber !== undefined) return publishToPhone(ports, PhoneNumber, content, call);
      if (isEndpoint) return publishToEndpoint(ports, TargetArn, content, call);
      const arn = TopicArn ?? TargetArn;
      if (arn === undefined) throw noTarget();
      const topic = await topicFor(ports, arn, call, "Publish");
      checkSize(content, topic);
      const [answer] = await store(topic, [{ ...messageOf(ports, topic.arn, content, call), ...readOrder(topic, input.Message, input.MessageGroupId, input.MessageDeduplicationId) }], [content.bytes]);
      return answer!;
    },

    async PublishBatch({ TopicArn, PublishBatchRequestEntries: entries }, call) {
      if (entries.length === 0) throw noEntries();
      if (entries.length > ENTRIES_MAX) throw tooManyEntries();
      const topic = await topicFor(ports, TopicArn, call, "Publish");
      checkIds(entries.map(({ Id }) => Id!));
      // One that is wrong fails them all, as observed by LocalStack; what might fail alone is AWS's own trouble.
      const contents = entries.map((entry) => readContent(entry));
      const bytes = contents.map((content) => content.bytes);
      if (bytes.reduce((sum, size) => sum + size) > bytesMaxOf(topic)) throw batchTooLong();
      const orders = entries.map(({ Message, MessageGroupId, MessageDeduplicationId }) => readOrder(topic, Message!, MessageGroupId, MessageDeduplicationId));
      const answers = await store(topic, contents.map((content, n) => ({ ...messageOf(ports, topic.arn, content, call), ...orders[n] })), bytes);
      return { Successful: answers.map((answer, n) => ({ Id: entries[n]!.Id!, ...answer })), Failed: [] };
    },
  };
}

/** For other rooms; whether the sender may was asked before. */
export function publishTo(ports: RoomPorts): Target["deliver"] {
  const store = openStoring(ports);
  return async (topicArn, { body, attributes = {}, subject, group, deduplicationId, traceId }) => {
    const topic = await findTopic(ports.stores, topicArn);
    if (!topic) throw topicNotFound();
    const bytes = messageBytes(body, attributes);
    if (bytes > bytesMaxOf(topic)) throw messageTooLong();
    await store(topic, [{
      messageId: ports.ids.uuid(), topicArn, text: body, attributes, publishedMs: ports.clock.now(), ...readOrder(topic, body, group, deduplicationId),
      ...(subject !== undefined && { subject }), ...(traceId !== undefined && { traceId }),
    }], [bytes]);
  };
}

/** All of them or none. */
function openStoring(ports: RoomPorts): (topic: Topic, messages: Published[], bytes: number[]) => Promise<Answer[]> {
  const { lanes } = ports;
  const count = openTopicMetrics(ports);
  const put = async (topic: Topic, messages: Published[]): Promise<Answer[]> => {
    if (topic.fifo) {
      const accepted: Accepted[] = [];
      await lanes.transaction(async (tx, send) => {
        accepted.length = 0; // it may be run again
        for (const message of messages) accepted.push(await storeOrdered(tx, send, topic, message));
      });
      return accepted.map(({ messageId, sequenceNumber }) => ({ MessageId: messageId, SequenceNumber: sequenceNumber }));
    }
    if (messages.length === 1) await lanes.send(publishSend(topic, messages[0]!));
    else await lanes.transaction(async (_tx, send) => { for (const message of messages) await send(publishSend(topic, message)); });
    return messages.map(({ messageId }) => ({ MessageId: messageId }));
  };
  return async (topic, messages, bytes) => {
    const answers = await put(topic, messages);
    count("NumberOfMessagesPublished", topic, messages.length);
    for (const size of bytes) count("PublishSize", topic, size);
    return answers;
  };
}

function messageOf({ ids, clock }: RoomPorts, topicArn: string, { bytes: _bytes, ...content }: Content, { traceId }: Call): Published {
  return { messageId: ids.uuid(), topicArn, ...content, publishedMs: Math.round(clock.now()), ...(traceId !== undefined && { traceId }) };
}

function checkIds(batchIds: string[]): void {
  if (new Set(batchIds).size < batchIds.length) throw idsNotDistinct();
  for (const id of batchIds) {
    if (id.length > ENTRY_ID_MAX) throw idTooLong(id);
    if (!/^[\w-]+$/.test(id)) throw idCharacter(id);
  }
}

async function publishToPhone(ports: RoomPorts, number: string, content: Content, call: Call): Promise<Answer> {
  if (!E164.test(number)) throw noPhoneNumber(number);
  checkSms(content);
  if (await isOptedOut(ports.stores, call.account, call.region, number)) throw optedOut(number);
  return recordDirect(ports, call, smsOf(number, messageOf(ports, "", content, call), call.region, await smsDefaults(ports.stores, call.account, call.region)));
}

async function publishToEndpoint(ports: RoomPorts, arn: string, content: Content, call: Call): Promise<Answer> {
  checkSize(content);
  const parsed = parseArn(arn);
  if (!parsed) throw malformedArn("TargetArn", arn);
  const endpoint = parsed.account === call.account && parsed.region === call.region ? await findEndpoint(ports.stores, arn) : undefined;
  if (!endpoint) throw noSuchTarget();
  if (!endpoint.enabled) throw endpointDisabled();
  return recordDirect(ports, call, pushOf(endpoint, messageOf(ports, "", content, call), call.region));
}

async function recordDirect({ stores, clock }: RoomPorts, { account }: Call, message: OutboxMessage): Promise<Answer> {
  await record(stores.logs, account, clock.now(), message);
  return { MessageId: message.messageId };
}
