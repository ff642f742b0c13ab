// Where function URLs are reached: by host name, ID.lambda-url.REGION.on.aws or ID.lambda-url.REGION.localhost, and by path, /_evoke/url/ID/.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
import { lookup } from "node:dns/promises";
import type { FunctionUrlAddresses } from "../../ports/function-urls.ts";
import type { WireRequest } from "../../wire/http.ts";
import { bucketOfHost } from "../../wire/wire.ts";

const HOST = /^([a-z0-9]{32})\.lambda-url\.([a-z0-9-]+)\./;
const PATH = "/_evoke/url/";
const DOMAIN = "localhost";

export interface Reached {
  urlId: string;
  /** Percent-encoded, as the function sees it. */
  path: string;
  /** As the function sees it: no port. Absent where the request came by path. */
  domainName?: string;
}

/** The host name of a URL that was reached by path, as the function sees it. */
export const domainNameOf = (urlId: string, region: string): string => `${urlId}.lambda-url.${region}.${DOMAIN}`;

/** Undefined when the request is for no function URL. */
export function reachedUrl({ headers, path }: WireRequest): Reached | undefined {
  const host = headers["host"] ?? "";
  if (/\.lambda-url\./i.test(host)) {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const urlId = HOST.exec(name)?.[1];
    if (urlId !== undefined) return { urlId, path, domainName: name };
  }
  if (!path.startsWith(PATH) || bucketOfHost(host) !== undefined) return undefined; // there it is a key
  const end = path.indexOf("/", PATH.length);
  const urlId = path.slice(PATH.length, end < 0 ? undefined : end);
  return { urlId, path: end < 0 ? "/" : path.slice(end) };
}

/**
 * The address to show: by host name where this machine's resolver knows names under localhost (systemd does, as do all browsers and curl by
 * themselves; macOS and plain glibc do not), by path elsewhere, so that any program here can reach it. `endpointUrl`: where Evoke listens.
 */
export function openFunctionUrlAddresses(endpointUrl: () => string): FunctionUrlAddresses {
  let resolves: Promise<boolean> | undefined;
  return {
    async address(urlId, region) {
      resolves ??= lookup(`${"0".repeat(32)}.lambda-url.${region}.${DOMAIN}`).then(() => true, () => false);
      const { protocol, host, port, hostname } = new URL(endpointUrl());
      const isHere = ["127.0.0.1", "[::1]", DOMAIN].includes(hostname);
      return isHere && (await resolves) ? `${protocol}//${urlId}.lambda-url.${region}.${DOMAIN}${port && `:${port}`}/` : `${protocol}//${host}${PATH}${urlId}/`;
    },
  };
}
