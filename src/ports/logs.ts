// Where function output goes: CloudWatch Logs. Never slows an invoke: put() only buffers.

export interface LogEvent {
  /** Milliseconds since 1970. */
  timestamp: number;
  /** One event, without the line end. */
  message: string;
}

export interface LogSink {
  /** Makes group and stream if they are missing. Buffers and returns at once; written within a second, and at close. */
  put(where: { account: string; region: string; group: string; stream: string }, events: LogEvent[]): void;
  /** Resolves when everything put so far is stored. */
  flush(): Promise<void>;
}
