// Who is calling, from where, and when: made once per request by the gateway and passed along, never stored.

export interface Principal {
  /** The ARN the caller acts as: a user, `…:root`, or `…:assumed-role/ROLE/SESSION`. */
  arn: string;
  accountId: string;
  /** AIDA…, AROA…:session, or the account id for root. */
  userId: string;
  accessKeyId: string;
  /** Whether the signature was checked; in development any credentials are let through. */
  verified: boolean;
}

export interface Call {
  account: string;
  region: string;
  requestId: string;
  now: Date;
  principal: Principal;
  /** Aborted when the client goes away or the platform closes. */
  signal: AbortSignal;
  sourceIp: string;
  userAgent: string;
  /** The caller's trace header, where it sent a well-formed one. */
  traceId?: string;
}
