// Messages moved out of a dead-letter queue, in the background, some at a time: each step is one transaction with the task's own numbers, so that
// a task goes on after a restart where it was. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
import { LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Call } from "../../kernel/call.ts";
import type { Tx } from "../../storage/stores.ts";
import { deadLetterSources } from "./dead-letter-index.ts";
import { accessDenied } from "./errors.ts";
import { type MessageHead, readTaken, storedBody, type Taken } from "./message.ts";
import { differentQueueTypes, invalidDestinationArn, invalidRate, invalidSourceArn, invalidTaskCount, noDestination, noSource, noTask, notADeadLetterQueue, taskHandleInvalid, taskNotRunning, taskRunning } from "./message-errors.ts";
import { ACTIVE_TASKS, MOVE_TASKS, moveTaskId, type MoveTask, readTaskHandle, shownTask, writeTaskHandle } from "./move-task.ts";
import { messagesOf } from "./names.ts";
import type { Operations, Parts } from "./parts.ts";
import { keyOf, orderOf, ownerByArn, type Queue, QUEUES } from "./queue.ts";

const STEP = 10;
const RATE_MAX = 500;
/** Nobody else receives a message while it is moved; after a crash it is there again then. */
const HELD_MS = 30_000;
/** The tasks of a queue that are remembered. */
const LISTED_MAX = 10;

export function movingMessages(parts: Parts) {
  const { stores, lookup, background } = parts;
  const tasks = stores.documents<MoveTask>(MOVE_TASKS);
  const active = stores.documents<{ key: string }>(ACTIVE_TASKS);
  const run = (sourceArn: string, key: string) => background(`sqs: moving messages of ${sourceArn}`, (signal) => work(parts, key, signal));
  background("sqs: taking up message move tasks", async () => {
    for (let after: string | undefined; ;) {
      const page = await active.list({ limit: 100, ...(after === undefined ? {} : { after }) });
      for (const [sourceArn, { key }] of page) run(sourceArn, key);
      if (page.length < 100) return;
      after = page.at(-1)![0];
    }
  });

  /** Its owner's alone; AWS has no tasks across accounts. */
  const sourceOf = async (arn: string, call: Call, action: string): Promise<Queue> => {
    const owner = ownerByArn(arn);
    if (!owner) throw invalidSourceArn();
    if (owner.account !== call.account) throw accessDenied(call.principal.arn, `sqs:${action}`, arn);
    const queue = await lookup.byArn(arn);
    if (!queue || queue.region !== call.region) throw noSource();
    return queue;
  };

  return {
    async StartMessageMoveTask(input, call) {
      const { SourceArn: sourceArn, DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: rate } = input;
      const source = await sourceOf(sourceArn, call, "StartMessageMoveTask");
      if (rate !== undefined && !(Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX)) throw invalidRate(rate);
      if ((await deadLetterSources(stores, sourceArn, 1)).length === 0) throw notADeadLetterQueue();
      if (destinationArn !== undefined) await checkDestination(parts, source, destinationArn, call);
      const { visible } = await stores.messages.counts(messagesOf(source.id), call.now.getTime());
      const task: MoveTask = {
        id: parts.ids.token(32, LOWER_ALPHANUMERIC), sourceArn, status: "RUNNING", startedMs: call.now.getTime(), toMove: visible, moved: 0,
        ...(destinationArn !== undefined && { destinationArn }), ...(rate !== undefined && { messagesPerSecond: rate }),
      };
      const key = moveTaskId(task);
      await stores.transaction(async (tx) => {
        if (!(await tx.documents(ACTIVE_TASKS).create(sourceArn, { key }))) throw taskRunning();
        await tx.documents<MoveTask>(MOVE_TASKS).put(key, task);
        const old = await tx.documents<MoveTask>(MOVE_TASKS).list({ prefix: `${sourceArn}/`, limit: LISTED_MAX + 10 });
        for (const [id] of old.slice(LISTED_MAX)) await tx.documents<MoveTask>(MOVE_TASKS).delete(id);
      });
      run(sourceArn, key);
      return { TaskHandle: writeTaskHandle(task) };
    },

    async CancelMessageMoveTask(input, call) {
      const handle = readTaskHandle(input.TaskHandle);
      if (!handle) throw taskHandleInvalid();
      await sourceOf(handle.sourceArn, call, "CancelMessageMoveTask");
      const listed = await tasks.list({ prefix: `${handle.sourceArn}/`, limit: LISTED_MAX });
      const key = listed.find(([, { id }]) => id === handle.taskId)?.[0];
      const cancelled = key === undefined ? undefined : await tasks.update(key, (task) => {
        if (task.status !== "RUNNING") throw taskNotRunning();
        return { ...task, status: "CANCELLING" };
      });
      if (!cancelled) throw noTask();
      return { ApproximateNumberOfMessagesMoved: cancelled.moved };
    },

    async ListMessageMoveTasks(input, call) {
      const { SourceArn: sourceArn, MaxResults: most = 1 } = input;
      await sourceOf(sourceArn, call, "ListMessageMoveTasks");
      if (!(Number.isInteger(most) && most >= 1 && most <= LISTED_MAX)) throw invalidTaskCount(most);
      const listed = await tasks.list({ prefix: `${sourceArn}/`, limit: most });
      return { Results: listed.map(([, task]) => shownTask(task)) };
    },
  } satisfies Operations;
}

