// One try of one event at one target, and what came of it. The codes are those of dead-letter queues.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
import { ServiceError } from "../../kernel/errors.ts";
import type { Target } from "@aws-sdk/client-eventbridge";
import type { Sender } from "../../ports/targets.ts";
import type { Rule } from "./rule.ts";

export interface Delivery {
  rule: Rule;
  target: Target;
  /** Of the event. */
  id: string;
  ingestedMs: number;
  /** The event's JSON. */
  text: string;
  /** ARNs of the buses it came over, this one included. */
  path: string[];
  traceId?: string;
}

export type Outcome =
  | { result: "delivered" }
  /** again: it is the target's trouble, which may pass; never: no further try would do better. */
  | { result: "again" | "never"; code: string; message: string; afterMs?: number };

/** One try; `input` is what the target is given. */
export type Deliver = (delivery: Delivery, input: string) => Promise<Outcome>;

export const never = (code: string, message: string): Outcome => ({ result: "never", code, message });

/** "Errors that result from missing permissions to a target, or if a target resource that no longer exists": no further try. */
export function failed(error: unknown): Outcome {
  if (!(error instanceof ServiceError)) return { result: "again", code: "INTERNAL_ERROR", message: (error as Error).message };
  const { code, status, message } = error;
  if (status === 429 || /Thrott|TooManyRequests/i.test(code)) return { result: "again", code: "THROTTLING", message };
  if (status >= 500) return { result: "again", code: "ERROR_FROM_TARGET", message };
  if (/AccessDenied|Authoriz/i.test(code)) return never("NO_PERMISSIONS", message);
  if (status === 404 || /NotFound|NonExistent|DoesNotExist/i.test(code)) return never("NO_RESOURCE", message);
  return never("INVALID_PARAMETER", message);
}

/** As whom EventBridge writes: with the target's role, or itself, for the rule. */
export const senderFor = ({ bus: { account, region }, arn }: Pick<Rule, "bus" | "arn">, roleArn?: string): Sender => ({ account, region, sourceArn: arn, ...(roleArn === undefined ? { service: "events.amazonaws.com" } : { roleArn }) });
