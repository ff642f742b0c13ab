// Connections. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { ConnectionHttpParameters, CreateConnectionAuthRequestParameters, UpdateConnectionAuthRequestParameters } from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { authorizationSend } from "./connection-tokens.ts";
import { type AuthorizationType, type Connection, connectionArn, connectionId, CONNECTIONS, shownAuth } from "./connection.ts";
import { authorizationMissing, badEndpoint, badHeaders, connectionExists, connectionNotFound, notSupported, tooMany } from "./errors.ts";
import { areHeaders, isEndpoint, pairsOf } from "./http-parameters.ts";
import { type ConnectionStatus, connectionSends, destinationsOfSends } from "./own-events.ts";
import { pageOf } from "./page.ts";

type ConnectionApi = Pick<Api<typeof Sdk>, "CreateConnection" | "DescribeConnection" | "ListConnections" | "UpdateConnection" | "DeleteConnection" | "DeauthorizeConnection">;

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const CONNECTIONS_MAX = 3000;

export function connectionOperations({ stores, clock, ids, lanes }: Pick<RoomPorts, "stores" | "clock" | "ids" | "lanes">): ConnectionApi {
  const connections = stores.documents<Connection>(CONNECTIONS);
  const idOf = (name: string, { account, region }: Call): string => connectionId({ account, region, name });

  /** An OAuth connection is authorized after (recorded: AUTHORIZING); the others at once. */
  const stateOf = (type: AuthorizationType, nowMs: number): Pick<Connection, "state" | "authorizedMs"> => (type === "OAUTH_CLIENT_CREDENTIALS" ? { state: "AUTHORIZING" } : { state: "AUTHORIZED", authorizedMs: nowMs });

  const settled = ({ state }: Connection): ConnectionStatus => (state === "AUTHORIZING" ? "Authorization Started" : "Authorized");

  return {
    async CreateConnection({ Name: name, Description: description, AuthorizationType: type, AuthParameters: auth, ...rest }, call) {
      if (rest.InvocationConnectivityParameters) throw notSupported("InvocationConnectivityParameters (private APIs)");
      if (rest.KmsKeyIdentifier) throw notSupported("KmsKeyIdentifier of connections");
      checkAuth(type, auth);
      const { account, region } = call;
      const nowMs = clock.now();
      const connection: Connection = { account, region, name, arn: connectionArn({ account, region, name }, ids.uuid()), type, auth: authOf(type, auth), ...stateOf(type, nowMs), revision: ids.uuid(), createdMs: nowMs, modifiedMs: nowMs, ...(description !== undefined && { description }) };
      await lanes.transaction(async (tx, send) => {
        const all = tx.documents<Connection>(CONNECTIONS);
        if ((await all.count(`${account}/${region}/`)) >= CONNECTIONS_MAX) throw tooMany();
        if (!(await all.create(connectionId(connection), connection))) throw connectionExists(name);
        if (connection.state === "AUTHORIZING") await send(authorizationSend(connection, nowMs));
        for (const one of connectionSends(connection, ["Creation Started", settled(connection)], nowMs)) await send(one);
      });
      const { LastAuthorizedTime: _, ...answer } = summary(connection);
      return answer;
    },

    async DescribeConnection({ Name }, call) {
      const connection = await connections.get(idOf(Name, call));
      if (!connection) throw connectionNotFound(Name);
      return { ...describe(connection), ...(connection.description !== undefined && { Description: connection.description }), AuthParameters: shownAuth(connection.auth) };
    },

    async ListConnections({ NamePrefix = "", ConnectionState: state, NextToken, Limit }, { account, region }) {
      const { found, ...next } = await pageOf(connections, `${account}/${region}/${NamePrefix}`, { NextToken, Limit }, (connection) => (state ?? connection.state) === connection.state);
      return { Connections: found.map(describe), ...next };
    },

    async UpdateConnection({ Name, Description: description, AuthorizationType: type, AuthParameters: given, ...rest }, call) {
      if (rest.InvocationConnectivityParameters) throw notSupported("InvocationConnectivityParameters (private APIs)");
      if (rest.KmsKeyIdentifier) throw notSupported("KmsKeyIdentifier of connections");
      const nowMs = clock.now();
      const connection = await lanes.transaction(async (tx, send) => {
        let there: Connection | undefined;
        const changed = await tx.documents<Connection>(CONNECTIONS).update(idOf(Name, call), ({ reason: _, ...before }) => {
          there = before;
          const nextType = type ?? before.type;
          const auth = merged(before.auth, given ?? {});
          checkAuth(nextType, auth);
          return { ...before, type: nextType, auth: authOf(nextType, auth), ...stateOf(nextType, nowMs), revision: ids.uuid(), modifiedMs: nowMs, ...(description !== undefined && { description }) };
        });
        if (!changed) throw connectionNotFound(Name);
        if (changed.state === "AUTHORIZING") await send(authorizationSend(changed, nowMs));
        for (const one of [...connectionSends(changed, ["Update Started", settled(changed)], nowMs), ...destinationsOfSends(there, changed, nowMs)]) await send(one);
        return changed;
      });
      return summary(connection);
    },

    async DeleteConnection({ Name }, call) {
      const nowMs = clock.now();
      const connection = await lanes.transaction(async (tx, send) => {
        const all = tx.documents<Connection>(CONNECTIONS);
        const there = await all.get(idOf(Name, call));
        await all.delete(idOf(Name, call));
        if (there) for (const one of [...connectionSends({ ...there, revision: ids.uuid() }, ["Deletion Started"], nowMs), ...destinationsOfSends(there, undefined, nowMs)]) await send(one);
        return there;
      });
      if (!connection) throw connectionNotFound(Name);
      return { ...summary(connection), ConnectionState: "DELETING" };
    },

    /** "Removes all authorization parameters from the connection." */
    async DeauthorizeConnection({ Name }, call) {
      const nowMs = clock.now();
      const connection = await lanes.transaction(async (tx, send) => {
        let there: Connection | undefined;
        const changed = await tx.documents<Connection>(CONNECTIONS).update(idOf(Name, call), (before) => ({ ...(there = before), auth: {}, state: "DEAUTHORIZED", revision: ids.uuid(), modifiedMs: nowMs }));
        if (changed) for (const one of [...connectionSends(changed, ["Deauthorization Started", "Deauthorized"], nowMs), ...destinationsOfSends(there, changed, nowMs)]) await send(one);
        return changed;
      });
      if (!connection) throw connectionNotFound(Name);
      return { ...summary(connection), ConnectionState: "DEAUTHORIZING" };
    },
  };
}

