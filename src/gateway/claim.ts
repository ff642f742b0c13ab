// Who a request says signed it, before anything is checked: the Authorization header or the query of a presigned URL.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
import type { WireRequest } from "../wire/http.ts";
import { claimOfVersion2 } from "./signature-v2.ts";

export interface Scope {
  accessKeyId: string;
  /** YYYYMMDD */
  date: string;
  region: string;
  service: string;
  /** DATE/REGION/SERVICE/aws4_request */
  text: string;
}

export interface Claim {
  by: "header" | "query";
  scope: Scope;
  /** As sent: lower-case names separated by semicolons. */
  signedHeaders: string;
  signature: string;
  /** YYYYMMDDTHHMMSSZ */
  date: string;
  sessionToken?: string;
  /** Presigned URLs only. */
  expiresSeconds?: number;
  /** Signed in the older way, which has neither scope nor date. */
  version2?: { expiresMs: number };
}

/** A claim that cannot be read. `sentence` is AWS's; `kind` chooses the code. */
export class BadClaim extends Error {
  readonly kind: "incomplete" | "algorithm" | "query-parameters" | "query-credential" | "version2-parameters";
  /** Where the form of the claim gives it away. */
  readonly service: string | undefined;
  constructor(kind: BadClaim["kind"], sentence: string, service?: string) {
    super(sentence);
    this.kind = kind;
    this.service = service;
  }
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SCOPES_MAX = 1000;
const scopes = new Map<string, Scope>();

/** Undefined when the request carries no AWS credentials at all. Throws BadClaim. */
export function readClaim(request: WireRequest): Claim | undefined {
  const authorization = request.headers["authorization"];
  if (authorization !== undefined) return claimOfHeader(request, authorization);
  if (request.query.includes("X-Amz-Algorithm=")) return claimOfQuery(new URLSearchParams(request.query));
  if (!/(^|&)AWSAccessKeyId=/.test(request.query)) return undefined;
  const older = claimOfVersion2(new URLSearchParams(request.query));
  if (!older) throw new BadClaim("version2-parameters", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters", "s3");
  return older;
}

function claimOfHeader(request: WireRequest, authorization: string): Claim | undefined {
  const space = authorization.indexOf(" ");
  const algorithm = space < 0 ? authorization : authorization.slice(0, space);
  if (algorithm !== ALGORITHM) {
    if (algorithm.startsWith("AWS4-ECDSA")) throw unsupported("Signature Version 4A (AWS4-ECDSA-P256-SHA256)");
    if (algorithm === "AWS") throw unsupported("AWS Signature Version 2 in a header", "s3");
    return undefined; // Basic, Bearer: not AWS credentials
  }
  let credential = "", signedHeaders = "", signature = "";
  for (const part of space < 0 ? [] : authorization.slice(space + 1).split(",")) {
    const equals = part.indexOf("=");
    // Both sentences as AWS words them: github iann0036/cloud9-sync#10, bKash-developer/webhook-endpoint-php#3.
    if (equals < 0) throw new BadClaim("incomplete", `'${part.trim()}' not a valid key=value pair (missing equal-sign) in Authorization header: '${authorization}'.`);
    const key = part.slice(0, equals).trim(), value = part.slice(equals + 1).trim();
    if (key === "Credential") credential = value;
    else if (key === "SignedHeaders") signedHeaders = value;
    else if (key === "Signature") signature = value;
  }
  const date = request.headers["x-amz-date"] ?? compactDate(request.headers["date"]);
  const missing = [
    !credential && "Authorization header requires 'Credential' parameter.",
    !signature && "Authorization header requires 'Signature' parameter.",
    !signedHeaders && "Authorization header requires 'SignedHeaders' parameter.",
    !date && "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
  ].filter(Boolean);
  if (missing.length) throw new BadClaim("incomplete", `${missing.join(" ")} Authorization=${authorization.replace(/Signature=\w+/, "Signature=…")}`);
  const token = request.headers["x-amz-security-token"];
  return { by: "header", scope: scopeOf(credential), signedHeaders, signature, date: date!, ...(token !== undefined && { sessionToken: token }) };
}

function claimOfQuery(query: URLSearchParams): Claim {
  const algorithm = query.get("X-Amz-Algorithm");
  if (algorithm !== ALGORITHM) throw unsupported(`X-Amz-Algorithm=${algorithm}`);
  // Addresses are presigned of S3, but for what names another service.
  const service = /\/([\w.-]{1,64})\/aws4_request$/.exec(query.get("X-Amz-Credential") ?? "")?.[1] ?? "s3";
  const need = (name: string): string => {
    const value = query.get(name);
    if (!value) throw new BadClaim("query-parameters", `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`, service);
    return value;
  };
  const scope = () => {
    try {
      return scopeOf(need("X-Amz-Credential"));
    } catch (error) {
      throw error instanceof BadClaim && error.kind === "incomplete" ? new BadClaim("query-credential", error.message, service) : error;
    }
  };
  const expires = service === "s3" ? need("X-Amz-Expires") : query.get("X-Amz-Expires");
  if (expires !== null && !/^\d{1,10}$/.test(expires)) throw new BadClaim("incomplete", "X-Amz-Expires should be a number");
  const token = query.get("X-Amz-Security-Token");
  return {
    by: "query", scope: scope(), signedHeaders: need("X-Amz-SignedHeaders"), signature: need("X-Amz-Signature"), date: need("X-Amz-Date"),
    ...(token !== null && { sessionToken: token }), ...(expires !== null && { expiresSeconds: Number(expires) }),
  };
}

const unsupported = (what: string, service?: string): BadClaim => new BadClaim("algorithm", `Evoke does not verify ${what}. Please use AWS4-HMAC-SHA256.`, service);

/** The key id may itself contain slashes, so the scope is read from its end. Throws BadClaim. */
export function scopeOf(credential: string): Scope {
  const known = scopes.get(credential);
  if (known) return known;
  const match = /^(.+)\/(\d{8})\/([\w-]{1,64})\/([\w.-]{1,64})\/aws4_request$/.exec(credential);
  if (!match || credential.length > 512) throw new BadClaim("incomplete", `Credential must have at least 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`);
  const [, accessKeyId, date, region, service] = match as unknown as [string, string, string, string, string];
  const scope = { accessKeyId, date, region, service, text: `${date}/${region}/${service}/aws4_request` };
  if (scopes.size >= SCOPES_MAX) scopes.clear();
  scopes.set(credential, scope);
  return scope;
}

function compactDate(text: string | undefined): string | undefined {
  const ms = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : compact(ms);
}

/** YYYYMMDDTHHMMSSZ */
export const compact = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");

let lastDate = { text: "", ms: undefined as number | undefined };

/** Milliseconds since 1970; undefined when the text is not YYYYMMDDTHHMMSSZ. Requests of one second share their date, so the last is kept. */
export function parseCompact(text: string): number | undefined {
  if (text !== lastDate.text) lastDate = { text, ms: parseCompactAnew(text) };
  return lastDate.ms;
}

function parseCompactAnew(text: string): number | undefined {
  if (!/^\d{8}T\d{6}Z$/.test(text)) return undefined;
  const at = (start: number, end: number) => Number(text.slice(start, end));
  const ms = Date.UTC(at(0, 4), at(4, 6) - 1, at(6, 8), at(9, 11), at(11, 13), at(13, 15));
  return compact(ms) === text ? ms : undefined;
}
