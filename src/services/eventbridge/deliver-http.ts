// To API destinations: a request to somebody else's server. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type { RoomPorts } from "../service.ts";
import { type ApiDestination, findApiDestination } from "./api-destination.ts";
import { type Connection, findConnection } from "./connection.ts";
import type { Tokens } from "./connection-tokens.ts";
import { type Deliver, never, type Outcome } from "./delivery-outcome.ts";
import { requestOf } from "./http-parameters.ts";

/** "A maximum client execution timeout of 5 seconds" (documented). */
const TIMEOUT_MS = 5_000;
/** Above it, destinations whose time has passed are forgotten. */
const KEPT_MAX = 1000;

export function openDeliverHttp({ stores, clock, outgoingHttp, access }: Pick<RoomPorts, "stores" | "clock" | "outgoingHttp" | "access">, tokens: Tokens): Deliver {
  const turn = openTurns({ clock });
  return async ({ target, rule }, input) => {
    const destination = await findApiDestination(stores, target.Arn!);
    const connection = destination && (await findConnection(stores, destination.connectionArn));
    if (!connection) return never("NO_RESOURCE", destination ? "The connection of the API destination is gone." : "The API destination is gone.");
    if (connection.state === "DEAUTHORIZED") return never("NO_PERMISSIONS", "The connection is deauthorized.");
    const roleArn = target.RoleArn ?? rule.roleArn;
    if (roleArn !== undefined) {
      const refusal = await access.check({ actor: { roleArn }, action: "events:InvokeApiDestination", resource: destination.arn }).then(() => undefined, (error: Error) => error.message);
      if (refusal !== undefined) return never("NO_PERMISSIONS", refusal);
    }
    await turn(destination);
    try {
      const { url, headers, body } = requestOf(destination.endpoint, input, target.HttpParameters, connection.auth.InvocationHttpParameters);
      const { status, headers: answered } = await outgoingHttp.send({ method: destination.method, url, headers: { ...headers, ...(await authorizationOf(connection, tokens)) }, body, timeoutMs: TIMEOUT_MS });
      if (status === 401 || status === 407) tokens.forget(connection);
      return outcomeOf(status, answered["retry-after"]);
    } catch (error) {
      return { result: "again", code: (error as Error).name === "TimeoutError" ? "TIMEOUT" : "CONNECTION_FAILURE", message: (error as Error).message };
    }
  };
}

async function authorizationOf(connection: Connection, tokens: Tokens): Promise<Record<string, string>> {
  const { BasicAuthParameters: basic, ApiKeyAuthParameters: key } = connection.auth;
  if (basic) return { authorization: `Basic ${Buffer.from(`${basic.Username}:${basic.Password}`).toString("base64")}` };
  if (key) return { [key.ApiKeyName!.toLowerCase()]: key.ApiKeyValue! };
  return { authorization: await tokens.of(connection) };
}

/** "Retries requests associated with error codes 401, 407, 409, 429, and 5xx", after what Retry-After says (documented). */
function outcomeOf(status: number, retryAfter: string | undefined): Outcome {
  if (status >= 200 && status < 300) return { result: "delivered" };
  const message = `The API destination answered ${status}.`;
  if (![401, 407, 409, 429].includes(status) && status < 500) return never("SDK_CLIENT_ERROR", message);
  const seconds = Number(retryAfter);
  return { result: "again", code: status === 429 ? "THROTTLING" : "ERROR_FROM_TARGET", message, ...(seconds > 0 && { afterMs: seconds * 1000 }) };
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
