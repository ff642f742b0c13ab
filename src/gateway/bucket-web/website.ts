// Websites of buckets, by host name: BUCKET.s3-website-REGION.… and BUCKET.s3-website.REGION.…, and BUCKET.s3-website.localhost, under names that Evoke answers to.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
import type { Call } from "../../kernel/call.ts";
import { hostIdOf } from "../../kernel/host-id.ts";
import { ServiceError } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { BucketWeb } from "../../ports/bucket-web.ts";
import type { WireRequest, WireResponse } from "../../wire/http.ts";
import { corsHeaders, preflightAnswer } from "./cors.ts";

/**
 * Undefined when the request is for no website. Such a host name reaches this one website and nothing behind it, whatever the path.
 * Public is what reaches this machine: a page elsewhere that has its own name lead here (DNS rebinding) is answered by none.
 * `knowsHost` may know the name or, of all websites, what follows the bucket's.
 */
export function websiteBucket({ headers }: WireRequest, knowsHost: (host: string) => boolean): string | undefined {
  const host = headers["host"] ?? "";
  const bucket = host.includes(".s3-website") ? /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3-website(?:-[a-z0-9-]+)?(?:[.:]|$)/i.exec(host)?.[1] : undefined;
  return bucket !== undefined && (knowsHost(host) || knowsHost(host.slice(bucket.length + 1))) ? bucket.toLowerCase() : undefined;
}

/** `call` is nobody's: a website shows what its bucket's policy opens to everybody. */
export async function visitWebsite({ bucketWeb, log }: { bucketWeb: BucketWeb; log: Log }, bucket: string, request: WireRequest, call: Call): Promise<WireResponse> {
  const { method, path, query, headers } = request;
  try {
    const rules = headers["origin"] === undefined && method !== "OPTIONS" ? undefined : await bucketWeb.corsRules(bucket);
    if (method === "OPTIONS") return preflightAnswer(rules, request);
    const answer = await bucketWeb.visit({ bucket, method, path, query, headers }, call);
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(rules ?? [], request), ...idsOf(call) } };
  } catch (error) {
    if (!(error instanceof ServiceError)) log.error("a request to a website failed", { requestId: call.requestId, bucket, error });
    const { status, code, message } = error instanceof ServiceError ? error : { status: 500, code: "InternalError", message: `Evoke failed on request ${call.requestId}; its log has the cause.` };
    return { status, headers: { "content-type": "text/html; charset=utf-8", ...idsOf(call) }, body: `<html>\n<head><title>${status} ${code}</title></head>\n<body>\n<h1>${status} ${code}</h1>\n<ul>\n<li>Code: ${code}</li>\n<li>Message: ${message.replace(/[<>&]/g, " ")}</li>\n</ul>\n<hr/>\n</body>\n</html>\n` };
  }
}

const idsOf = ({ requestId }: Call): Record<string, string> => ({ "x-amz-request-id": requestId, "x-amz-id-2": hostIdOf(requestId) });
