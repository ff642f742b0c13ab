// Events that have come to a bus: stored, when anything on the bus wants them, and routed after. Acknowledged means stored.
import { parseEvent } from "../../patterns/numbers.ts";
import type { LaneSend } from "../../ports/lanes.ts";
import { type BusKey, busArn } from "./bus.ts";
import type { RuleBook } from "./rule-book.ts";

export const ROUTING = "events-route";

export interface Arrived {
  bus: BusKey;
  ingestedMs: number;
  /** ARNs of the buses it came over. */
  path?: string[];
  /** ARNs of the rules it is for, whatever others would match. */
  rules?: string[];
  /** For this rule's targets, without being matched: its schedule fired. */
  scheduled?: string;
  traceId?: string;
}

/** What stores the event, whether or not anything wants it. One lane per bus. */
export const arrivalSend = (arrived: Arrived, id: string, text: string): LaneSend => ({ lane: `${ROUTING}/${busArn(arrived.bus)}`, id, body: `${JSON.stringify(arrived)}\n${text}`, dueMs: arrived.ingestedMs });

/** What stores the event: nothing when no rule and no archive of the bus takes it. */
export async function arrivalSends(book: RuleBook, arrived: Arrived, id: string, text: string): Promise<LaneSend[]> {
  const index = await book.of(arrived.bus);
  return index && (await index.matchingInTurns(parseEvent(text) as object, text.length)).length > 0 ? [arrivalSend(arrived, id, text)] : [];
}

export function readArrival(body: string): { arrived: Arrived; text: string } {
  const end = body.indexOf("\n");
  return { arrived: JSON.parse(body.slice(0, end)) as Arrived, text: body.slice(end + 1) };
}
