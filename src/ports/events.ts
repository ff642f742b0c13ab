// The door for everything that drives functions: events that are stored and tried again, and calls that wait for an answer.
// Implemented by delivery.

/** Who sends: an AWS service for a resource of its own, or Lambda itself. Checked against the function's resource policy. */
export interface EventSource {
  /** "s3.amazonaws.com" */
  service: string;
  /** The resource that sends (aws:SourceArn), and whose it is (aws:SourceAccount). */
  arn?: string;
  account?: string;
}

export interface AsyncEvent {
  /** Full ARN, qualified or not. */
  functionArn: string;
  /** Valid JSON, not empty, at most 1 MB. */
  payload: Uint8Array;
  /** The same for all tries. */
  requestId: string;
  traceId?: string;
  tenantId?: string;
  /** Absent when the caller's own permission was checked already (Invoke). */
  source?: EventSource;
}

export interface Events {
  /** Accepted means stored: tries, age limit, dead-letter queue and destinations follow by themselves. Throws ServiceError (function not found, not permitted). */
  enqueue(event: AsyncEvent): Promise<void>;
  /** For services that ask and wait. Throws Throttled, ServiceError, Fault. */
  invoke(event: AsyncEvent): Promise<{ failed: boolean; payload: Uint8Array; executedVersion: string }>;
}
