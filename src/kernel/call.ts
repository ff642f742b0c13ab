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
  /** Of temporary credentials only. */
  session?: PrincipalSession;
}

/** How temporary credentials came about, and what limits them. */
export interface PrincipalSession {
  issuedAtMs: number;
  /** The user, role or root whose permissions they carry; a role with its path. */
  issuerArn: string;
  /** Session policies, as JSON texts: with them the session can do no more than they allow. */
  policies?: string[];
  /** Managed policies that limit it in the same way. */
  policyArns?: string[];
  tags?: Record<string, string>;
  /** Tags that a session opened from this one inherits. */
  transitiveTagKeys?: string[];
  sourceIdentity?: string;
  /** The function that was given them. */
  sourceFunctionArn?: string;
  /** Of a role that was not there when the session was opened, so it is of whichever comes to have the name. */
  roleUnknown?: true;
}

/** Who has not signed a request to S3, or reads a website: nobody in particular, so only what a policy opens to everybody is theirs. */
export const ANONYMOUS: Principal = { arn: "anonymous", accountId: "anonymous", userId: "anonymous", accessKeyId: "", verified: false };

export interface Call {
  account: string;
  region: string;
  requestId: string;
  now: Date;
  principal: Principal;
  /** Aborted when the client goes away or the platform closes. */
  signal: AbortSignal;
  /** Aborted as soon as the platform begins to close, while what runs still has its time: who only waits answers now. */
  closing?: AbortSignal;
  sourceIp: string;
  userAgent: string;
  /** The name and port the caller reached this endpoint by, as it says; "" when it does not. What answers give as an address begins with it. */
  host: string;
  /** As it came, for who must tell others of it. Header names in lower case. */
  request?: { method: string; path: string; query: string; headers: Record<string, string> };
  /** The caller's trace header, where it sent a well-formed one. */
  traceId?: string;
}
