// What PutTargets takes: which ARNs, and which parameters with them. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kernel/arn.ts";
import { busArn, type BusKey } from "./bus.ts";
import { badInput, badParameterOfTarget, inputOfBus, badPath, badTargetArn, notSupported, parameterMissing, roleRequired, severalInputs, unknownPlaceholder } from "./errors.ts";
import { areHeaders } from "./http-parameters.ts";
import { parsePath } from "../../patterns/input-path.ts";
import { placeholdersOf } from "../../patterns/input-template.ts";
import { PREDEFINED } from "./input-transformer.ts";
import { isJson } from "../../patterns/json-text.ts";
import { kindOf, PARAMETERS } from "./target-kinds.ts";

/** Throws ValidationException. `serves`: whether anything here delivers to ARNs of this service; `roleArn`: the rule's. */
export function checkTarget(target: Target, bus: BusKey, { serves, roleArn }: { serves(arn: string): boolean; roleArn?: string | undefined }): void {
  const { Id: id, Arn: arn } = target as Target & { Id: string; Arn: string };
  const parsed = parseArn(arn);
  if (!parsed) throw badTargetArn(arn);
  const kind = kindOf(arn);
  if (!kind || (kind.way === "resource" && !serves(arn))) throw notSupported(`targets of the service ${parsed.service} (${arn})`);
  const foreign = PARAMETERS.find((name) => target[name] !== undefined && name !== kind.parameters);
  if (foreign) throw badParameterOfTarget(foreign, id, "it belongs to targets of another kind");
  // "Specify an execution role" (eb-service-cross-account); event buses may do with their policies.
  const isElsewhere = parsed.account !== bus.account && kind.way !== "event-bus";
  if ((kind.needsRole || isElsewhere) && (target.RoleArn ?? roleArn) === undefined) throw roleRequired(arn);
  if (arn === busArn(bus)) throw badParameterOfTarget("Arn", id, "an event bus cannot be a target of its own rules");
  if (kind.service === "sqs" && arn.endsWith(".fifo")) {
    if (!target.SqsParameters) throw parameterMissing("SqsParameters", id);
    if (!target.SqsParameters.MessageGroupId) throw parameterMissing("MessageGroupId", id);
  }
  const keyPath = target.KinesisParameters?.PartitionKeyPath;
  if (keyPath !== undefined && !parsePath(keyPath)) throw badPath(id, keyPath);
  if (!areHeaders(target.HttpParameters?.HeaderParameters ?? {})) throw badParameterOfTarget("HttpParameters.HeaderParameters", id, "a header has a character that headers cannot have");
  const queue = target.DeadLetterConfig?.Arn;
  if (queue !== undefined && (parseArn(queue)?.service !== "sqs" || queue.endsWith(".fifo"))) throw badParameterOfTarget("DeadLetterConfig.Arn", id, "it must be the ARN of a standard queue");
  if (kind.way === "event-bus" && (target.Input ?? target.InputPath ?? target.InputTransformer) !== undefined) throw inputOfBus(id);
  checkInput(target, id);
}

function checkInput({ Input, InputPath, InputTransformer }: Target, id: string): void {
  if ([Input, InputPath, InputTransformer].filter((input) => input !== undefined).length > 1) throw severalInputs(id);
  if (Input !== undefined && !isJson(Input)) throw badInput(id);
  if (InputPath !== undefined && !parsePath(InputPath)) throw badPath(id, InputPath);
  if (!InputTransformer) return;
  const paths = InputTransformer.InputPathsMap ?? {};
  const bad = Object.values(paths).find((path) => !parsePath(path));
  if (bad !== undefined) throw badPath(id, bad);
  const unknown = placeholdersOf(InputTransformer.InputTemplate!).find((name) => !PREDEFINED.includes(name) && !Object.hasOwn(paths, name));
  if (unknown !== undefined) throw unknownPlaceholder(id, unknown);
}