const summary = ({ arn, state, createdMs, modifiedMs, authorizedMs }: Connection) => ({
  ConnectionArn: arn, ConnectionState: state, CreationTime: new Date(createdMs), LastModifiedTime: new Date(modifiedMs), ...(authorizedMs !== undefined && { LastAuthorizedTime: new Date(authorizedMs) }),
});

const describe = (connection: Connection) => ({ ...summary(connection), Name: connection.name, AuthorizationType: connection.type, ...(connection.reason !== undefined && { StateReason: connection.reason }) });

const PARAMETERS = { BASIC: "BasicAuthParameters", API_KEY: "ApiKeyAuthParameters", OAUTH_CLIENT_CREDENTIALS: "OAuthParameters" } as const;

/** Throws ValidationException. */
function checkAuth(type: AuthorizationType, auth: CreateConnectionAuthRequestParameters): void {
  if (!auth[PARAMETERS[type]]) throw authorizationMissing(PARAMETERS[type], type);
  if (auth.ConnectivityParameters) throw notSupported("AuthParameters.ConnectivityParameters (private APIs)");
  if (type === "OAUTH_CLIENT_CREDENTIALS" && !isEndpoint(auth.OAuthParameters!.AuthorizationEndpoint!)) throw badEndpoint("AuthParameters.OAuthParameters.AuthorizationEndpoint");
  for (const parameters of [auth.InvocationHttpParameters, auth.OAuthParameters?.OAuthHttpParameters]) checkHeaders(parameters);
  if (auth.ApiKeyAuthParameters && !areHeaders({ [auth.ApiKeyAuthParameters.ApiKeyName!]: auth.ApiKeyAuthParameters.ApiKeyValue! })) throw badHeaders("AuthParameters.ApiKeyAuthParameters");
}

function checkHeaders(parameters: ConnectionHttpParameters | undefined): void {
  if (!areHeaders(Object.fromEntries(pairsOf(parameters?.HeaderParameters)))) throw badHeaders("HeaderParameters");
}

/** Of the types only the connection's own. */
const authOf = (type: AuthorizationType, auth: CreateConnectionAuthRequestParameters): CreateConnectionAuthRequestParameters => ({ [PARAMETERS[type]]: auth[PARAMETERS[type]], ...(auth.InvocationHttpParameters && { InvocationHttpParameters: auth.InvocationHttpParameters }) });

/** What is not said stays: a description can be changed without the password. */
function merged(before: CreateConnectionAuthRequestParameters, given: UpdateConnectionAuthRequestParameters): CreateConnectionAuthRequestParameters {
  const both = <T extends object>(one: T | undefined, other: object | undefined): T | undefined => (one || other ? { ...one, ...other } as T : undefined);
  const oauth = both(before.OAuthParameters, given.OAuthParameters);
  if (oauth && given.OAuthParameters?.ClientParameters) oauth.ClientParameters = both(before.OAuthParameters?.ClientParameters, given.OAuthParameters.ClientParameters);
  const basic = both(before.BasicAuthParameters, given.BasicAuthParameters);
  const key = both(before.ApiKeyAuthParameters, given.ApiKeyAuthParameters);
  const http = given.InvocationHttpParameters ?? before.InvocationHttpParameters;
  return { ...(basic && { BasicAuthParameters: basic }), ...(key && { ApiKeyAuthParameters: key }), ...(oauth && { OAuthParameters: oauth }), ...(http && { InvocationHttpParameters: http }), ...(given.ConnectivityParameters && { ConnectivityParameters: given.ConnectivityParameters }) };
}
