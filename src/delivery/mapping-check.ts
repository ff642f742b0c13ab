// Whether a mapping can be worked on: its consumer and its source are there, and the consumer's role may read the source.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import { ServiceError } from "../kernel/errors.ts";
import type { Access } from "../ports/access.ts";
import type { BatchConsumer } from "../ports/batch-consumers.ts";
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";
import type { Source } from "../ports/sources.ts";

/** Without a reason: only for the moment, as while a function is being made. */
export interface Obstacle {
  reason?: string;
}

/**
 * What stands in the way of polling; undefined when nothing does. The sentences are those CreateEventSourceMapping answers with
 * (observed on AWS); what AWS shows once a mapping is at work is documented nowhere.
 */
export async function obstacleTo({ consumer, access }: { consumer: BatchConsumer; access: Access }, mapping: EventSourceMapping, source: Source): Promise<Obstacle | undefined> {
  const found = await consumer.look(mapping.consumerArn);
  if (found.state === "unable") return { reason: found.reason };
  if (found.state === "waiting") return {};
  const isThere = source.kind === "queue" ? await source.describe(mapping.sourceArn) : await source.shards(mapping.sourceArn);
  if (!isThere) return { reason: source.kind === "queue" ? noQueue() : `Stream not found: ${mapping.sourceArn}` };
  for (const action of source.actions) {
    try {
      await access.check({ actor: { roleArn: found.roleArn }, action, resource: mapping.sourceArn });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const [service, name] = action.split(":") as [string, string];
      return { reason: `The provided ${found.roleName} does not have permissions to call ${name} on ${NAMES[service] ?? service}` };
    }
  }
  return undefined;
}

/** How long a batch may take; 0 while nothing can be said. */
export async function timeoutSecondsOf({ consumer }: { consumer: BatchConsumer }, consumerArn: string): Promise<number> {
  const found = await consumer.look(consumerArn);
  return found.state === "ready" ? found.timeoutSeconds : 0;
}

const NAMES: Record<string, string> = { sqs: "SQS", kinesis: "Kinesis", dynamodb: "DynamoDB" };

const noQueue = (): string => "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.";
