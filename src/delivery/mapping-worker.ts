// What works on one event source mapping: queue-poller.ts and stream-poller.ts have this shape, mappings.ts starts and stops them.
import type { Clock } from "../kernel/clock.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { Access } from "../ports/access.ts";
import type { BatchConsumer } from "../ports/batch-consumers.ts";
import type { EventSourceMapping, MappingReport } from "../ports/event-source-mappings.ts";
import type { Lanes } from "../ports/lanes.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { Source } from "../ports/sources.ts";
import type { Stores } from "../storage/stores.ts";

export interface WorkerDeps {
  stores: Stores;
  clock: Clock;
  ids: Ids;
  log: Log;
  consumer: BatchConsumer;
  access: Access;
  metrics: Metrics;
  lanes: Lanes;
}

export interface WorkerSignals {
  /** Take nothing more, and end what runs: the mapping was changed, disabled or deleted. */
  stop: AbortSignal;
  /** What still runs is left to itself, and nothing is written for it any more: the platform is closing. */
  abandon: AbortSignal;
}

/**
 * Works until `stop`, and resolves when nothing of it runs any more. It reports "running" when it polls, "processed" as it goes, "failing" where only
 * it can know; mappings.ts says "stopped", and looks before and every ten seconds whether consumer, source and permission are there. It throws when
 * it cannot go on, and is then started again after a pause.
 * A queue's worker runs in the process that has the mapping's lease; a stream's in every process, as it takes a lease per shard.
 */
export type Worker<S extends Source> = (deps: WorkerDeps, mapping: EventSourceMapping, source: S, signals: WorkerSignals, report: (report: MappingReport) => void) => Promise<void>;
