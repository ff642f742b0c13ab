// The bytes of objects: written whole before anything points at them, never changed, and removed once nothing points at them any more.
// A body is an item of the queue UNUSED from before its first byte: what begins to point at it takes the item away in its own transaction.
import { BrokenOff } from "../../kernel/errors.ts";
import { LOWER_ALPHANUMERIC } from "../../kernel/ids.ts";
import type { Received, Tx } from "../../storage/stores.ts";
import { workThrough } from "../queue-worker.ts";
import type { RoomPorts } from "../service.ts";
import { uploadTookTooLong } from "./errors.ts";
import { PARTS, UNUSED } from "./names.ts";
import type { Body } from "./object.ts";
import type { Part } from "./upload.ts";

export interface Bodies {
  /** Durable when it resolves. An error of the source is passed on, and nothing is kept. */
  write(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ id: string; sizeBytes: number }>;
  /** Reads it, or `end - start` bytes of it. While somebody reads it in this process it is not removed. */
  read(body: Body, range: { start: number; end: number }): Promise<AsyncIterable<Uint8Array>>;
  /** The parts of a body that was uploaded in parts, in order. */
  parts(body: Body): Promise<Part[]>;
}

/** A request may take an hour, and ids are noted up to an hour before; what is written and not pointed at for longer was left by a process that died. */
const ABANDONED_MS = 3 * 3_600_000;
const IDS_MS = 3_600_000;
const IDS_MAX = 32;
/** Who found the object a moment ago may still begin to read it. */
const GRACE_MS = 60_000;
const STILL_READ_MS = 10_000;
const REMOVED_AT_ONCE = 8;
const ID_CHARACTERS = 26;
const PARTS_AT_ONCE = 500;
export const PARTS_MAX = 10_000;

const blobOf = (id: string): string => `s3/${id}`;

/** From now on something points at it, with this transaction. */
export async function keepBody(tx: Tx, id: string): Promise<void> {
  if (!(await tx.queues.cancel(UNUSED, id))) throw uploadTookTooLong();
}

/** Nothing points at it any more, with this transaction. */
export async function discardBody(tx: Tx, { id, parts }: Body, nowMs: number): Promise<void> {
  await tx.queues.send(UNUSED, { id, body: JSON.stringify({ inParts: parts !== undefined }), dueMs: nowMs + GRACE_MS });
}

export function openBodies(ports: Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "background">): Bodies {
  const { stores } = ports;
  const readers = new Map<string, number>();
  const { newId, forget } = newIds(ports);
  removing(ports, { isRead: (id) => readers.has(id), forget });
  const parts = async ({ id }: Body) => (await stores.documents<Part>(PARTS).list({ prefix: `${id}/`, limit: PARTS_MAX })).map(([, part]) => part);
  return {
    parts,
    async write(source) {
      const id = await newId();
      const { sizeBytes } = await stores.blobs.put(blobOf(id), source);
      return { id, sizeBytes };
    },
    async read(body, range) {
      const pieces = body.parts === undefined ? [{ blob: body.id, ...range }] : piecesOf(await parts(body), range);
      return (async function* () {
        readers.set(body.id, (readers.get(body.id) ?? 0) + 1);
        try {
          for (const { blob, start, end } of pieces) {
            const bytes = await stores.blobs.stream(blobOf(blob), { start, end });
            // Removed by another process, or by hand: who waits for the promised bytes must not wait for ever.
            if (!bytes) throw new BrokenOff("The bytes of an object are gone");
            yield* bytes;
          }
        } finally {
          const left = readers.get(body.id)! - 1;
          if (left === 0) readers.delete(body.id);
          else readers.set(body.id, left);
        }
      })();
    },
  };
}

/** Ids that are items of UNUSED already: noted many at once while many are asked for, so that few uploads wait for a commit more than they need. */
function newIds({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">): { newId: () => Promise<string>; forget: (id: string) => void } {
  let noted: string[] = [];
  let notedMs = -Infinity;
  let next = 1;
  let noting: Promise<void> | undefined;
  const note = async () => {
    const nowMs = clock.now();
    next = noted.length > 0 || nowMs - notedMs > IDS_MS ? 1 : Math.min(next * 2, IDS_MAX);
    const made = Array.from({ length: next }, () => ids.token(ID_CHARACTERS, LOWER_ALPHANUMERIC));
    await stores.transaction(async (tx) => {
      for (const id of made) await tx.queues.send(UNUSED, { id, body: JSON.stringify({ inParts: false }), dueMs: nowMs + ABANDONED_MS });
    });
    [noted, notedMs] = [made, nowMs];
  };
  const newId = async () => {
    for (;;) {
      const ageMs = clock.now() - notedMs; // people can move the date
      const id = ageMs >= 0 && ageMs < IDS_MS ? noted.pop() : undefined;
      if (id !== undefined) return id;
      await (noting ??= note().finally(() => { noting = undefined; }));
    }
  };
  // The date was far ahead, and is set back.
  const forget = (id: string) => { noted = noted.filter((other) => other !== id); };
  return { newId, forget };
}

function piecesOf(parts: Part[], { start, end }: { start: number; end: number }): { blob: string; start: number; end: number }[] {
  let at = 0;
  return parts.flatMap(({ bodyId, sizeBytes }) => {
    const from = Math.max(start - at, 0);
    const until = Math.min(end - at, sizeBytes);
    at += sizeBytes;
    return from < until ? [{ blob: bodyId, start: from, end: until }] : [];
  });
}

function removing({ stores, clock, ids, log, background }: Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "background">, { isRead, forget }: { isRead: (id: string) => boolean; forget: (id: string) => void }): void {
  const remove = async (item: Received) => {
    forget(item.id);
    if (isRead(item.id)) return void (await stores.queues.hide(UNUSED, item.id, item.receipt, clock.now() + STILL_READ_MS));
    if ((JSON.parse(item.body) as { inParts: boolean }).inParts) await removeParts(item.id);
    else await stores.blobs.delete(blobOf(item.id));
    await stores.queues.finish(UNUSED, item.id, item.receipt);
  };
  const removeParts = async (id: string) => {
    const documents = stores.documents<Part>(PARTS);
    for (let more = true; more;) {
      const rows = await documents.list({ prefix: `${id}/`, limit: PARTS_AT_ONCE });
      for (const [, { bodyId }] of rows) await stores.blobs.delete(blobOf(bodyId));
      await Promise.all(rows.map(([document]) => documents.delete(document)));
      more = rows.length === PARTS_AT_ONCE;
    }
  };
  background("s3: removing bodies that nothing points at", (signal) => workThrough({ stores, clock, ids, log }, UNUSED, REMOVED_AT_ONCE, remove, signal));
}
