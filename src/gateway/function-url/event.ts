// A request to a function URL as the function sees it: payload format 2.0.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
import type { Principal } from "../../kernel/call.ts";
import type { WireRequest } from "../../wire/http.ts";
import { domainNameOf, type Reached } from "./address.ts";

export interface EventParts {
  request: WireRequest;
  reached: Reached;
  /** Of the URL. */
  region: string;
  body: Uint8Array;
  requestId: string;
  nowMs: number;
  sourceIp: string;
  traceId: string;
  /** Present where the URL's AuthType is AWS_IAM. */
  principal: Principal | undefined;
}

/** JSON text. */
export function urlEvent({ request, reached, region, body, requestId, nowMs, sourceIp, traceId, principal }: EventParts): string {
  const { cookie, ...others } = request.headers;
  const text = isText(request.headers["content-type"]);
  const { urlId, path, domainName = domainNameOf(urlId, region) } = reached;
  const port = /:(\d+)$/.exec(request.headers["host"] ?? "")?.[1] ?? "80";
  return JSON.stringify({
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: request.query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(";").map((one) => one.trim()).filter((one) => one !== "") }),
    headers: { ...others, host: domainName, "x-amzn-trace-id": traceId, "x-forwarded-for": sourceIp, "x-forwarded-port": port, "x-forwarded-proto": "http" },
    ...(request.query === "" ? {} : { queryStringParameters: parametersOf(request.query) }),
    requestContext: {
      accountId: principal?.accountId ?? "anonymous",
      apiId: urlId,
      ...(principal ? { authentication: null, authorizer: { iam: iamOf(principal) } } : {}),
      domainName,
      domainPrefix: urlId,
      http: { method: request.method, path, protocol: "HTTP/1.1", sourceIp, userAgent: request.headers["user-agent"] ?? "" },
      requestId,
      routeKey: "$default",
      stage: "$default",
      time: clfTime(nowMs),
      timeEpoch: Math.trunc(nowMs),
    },
    ...(body.byteLength ? { body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(text ? "utf8" : "base64") } : {}),
    isBase64Encoded: body.byteLength > 0 && !text,
  });
}

const iamOf = ({ accessKeyId, accountId, userId, arn }: Principal) => ({
  accessKey: accessKeyId, accountId, callerId: userId, cognitoIdentity: null, principalOrgId: null, userArn: arn, userId,
});

/** What HTTP APIs take as text; the rest, form fields included, is Base64 (developer guide of API Gateway, "Working with binary media types for HTTP APIs"). */
function isText(contentType = ""): boolean {
  const type = contentType.split(";")[0]!.trim().toLowerCase();
  return type.startsWith("text/") || /^application\/(json|javascript|xml|[\w.+-]+\+(json|xml))$/.test(type);
}

/** Decoded; values of a repeated name joined by commas. */
function parametersOf(query: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) values[name] = Object.hasOwn(values, name) ? `${values[name]},${value}` : value;
  return values;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 20/Nov/2026:10:00:00 +0000 */
export function clfTime(nowMs: number): string {
  const [date, time] = new Date(nowMs).toISOString().split("T") as [string, string];
  const [year, month, day] = date.split("-") as [string, string, string];
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}
