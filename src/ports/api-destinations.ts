// Requests to API destinations, with the credentials of their connections. Implemented by the EventBridge room.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html

export interface DestinationRequest {
  /** Of the API destination. */
  arn: string;
  body: string;
  parameters?: { PathParameterValues?: string[] | undefined; HeaderParameters?: Record<string, string> | undefined; QueryStringParameters?: Record<string, string> | undefined } | undefined;
  /** Must be permitted to invoke it. */
  roleArn?: string | undefined;
}

export type DestinationAnswer =
  | { kind: "answered"; status: number; headers: Record<string, string>; body: Uint8Array }
  /** It, or its connection, is not there; or the connection has lost its authorization. */
  | { kind: "missing"; message: string }
  | { kind: "deauthorized" | "denied"; message: string }
  | { kind: "unreachable"; isTimeout: boolean; message: string };

export interface ApiDestinations {
  /** No more requests a second than the destination says: it may take its time. */
  invoke(request: DestinationRequest): Promise<DestinationAnswer>;
}
