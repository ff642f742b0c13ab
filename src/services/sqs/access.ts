// What each operation needs to be permitted, and on which queues.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
import type * as Sdk from "@aws-sdk/client-sqs";
import type { Call } from "../../kernel/call.ts";
import type { AccessRule } from "../../ports/access.ts";
import type { Api, RoomPorts } from "../service.ts";
import { readTaskHandle } from "./move-task.ts";
import { arnOf, keyOf, type Owner, ownerByArn, ownerByUrl, type Queue, QUEUES } from "./queue.ts";

type Rules = Partial<Record<keyof Api<typeof Sdk>, AccessRule>>;

/** A URL that names no queue of this region is answered by the operation. */
function queueArn(url: string, call: Call): string {
  const owner = ownerByUrl(url, call);
  return owner ? arnOf(owner) : "*";
}

const ownedArn = (owner: Owner): string => (/^\d{12}$/.test(owner.account) ? arnOf(owner) : "*");

const onQueue: AccessRule = { resources: ({ QueueUrl }: { QueueUrl: string }, call) => [queueArn(QueueUrl, call)] };
const changing: AccessRule = { ...onQueue, changesAccess: true };
const onSource: AccessRule = { resources: ({ SourceArn }: { SourceArn: string }) => [ownerByArn(SourceArn) ? SourceArn : "*"] };

const tagContext = (tags: Record<string, string> | undefined, keys: string[] | undefined): Record<string, string | string[]> => ({
  ...Object.fromEntries(Object.entries(tags ?? {}).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
  ...(tags || keys ? { "aws:TagKeys": keys ?? Object.keys(tags ?? {}) } : {}),
});
const onTags: AccessRule = { ...changing, context: ({ Tags, TagKeys }: { Tags?: Record<string, string>; TagKeys?: string[] }) => tagContext(Tags, TagKeys) };

interface Creation { QueueName: string; tags?: Record<string, string> }
const made = ({ QueueName }: Creation, { account, region }: Call): string => arnOf({ account, region, name: QueueName });

/** A batch is its single operation. What a move task does to messages needs the permissions of doing it by hand: documented under StartMessageMoveTask. */
export const access: Rules = {
  AddPermission: changing,
  CancelMessageMoveTask: { resources: ({ TaskHandle }: { TaskHandle: string }) => [readTaskHandle(TaskHandle)?.sourceArn ?? "*"] },
  ChangeMessageVisibility: onQueue,
  ChangeMessageVisibilityBatch: { ...onQueue, action: "ChangeMessageVisibility" },
  CreateQueue: {
    resources: (input: Creation, call) => [made(input, call)],
    context: ({ tags }: Creation) => tagContext(tags, undefined),
    also: (input: Creation, call) => (Object.keys(input.tags ?? {}).length > 0 ? [{ action: "sqs:TagQueue", resource: made(input, call), context: tagContext(input.tags, undefined) }] : []),
    changesAccess: true,
  },
  DeleteMessage: onQueue,
  DeleteMessageBatch: { ...onQueue, action: "DeleteMessage" },
  DeleteQueue: changing,
  GetQueueAttributes: onQueue,
  GetQueueUrl: { resources: ({ QueueName, QueueOwnerAWSAccountId }: { QueueName: string; QueueOwnerAWSAccountId?: string }, { account, region }) => [ownedArn({ account: QueueOwnerAWSAccountId ?? account, region, name: QueueName })] },
  ListDeadLetterSourceQueues: onQueue,
  ListMessageMoveTasks: onSource,
  ListQueueTags: onQueue,
  PurgeQueue: onQueue,
  ReceiveMessage: onQueue,
  RemovePermission: changing,
  SendMessage: onQueue,
  SendMessageBatch: { ...onQueue, action: "SendMessage" },
  SetQueueAttributes: changing,
  StartMessageMoveTask: {
    ...onSource,
    also: ({ SourceArn, DestinationArn }: { SourceArn: string; DestinationArn?: string }) => [
      ...(ownerByArn(SourceArn) ? ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"].map((action) => ({ action: `sqs:${action}`, resource: SourceArn })) : []),
      ...(DestinationArn !== undefined && ownerByArn(DestinationArn) ? [{ action: "sqs:SendMessage", resource: DestinationArn }] : []),
    ],
  },
  TagQueue: onTags,
  UntagQueue: onTags,
};

const queueByArn = ({ stores }: RoomPorts) => {
  const queues = stores.documents<Queue>(QUEUES);
  return async (arn: string) => {
    const owner = ownerByArn(arn);
    return owner && queues.get(keyOf(owner));
  };
};

export const resourcePolicy = (ports: RoomPorts) => {
  const find = queueByArn(ports);
  return async (arn: string) => (await find(arn))?.policy;
};

export const resourceTags = (ports: RoomPorts) => {
  const find = queueByArn(ports);
  return async (arn: string) => (await find(arn))?.tags;
};
