// What a schedule's target and its input come to: an event for a function, or a message for a queue, a topic or an event bus. No I/O.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
import type { Target } from "@aws-sdk/client-scheduler";
import { parseArn } from "../../kernel/arn.ts";
import { isJson } from "../../patterns/json-text.ts";
import type { TargetMessage } from "../../ports/targets.ts";
import { badTargetArn, inputNotJson, notSupported, parametersOfOthers, parametersRequired } from "./errors.ts";
import { universalRequest } from "./universal-target.ts";

export type Request =
  | { to: "function"; arn: string; payload: string }
  | { to: "resource"; arn: string; message: TargetMessage };

export interface Requester {
  account: string;
  region: string;
  /** Of the schedule. */
  arn: string;
}

/** Throws ServiceError (ValidationException) for a target that no request can be made for. */
export function requestOf(target: Target, input: string, from: Requester): Request {
  const arn = target.Arn!;
  const parsed = parseArn(arn);
  if (!parsed) throw badTargetArn(arn);
  const { service, resource } = parsed;
  const [, api] = /^arn:[^:]+:scheduler:::aws-sdk:(\w+:\w+)$/.exec(arn) ?? [];
  if (api !== undefined) {
    refuseParameters(target, []);
    return universalRequest(api, input, from);
  }
  if (service === "lambda" && resource.startsWith("function:")) {
    refuseParameters(target, []);
    if (!isJson(input)) throw inputNotJson();
    return { to: "function", arn, payload: input };
  }
  if (service === "sqs") return toQueue(target, input);
  if (service === "sns") {
    refuseParameters(target, []);
    return { to: "resource", arn, message: { body: input } };
  }
  if (service === "events" && resource.startsWith("event-bus/")) return toBus(target, input, from);
  throw notSupported(`targets of ${service}`);
}

function toQueue(target: Target, input: string): Request {
  refuseParameters(target, ["SqsParameters"]);
  const group = target.SqsParameters?.MessageGroupId;
  if (group === undefined && target.Arn!.endsWith(".fifo")) throw parametersRequired("MessageGroupId of SqsParameters", target.Arn!);
  return { to: "resource", arn: target.Arn!, message: { body: input, ...(group !== undefined && { group }) } };
}

function toBus(target: Target, input: string, { arn }: Requester): Request {
  refuseParameters(target, ["EventBridgeParameters"]);
  const { Source: source, DetailType: detailType } = target.EventBridgeParameters ?? {};
  if (source === undefined || detailType === undefined) throw parametersRequired("EventBridgeParameters", target.Arn!);
  if (!isJson(input)) throw inputNotJson();
  return { to: "resource", arn: target.Arn!, message: { body: input, event: { source, detailType, resources: [arn] } } };
}

const PARAMETERS = ["EcsParameters", "EventBridgeParameters", "KinesisParameters", "SageMakerPipelineParameters", "SqsParameters"] as const;

function refuseParameters(target: Target, taken: string[]): void {
  for (const name of PARAMETERS) if (target[name] !== undefined && !taken.includes(name)) throw parametersOfOthers(name, target.Arn!);
}
