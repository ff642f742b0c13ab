// HTTP requests of a service to somebody else's server: SNS subscriptions, API destinations.

export interface OutgoingRequest {
  method: string;
  /** http: or https:. */
  url: string;
  headers: Record<string, string>;
  body: Uint8Array | string;
  timeoutMs: number;
}

export interface OutgoingResponse {
  status: number;
  headers: Record<string, string>;
  /** At most 64 KB of it; the rest is not read. */
  body: Uint8Array;
}

export interface OutgoingHttp {
  /** Follows no redirects. Throws an Error with a sentence when there is no answer: no such host, refused, timed out. */
  send(request: OutgoingRequest): Promise<OutgoingResponse>;
}
