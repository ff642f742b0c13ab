// What PutTargets takes: which ARNs, and which parameters with them. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kernel/arn.ts";
import { busArn, type BusKey } from "./bus.ts";
import { badInput, badParameterOfTarget, badPath, badTargetArn, notSupported, parameterMissing, severalInputs, unknownPlaceholder } from "./errors.ts";
import { areHeaders } from "./http-parameters.ts";
import { parsePath } from "./input-path.ts";
import { placeholdersOf, PREDEFINED } from "./input-transformer.ts";
import { isJson } from "./json-text.ts";
import { kindOf } from "./target-kinds.ts";

/** They belong to services that nothing here delivers to. */
const UNSERVED = ["KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters"] as const;

/** Throws ValidationException. */
export function checkTarget(target: Target, bus: BusKey): void {
  const { Id: id, Arn: arn } = target as Target & { Id: string; Arn: string };
  const parsed = parseArn(arn);
  if (!parsed) throw badTargetArn(arn);
  const kind = kindOf(arn);
  if (!kind) throw notSupported(`targets of the service ${parsed.service} (${arn})`);
  const unserved = UNSERVED.find((parameter) => target[parameter] !== undefined);
  if (unserved) throw notSupported(`${unserved} of targets`);
  if (arn === busArn(bus)) throw badParameterOfTarget("Arn", id, "an event bus cannot be a target of its own rules");
  if (kind === "sqs" && arn.endsWith(".fifo")) {
    if (!target.SqsParameters) throw parameterMissing("SqsParameters", id);
    if (!target.SqsParameters.MessageGroupId) throw parameterMissing("MessageGroupId", id);
  }
  if (target.SqsParameters && kind !== "sqs") throw badParameterOfTarget("SqsParameters", id, "it is no queue");
  if (target.HttpParameters && kind !== "api-destination") throw badParameterOfTarget("HttpParameters", id, "it is no API destination");
  if (!areHeaders(target.HttpParameters?.HeaderParameters ?? {})) throw badParameterOfTarget("HttpParameters.HeaderParameters", id, "a header has a character that headers cannot have");
  const queue = target.DeadLetterConfig?.Arn;
  if (queue !== undefined && (parseArn(queue)?.service !== "sqs" || queue.endsWith(".fifo"))) throw badParameterOfTarget("DeadLetterConfig.Arn", id, "it must be the ARN of a standard queue");
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
