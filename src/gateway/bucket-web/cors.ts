// A bucket's cross-origin rules, applied: which rule a request matches, what an answer says of it, what a preflight gets.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html; headers, codes and sentences: recorded on AWS by LocalStack (test_s3_cors.snapshot.json).
import { ServiceError } from "../../kernel/errors.ts";
import type { CorsRule } from "../../ports/bucket-web.ts";
import type { WireRequest, WireResponse } from "../../wire/http.ts";

const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
/** Each is compared with up to 64 KB of patterns; browsers ask for a handful. */
const HEADERS_ASKED_MAX = 100;
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The first rule for a page of this origin and this method; every header that a preflight asks for must be allowed. */
export const ruleFor = (rules: CorsRule[], origin: string, method: string, headers: string[] = []): CorsRule | undefined =>
  rules.find(({ allowedOrigins, allowedMethods, allowedHeaders = [] }) =>
    allowedMethods.includes(method) && allowedOrigins.some((pattern) => covers(pattern, origin))
    && headers.every((header) => allowedHeaders.some((pattern) => covers(pattern.toLowerCase(), header))));

/** What an answer to this request says; undefined where it says nothing. S3 looks at the method a preflight asks for in any request (recorded). */
export function corsHeaders(rules: CorsRule[], request: WireRequest): Record<string, string> | undefined {
  const { origin, "access-control-request-method": asked } = request.headers;
  if (origin === undefined) return undefined;
  const headers = headersAsked(request);
  if (headers.length > HEADERS_ASKED_MAX) return undefined;
  const rule = ruleFor(rules, origin, asked ?? request.method, headers);
  return rule && saidOf(rule, origin, headers);
}

/** The answer to OPTIONS. `rules`: undefined when there is no such bucket. Throws S3's refusals. */
export function preflightAnswer(rules: CorsRule[] | undefined, request: WireRequest): WireResponse {
  const { origin, "access-control-request-method": method } = request.headers;
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  if (!rules || rules.length === 0) throw forbidden(rules ? "CORS is not enabled for this bucket." : "Bucket not found", method ?? "OPTIONS", "BUCKET");
  // As quoted in public reports; versitygw has it too.
  if (method === undefined || !/^(GET|PUT|POST|DELETE|HEAD)$/.test(method)) throw badRequest(`Invalid Access-Control-Request-Method: ${method?.slice(0, 100) ?? "null"}`);
  const headers = corsHeaders(rules, request);
  if (!headers) throw forbidden("This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.", method, "OBJECT");
  return { status: 200, headers: { ...headers, ...(request.headers["access-control-request-private-network"] === "true" && { "access-control-allow-private-network": "true" }) }, body: "" };
}

const headersAsked = ({ headers }: WireRequest): string[] => [...new Set((headers["access-control-request-headers"] ?? "").toLowerCase().split(",").map((name) => name.trim()))].filter((name) => name !== "");

function saidOf({ allowedOrigins, allowedMethods, exposeHeaders, maxAgeSeconds }: CorsRule, origin: string, headers: string[]): Record<string, string> {
  const anybody = allowedOrigins.includes("*");
  const shown = headers.filter((name) => TOKEN.test(name));
  return {
    "access-control-allow-origin": anybody ? "*" : origin,
    ...(!anybody && { "access-control-allow-credentials": "true" }),
    "access-control-allow-methods": allowedMethods.join(", "),
    ...(shown.length > 0 && { "access-control-allow-headers": shown.join(", ") }),
    ...(exposeHeaders && { "access-control-expose-headers": exposeHeaders.join(", ") }),
    ...(maxAgeSeconds && { "access-control-max-age": String(maxAgeSeconds) }),
    vary: VARY,
  };
}

/** A pattern has one `*` at most, which stands for anything, nothing included (ceph/s3-tests). */
function covers(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const end = pattern.slice(star + 1);
  return text.length >= pattern.length - 1 && text.startsWith(pattern.slice(0, star)) && text.endsWith(end);
}

const badRequest = (message: string) => new ServiceError("BadRequest", message, { status: 400 });
const forbidden = (message: string, Method: string, ResourceType: string) => new ServiceError("AccessForbidden", `CORSResponse: ${message}`, { status: 403, members: { Method, ResourceType } });
