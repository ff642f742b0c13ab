// Whether a mapping can be worked on: its function and its source are there, and the function's role may read the source.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import { ServiceError } from "../kernel/errors.ts";
import type { Access } from "../ports/access.ts";
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";
import type { FunctionDirectory } from "../ports/function-directory.ts";
import type { Source } from "../ports/sources.ts";

/** Without a reason: only for the moment, as while a function is being made. */
export interface Obstacle {
  reason?: string;
}

/**
 * What stands in the way of polling; undefined when nothing does. The sentences are those CreateEventSourceMapping answers with
 * (observed on AWS); what AWS shows once a mapping is at work is documented nowhere.
 */
export async function obstacleTo({ directory, access }: { directory: FunctionDirectory; access: Access }, mapping: EventSourceMapping, source: Source): Promise<Obstacle | undefined> {
  const found = await directory.resolve(mapping.functionArn);
  if (!found) return { reason: "Function does not exist" };
  if (!found.version) return {};
  const isThere = source.kind === "queue" ? await source.describe(mapping.sourceArn) : await source.shards(mapping.sourceArn);
  if (!isThere) return { reason: source.kind === "queue" ? noQueue() : `Stream not found: ${mapping.sourceArn}` };
  for (const action of source.actions) {
    try {
      await access.check({ actor: { roleArn: found.version.role }, action, resource: mapping.sourceArn });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const [service, name] = action.split(":") as [string, string];
      return { reason: `The provided execution role does not have permissions to call ${name} on ${NAMES[service] ?? service}` };
    }
  }
  return undefined;
}

const NAMES: Record<string, string> = { sqs: "SQS", kinesis: "Kinesis", dynamodb: "DynamoDB" };

const noQueue = (): string => "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.";
