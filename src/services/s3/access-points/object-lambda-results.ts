// What functions return for HeadObject and for lists. https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html#olap-headobject
import { ANSWER } from "../../../kernel/answer.ts";
import { chosenByFunction, lambdaInvalidResponse } from "./errors.ts";

/** Those that AWS's page lists; of others a function could do harm to the connection. */
const HEADERS = new Set([
  "accept-ranges", "x-amz-archive-status", "x-amz-server-side-encryption-bucket-key-enabled", "cache-control", "content-disposition", "content-encoding", "content-language", "content-length", "content-type",
  "x-amz-delete-marker", "etag", "expires", "x-amz-expiration", "last-modified", "x-amz-missing-meta", "x-amz-object-lock-mode", "x-amz-object-lock-legal-hold", "x-amz-object-lock-retain-until-date",
  "x-amz-mp-parts-count", "x-amz-replication-status", "x-amz-request-charged", "x-amz-restore", "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm",
  "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-key-md5", "x-amz-storage-class", "x-amz-tagging-count", "x-amz-version-id", "content-range",
]);

/** "the total size of the request headers … 8 KB" (ErrorResponses, of requests); most clients take no more than twice as much of an answer. */
const HEADER_BYTES_MAX = 8192;

/** Throws the error that the function says, or LambdaInvalidResponse. */
export function resultOf(payload: Uint8Array, statuses: ReadonlySet<number>): { status: number; result: Record<string, unknown> } {
  const result = parsed(payload);
  if (!isObject(result)) throw lambdaInvalidResponse("it is not an object");
  const { statusCode: status, errorCode, errorMessage } = result;
  if (typeof status !== "number" || !statuses.has(status)) throw lambdaInvalidResponse("its statusCode is none that S3 answers");
  if (status >= 400) throw chosenByFunction(textOf(errorCode) ?? "Error", status, textOf(errorMessage) ?? "");
  return { status, result };
}

/** Custom runtimes may answer anything. */
function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString());
  } catch {
    throw lambdaInvalidResponse("it is no JSON");
  }
}

export function headersOf({ headers = {} }: Record<string, unknown>): Record<string, string> {
  if (!isObject(headers)) throw lambdaInvalidResponse("its headers are not an object");
  const shown: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!HEADERS.has(lower) && !/^x-amz-meta-[\w.-]+$/.test(lower)) continue;
    const text = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
    if (text === undefined || /[^\t\x20-\x7e]/.test(text)) throw lambdaInvalidResponse(`its header ${lower} has no value that a header can have`);
    if (lower === "content-length" && !/^\d{1,15}$/.test(text)) throw lambdaInvalidResponse("its Content-Length is no length");
    bytes += lower.length + text.length;
    if (bytes > HEADER_BYTES_MAX) throw lambdaInvalidResponse(`its headers are larger than ${HEADER_BYTES_MAX} bytes`);
    shown[lower] = text;
  }
  return shown;
}

/** `listResultXml` goes to the caller as it is. */
export function listOf(status: number, { listResultXml: xml }: Record<string, unknown>): object {
  if (typeof xml !== "string") throw lambdaInvalidResponse("it has no listResultXml");
  return { [ANSWER]: { status, headers: { "content-type": "application/xml" }, body: xml } };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