async function checkDestination({ lookup }: Parts, source: Queue, arn: string, call: Call): Promise<void> {
  const owner = ownerByArn(arn);
  if (!owner) throw invalidDestinationArn();
  await lookup.admit(owner, call, "SendMessage");
  const destination = owner.region === source.region ? await lookup.byArn(arn) : undefined;
  if (!destination) throw noDestination();
  if (Boolean(destination.fifo) !== Boolean(source.fifo)) throw differentQueueTypes();
}

/** Steps until nothing is left, with pauses where a rate was asked for. */
async function work(parts: Parts, key: string, signal: AbortSignal): Promise<void> {
  const { clock } = parts;
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    const step = await parts.stores.transaction((tx) => oneStep(parts, tx, key));
    if (step.ended) return;
    const pauseMs = step.messagesPerSecond === undefined ? 0 : (step.moved * 1000) / step.messagesPerSecond - (clock.monotonicMs() - startedMs);
    if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

interface Step { ended: boolean; moved: number; messagesPerSecond?: number | undefined }

async function oneStep({ clock, ids }: Parts, tx: Tx, key: string): Promise<Step> {
  const tasks = tx.documents<MoveTask>(MOVE_TASKS);
  const task = await tasks.get(key);
  if (!task) return { ended: true, moved: 0 };
  const end = async (outcome: Pick<MoveTask, "status" | "moved"> & { failureReason?: string }): Promise<Step> => {
    await tasks.put(key, { ...task, ...outcome });
    await tx.documents(ACTIVE_TASKS).delete(task.sourceArn);
    return { ended: true, moved: 0 };
  };
  if (task.status !== "RUNNING") return end({ status: "CANCELLED", moved: task.moved });
  const source = await queueByArn(tx, task.sourceArn);
  if (!source) return end({ status: "FAILED", moved: task.moved, failureReason: "AWS.SimpleQueueService.NonExistentQueue" });
  const nowMs = clock.now();
  const limit = Math.min(STEP, task.messagesPerSecond ?? STEP);
  const receipt = ids.token(20, LOWER_ALPHANUMERIC);
  const received = await tx.messages.receive(messagesOf(source.id), { order: orderOf(source), nowMs, limit, hiddenUntilMs: nowMs + HELD_MS, receipt });
  if (received.length === 0) return end({ status: "COMPLETED", moved: task.moved });
  let { moved } = task;
  for (const one of received.map(readTaken)) {
    const targetArn = task.destinationArn ?? one.head.deadLetterSourceArn;
    const target = targetArn === undefined ? undefined : await queueByArn(tx, targetArn);
    if (!target) {
      for (const left of received.slice(moved - task.moved)) await tx.messages.hide(messagesOf(source.id), left.sequence, receipt, { nowMs, dueMs: nowMs });
      return end({ status: "FAILED", moved, failureReason: targetArn === undefined ? "CouldNotDetermineMessageSource" : "AWS.SimpleQueueService.NonExistentQueue" });
    }
    await tx.messages.delete(messagesOf(source.id), one.received.sequence, receipt);
    await tx.messages.send(messagesOf(target.id), asNew(target, one, ids.uuid(), nowMs));
    moved++;
  }
  await tasks.put(key, { ...task, moved });
  return { ended: false, moved: received.length, messagesPerSecond: task.messagesPerSecond };
}

/** Of a queue that is deleted: the next of its name has had none. One that runs ends at its next step. */
export async function forgetMoveTasks(tx: Tx, sourceArn: string): Promise<void> {
  for (const [key] of await tx.documents(MOVE_TASKS).list({ prefix: `${sourceArn}/`, limit: LISTED_MAX })) await tx.documents(MOVE_TASKS).delete(key);
  await tx.documents(ACTIVE_TASKS).delete(sourceArn);
}

async function queueByArn(tx: Tx, arn: string): Promise<Queue | undefined> {
  const owner = ownerByArn(arn);
  return owner && tx.documents<Queue>(QUEUES).get(keyOf(owner));
}

/** "All redriven messages are considered new messages with a new messageID and enqueueTime": developer guide, dead-letter queue redrive. */
function asNew(target: Queue, { head, body, received }: Taken, id: string, nowMs: number) {
  const { deadLetterSourceArn: _source, receivedBefore: _before, firstReceivedMs: _first, ...kept } = head;
  const fresh: MessageHead = { ...kept, id };
  return { order: orderOf(target), body: storedBody(fresh, body), sentMs: nowMs, dueMs: nowMs, ...(received.group !== undefined && { group: received.group }) };
}
