// To queues, topics and log groups: whatever others deliver to by ARN.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import type { RoomPorts } from "../service.ts";
import { type Deliver, failed, senderFor } from "./delivery-outcome.ts";

export const openDeliverResource = ({ targets }: Pick<RoomPorts, "targets">): Deliver => async ({ rule, target, traceId }, input) => {
  const group = target.SqsParameters?.MessageGroupId;
  try {
    await targets.deliver(target.Arn!, { body: input, ...(group !== undefined && { group }), ...(traceId !== undefined && { traceId }) }, senderFor(rule, target.RoleArn ?? rule.roleArn));
    return { result: "delivered" };
  } catch (error) {
    return failed(error);
  }
};
