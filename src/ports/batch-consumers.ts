// What the batches of polled sources are given to: functions (event source mappings) and pipes. Delivery polls, gathers and tries again;
// a consumer says what its batches look like and takes them.
import type { Source } from "./sources.ts";

/** One try of one batch. */
export interface SourceBatch {
  consumerArn: string;
  source: Source;
  /** Of a batch of a stream they are in order. Empty at the end of a tumbling window. */
  items: { id: string; record: object }[];
  /** What `eventOf` says of them, as JSON. */
  payload: Uint8Array;
  /** A UUID, another for each batch. */
  requestId: string;
  /** The trace header to go on with. */
  traceId?: string;
}

export type BatchAnswer =
  /**
   * It ran, or was kept from a loop; `failed` is a failure of the consumer's own, for all of the batch. `left`: ids of items that are not done,
   * from a consumer that knows; otherwise the payload is read for `batchItemFailures`, when the mapping says so.
   */
  | { kind: "answered"; failed: boolean; payload: Uint8Array; executedVersion: string; left?: string[] }
  | { kind: "throttled" }
  /** Trouble of this machine, or a consumer that cannot take anything yet. */
  | { kind: "unavailable"; error?: unknown }
  /** There is no such consumer. */
  | { kind: "gone" };

export type ConsumerState =
  | {
      state: "ready";
      /** Must be permitted to read the source. */
      roleArn: string;
      /** What AWS calls it in its sentences: "execution role". */
      roleName: string;
      /** A batch takes no longer. */
      timeoutSeconds: number;
    }
  /** Only for the moment, as while a function is being made. */
  | { state: "waiting" }
  /** With AWS's sentence. */
  | { state: "unable"; reason: string };

export interface BatchConsumer {
  /** The service in the ARNs of its consumers: "lambda". */
  service: string;
  look(consumerArn: string): Promise<ConsumerState>;
  /** What one batch is given to it as. */
  eventOf(source: Source, sourceArn: string, records: object[]): object;
  /** Does not throw. */
  take(batch: SourceBatch): Promise<BatchAnswer>;
  /** Milliseconds between the arrival of the last record of a stream's batch and now. */
  iteratorAge?(consumerArn: string, ms: number): void;
}

export interface BatchConsumers {
  /** Undefined when nothing here takes batches under ARNs of this service. */
  find(consumerArn: string): BatchConsumer | undefined;
}
