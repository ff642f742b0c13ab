// Keeps web pages from driving Evoke: DNS rebinding is refused by Host, cross-site requests by Origin and Fetch Metadata.
// https://fetch.spec.whatwg.org/#http-cors-protocol · https://www.w3.org/TR/fetch-metadata/
import { isIP } from "node:net";
import type { Config } from "../config.ts";
import type { WireRequest, WireResponse } from "../wire/http.ts";
import { isLoopback } from "./listen-address.ts";
import { isMessageLink } from "./service-rules.ts";

export interface BrowserGuard {
  /** A sentence when the request must be refused. */
  refuse(request: WireRequest): string | undefined;
  /** Whether this is a name of ours: no page can make another name lead here (DNS rebinding). */
  knowsHost(host: string): boolean;
  /** The answer to an allowed origin's preflight; undefined for every other request. */
  preflight(request: WireRequest): WireResponse | undefined;
  /** What an allowed origin needs to read an answer; undefined for everyone else. */
  corsHeaders(request: WireRequest): Record<string, string> | undefined;
}

const HOSTS_KEPT_MAX = 256;
const MAX_AGE_SECONDS = 600;
/** No name server has names under the last, and to a browser they are no address at all; boto3 makes them of an access point's ARN. */
const NAME_SUFFIXES = [".localhost", ".amazonaws.com", ".amazonaws.com.cn", ".127.0.0.1"];

export function openBrowserGuard(config: Pick<Config, "host" | "credentials" | "allowedOrigins" | "allowedHosts">): BrowserGuard {
  const strict = config.credentials.trim() !== "";
  const names = new Set([...list(config.allowedHosts), config.host.toLowerCase()]);
  const origins = new Set(list(config.allowedOrigins).map((origin) => origin.replace(/\/$/, "")));
  const kept = new Map<string, boolean>();

  const hostAllowed = (header: string): boolean => {
    const known = kept.get(header);
    if (known !== undefined) return known;
    const name = hostName(header);
    // An address cannot be rebound, but only loopback is reachable in development, and there pages reach it without saying who they are.
    const allowed = name !== undefined && (isLoopback(name) || names.has(name) || NAME_SUFFIXES.some((suffix) => name.endsWith(suffix)) || (strict && isIP(name) !== 0));
    if (kept.size >= HOSTS_KEPT_MAX) kept.clear();
    kept.set(header, allowed);
    return allowed;
  };

  const refuse = (request: WireRequest): string | undefined => {
    const { host = "", origin } = request.headers;
    if (!hostAllowed(host)) return `Evoke does not answer to the host name "${host.slice(0, 100)}". Allow it with --allowed-hosts if it is yours.`;
    if (origin !== undefined) return origins.has(origin.toLowerCase()) ? undefined : `Web pages of ${origin.slice(0, 100)} may not call Evoke. Allow them with --allowed-origins if they are yours.`;
    const site = request.headers["sec-fetch-site"];
    // A link in a message is followed from wherever it is read, and does only what its token or its subscription's id says.
    if (isMessageLink(request) && isSeen(request)) return undefined;
    // Not "same-origin": what functions answer under /_evoke/url/ has this origin, and Evoke itself has no page that asks another.
    if (site === "none") return undefined;
    if (site !== undefined) return "Web pages may not call Evoke unless their origin is listed in --allowed-origins.";
    // A browser that does not send Fetch Metadata (plain http beyond localhost, or an old one) cannot be told from an image on any page.
    if (!strict && request.headers["user-agent"]?.startsWith("Mozilla/") && !isWindowsPowerShell(request.headers["user-agent"])) return "This looks like a web browser, and Evoke cannot see which page sent it. Open it at http://localhost, or call Evoke with an AWS client.";
    return undefined;
  };

  const corsHeaders = (request: WireRequest): Record<string, string> | undefined => {
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin.toLowerCase())) return undefined;
    return { "access-control-allow-origin": origin, "access-control-expose-headers": "*", vary: "Origin" };
  };

  const preflight = (request: WireRequest): WireResponse | undefined => {
    const method = request.headers["access-control-request-method"];
    const cors = request.method === "OPTIONS" && method !== undefined ? corsHeaders(request) : undefined;
    if (!cors) return undefined;
    const asked = request.headers["access-control-request-headers"];
    return {
      status: 204, body: "",
      headers: {
        ...cors,
        vary: "Origin, Access-Control-Request-Headers",
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        ...(asked !== undefined && /^[\w!#$%&'*+.^`|~, -]{1,4096}$/.test(asked) && { "access-control-allow-headers": asked }),
        ...(request.headers["access-control-request-private-network"] === "true" && { "access-control-allow-private-network": "true" }),
        "access-control-max-age": String(MAX_AGE_SECONDS),
      },
    };
  };

  return { refuse, knowsHost: hostAllowed, preflight, corsHeaders };
}

/** Not in a frame, which may be hidden, and not ahead of time, as pages may ask browsers for (Sec-Purpose: prefetch). */
const isSeen = ({ headers }: WireRequest): boolean =>
  (headers["sec-fetch-mode"] ?? "navigate") === "navigate" && (headers["sec-fetch-dest"] ?? "document") === "document" && headers["sec-purpose"] === undefined;

const isWindowsPowerShell = (userAgent: string): boolean => userAgent.includes("PowerShell/");

const list = (text: string): string[] => text.split(",").map((part) => part.trim().toLowerCase()).filter((part) => part !== "");

/** Without port, brackets or final dot; undefined when the header is not a host. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, "");
}
