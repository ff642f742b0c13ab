// Finding the bus a caller names, and whether another account's caller may have it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-permissions-manage.html
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { type BusKey, busArn, busKeyOf, DEFAULT, type EventBus, findBus } from "./bus.ts";
import { busNotFound, notABus, notAuthorized, notSupported } from "./errors.ts";

/** By name or ARN; the default one when nothing is said. Throws when the ARN is none. */
export function busKeyFor(nameOrArn: string | undefined, { account, region }: Pick<Call, "account" | "region">, parameter = "EventBusName"): BusKey {
  if (nameOrArn === undefined) return { account, region, name: DEFAULT };
  if (!nameOrArn.startsWith("arn:")) return { account, region, name: nameOrArn };
  const key = busKeyOf(nameOrArn);
  if (!key) throw notABus(parameter, nameOrArn);
  return key;
}

/** Of the caller's own account and region; what may be done to others' buses is putting events on them. */
export function ownBusKey(nameOrArn: string | undefined, call: Call): BusKey {
  const key = busKeyFor(nameOrArn, call);
  if (key.account !== call.account) throw notSupported("rules on event buses of other accounts");
  if (key.region !== call.region) throw busNotFound(key.name);
  return key;
}

export async function ownBus(stores: Pick<Stores | Tx, "documents">, nameOrArn: string | undefined, call: Call): Promise<EventBus> {
  const key = ownBusKey(nameOrArn, call);
  const bus = await findBus(stores, key);
  if (!bus) throw busNotFound(key.name);
  return bus;
}

/** What another account's caller needs, whatever `--iam` says: without the bus's policy accounts do not see each other. */
export async function admit({ access }: Pick<RoomPorts, "access">, bus: BusKey, call: Call, action: string): Promise<void> {
  if (bus.account === call.account) return;
  const resource = busArn(bus);
  const decision = await access.decide({ actor: call.principal, action: `events:${action}`, resource, call });
  if (!decision.allowed) throw notAuthorized(decision.sentence);
}
