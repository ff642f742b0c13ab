// What a target's own parameters come to for one event: a value that is a JSON path stands for what the event has there. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html#dynamic-path-parameters
import type { Target } from "@aws-sdk/client-eventbridge";
import { parsePath, valueAt } from "../../patterns/input-path.ts";
import { parseKeeping } from "../../patterns/json-text.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { kindOf } from "./target-kinds.ts";

/** "On all string … fields" of these, but keys of headers; a path in others is itself. */
const DYNAMIC = new Set(["EcsParameters", "HttpParameters", "RedshiftDataParameters", "SageMakerPipelineParameters", "SqsParameters"]);

/** With paths replaced by what they find in the event as it was matched; by nothing ("") where they find none, which is ours: the guide says nothing of it. */
export function resolved<T>(parameters: T, text: string): T {
  const isPath = (value: unknown): value is string => typeof value === "string" && value.startsWith("$.") && parsePath(value) !== undefined;
  let event: unknown;
  const within = (value: unknown): unknown => {
    if (isPath(value)) return textOf(valueAt((event ??= parseKeeping(text)), parsePath(value)!));
    if (Array.isArray(value)) return value.map(within);
    return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, within(one)])) : value;
  };
  return within(parameters) as T;
}

const textOf = (value: unknown): string => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** What goes along with the input to a resource; `id` is the event's. */
export function messageParameters(target: Target, text: string, id: string): Pick<TargetMessage, "group" | "partitionKey" | "parameters"> {
  const kind = kindOf(target.Arn!);
  if (kind?.service === "kinesis") return { partitionKey: partitionKey(target.KinesisParameters?.PartitionKeyPath, text) ?? id };
  const name = kind?.parameters;
  const given = name && target[name];
  if (!given) return {};
  const parameters = DYNAMIC.has(name) ? resolved(given, text) : given;
  if (!("MessageGroupId" in parameters)) return { parameters };
  return parameters.MessageGroupId === undefined ? {} : { group: parameters.MessageGroupId };
}

/** "The default is to use the eventId as the partition key" (API_KinesisParameters); so it is here where the path finds nothing. */
function partitionKey(path: string | undefined, text: string): string | undefined {
  const value = path === undefined ? undefined : valueAt(parseKeeping(text), parsePath(path)!);
  return value === undefined ? undefined : textOf(value);
}
