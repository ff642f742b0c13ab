// ReceiveMessage: what is there, or what comes within the wait; and the same once more for a caller whose answer got lost.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
import type { Message, ReceiveMessageRequest } from "@aws-sdk/client-sqs";
import type { Call } from "../../kernel/call.ts";
import { VISIBILITY_SECONDS_MAX } from "./attributes.ts";
import { filled } from "./batch.ts";
import { unknownAttribute } from "./errors.ts";
import { SYSTEM_ATTRIBUTES, systemAttributes, type Taken } from "./message.ts";
import { attributesMd5, selectAttributes, shownAttributes } from "./message-attributes.ts";
import { invalidCount, invalidId, invalidReceiveTimeout, invalidWait, notOfThisQueueType, tooManyWaiting } from "./message-errors.ts";
import { messagesOf } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { keyOf, type Queue } from "./queue.ts";
import { writeReceipt } from "./receipts.ts";
import { DEDUPLICATION_MS } from "./send.ts";
import type { Batch, TakeOptions } from "./take.ts";

const WAIT_SECONDS_MAX = 20;
const ATTEMPT = /^[0-9A-Za-z!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

export function receiving(parts: Parts) {
  const { lookup, take, clock } = parts;
  const attempts = openAttempts(parts);
  return {
    async ReceiveMessage(input, call) {
      const queue = await lookup.shared(input.QueueUrl, call, "ReceiveMessage");
      const { options, waitSeconds, show, attemptId } = readRequest(input, queue);
      const again = attemptId === undefined ? undefined : await attempts.again(queue, attemptId, options.hiddenMs);
      const batch = again ?? (waitSeconds === 0 ? await take(queue, options) : await takeWithin(parts, queue, options, clock.monotonicMs() + waitSeconds * 1000, call));
      if (attemptId !== undefined && !again && batch.taken.length > 0) attempts.keep(queue, attemptId, batch);
      return { Messages: filled(batch.taken.map((one) => show(one, batch))) };
    },
  } satisfies Operations;
}

function readRequest(input: ReceiveMessageRequest, queue: Queue) {
  const { MaxNumberOfMessages: limit = 1, WaitTimeSeconds: waitSeconds = queue.waitSeconds, VisibilityTimeout: hiddenSeconds = queue.visibilitySeconds, ReceiveRequestAttemptId: attemptId } = input;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= 10)) throw invalidCount(limit);
  if (!(Number.isInteger(waitSeconds) && waitSeconds >= 0 && waitSeconds <= WAIT_SECONDS_MAX)) throw invalidWait(waitSeconds);
  if (!(Number.isInteger(hiddenSeconds) && hiddenSeconds >= 0 && hiddenSeconds <= VISIBILITY_SECONDS_MAX)) throw invalidReceiveTimeout(hiddenSeconds);
  if (attemptId !== undefined && !queue.fifo) throw notOfThisQueueType(attemptId, "ReceiveRequestAttemptId");
  if (attemptId !== undefined && !ATTEMPT.test(attemptId)) throw invalidId(attemptId, "ReceiveRequestAttemptId");
  // AttributeNames is the older name of the same; both together are both.
  const system = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])] as string[];
  for (const name of system) if (name !== "All" && !SYSTEM_ATTRIBUTES.includes(name) && !QUEUE_ATTRIBUTES_ALLOWED.test(name)) throw unknownAttribute(name);
  const shown = system.includes("All") ? SYSTEM_ATTRIBUTES : system;
  const names = input.MessageAttributeNames ?? [];
  const options: TakeOptions = { limit, hiddenMs: hiddenSeconds * 1000, refuseOverLimit: !queue.fifo && waitSeconds === 0 };
  return { options, waitSeconds, attemptId, show: (one: Taken, batch: Batch) => showMessage(queue, one, batch, shown, names) };
}

/** AttributeNames is modelled with the names of queues' attributes, which clients may therefore send; they mean nothing here. */
const QUEUE_ATTRIBUTES_ALLOWED = /^(Policy|VisibilityTimeout|MaximumMessageSize|MessageRetentionPeriod|ApproximateNumberOfMessages(NotVisible|Delayed)?|(Created|LastModified)Timestamp|QueueArn|DelaySeconds|ReceiveMessageWaitTimeSeconds|Redrive(Allow)?Policy|FifoQueue|ContentBasedDeduplication|Kms(MasterKeyId|DataKeyReusePeriodSeconds)|DeduplicationScope|FifoThroughputLimit|SqsManagedSseEnabled)$/;

