// What a partner event source is: an offer of one account, the partner, to another, its customer, who accepts it with an event bus of the same name.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html
import { formatArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { BusKey } from "./bus.ts";

/** Documents of this kind have the id REGION/NAME: "This name must be unique" (API_CreatePartnerEventSource). */
export const PARTNER_SOURCES = "events/partner-source";

/** "If it remains in PENDING state for more than two weeks, it is deleted" (API_DeactivateEventSource). */
const PENDING_MS = 14 * 86_400_000;

export interface PartnerSource {
  name: string;
  region: string;
  /** The account whose events come, and the one they come to. */
  partner: string;
  account: string;
  createdMs: number;
  /** The customer's bus is there. */
  hasBus: boolean;
  /** Absent while it is active: when it ends. */
  expiresMs?: number;
  /** By the partner; the customer sees that as long as the bus is there. */
  deleted?: true;
}

export type SourceState = "PENDING" | "ACTIVE" | "DELETED";

export const sourceId = ({ region, name }: Pick<PartnerSource, "region" | "name">): string => `${region}/${name}`;
/** Without an account. */
export const sourceArn = ({ region, name }: Pick<PartnerSource, "region" | "name">): string => formatArn("events", region, "", `event-source/${name}`);
/** "aws.partner/PARTNER/…" */
export const partnerName = (sourceName: string): string => sourceName.split("/")[1]!;

export const newSource = (of: Pick<PartnerSource, "name" | "region" | "partner" | "account">, nowMs: number): PartnerSource => ({ ...of, createdMs: nowMs, hasBus: false, expiresMs: nowMs + PENDING_MS });

/** Undefined: it is there no more. */
export function stateOf({ hasBus, expiresMs, deleted }: PartnerSource, nowMs: number): SourceState | undefined {
  const isOver = deleted === true || (expiresMs !== undefined && expiresMs <= nowMs);
  if (isOver) return hasBus ? "DELETED" : undefined;
  return expiresMs === undefined ? "ACTIVE" : "PENDING";
}

export function activated({ expiresMs: _, ...source }: PartnerSource): PartnerSource {
  return source;
}

export const deactivated = (source: PartnerSource, nowMs: number): PartnerSource => ({ ...source, expiresMs: nowMs + PENDING_MS });

export const findSource = (stores: Pick<Stores | Tx, "documents">, source: Pick<PartnerSource, "region" | "name">): Promise<PartnerSource | undefined> => stores.documents<PartnerSource>(PARTNER_SOURCES).get(sourceId(source));

/** The bus is deleted: the source waits for another one, or goes with it. */
export async function forgetBus(tx: Pick<Tx, "documents">, bus: BusKey, nowMs: number): Promise<void> {
  const sources = tx.documents<PartnerSource>(PARTNER_SOURCES);
  const source = await findSource(tx, bus);
  if (source?.account !== bus.account || !source.hasBus) return;
  if (stateOf(source, nowMs) === "DELETED") await sources.delete(sourceId(source));
  else await sources.put(sourceId(source), { ...deactivated(source, nowMs), hasBus: false });
}
