// Durable work in lanes, as rooms use it: what is sent is stored, run, run again when it must be, and never lost.
// Implemented by delivery; why lanes: docs/decisions/0011-lanes.md.
import type { Tx } from "../storage/stores.ts";

export interface LaneItem {
  id: string;
  lane: string;
  body: string;
  /** How often it has been taken, this time included. */
  receives: number;
  /** What is due after it in its group, for kinds that are registered to take several: of them an outcome says how many are finished with it. */
  behind: { id: string; body: string }[];
}

export interface LaneSend {
  /** KIND/KEY; the kind says who runs it. One lane's backlog holds no other lane up. */
  lane: string;
  /** The same id twice, while the first is there, is one item. */
  id: string;
  body: string;
  dueMs: number;
  /** Items of one group run one at a time, in order of sending; one that is tried again holds its group up. A lane has groups for all its items or for none. */
  group?: string;
}

export interface LaneOutcome {
  /** Not finished: as it is once more, at this time. */
  againMs?: number;
  /** Makes the lane run fewer at once for a while. */
  crowded?: boolean;
  /** Finished, and these follow from it, in the same transaction. */
  sends?: LaneSend[];
  /** Finished with it: so many of those behind it, from the first on. The others come again. */
  behindFinished?: number;
}

export interface Lanes {
  /** Who runs the items of a kind; called once per kind, when a room opens. An error thrown leaves the item for when its lease has run out. */
  register(kind: string, run: (item: LaneItem) => Promise<LaneOutcome>, options?: { /** So many of one group are taken together, of short ones; 1. */ together?: number }): void;
  /** Stored when it resolves. */
  send(item: LaneSend): Promise<void>;
  /** State and what follows from it, stored together; await nothing but `tx` and `send` inside. */
  transaction<T>(work: (tx: Tx, send: (item: LaneSend) => Promise<void>) => Promise<T>): Promise<T>;
  /** No more than this many of a lane at once, from now on. */
  bound(lane: string, most: number): void;
}
