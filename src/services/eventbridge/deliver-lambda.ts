// To functions: an asynchronous event, for which Lambda's own rules count once it is accepted.
// https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
import type { RoomPorts } from "../service.ts";
import { type Deliver, failed, never } from "./delivery-outcome.ts";
import { isJson } from "../../patterns/json-text.ts";

/** Of an asynchronous event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const EVENT_BYTES_MAX = 1_048_576;

export const openDeliverLambda = ({ events, ids, access }: Pick<RoomPorts, "events" | "ids" | "access">): Deliver => async ({ rule, target, traceId }, input) => {
  if (!isJson(input)) return never("INVALID_JSON", "The input is not valid JSON, and functions take nothing else.");
  const payload = Buffer.from(input);
  if (payload.byteLength > EVENT_BYTES_MAX) return never("RESOURCE_LIMIT_EXCEEDED", `${payload.byteLength} byte payload is too large for the Event invocation type (limit ${EVENT_BYTES_MAX} bytes)`);
  const functionArn = target.Arn!;
  try {
    // With a role its policies decide, without one the function's.
    if (target.RoleArn) await access.check({ actor: { roleArn: target.RoleArn }, action: "lambda:InvokeFunction", resource: functionArn });
    await events.enqueue({ functionArn, payload, requestId: ids.uuid(), ...(traceId !== undefined && { traceId }), ...(!target.RoleArn && { source: { service: "events.amazonaws.com", arn: rule.arn, account: rule.bus.account } }) });
    return { result: "delivered" };
  } catch (error) {
    return failed(error);
  }
};
