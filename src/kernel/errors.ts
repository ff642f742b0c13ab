// The three kinds of error: ServiceError for the AWS caller, Fault for the operator, AssertionError (assert.ts) for us.

/** What an AWS caller sees. `code` is the modelled shape name; status and query code come from the model where it is modelled. */
export class ServiceError extends Error {
  readonly code: string;
  /** Used only when `code` is not in the service's model. */
  readonly status: number;
  /** Modelled members beside the message, by their modelled names. */
  readonly members: Record<string, unknown>;
  /** Sent beside it, in S3's answers: x-amz-delete-marker. */
  readonly headers: Record<string, string>;
  constructor(code: string, message: string, options: { status?: number; members?: Record<string, unknown>; headers?: Record<string, string> } = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status ?? 400;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

/** Something on this machine failed: disk full, sandbox did not start. Logged with its cause; the caller gets the service's 5xx. */
export class Fault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "Fault";
  }
}

/** Ends a streamed body early on purpose: a function failed midway. The connection is cut, which is all that tells the client, and nobody's log is filled. */
export class BrokenOff extends Error {}
