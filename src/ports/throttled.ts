// Thrown by the engine when an invocation may not run now; the Lambda room answers TooManyRequestsException.
import type { ThrottleReason } from "./functions.ts";

export class Throttled extends Error {
  readonly reason: ThrottleReason;
  constructor(reason: ThrottleReason) {
    super(reason);
    this.name = "Throttled";
    this.reason = reason;
  }
}
