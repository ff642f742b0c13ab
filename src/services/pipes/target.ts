// Handing a batch to the target of a pipe. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
import { parseArn } from "../../kernel/arn.ts";
import type { Sender, TargetMessage } from "../../ports/targets.ts";
import type { RoomPorts } from "../service.ts";
import { asArray, parameter, type Transformed } from "./event.ts";
import { failureOf, StageFailure } from "./failure.ts";
import { callFunction, queueForFunction } from "./functions.ts";
import { requestDestination } from "./http-requests.ts";
import type { Sent } from "./log-records.ts";
import { type Pipe, pipeArn } from "./pipe.ts";
import { targetKind } from "./target-parameters.ts";

type Ports = Pick<RoomPorts, "access" | "events" | "ids" | "apiDestinations" | "targets">;

/** What of a batch is not done: events by their place, or what a function listed. Undefined: all of it is. */
export type Left = { places: Map<number, StageFailure> } | { listed: string[] };

/** Throws StageFailure, and whatever the ports throw, when nothing of the batch is done. */
export async function deliver(ports: Ports, pipe: Pipe, inputs: Transformed[], sent: Sent, traceId: string | undefined): Promise<Left | undefined> {
  const { target, targetParameters } = pipe;
  const kind = targetKind(target);
  if (kind === "lambda") {
    if (targetParameters.LambdaFunctionParameters?.InvocationType !== "FIRE_AND_FORGET") return listedIn(await callFunction(ports, pipe, target, asArray(inputs), sent, traceId));
    await queueForFunction(ports, pipe, target, asArray(inputs), sent, traceId);
    return undefined;
  }
  if (kind === "api-destination") {
    await requestDestination(ports, pipe, target, targetParameters.HttpParameters, inputs[0]!, sent);
    return undefined;
  }
  const messages = inputs.map((input) => ({ ...messageOf(pipe, kind, input), ...(traceId !== undefined && { traceId }) }));
  sent.request = JSON.stringify(messages.map(({ body }) => body));
  return sendAll(ports, pipe, messages, kind === "sqs");
}

/** What a function lists is tried again; an answer that is anything else says that all is done. */
function listedIn(answer: string): Left | undefined {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    return undefined;
  }
  const { batchItemFailures } = (typeof value === "object" && value !== null ? value : {}) as { batchItemFailures?: unknown };
  if (!Array.isArray(batchItemFailures) || batchItemFailures.length === 0) return undefined;
  return { listed: batchItemFailures.map((failure) => String((failure as { itemIdentifier?: unknown } | null)?.itemIdentifier ?? "")) };
}

function messageOf(pipe: Pipe, kind: string, { text, event }: Transformed): TargetMessage {
  const { SqsQueueParameters: queue, EventBridgeEventBusParameters: bus, CloudWatchLogsParameters: logs, KinesisStreamParameters: stream } = pipe.targetParameters;
  switch (kind) {
    case "sqs": {
      const group = parameter(queue?.MessageGroupId, event);
      const deduplicationId = parameter(queue?.MessageDeduplicationId, event);
      return { body: text, ...(group !== undefined && { group }), ...(deduplicationId !== undefined && { deduplicationId }) };
    }
    case "event-bus": {
      const timeMs = timeOf(parameter(bus?.Time, event));
      return {
        body: text,
        event: {
          // As events of pipes have it when nothing is said (seen in users' rules and integration tests of aws-cdk).
          source: parameter(bus?.Source, event) ?? `Pipe ${pipe.name}`, detailType: parameter(bus?.DetailType, event) ?? `Event from aws:${parseArn(pipe.source)!.service}`,
          resources: (bus?.Resources ?? []).map((resource) => parameter(resource, event) ?? "").filter((resource) => resource !== ""), ...(timeMs !== undefined && { timeMs }),
        },
      };
    }
    case "logs": {
      const timeMs = timeOf(parameter(logs?.Timestamp, event));
      return { body: text, log: { stream: logs?.LogStreamName ?? pipe.name, ...(timeMs !== undefined && { timeMs }) } };
    }
    case "kinesis":
      return { body: text, partitionKey: parameter(stream?.PartitionKey, event) ?? "" };
    default:
      return { body: text };
  }
}

/** Milliseconds, seconds, or a date as text; undefined when it is none. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  const ms = Number.isNaN(number) ? Date.parse(text) : number < 1e11 ? number * 1000 : number;
  return Number.isNaN(ms) ? undefined : ms;
}

/** In order; after one that fails, what keeps an order with it is left too. */
async function sendAll({ targets }: Ports, pipe: Pipe, messages: TargetMessage[], toQueue: boolean): Promise<Left | undefined> {
  const { target, account, region, roleArn } = pipe;
  const from: Sender = { account, region, roleArn, sourceArn: pipeArn(pipe) };
  if (toQueue && messages.length > 1) {
    try {
      await targets.deliverAll(target, messages, from);
      return undefined;
    } catch { /* one of them is at fault, or all: found one by one */ }
  }
  const places = new Map<number, StageFailure>();
  for (const [place, message] of messages.entries()) {
    const before = target.endsWith(".fifo") ? [...places.values()][0] : undefined;
    const failure = before ?? (await targets.deliver(target, message, from).then(() => undefined, failureOf));
    if (failure) places.set(place, failure);
  }
  if (places.size === 0) return undefined;
  if (places.size === messages.length) throw places.get(0)!;
  return { places };
}
