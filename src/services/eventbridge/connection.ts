// What a connection is: how to authorize at somebody else's server. Its secrets are kept, and never shown. No I/O but findConnection.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
import type { ConnectionHttpParameters, CreateConnectionAuthRequestParameters } from "@aws-sdk/client-eventbridge";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const CONNECTIONS = "events/connection";

export type AuthorizationType = "BASIC" | "API_KEY" | "OAUTH_CLIENT_CREDENTIALS";
export type ConnectionState = "AUTHORIZING" | "AUTHORIZED" | "DEAUTHORIZED";

export interface Connection {
  account: string;
  region: string;
  name: string;
  arn: string;
  description?: string;
  type: AuthorizationType;
  /** As it was given, secrets and all. */
  auth: CreateConnectionAuthRequestParameters;
  state: ConnectionState;
  reason?: string;
  /** Another one after every change, so that tokens of before are not used. */
  revision: string;
  createdMs: number;
  modifiedMs: number;
  authorizedMs?: number;
}

type ConnectionKey = Pick<Connection, "account" | "region" | "name">;

export const connectionId = ({ account, region, name }: ConnectionKey): string => `${account}/${region}/${name}`;
export const connectionArn = ({ account, region, name }: ConnectionKey, uuid: string): string => formatArn("events", region, account, `connection/${name}/${uuid}`);

/** By its whole ARN: one that was made anew under the same name is another. */
export async function findConnection(stores: Pick<Stores | Tx, "documents">, arn: string): Promise<Connection | undefined> {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  const [kind, name] = resource.split("/");
  if (service !== "events" || kind !== "connection" || !region || !account || !name) return undefined;
  const connection = await stores.documents<Connection>(CONNECTIONS).get(connectionId({ account, region, name }));
  return connection?.arn === arn ? connection : undefined;
}

/** Without passwords, keys, client secrets, and parameters that are said to be secret (recorded). */
export function shownAuth({ BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth, InvocationHttpParameters: http }: CreateConnectionAuthRequestParameters) {
  return {
    ...(basic && { BasicAuthParameters: { Username: basic.Username } }),
    ...(key && { ApiKeyAuthParameters: { ApiKeyName: key.ApiKeyName } }),
    ...(oauth && { OAuthParameters: {
      AuthorizationEndpoint: oauth.AuthorizationEndpoint, HttpMethod: oauth.HttpMethod, ClientParameters: { ClientID: oauth.ClientParameters?.ClientID },
      ...(oauth.OAuthHttpParameters && { OAuthHttpParameters: shownParameters(oauth.OAuthHttpParameters) }),
    } }),
    ...(http && { InvocationHttpParameters: shownParameters(http) }),
  };
}

const shownParameters = ({ HeaderParameters, QueryStringParameters, BodyParameters }: ConnectionHttpParameters): ConnectionHttpParameters => ({
  ...(HeaderParameters && { HeaderParameters: HeaderParameters.map(shown) }), ...(QueryStringParameters && { QueryStringParameters: QueryStringParameters.map(shown) }), ...(BodyParameters && { BodyParameters: BodyParameters.map(shown) }),
});

const shown = <T extends { Value?: string | undefined; IsValueSecret?: boolean | undefined }>({ Value, ...rest }: T) => (rest.IsValueSecret ? rest : { ...rest, Value });
