// What an event bus is, what it is called, and where it is kept. No I/O but findBus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const BUSES = "events/bus";
export const DEFAULT = "default";

/** Which bus, whether or not it is there. */
export interface BusKey {
  account: string;
  region: string;
  name: string;
}

export interface EventBus extends BusKey {
  description?: string;
  /** JSON text. */
  policy?: string;
  tags: Record<string, string>;
  /** Absent of a default bus nobody has changed yet: it was always there. */
  createdMs?: number;
  modifiedMs?: number;
}

/** Partners' buses have slashes in their names, which part the members of ids. */
export const nameInId = (name: string): string => name.replaceAll("/", "|");
export const busId = ({ account, region, name }: BusKey): string => `${account}/${region}/${nameInId(name)}`;
export const busArn = ({ account, region, name }: BusKey): string => formatArn("events", region, account, `event-bus/${name}`);

/** Undefined when the text is not the ARN of an event bus. */
export function busKeyOf(arn: string): BusKey | undefined {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  if (service !== "events" || !region || !account || !resource.startsWith("event-bus/")) return undefined;
  return { account, region, name: resource.slice("event-bus/".length) };
}

/** Every account has a default bus in every region. From a cache where stores have one: cheap enough for every event. */
export async function findBus(stores: Pick<Stores | Tx, "documents">, key: BusKey): Promise<EventBus | undefined> {
  return (await stores.documents<EventBus>(BUSES).get(busId(key))) ?? (key.name === DEFAULT ? { ...key, tags: {} } : undefined);
}

/** The default bus gets its document with its first change. Undefined when there is no such bus. */
export async function changeBus(tx: Pick<Tx, "documents">, { account, region, name }: BusKey, change: (bus: EventBus) => EventBus): Promise<EventBus | undefined> {
  const buses = tx.documents<EventBus>(BUSES);
  const id = busId({ account, region, name });
  if (name === DEFAULT) await buses.create(id, { account, region, name, tags: {} });
  return buses.update(id, change);
}
