// Client credentials exchanged for a token, which is kept in memory as long as it lasts. https://datatracker.ietf.org/doc/html/rfc6749#section-4.4
import type { LaneItem, LaneOutcome, LaneSend } from "../../ports/lanes.ts";
import type { RoomPorts } from "../service.ts";
import { type Connection, connectionId, CONNECTIONS } from "./connection.ts";
import { pairsOf } from "./http-parameters.ts";
import { connectionSends, destinationsOfSends } from "./own-events.ts";

export const AUTHORIZING = "events-authorize";

const TIMEOUT_MS = 5_000;
const TRIES_MAX = 3;
const RETRY_MS = 2_000;
/** Without expires_in. */
const LASTS_SECONDS = 3600;
const KEPT_MAX = 1000;

export interface Tokens {
  /** The Authorization header's value. Throws an Error with a sentence. */
  of(connection: Connection): Promise<string>;
  forget(connection: Connection): void;
}

type Ports = Pick<RoomPorts, "clock" | "outgoingHttp">;

/** Who asks for tokens and who uses them have the same ones, of one platform. */
const opened = new WeakMap<RoomPorts["outgoingHttp"], Tokens>();

export function tokensOf(ports: Ports): Tokens {
  const tokens = opened.get(ports.outgoingHttp) ?? openTokens(ports);
  opened.set(ports.outgoingHttp, tokens);
  return tokens;
}

function openTokens({ clock, outgoingHttp }: Ports): Tokens {
  const kept = new Map<string, { value: Promise<string>; untilMs: number }>();
  return {
    of(connection) {
      const known = kept.get(connection.revision);
      if (known && known.untilMs > clock.now()) return known.value;
      if (kept.size >= KEPT_MAX) kept.clear();
      const entry = { value: Promise.resolve(""), untilMs: Infinity };
      entry.value = exchange(outgoingHttp, connection).then(({ header, lastsSeconds }) => {
        entry.untilMs = clock.now() + lastsSeconds * 1000;
        return header;
      });
      entry.value.catch(() => kept.delete(connection.revision));
      kept.set(connection.revision, entry);
      return entry.value;
    },
    forget({ revision }) { kept.delete(revision); },
  };
}

/** The parameters of the token request go where the connection says: query, headers, body. */
async function exchange(http: RoomPorts["outgoingHttp"], { auth }: Connection): Promise<{ header: string; lastsSeconds: number }> {
  const { AuthorizationEndpoint, ClientParameters, HttpMethod, OAuthHttpParameters } = auth.OAuthParameters!;
  const url = new URL(AuthorizationEndpoint!);
  for (const [name, value] of pairsOf(OAuthHttpParameters?.QueryStringParameters)) url.searchParams.set(name, value);
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: ClientParameters!.ClientID!, client_secret: ClientParameters!.ClientSecret!, ...Object.fromEntries(pairsOf(OAuthHttpParameters?.BodyParameters)) });
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json", ...Object.fromEntries(pairsOf(OAuthHttpParameters?.HeaderParameters).map(([name, value]) => [name.toLowerCase(), value])) };
  const { status, body } = await http.send({ method: HttpMethod!, url: url.href, headers, body: form.toString(), timeoutMs: TIMEOUT_MS });
  const answer = tokenOf(Buffer.from(body).toString());
  if (status < 200 || status > 299 || !answer) throw new Error(`The authorization endpoint answered ${status}${status < 300 ? " without an access_token" : ""}`);
  return answer;
}

function tokenOf(text: string): { header: string; lastsSeconds: number } | undefined {
  try {
    const { access_token: token, token_type: type, expires_in: lasts } = JSON.parse(text) as Record<string, unknown>;
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) return undefined;
    const scheme = typeof type === "string" && /^[\w-]+$/.test(type) && type.toLowerCase() !== "bearer" ? type : "Bearer";
    return { header: `${scheme} ${token}`, lastsSeconds: Number(lasts) > 0 ? Number(lasts) : LASTS_SECONDS };
  } catch {
    return undefined;
  }
}

/** To be sent in the transaction that makes or changes an OAuth connection. */
export const authorizationSend = (connection: Connection, nowMs: number): LaneSend => ({ lane: `${AUTHORIZING}/${connection.arn}`, id: connection.revision, body: connectionId(connection), dueMs: nowMs });

export function openAuthorizing({ stores, clock, lanes }: Pick<RoomPorts, "stores" | "clock" | "lanes">, tokens: Tokens): (item: LaneItem) => Promise<LaneOutcome> {
  const connections = stores.documents<Connection>(CONNECTIONS);
  return async ({ id: revision, body: id, receives }) => {
    const connection = await connections.get(id);
    if (connection?.revision !== revision || connection.state !== "AUTHORIZING") return {};
    const reason = await tokens.of(connection).then(() => undefined, (error: Error) => error.message);
    if (reason !== undefined && receives < TRIES_MAX) return { againMs: clock.now() + RETRY_MS };
    const nowMs = clock.now();
    await lanes.transaction(async (tx, send) => {
      const after = await tx.documents<Connection>(CONNECTIONS).update(id, (now) => (now.revision !== revision ? now : reason === undefined ? { ...now, state: "AUTHORIZED", authorizedMs: nowMs } : { ...now, state: "DEAUTHORIZED", reason }));
      if (after?.revision !== revision) return;
      for (const one of [...connectionSends(after, [reason === undefined ? "Authorized" : "Deauthorized"], nowMs), ...destinationsOfSends(connection, after, nowMs)]) await send(one);
    });
    return {};
  };
}
