// One request to an API destination, for rules and for pipes: found, authorized, sent when it is its turn.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type { ApiDestinations, DestinationAnswer } from "../../ports/api-destinations.ts";
import type { RoomPorts } from "../service.ts";
import { type ApiDestination, findApiDestination } from "./api-destination.ts";
import { type Connection, findConnection } from "./connection.ts";
import { type Tokens, tokensOf } from "./connection-tokens.ts";
import { requestOf } from "./http-parameters.ts";

/** "A maximum client execution timeout of 5 seconds" (documented). */
const TIMEOUT_MS = 5_000;
/** Above it, destinations whose time has passed are forgotten. */
const KEPT_MAX = 1000;

export function openDestinationRequests(ports: Pick<RoomPorts, "stores" | "clock" | "outgoingHttp" | "access">): ApiDestinations {
  const { stores, clock, outgoingHttp, access } = ports;
  const tokens = tokensOf(ports);
  const turn = openTurns({ clock });
  return {
    async invoke({ arn, body: input, parameters, roleArn }) {
      const destination = await findApiDestination(stores, arn);
      const connection = destination && (await findConnection(stores, destination.connectionArn));
      if (!connection) return { kind: "missing", message: destination ? "The connection of the API destination is gone." : "The API destination is gone." };
      if (connection.state === "DEAUTHORIZED") return { kind: "deauthorized", message: "The connection is deauthorized." };
      if (roleArn !== undefined) {
        const refusal = await access.check({ actor: { roleArn }, action: "events:InvokeApiDestination", resource: destination.arn }).then(() => undefined, (error: Error) => error.message);
        if (refusal !== undefined) return { kind: "denied", message: refusal };
      }
      await turn(destination);
      try {
        const { url, headers, body } = requestOf(destination.endpoint, input, parameters, connection.auth.InvocationHttpParameters);
        const answer = await outgoingHttp.send({ method: destination.method, url, headers: { ...headers, ...(await authorizationOf(connection, tokens)) }, body, timeoutMs: TIMEOUT_MS });
        if (answer.status === 401 || answer.status === 407) tokens.forget(connection);
        return { kind: "answered", ...answer };
      } catch (error) {
        return unreachable(error as Error);
      }
    },
  };
}

const unreachable = ({ name, message }: Error): DestinationAnswer => ({ kind: "unreachable", isTimeout: name === "TimeoutError", message });

async function authorizationOf(connection: Connection, tokens: Tokens): Promise<Record<string, string>> {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: key } = connection.auth;
  if (basic) return { authorization: `Basic ${Buffer.from(`${basic.Username}:${basic.Password}`).toString("base64")}` };
  if (key) return { [key.ApiKeyName!.toLowerCase()]: key.ApiKeyValue! };
  return { authorization: await tokens.of(connection) };
}

/** No more requests a second than the destination says. Resolves when it is the delivery's turn. */
function openTurns({ clock }: Pick<RoomPorts, "clock">): (destination: ApiDestination) => Promise<void> {
  const nextMs = new Map<string, number>();
  return async ({ arn, perSecond }) => {
    const nowMs = clock.monotonicMs();
    const turnMs = Math.max(nowMs, nextMs.get(arn) ?? 0);
    if (nextMs.size > KEPT_MAX) for (const [other, ms] of nextMs) if (ms <= nowMs) nextMs.delete(other);
    nextMs.set(arn, turnMs + 1000 / perSecond);
    if (turnMs > nowMs) await clock.sleep(turnMs - nowMs);
  };
}
