// Cross-origin rules of a function URL: preflights are answered without the function, and the URL's headers stand in place of the function's.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
import type { FunctionUrlCors } from "../../ports/function-urls.ts";
import type { WireRequest, WireResponse } from "../../wire/http.ts";

/** Undefined unless the request is a preflight. */
export function preflightAnswer(cors: FunctionUrlCors, request: WireRequest): WireResponse | undefined {
  if (request.method !== "OPTIONS" || request.headers["origin"] === undefined || request.headers["access-control-request-method"] === undefined) return undefined;
  const allowed = originAllowed(cors, request);
  return {
    status: 200, body: "",
    headers: {
      ...(allowed === undefined ? {} : {
        ...originHeaders(cors, allowed),
        ...listHeader("access-control-allow-methods", cors.allowMethods),
        ...listHeader("access-control-allow-headers", cors.allowHeaders),
        ...(cors.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(cors.maxAgeSeconds) }),
        ...(request.headers["access-control-request-private-network"] === "true" ? { "access-control-allow-private-network": "true" } : {}),
      }),
      vary: "Origin",
    },
  };
}

/** Where the URL has rules, the function's own headers of the kind go. */
export function withCors(cors: FunctionUrlCors | undefined, request: WireRequest, response: WireResponse): WireResponse {
  if (!cors) return response;
  const headers = Object.fromEntries(Object.entries(response.headers).filter(([name]) => !name.startsWith("access-control-")));
  const allowed = originAllowed(cors, request);
  if (allowed === undefined) return { ...response, headers };
  return { ...response, headers: { ...headers, ...originHeaders(cors, allowed), ...listHeader("access-control-expose-headers", cors.exposeHeaders), vary: headers["vary"] ? `${headers["vary"]}, Origin` : "Origin" } };
}

/** What to say the origin is; undefined when it is not among the allowed, or the request has none. */
function originAllowed({ allowOrigins = [], allowCredentials }: FunctionUrlCors, { headers: { origin } }: WireRequest): string | undefined {
  if (origin === undefined) return undefined;
  if (allowOrigins.includes("*")) return allowCredentials ? origin : "*";
  return allowOrigins.includes(origin) ? origin : undefined;
}

const originHeaders = ({ allowCredentials }: FunctionUrlCors, origin: string): Record<string, string> => ({
  "access-control-allow-origin": origin,
  ...(allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
});

const listHeader = (name: string, values: string[] | undefined): Record<string, string> => (values?.length ? { [name]: values.join(",") } : {});
