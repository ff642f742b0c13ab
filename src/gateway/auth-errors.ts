// Refusals of credentials, in the words and codes of the kind of service asked.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html · https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html · https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { ServiceError } from "../kernel/errors.ts";
import type { WireRequest } from "../wire/http.ts";

/** S3, form services (STS, IAM), RPC over JSON or CBOR (Logs), REST with JSON (Lambda). */
type Family = "s3" | "query" | "rpc" | "rest";
export type Refusal = "missing" | "incomplete" | "algorithm" | "unknown-key" | "bad-token" | "expired-token" | "mismatch" | "skewed" | "scope" | "presign-expired" | "presign-too-long" | "body-hash" | "unsigned-header" | "query-parameters" | "query-credential" | "version2-parameters";

type Row = Record<Family, readonly [code: string, status: number]>;

const row = (code: string, query: string, s3: readonly [string, number], queryStatus = 403): Row => ({ rpc: [code, 400], rest: [code, 403], query: [query, queryStatus], s3 });

// Lambda answers 403 and awsJson services 400 for the same code: observed in github brefphp/bref#1250 (rest) and aws/aws-sdk-ruby#431 (awsJson).
const CODES: Record<Refusal, Row> = {
  missing: row("MissingAuthenticationTokenException", "MissingAuthenticationToken", ["AccessDenied", 403]),
  incomplete: row("IncompleteSignatureException", "IncompleteSignature", ["AuthorizationHeaderMalformed", 400], 400),
  "query-parameters": row("IncompleteSignatureException", "IncompleteSignature", ["AuthorizationQueryParametersError", 400], 400),
  "query-credential": row("IncompleteSignatureException", "IncompleteSignature", ["AuthorizationQueryParametersError", 400], 400),
  "version2-parameters": row("IncompleteSignatureException", "IncompleteSignature", ["AccessDenied", 403], 400),
  algorithm: row("IncompleteSignatureException", "IncompleteSignature", ["InvalidRequest", 400], 400),
  "unknown-key": row("UnrecognizedClientException", "InvalidClientTokenId", ["InvalidAccessKeyId", 403]),
  "bad-token": row("UnrecognizedClientException", "InvalidClientTokenId", ["InvalidToken", 400]),
  "expired-token": row("ExpiredTokenException", "ExpiredToken", ["ExpiredToken", 400]),
  mismatch: row("InvalidSignatureException", "SignatureDoesNotMatch", ["SignatureDoesNotMatch", 403]),
  skewed: row("InvalidSignatureException", "SignatureDoesNotMatch", ["RequestTimeTooSkewed", 403]),
  scope: row("InvalidSignatureException", "SignatureDoesNotMatch", ["AuthorizationHeaderMalformed", 400]),
  "presign-expired": row("InvalidSignatureException", "SignatureDoesNotMatch", ["AccessDenied", 403]),
  "presign-too-long": row("InvalidSignatureException", "SignatureDoesNotMatch", ["AuthorizationQueryParametersError", 400]),
  "body-hash": row("InvalidSignatureException", "SignatureDoesNotMatch", ["XAmzContentSHA256Mismatch", 400]),
  "unsigned-header": row("InvalidSignatureException", "SignatureDoesNotMatch", ["AccessDenied", 403]),
};

const MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** Where a sentence is fixed. Observed: github brefphp/bref#1250, cert-manager/aws-privateca-issuer#40; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
const SENTENCES: Partial<Record<Refusal, string | Partial<Record<Family, string>>>> = {
  missing: { rpc: "Missing Authentication Token", rest: "Missing Authentication Token", query: "Request is missing Authentication Token", s3: "Access Denied" },
  "unknown-key": { rpc: "The security token included in the request is invalid.", rest: "The security token included in the request is invalid.", query: "The security token included in the request is invalid.", s3: "The AWS Access Key Id you provided does not exist in our records." },
  "bad-token": { rpc: "The security token included in the request is invalid.", rest: "The security token included in the request is invalid.", query: "The security token included in the request is invalid.", s3: "The provided token is malformed or otherwise invalid." },
  "expired-token": { rpc: "The security token included in the request is expired", rest: "The security token included in the request is expired", query: "The security token included in the request is expired", s3: "The provided token has expired." },
  mismatch: { rpc: MISMATCH, rest: MISMATCH, query: MISMATCH, s3: "The request signature we calculated does not match the signature you provided. Check your key and signing method." },
  skewed: { s3: "The difference between the request time and the current time is too large." },
  // Recorded by LocalStack, as the next is.
  "query-parameters": { s3: "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters." },
  "query-credential": { s3: 'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".' },
  "presign-expired": { s3: "Request has expired" },
  "presign-too-long": { s3: "X-Amz-Expires must be less than a week (in seconds) that is 604800" },
  "body-hash": { rpc: MISMATCH, rest: MISMATCH, query: MISMATCH, s3: "The provided 'x-amz-content-sha256' header does not match what was computed." },
  "unsigned-header": { s3: "There were headers present in the request which were not signed" },
};

/** `detail` is used where AWS's sentence depends on the request; `members` are what S3 says besides. */
export function refusal(kind: Refusal, request: WireRequest, service: string | undefined, detail?: string, members: Record<string, string> = {}): ServiceError {
  const family = familyOf(request, service);
  const [code, status] = CODES[kind][family];
  const fixed = SENTENCES[kind];
  const sentence = typeof fixed === "object" ? fixed[family] : fixed;
  return new ServiceError(code, sentence ?? detail ?? MISMATCH, { status, ...(family === "s3" && { members }) });
}

/** The policies say no: `sentence` is AWS's. Codes and statuses as for the rest (observed with the services above). */
export function accessDenied(request: WireRequest, service: string, sentence: string): ServiceError {
  const family = familyOf(request, service);
  // SNS models its own: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors (AuthorizationError, 403).
  const code = service === "sns" ? "AuthorizationErrorException" : family === "query" || family === "s3" ? "AccessDenied" : "AccessDeniedException";
  return new ServiceError(code, sentence, { status: family === "rpc" ? 400 : 403 });
}

const QUERY_SERVICES = new Set(["sts", "iam", "sns", "ec2"]);

function familyOf(request: WireRequest, service: string | undefined): Family {
  if (service === "s3" || service === "s3-control") return "s3";
  if (request.headers["x-amz-target"] !== undefined || request.headers["smithy-protocol"] !== undefined) return "rpc";
  if (QUERY_SERVICES.has(service ?? "") || request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") || /(^|&)Action=/.test(request.query)) return "query";
  return "rest";
}
