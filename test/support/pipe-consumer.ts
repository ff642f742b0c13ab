// A pipe in front of a test's function, for suites that are run on event source mappings and on pipes: the function gets the event it would get of a mapping.
import { ServiceError } from "../../src/kernel/errors.ts";
import { realIds } from "../../src/kernel/ids.ts";
import type { Access } from "../../src/ports/access.ts";
import type { BatchConsumer } from "../../src/ports/batch-consumers.ts";
import type { Events } from "../../src/ports/events.ts";
import type { ResolvedFunction } from "../../src/ports/function-directory.ts";
import type { Functions } from "../../src/ports/functions.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import { pipeConsumer } from "../../src/services/pipes/consumer.ts";
import { type Pipe, pipeArn, pipeId, PIPES } from "../../src/services/pipes/pipe.ts";
import type { Stores } from "../../src/storage/stores.ts";

const KEY = { account: "000000000000", region: "eu-west-1", name: "p" };
export const PIPE = pipeArn(KEY);

/** Its target is the function. */
export async function putPipe(stores: Stores, target: string): Promise<void> {
  const pipe: Pipe = {
    ...KEY, id: "p", revision: "1", state: "RUNNING", desiredState: "RUNNING", source: "arn:aws:sqs:eu-west-1:000000000000:q", sourceParameters: {}, enrichmentParameters: {}, target, targetParameters: {},
    roleArn: "arn:aws:iam::000000000000:role/worker", tags: {}, createdMs: 0, modifiedMs: 0,
  };
  await stores.documents<Pipe>(PIPES).put(pipeId(KEY), pipe);
}

export interface PipeParts extends Pick<RoomPorts, "stores" | "clock" | "metrics"> {
  access: Access;
  functions: Functions;
  directory: Map<string, ResolvedFunction>;
}

export function testPipeConsumer({ functions, directory, ...parts }: PipeParts): BatchConsumer {
  const events: Events = {
    enqueue: () => Promise.reject(new Error("this test forgets nothing")),
    async invoke({ functionArn, payload, requestId }) {
      const found = directory.get(functionArn);
      if (!found) throw new ServiceError("ResourceNotFoundException", `Function not found: ${functionArn}`, { status: 404 });
      if (!found.version) throw new ServiceError("ResourceConflictException", "Pending", { status: 409 });
      const event = Buffer.from(`{"Records":${Buffer.from(payload).toString()}}`);
      return functions.invoke({ version: found.version, invokedArn: found.invokedArn, payload: event, requestId, tail: false });
    },
  };
  const ports = { ...parts, events, ids: realIds(), directory: { resolve: async (arn: string) => directory.get(arn) }, logs: { put: () => undefined, flush: async () => undefined } } as unknown as RoomPorts;
  return pipeConsumer(() => ports);
}
