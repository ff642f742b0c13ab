// To functions: an asynchronous event, for which Lambda's own rules count once it is accepted.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
import type { RoomPorts } from "../service.ts";
import { type Deliver, failed } from "./delivery-outcome.ts";
import type { Rendering } from "./message-rendering.ts";

/** Of an asynchronous event: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const EVENT_BYTES_MAX = 1_048_576;

export const openDeliverLambda = ({ events, ids }: Pick<RoomPorts, "events" | "ids">, rendering: Rendering): Deliver => async (delivery) => {
  const { topic, subscription, message } = delivery;
  const payload = Buffer.from(await rendering.lambdaEvent(delivery));
  // A message of 256 KB may be six times as long where its characters must be escaped.
  if (payload.byteLength > EVENT_BYTES_MAX) return { result: "never", statusCode: 413, providerResponse: JSON.stringify({ ErrorCode: "RequestEntityTooLargeException", ErrorMessage: `${payload.byteLength} byte payload is too large for the Event invocation type (limit ${EVENT_BYTES_MAX} bytes)` }) };
  const requestId = ids.uuid();
  try {
    await events.enqueue({ functionArn: subscription.endpoint, payload, requestId, ...(message.traceId !== undefined && { traceId: message.traceId }), source: { service: "sns.amazonaws.com", arn: topic.arn, account: topic.account } });
    return { result: "delivered", statusCode: 202, providerResponse: JSON.stringify({ lambdaRequestId: requestId }) };
  } catch (error) {
    return failed(error);
  }
};
