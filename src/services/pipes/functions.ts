// Functions as enrichments and targets of pipes. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
import type { RoomPorts } from "../service.ts";
import { StageFailure } from "./failure.ts";
import type { Sent } from "./log-records.ts";
import type { Pipe } from "./pipe.ts";

type Ports = Pick<RoomPorts, "access" | "events" | "ids">;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const CALL_BYTES_MAX = 6_291_556;
const EVENT_BYTES_MAX = 1_048_576;

/** Waits for the answer, and throws when the function fails. */
export async function callFunction(ports: Ports, pipe: Pipe, arn: string, payload: string, sent: Sent, traceId: string | undefined): Promise<string> {
  const bytes = await admitted(ports, pipe, arn, payload, CALL_BYTES_MAX);
  sent.request = payload;
  const { failed, payload: answer } = await ports.events.invoke({ functionArn: arn, payload: bytes, requestId: ports.ids.uuid(), ...(traceId !== undefined && { traceId }) });
  const text = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString();
  sent.response = text;
  if (failed) throw new StageFailure("failed", `Function ${arn} failed: ${text.slice(0, 1024)}`, { status: 200, exceptionType: "FunctionError" });
  return text;
}

/** Stored when it resolves: what becomes of it is Lambda's business. */
export async function queueForFunction(ports: Ports, pipe: Pipe, arn: string, payload: string, sent: Sent, traceId: string | undefined): Promise<void> {
  const bytes = await admitted(ports, pipe, arn, payload, EVENT_BYTES_MAX);
  sent.request = payload;
  await ports.events.enqueue({ functionArn: arn, payload: bytes, requestId: ports.ids.uuid(), ...(traceId !== undefined && { traceId }) });
}

async function admitted({ access }: Ports, { roleArn }: Pipe, arn: string, payload: string, bytesMax: number): Promise<Buffer> {
  await access.check({ actor: { roleArn }, action: "lambda:InvokeFunction", resource: arn });
  const bytes = Buffer.from(payload);
  if (bytes.byteLength > bytesMax) throw new StageFailure("failed", `${bytes.byteLength} byte payload is too large (limit ${bytesMax} bytes)`, { status: 413, exceptionType: "RequestTooLargeException" });
  return bytes;
}
