// Functions as a destination of others: what is delivered becomes an asynchronous event.
import type { Target } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";

export const functionTarget = ({ directory, events, ids }: RoomPorts): Target => ({
  service: "lambda",
  exists: async (arn) => (await directory.resolve(arn)) !== undefined,
  // Whether the sender may was asked before; the trace goes along, so that functions that are each other's destinations are found out.
  deliver: (arn, { body, traceId }) => events.enqueue({ functionArn: arn, payload: Buffer.from(body), requestId: ids.uuid(), ...(traceId === undefined ? {} : { traceId }) }),
});
