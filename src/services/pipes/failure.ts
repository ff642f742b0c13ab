// What went wrong in a stage, and whether trying again is the source's business (a failure of the customer's) or ours.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html#eb-pipes-error-invoke
import { ServiceError } from "../../kernel/errors.ts";
import { RecursiveInvocation } from "../../ports/recursive-invocation.ts";
import { Throttled } from "../../ports/throttled.ts";

/** failed: it counts as a try; throttled, trouble: it does not. */
export type FailureKind = "failed" | "throttled" | "trouble";

export class StageFailure extends Error {
  readonly kind: FailureKind;
  readonly status: number;
  readonly exceptionType: string | undefined;
  constructor(kind: FailureKind, message: string, { status = 400, exceptionType }: { status?: number; exceptionType?: string } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.exceptionType = exceptionType;
  }
}

export function failureOf(error: unknown): StageFailure {
  if (error instanceof StageFailure) return error;
  if (error instanceof Throttled) return new StageFailure("throttled", "Rate Exceeded.", { status: 429, exceptionType: "TooManyRequestsException" });
  if (error instanceof RecursiveInvocation) return new StageFailure("failed", error.message);
  if (!(error instanceof ServiceError)) return new StageFailure("trouble", (error as Error).message, { status: 500 });
  const { code, status, message } = error;
  // A function that is being made or changed will be there in a moment.
  if (code === "ResourceConflictException") return new StageFailure("trouble", message, { status, exceptionType: code });
  const kind = status === 429 || /Thrott|TooManyRequests/i.test(code) ? "throttled" : status >= 500 ? "trouble" : "failed";
  return new StageFailure(kind, message, { status, exceptionType: code });
}
