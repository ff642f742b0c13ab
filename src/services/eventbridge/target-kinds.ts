// Which ARNs can be targets of rules, and what serves them. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
import { parseArn } from "../../kernel/arn.ts";

export type TargetKind = "lambda" | "sqs" | "sns" | "logs" | "event-bus" | "api-destination";

/** Undefined: nothing here delivers there. */
export function kindOf(arn: string): TargetKind | undefined {
  const { service, resource = "" } = parseArn(arn) ?? {};
  if (service === "lambda" && resource.startsWith("function:")) return "lambda";
  if (service === "sqs" || service === "sns") return service;
  if (service === "logs" && resource.startsWith("log-group:")) return "logs";
  if (service === "events") return resource.startsWith("event-bus/") ? "event-bus" : resource.startsWith("api-destination/") ? "api-destination" : undefined;
  return undefined;
}
