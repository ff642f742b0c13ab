// API destinations. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { type ApiDestination, apiDestinationArn, apiDestinationId, API_DESTINATIONS } from "./api-destination.ts";
import { findConnection } from "./connection.ts";
import { badEndpoint, connectionNotFound, destinationExists, destinationNotFound, tooMany } from "./errors.ts";
import { isEndpoint } from "./http-parameters.ts";
import { destinationSend } from "./own-events.ts";
import { pageOf } from "./page.ts";

type DestinationApi = Pick<Api<typeof Sdk>, "CreateApiDestination" | "DescribeApiDestination" | "ListApiDestinations" | "UpdateApiDestination" | "DeleteApiDestination">;

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const DESTINATIONS_MAX = 3000;
/** Recorded. */
const PER_SECOND = 300;

export function apiDestinationOperations({ stores, clock, ids, lanes }: Pick<RoomPorts, "stores" | "clock" | "ids" | "lanes">): DestinationApi {
  const destinations = stores.documents<ApiDestination>(API_DESTINATIONS);
  const idOf = (name: string, { account, region }: Call): string => apiDestinationId({ account, region, name });
  const check = async (endpoint: string | undefined, connectionArn: string | undefined, { account }: Call) => {
    if (endpoint !== undefined && !isEndpoint(endpoint)) throw badEndpoint("InvocationEndpoint");
    if (connectionArn === undefined) return;
    const connection = await findConnection(stores, connectionArn);
    if (connection?.account !== account) throw connectionNotFound(connectionArn.split("/")[1] ?? connectionArn);
  };
  return {
    async CreateApiDestination({ Name: name, Description: description, ConnectionArn: connectionArn, InvocationEndpoint: endpoint, HttpMethod: method, InvocationRateLimitPerSecond: perSecond = PER_SECOND }, call) {
      await check(endpoint, connectionArn, call);
      const { account, region } = call;
      const nowMs = clock.now();
      const destination: ApiDestination = { account, region, name, arn: apiDestinationArn({ account, region, name }, ids.uuid()), connectionArn, endpoint, method, perSecond, createdMs: nowMs, modifiedMs: nowMs, ...(description !== undefined && { description }) };
      await lanes.transaction(async (tx, send) => {
        const all = tx.documents<ApiDestination>(API_DESTINATIONS);
        if ((await all.count(`${account}/${region}/`)) >= DESTINATIONS_MAX) throw tooMany();
        if (!(await all.create(apiDestinationId(destination), destination))) throw destinationExists(name);
        if (await isActive(tx, destination)) await send(destinationSend(destination, "Activated", nowMs));
      });
      return summary(stores, destination);
    },

    async DescribeApiDestination({ Name }, call) {
      const destination = await destinations.get(idOf(Name, call));
      if (!destination) throw destinationNotFound(Name);
      return { ...(await describe(stores, destination)), ...(destination.description !== undefined && { Description: destination.description }) };
    },

    async ListApiDestinations({ NamePrefix = "", ConnectionArn, NextToken, Limit }, { account, region }) {
      const { found, ...next } = await pageOf(destinations, `${account}/${region}/${NamePrefix}`, { NextToken, Limit }, ({ connectionArn }) => (ConnectionArn ?? connectionArn) === connectionArn);
      return { ApiDestinations: await Promise.all(found.map((destination) => describe(stores, destination))), ...next };
    },

    async UpdateApiDestination({ Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond }, call) {
      await check(InvocationEndpoint, ConnectionArn, call);
      const nowMs = clock.now();
      const destination = await lanes.transaction(async (tx, send) => {
        const all = tx.documents<ApiDestination>(API_DESTINATIONS);
        const there = await all.get(idOf(Name, call));
        const changed = await all.update(idOf(Name, call), (before) => ({
          ...before, modifiedMs: nowMs, connectionArn: ConnectionArn ?? before.connectionArn, endpoint: InvocationEndpoint ?? before.endpoint, method: HttpMethod ?? before.method, perSecond: InvocationRateLimitPerSecond ?? before.perSecond,
          ...(Description !== undefined && { description: Description }),
        }));
        const [was, is] = [there && (await isActive(tx, there)), changed && (await isActive(tx, changed))];
        if (changed && was !== is) await send(destinationSend(changed, is ? "Activated" : "Deactivated", nowMs));
        return changed;
      });
      if (!destination) throw destinationNotFound(Name);
      return summary(stores, destination);
    },

    async DeleteApiDestination({ Name }, call) {
      if (!(await destinations.delete(idOf(Name, call)))) throw destinationNotFound(Name);
      return {};
    },
  };
}

/** While its connection is authorized (recorded). */
const isActive = async (stores: Pick<Stores | Tx, "documents">, { connectionArn }: ApiDestination): Promise<boolean> => (await findConnection(stores, connectionArn))?.state === "AUTHORIZED";

async function summary(stores: Stores, destination: ApiDestination) {
  const { arn, createdMs, modifiedMs } = destination;
  return { ApiDestinationArn: arn, ApiDestinationState: (await isActive(stores, destination)) ? "ACTIVE" : "INACTIVE", CreationTime: new Date(createdMs), LastModifiedTime: new Date(modifiedMs) } as const;
}

async function describe(stores: Stores, destination: ApiDestination) {
  const { name, connectionArn, endpoint, method, perSecond } = destination;
  return { ...(await summary(stores, destination)), Name: name, ConnectionArn: connectionArn, InvocationEndpoint: endpoint, HttpMethod: method as Sdk.ApiDestinationHttpMethod, InvocationRateLimitPerSecond: perSecond };
}
