// Pipes as delivery gives them batches: like functions of event source mappings, but that a pipe's own role reads the source.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html
import { ServiceError } from "../../kernel/errors.ts";
import { once } from "../../kernel/once.ts";
import type { BatchConsumer, ConsumerState, SourceBatch } from "../../ports/batch-consumers.ts";
import type { RoomPorts } from "../service.ts";
import { type Pipe, pipeArn, pipeByArn, pipeId, PIPES } from "./pipe.ts";

/** "A pipe execution takes at most 5 minutes" (quotas). */
const EXECUTION_SECONDS_MAX = 300;
/** An API destination answers within 5 seconds, when it is its turn. */
const REQUEST_SECONDS = 30;

/** `ports`: asked for at the first batch, because they hold what this is part of. What executes is read then, too. */
export function pipeConsumer(ports: () => RoomPorts): BatchConsumer {
  const executing = once(async () => (await import("./execution.ts")).openExecution(ports()));
  const find = async (arn: string): Promise<Pipe | undefined> => {
    const key = pipeByArn(arn);
    return key && ports().stores.documents<Pipe>(PIPES).get(pipeId(key));
  };
  return {
    service: "pipes",
    async look(arn) {
      const pipe = await find(arn);
      return pipe ? standing(ports(), pipe) : { state: "unable", reason: "Pipe does not exist." };
    },
    eventOf: (source, _sourceArn, records) => (source.piped ? records.map((record) => source.piped!(record)) : records),
    async take(batch: SourceBatch) {
      const pipe = await find(batch.consumerArn);
      if (!pipe) return { kind: "gone" };
      return (await executing())(pipe, batch);
    },
  };
}

async function standing(ports: RoomPorts, pipe: Pipe): Promise<ConsumerState> {
  const { roleArn } = pipe;
  const context = { "aws:SourceAccount": pipe.account, "aws:SourceArn": pipeArn(pipe) };
  const refusal = await ports.access.check({ actor: { service: "pipes.amazonaws.com" }, action: "sts:AssumeRole", resource: roleArn, context }).then(() => undefined, (error: unknown) => error);
  if (refusal !== undefined && !(refusal instanceof ServiceError)) throw refusal;
  // In the form of EventBridge's sentence for rules (reported: zappa/Zappa#381).
  if (refusal) return { state: "unable", reason: `Provided role '${roleArn}' cannot be assumed by principal 'pipes.amazonaws.com'.` };
  return { state: "ready", roleArn, roleName: "customer role", timeoutSeconds: await secondsOf(ports, pipe) };
}

/** How long enrichment and target may take. */
async function secondsOf({ directory }: RoomPorts, { enrichment, target }: Pipe): Promise<number> {
  let seconds = REQUEST_SECONDS;
  for (const arn of [enrichment, target]) if (arn?.includes(":lambda:")) seconds += (await directory.resolve(arn))?.version?.timeoutSeconds ?? 0;
  return Math.min(seconds, EXECUTION_SECONDS_MAX);
}
