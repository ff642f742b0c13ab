// To queues, topics, log groups: whatever others deliver to by ARN.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import type { RoomPorts } from "../service.ts";
import { type Deliver, failed, senderFor } from "./delivery-outcome.ts";
import { kindOf } from "./target-kinds.ts";
import { messageParameters } from "./target-parameters.ts";

export const openDeliverResource = ({ targets }: Pick<RoomPorts, "targets">): Deliver => async ({ rule, target, id, text, traceId }, input) => {
  const roleArn = target.RoleArn ?? rule.roleArn;
  try {
    await targets.deliver(target.Arn!, { body: input, ...messageParameters(target, text, id), ...(traceId !== undefined && { traceId }) }, senderFor(rule, roleArn));
    return { result: "delivered" };
  } catch (error) {
    const outcome = failed(error);
    // A queue whose policy says no cannot be told from one that is not there: a user measured NO_RESOURCE on AWS, in October 2026.
    return kindOf(target.Arn!)?.service === "sqs" && roleArn === undefined && "code" in outcome && outcome.code === "NO_PERMISSIONS" ? { ...outcome, code: "NO_RESOURCE" } : outcome;
  }
};
