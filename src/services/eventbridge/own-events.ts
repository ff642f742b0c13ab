// EventBridge's own events, on the default bus: what becomes of connections and API destinations. Each is an item of a lane, sent with the change itself.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/event-reference.html
import type { ServiceEvent } from "../../ports/default-bus.ts";
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { Stores } from "../../storage/stores.ts";
import type { RoomPorts } from "../service.ts";
import { type ApiDestination, API_DESTINATIONS } from "./api-destination.ts";
import type { Connection } from "./connection.ts";

export const OWN_EVENTS = "events-own";

/** "Connection Activated" and "Connection Failed Connectivity" are of private APIs, which are not here. */
export type ConnectionStatus = "Creation Started" | "Update Started" | "Deletion Started" | "Authorized" | "Authorization Started" | "Deauthorization Started" | "Deauthorized";
type DestinationStatus = "Activated" | "Deactivated";

interface OfDestinations extends Pick<ApiDestination, "account" | "region" | "connectionArn"> {
  status: DestinationStatus;
  atMs: number;
}

const PAGE = 500;

/** To be sent in the transaction of the change, one after the other. */
export function connectionSends(connection: Connection, statuses: ConnectionStatus[], nowMs: number): LaneSend[] {
  const { name, arn, account, region, reason, revision } = connection;
  const detail = { ConnectionName: name, ...(reason !== undefined && { StateReason: reason }), Timestamp: timestamp(nowMs) };
  return statuses.map((status) => item(connection, arn, `${revision} ${status}`, { account, region, source: "aws.events", detailType: `Connection ${status}`, resources: [arn], detail, timeMs: nowMs } satisfies ServiceEvent, nowMs));
}

/** API destinations are active as long as their connection is authorized. Nothing when it was and is, or was not and is not. */
export function destinationsOfSends(before: Connection | undefined, after: Connection | undefined, nowMs: number): LaneSend[] {
  const { account, region, arn } = (after ?? before)!;
  const [was, is] = [before, after].map((connection) => connection?.state === "AUTHORIZED");
  if (was === is) return [];
  const changed: OfDestinations = { account, region, connectionArn: arn, status: is ? "Activated" : "Deactivated", atMs: nowMs };
  return [item({ account, region }, arn, `${arn} ${changed.status} ${nowMs}`, changed, nowMs)];
}

export const destinationSend = (destination: ApiDestination, status: DestinationStatus, nowMs: number): LaneSend =>
  item(destination, destination.connectionArn, `${destination.arn} ${status} ${nowMs}`, destinationEvent(destination, status, nowMs), nowMs);

const destinationEvent = ({ account, region, name, arn }: ApiDestination, status: DestinationStatus, atMs: number): ServiceEvent => ({
  account, region, source: "aws.events", detailType: `API Destination ${status}`, resources: [arn], detail: { ApiDestinationName: name, Timestamp: timestamp(atMs) }, timeMs: atMs,
});

const item = ({ account, region }: Pick<Connection, "account" | "region">, group: string, id: string, body: object, nowMs: number): LaneSend => ({ lane: `${OWN_EVENTS}/${account}/${region}`, group, id, body: JSON.stringify(body), dueMs: nowMs });

/** "2024-10-24 09:26:35 +0000 UTC", as in the guide's examples. */
const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;

export function openOwnEvents({ stores, defaultBus }: Pick<RoomPorts, "stores" | "defaultBus">): (item: LaneItem) => Promise<LaneOutcome> {
  return async ({ body }) => {
    const told = JSON.parse(body) as ServiceEvent | OfDestinations;
    const events = "connectionArn" in told ? (await destinationsOf(stores, told)).map((destination) => destinationEvent(destination, told.status, told.atMs)) : [told];
    const sends: LaneSend[] = [];
    for (const event of events) sends.push(...(await defaultBus.sends(event)));
    return { sends };
  };
}

async function destinationsOf(stores: Pick<Stores, "documents">, { account, region, connectionArn }: OfDestinations): Promise<ApiDestination[]> {
  const found: ApiDestination[] = [];
  for (let after: string | undefined; ;) {
    const page = await stores.documents<ApiDestination>(API_DESTINATIONS).list({ prefix: `${account}/${region}/`, limit: PAGE, ...(after !== undefined && { after }) });
    for (const [, destination] of page) if (destination.connectionArn === connectionArn) found.push(destination);
    if (page.length < PAGE) return found;
    after = page.at(-1)![0];
  }
}
