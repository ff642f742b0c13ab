// Headers, query and path of requests to API destinations. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
import type { ConnectionHttpParameters, HttpParameters } from "@aws-sdk/client-eventbridge";

/** The model's patterns for these cannot be checked in linear time, so they are here (API_HttpParameters). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,512}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]{0,512}$/;

export const areHeaders = (headers: Record<string, string | undefined>): boolean => Object.entries(headers).every(([name, value = ""]) => HEADER_NAME.test(name) && HEADER_VALUE.test(value));

/** "EventBridge removes" these (eb-api-destinations, headers). */
const REMOVED = new Set([
  "a-im", "accept-charset", "accept-datetime", "accept-encoding", "cache-control", "connection", "content-encoding", "content-length", "content-md5", "date", "expect", "forwarded", "from", "host", "http2-settings",
  "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma", "proxy-authorization", "range", "referer", "te", "trailer", "transfer-encoding", "user-agent", "upgrade", "via", "warning",
]);

export interface Request {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A connection's own parameters win over the target's (documented). */
export function requestOf(endpoint: string, input: string, target: HttpParameters = {}, connection: ConnectionHttpParameters = {}): Request {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiDestinations", range: "bytes=0-1048575", "accept-encoding": "gzip,deflate" };
  for (const [name, value] of [...Object.entries(target.HeaderParameters ?? {}), ...pairsOf(connection.HeaderParameters)]) if (!REMOVED.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  const values = [...(target.PathParameterValues ?? [])];
  const url = new URL(endpoint.replaceAll("*", () => encodeURIComponent(values.shift() ?? "")));
  for (const [name, value] of [...Object.entries(target.QueryStringParameters ?? {}), ...pairsOf(connection.QueryStringParameters)]) url.searchParams.set(name, value);
  return { url: url.href, headers, body: withBodyParameters(input, pairsOf(connection.BodyParameters)) };
}

export const pairsOf = (list: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): [string, string][] => list.map(({ Key = "", Value = "" }) => [Key, Value]);

/** Only an object can have more members. */
function withBodyParameters(input: string, more: [string, string][]): string {
  const trimmed = input.trim();
  if (more.length === 0 || !trimmed.startsWith("{") || !trimmed.endsWith("}")) return input;
  const members = JSON.stringify(Object.fromEntries(more)).slice(1, -1);
  const before = trimmed.slice(1, -1).trim();
  return `{${before}${before === "" ? "" : ","}${members}}`; // of a member written twice the last counts
}

/** HTTPS, as on AWS; and plain HTTP to this very machine, where servers under development have no certificate. */
export function isEndpoint(address: string): boolean {
  if (!URL.canParse(address.replaceAll("*", "x"))) return false;
  const { protocol, hostname } = new URL(address.replaceAll("*", "x"));
  return protocol === "https:" || (protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname));
}
