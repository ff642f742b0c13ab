// How far a mapping has come in each shard of its stream. Positions belong to the mapping: kept while it is disabled, gone when it is deleted.
import type { Clock } from "../kernel/clock.ts";
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";
import type { Lanes, LaneSend } from "../ports/lanes.ts";
import type { StreamShard, StreamSource } from "../ports/sources.ts";
import type { Stores } from "../storage/stores.ts";
import type { OpenWindow } from "./stream-window.ts";

export interface ShardProgress {
  /** Everything up to here is done. */
  position: string;
  /** Closed, and read to its end: its children may begin. */
  finished?: true;
  /** Ids after the position that are done, when the worker was stopped while another lane stood still. Not known after a crash. */
  ahead?: string[];
  /** The tumbling window that is open, with what the function has made of its records so far. */
  window?: OpenWindow;
}

/** One document per mapping that has ever begun. */
interface Begun {
  streamArn: string;
}

const MAPPINGS = "delivery/stream";
const SHARDS = "delivery/stream-shard";
const PAGE = 1000;
/** What a process that died held is taken over after this long; standing still for longer, a process has lost it. Rarely renewed, because an idle stream should cost nothing. */
export const LEASE_MS = 30_000;
export const RENEW_MS = 10_000;

const idOf = (uuid: string, shardId: string): string => `${uuid}/${shardId}`;
export const leaseOf = (uuid: string, shardId: string): string => `${SHARDS}/${idOf(uuid, shardId)}`;

/** Another worker has the shard, or the mapping is gone: nothing may be written for it any more. */
export class ShardLost extends Error {}

export async function progressOf(stores: Stores, uuid: string): Promise<Map<string, ShardProgress>> {
  const shards = new Map<string, ShardProgress>();
  const prefix = `${uuid}/`;
  for (let after: string | undefined; ;) {
    const page = await stores.documents<ShardProgress>(SHARDS).list({ prefix, ...(after === undefined ? {} : { after }), limit: PAGE });
    for (const [id, progress] of page) shards.set(id.slice(prefix.length), progress);
    if (page.length < PAGE) return shards;
    after = page.at(-1)![0];
  }
}

export const shardProgress = (stores: Stores, uuid: string, shardId: string): Promise<ShardProgress | undefined> => stores.documents<ShardProgress>(SHARDS).get(idOf(uuid, shardId));

/**
 * Positions for shards that have none yet, all or none. What is there when a mapping begins is read from its StartingPosition; a shard that
 * comes later from its oldest record, because its records were written after that.
 */
export async function beginShards(stores: Stores, source: StreamSource, { uuid, sourceArn, stream }: EventSourceMapping, shards: StreamShard[]): Promise<void> {
  const begun = await stores.documents<Begun>(MAPPINGS).get(uuid);
  const from = begun ? { type: "TRIM_HORIZON" as const } : stream!.startingPosition;
  const positions: [string, string][] = [];
  for (const { id } of shards) positions.push([id, await source.start(sourceArn, id, from)]);
  await stores.transaction(async (tx) => {
    // Another process that began at the same moment has said where.
    if (!begun && !(await tx.documents<Begun>(MAPPINGS).create(uuid, { streamArn: sourceArn }))) return;
    for (const [shardId, position] of positions) await tx.documents<ShardProgress>(SHARDS).create(idOf(uuid, shardId), { position });
  });
}

/** Stored with what follows from it, while the lease is held. Throws ShardLost. */
export async function saveProgress(deps: { lanes: Lanes; clock: Clock }, uuid: string, shardId: string, holder: string, progress: ShardProgress, sends: LaneSend[]): Promise<void> {
  const nowMs = deps.clock.now();
  await deps.lanes.transaction(async (tx, send) => {
    if (!(await tx.leases.take(leaseOf(uuid, shardId), holder, nowMs, nowMs + LEASE_MS))) throw new ShardLost();
    if (!(await tx.documents<ShardProgress>(SHARDS).update(idOf(uuid, shardId), () => progress))) throw new ShardLost();
    for (const item of sends) await send(item);
  });
}

export async function forgetShard(stores: Stores, uuid: string, shardId: string): Promise<void> {
  await stores.documents(SHARDS).delete(idOf(uuid, shardId));
}

/** What is kept for mappings that are no longer known goes. */
export async function forgetUnknownMappings(stores: Stores, known: (uuid: string) => Promise<boolean>): Promise<void> {
  for (let after: string | undefined; ;) {
    const page = await stores.documents<Begun>(MAPPINGS).list({ ...(after === undefined ? {} : { after }), limit: PAGE });
    for (const [uuid] of page) {
      if (await known(uuid)) continue;
      for (const shardId of (await progressOf(stores, uuid)).keys()) await forgetShard(stores, uuid, shardId);
      await stores.documents(MAPPINGS).delete(uuid);
    }
    if (page.length < PAGE) return;
    after = page.at(-1)![0];
  }
}
