// CloudFront's four points for Lambda@Edge. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
import { base64, type Facts, type Samples } from "./facts.ts";

const header = (key: string, value: string) => ({ [key.toLowerCase()]: [{ key, value }] });
const ORIGIN = "example.org";

type Point = "viewer-request" | "origin-request" | "origin-response" | "viewer-response";

const config = (facts: Facts, eventType: Point) => ({ distributionDomainName: "d111111abcdef8.cloudfront.net", distributionId: `E${facts.word(12).toUpperCase()}`, eventType, requestId: `${facts.opaque(40).slice(0, 54)}==` });

const request = (host: string) => ({ clientIp: "203.0.113.178", method: "GET", uri: "/index.html", querystring: "size=large", headers: { ...header("Host", host), ...header("User-Agent", "curl/8.7.1"), ...header("Accept", "*/*") } });

const originRequest = () => ({
  ...request(ORIGIN),
  headers: { ...header("X-Forwarded-For", "203.0.113.178"), ...header("User-Agent", "Amazon CloudFront"), ...header("Via", "2.0 2afae0d44e2540f472c0635ab62c232b.cloudfront.net (CloudFront)"), ...header("Host", ORIGIN), ...header("Cache-Control", "no-cache") },
  origin: { custom: { customHeaders: {}, domainName: ORIGIN, keepaliveTimeout: 5, path: "", port: 443, protocol: "https" as const, readTimeout: 30, sslProtocols: ["TLSv1.2"] } },
});

const response = ({ now }: Facts) => ({ status: "200", statusDescription: "OK", headers: { ...header("Content-Type", "text/html; charset=utf-8"), ...header("Server", "ECS (dcb/7EEB)"), ...header("Date", now.toUTCString()), ...header("Content-Length", "9593") } });

export const CLOUDFRONT = {
  "viewer-request": (facts: Facts) => ({ Records: [{ cf: { config: config(facts, "viewer-request"), request: request("d111111abcdef8.cloudfront.net") } }] }),
  "origin-request": (facts: Facts) => ({ Records: [{ cf: { config: config(facts, "origin-request"), request: originRequest() } }] }),
  "origin-response": (facts: Facts) => ({ Records: [{ cf: { config: config(facts, "origin-response"), request: originRequest(), response: response(facts) } }] }),
  "viewer-response": (facts: Facts) => ({ Records: [{ cf: { config: config(facts, "viewer-response"), request: request("d111111abcdef8.cloudfront.net"), response: response(facts) } }] }),
  /** With IncludeBody. */
  "viewer-request-body": (facts: Facts) => ({
    Records: [{ cf: { config: config(facts, "viewer-request"), request: { ...request("d111111abcdef8.cloudfront.net"), method: "POST", body: { action: "read-only" as const, data: base64('{"message":"Hello"}'), encoding: "base64" as const, inputTruncated: false } } } }],
  }),
} satisfies Samples;
