// What an API destination is: an address, a method, a connection, a rate. No I/O but findApiDestination.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const API_DESTINATIONS = "events/api-destination";

export interface ApiDestination {
  account: string;
  region: string;
  name: string;
  arn: string;
  description?: string;
  connectionArn: string;
  endpoint: string;
  method: string;
  perSecond: number;
  createdMs: number;
  modifiedMs: number;
}

type ApiDestinationKey = Pick<ApiDestination, "account" | "region" | "name">;

export const apiDestinationId = ({ account, region, name }: ApiDestinationKey): string => `${account}/${region}/${name}`;
export const apiDestinationArn = ({ account, region, name }: ApiDestinationKey, uuid: string): string => formatArn("events", region, account, `api-destination/${name}/${uuid}`);

/** By its whole ARN: one that was made anew under the same name is another. */
export async function findApiDestination(stores: Pick<Stores | Tx, "documents">, arn: string): Promise<ApiDestination | undefined> {
  const { region, account, resource = "" } = parseArn(arn)!;
  const destination = await stores.documents<ApiDestination>(API_DESTINATIONS).get(apiDestinationId({ account, region, name: resource.split("/")[1] ?? "" }));
  return destination?.arn === arn ? destination : undefined;
}
