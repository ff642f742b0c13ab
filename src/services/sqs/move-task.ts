// A message move task: what it is, its handle, and how it is shown. Pure.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
import type { ListMessageMoveTasksResultEntry } from "@aws-sdk/client-sqs";

export interface MoveTask {
  id: string;
  sourceArn: string;
  /** Undefined: each message goes back to the queue it came from. */
  destinationArn?: string;
  messagesPerSecond?: number;
  status: "RUNNING" | "COMPLETED" | "CANCELLING" | "CANCELLED" | "FAILED";
  startedMs: number;
  toMove: number;
  moved: number;
  failureReason?: string;
}

/** By the ARN of the source, a slash and a rank, the newest first. */
export const MOVE_TASKS = "sqs/move-task";
/** Which one runs, by the ARN of its source. */
export const ACTIVE_TASKS = "sqs/active-move-task";

const RANK_MAX = 10 ** 15;
export const moveTaskId = ({ id, sourceArn, startedMs }: Pick<MoveTask, "id" | "sourceArn" | "startedMs">): string => `${sourceArn}/${String(RANK_MAX - Math.trunc(startedMs)).padStart(15, "0")}-${id}`;

/** AWS's is this JSON in Base64 (observed by LocalStack). */
export const writeTaskHandle = ({ id, sourceArn }: Pick<MoveTask, "id" | "sourceArn">): string => Buffer.from(JSON.stringify({ taskId: id, sourceArn })).toString("base64");

export function readTaskHandle(handle: string): { taskId: string; sourceArn: string } | undefined {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(handle, "base64").toString());
    return typeof taskId === "string" && typeof sourceArn === "string" && sourceArn.startsWith("arn:") ? { taskId, sourceArn } : undefined;
  } catch {
    return undefined;
  }
}

/** The handle is shown while the task can be cancelled (recorded). */
export const shownTask = (task: MoveTask): ListMessageMoveTasksResultEntry => ({
  ...(task.status === "RUNNING" && { TaskHandle: writeTaskHandle(task) }),
  Status: task.status,
  SourceArn: task.sourceArn,
  ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
  ...(task.messagesPerSecond !== undefined && { MaxNumberOfMessagesPerSecond: task.messagesPerSecond }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...(task.failureReason !== undefined && { FailureReason: task.failureReason }),
  StartedTimestamp: Math.trunc(task.startedMs),
});