function showMessage(queue: Queue, one: Taken, { receipt, receivedMs }: Batch, system: string[], names: string[]): Message {
  const { head, body, received } = one;
  const message: Message = {
    MessageId: head.id,
    ReceiptHandle: writeReceipt(queue.id, { ...received, receipt, receivedMs }),
    MD5OfBody: head.bodyMd5,
    Body: body,
  };
  if (system.length > 0) {
    const all = systemAttributes(one, queue.fifo !== undefined);
    const chosen = Object.entries(all).filter(([name]) => system.includes(name));
    if (chosen.length > 0) message.Attributes = Object.fromEntries(chosen);
  }
  if (head.attributes && names.length > 0) {
    const chosen = selectAttributes(head.attributes, names);
    if (Object.keys(chosen).length > 0) {
      message.MD5OfMessageAttributes = chosen === head.attributes ? head.attributesMd5! : attributesMd5(chosen); // of what is shown (recorded)
      message.MessageAttributes = shownAttributes(chosen);
    }
  }
  return message;
}

/** Long polling: ends with the first messages, at `untilMs` (of `monotonicMs`), or when the caller or the platform is gone. */
async function takeWithin({ take, waiting, clock, queues }: Parts, queue: Queue, options: TakeOptions, untilMs: number, call: Call): Promise<Batch> {
  const turn = waiting.enter(queue.id);
  if (!turn) throw tooManyWaiting();
  const signal = call.closing ? AbortSignal.any([call.signal, call.closing]) : call.signal;
  let found = false;
  try {
    for (;;) {
      const batch = await take(queue, options);
      found = batch.taken.length > 0;
      if (found || clock.monotonicMs() >= untilMs || signal.aborted) return batch;
      await turn.wait(untilMs, signal);
      if (signal.aborted || (await queues.get(keyOf(queue)))?.id !== queue.id) return batch; // nobody is there to receive; or the queue is gone
    }
  } finally {
    turn.leave(found);
  }
}

/** In memory; then the oldest make room. */
const ATTEMPTS_CHARACTERS_MAX = 32 * 1024 * 1024;

/** Answers of FIFO queues kept for ReceiveRequestAttemptId: five minutes, in memory, and no longer than all of its messages are still held. */
function openAttempts({ stores, clock, waiting }: Parts) {
  const kept = new Map<string, { batch: Batch; atMs: number; characters: number }>();
  let characters = 0;
  const key = (queue: Queue, attemptId: string) => `${queue.id} ${attemptId}`;
  const forget = (name: string): void => {
    characters -= kept.get(name)?.characters ?? 0;
    kept.delete(name);
  };
  return {
    keep(queue: Queue, attemptId: string, batch: Batch): void {
      const name = key(queue, attemptId);
      forget(name);
      const entry = { batch, atMs: clock.now(), characters: batch.taken.reduce((sum, { received }) => sum + 2 * received.body.length, 1024) }; // as it was stored, and its parts
      kept.set(name, entry);
      characters += entry.characters;
      for (const [oldest, { atMs }] of kept) {
        if (characters <= ATTEMPTS_CHARACTERS_MAX && entry.atMs < atMs + DEDUPLICATION_MS) break;
        forget(oldest);
      }
    },
    /** The same messages under the same handles, hidden anew from now. */
    async again(queue: Queue, attemptId: string, hiddenMs: number): Promise<Batch | undefined> {
      const before = kept.get(key(queue, attemptId));
      if (!before) return undefined;
      const nowMs = clock.now();
      const { batch } = before;
      const held = nowMs < before.atMs + DEDUPLICATION_MS && (await stores.transaction(async (tx) => {
        for (const { received } of batch.taken) if ((await tx.messages.state(messagesOf(queue.id), received.sequence, batch.receipt, nowMs)) !== "held") return false;
        for (const { received } of batch.taken) await tx.messages.hide(messagesOf(queue.id), received.sequence, batch.receipt, { nowMs, dueMs: nowMs + hiddenMs });
        return true;
      }));
      if (!held) {
        forget(key(queue, attemptId));
        return undefined;
      }
      waiting.due(queue.id, nowMs + hiddenMs);
      return batch;
    },
  };
}
