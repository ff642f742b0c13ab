// What an error of a target means: tried again, or not, and as what it stands in the dead-letter queue.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
import { ServiceError } from "../../kernel/errors.ts";

export interface Failed {
  /** again: it may pass; never: it is "a permanent error"; expired: it was never tried. */
  result: "again" | "never" | "expired";
  code: string;
  message: string;
  isThrottled?: boolean;
}

export type Outcome = { result: "done" } | Failed;

/** What AWS's page says for troubles of Scheduler's own. */
const OWN_TROUBLE = { code: "AWS.Scheduler.InternalServerError", message: "Unexpected error occurred while processing the request" };

/** It was due while nothing ran. */
export const tooOld: Failed = { result: "expired", ...OWN_TROUBLE };

/** As AWS's page has them, where our own are others. */
const CODES: Record<string, { code: string; message: string }> = {
  QueueDoesNotExist: { code: "AWS.SimpleQueueService.NonExistentQueue", message: "The specified queue does not exist for this wsdl version." },
};

export function outcomeOf(error: unknown): Failed {
  if (!(error instanceof ServiceError)) return { result: "again", ...OWN_TROUBLE };
  const { code, message, status } = error;
  const isThrottled = status === 429 || /Thrott|TooManyRequests/i.test(code);
  return { result: isThrottled || status >= 500 ? "again" : "never", isThrottled, ...(CODES[code] ?? { code, message }) };
}
