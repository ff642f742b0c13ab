// The wire between an environment and the runtime in it. Two kinds: frames (managed runtimes) and the Runtime API (custom ones).

/** One event on its way to the runtime. */
export interface RuntimeEvent {
  requestId: string;
  deadlineMs: number;
  invokedArn: string;
  traceId: string;
  clientContext?: string;
  cognitoIdentity?: string;
  tenantId?: string;
  streaming: boolean;
  payload: Uint8Array;
}

/** What a runtime may say. The environment decides whether it may say it now: nothing here is trusted. */
export interface RuntimeListener {
  /** The handler is loaded, or the runtime asks for the next event. */
  ready(): void;
  /** Of the restore, too. */
  initError(payload: Uint8Array, errorType: string): void;
  /** SnapStart: initialised, its hooks run, it waits to be restored. False when it may not. */
  restoreNext(): boolean;
  /** False when there is nothing to answer (anymore). */
  response(requestId: string | undefined, payload: Uint8Array): boolean;
  error(requestId: string | undefined, payload: Uint8Array, errorType: string): boolean;
  /** A body above the limit: the invocation fails, the environment lives. */
  tooLarge(requestId: string | undefined): void;
  streamStart(requestId: string | undefined, contentType: string): boolean;
  /** False: stop reading until the link is told to resume(). */
  streamChunk(chunk: Uint8Array): boolean;
  /** With an error when the stream broke. */
  streamEnd(error?: { errorType: string; payload: Uint8Array }): void;
  log(level: number, text: string): void;
  /** The events sent along with the one that runs are not begun, and will not be. */
  giveBack(): void;
  /** The runtime broke the protocol; the environment is of no use anymore. */
  broken(reason: string): void;
}

export interface RuntimeLink {
  /** True when the runtime is ready again the moment it has answered; otherwise it says ready() once more. */
  readonly readyAfterAnswer: boolean;
  /** `along`: further events in the same write, to be run after this one. */
  send(event: RuntimeEvent, along?: RuntimeEvent[]): void;
  /** Init is over: whether there are extensions, which go on inside the process between events. */
  registered?(any: boolean): void;
  /** Answers restoreNext(). */
  restore?(): void;
  /** Stop and go on reading what the runtime says: back-pressure for streams and floods of log. */
  pause(): void;
  resume(): void;
  close(): void;
}
