// Which web pages reach a bucket in development, where nobody's signature is verified: what the bucket's own cross-origin rules admit, and nothing but objects of that bucket.
// With verified signatures a page can do no more than its signature or the bucket's policy says, so there S3 is asked as on AWS.
import type { Call } from "../../kernel/call.ts";
import type { BucketWeb, CorsRule } from "../../ports/bucket-web.ts";
import type { WireRequest, WireResponse } from "../../wire/http.ts";
import { OBJECT_OPERATIONS } from "../service-rules.ts";
import { ruleFor } from "./cors.ts";

/** A rule for an origin and a method is about objects: none opens the bucket's settings to whoever signs nothing (OBJECT_OPERATIONS). */
/** Host names under which a bucket's name is an access point's. */
const OTHERS = /\.s3-(accesspoint|object-lambda|control|outposts)/i;
const SHOWN = new Set(["GetObject", "HeadObject"]);

export interface Asking {
  request: WireRequest;
  operation: string;
  input: { Bucket?: string; Key?: string; CopySource?: string };
  /** Of the bucket; undefined when there is none of this name. */
  rules: CorsRule[] | undefined;
}

export async function isAdmitted(web: Pick<BucketWeb, "corsRules" | "isOpen">, { request, operation, input, rules }: Asking, nobody: Call): Promise<boolean> {
  const { origin } = request.headers;
  const { Bucket: bucket = "", Key: key = "", CopySource: source } = input;
  if (!rules || OTHERS.test(request.headers["host"] ?? "") || !(origin === undefined ? SHOWN : OBJECT_OPERATIONS).has(operation)) return false;
  const page = origin ?? originOf(request.headers["referer"]);
  if (page !== undefined && ruleFor(rules, page, request.method)) return source === undefined || mayCopy(web, source, bucket, page);
  // An image, a script or a link says no origin; what anybody may read is no secret to anybody's page.
  return origin === undefined && web.isOpen(bucket, key, nobody);
}

/** What a page may copy it could read. */
async function mayCopy({ corsRules }: Pick<BucketWeb, "corsRules">, source: string, bucket: string, page: string): Promise<boolean> {
  const from = /^\/?([^/?]+)\//.exec(source.replace(/%2f/gi, "/"))?.[1];
  if (from === bucket) return true;
  const rules = from === undefined ? undefined : await corsRules(from);
  return rules !== undefined && ruleFor(rules, page, "GET") !== undefined;
}

const originOf = (referer: string | undefined): string | undefined => (referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined);

const DOCUMENTS = new Set(["document", "iframe", "frame", "embed", "object", "fencedframe"]);

/**
 * An object that a browser shows as a page gets an origin of its own: with Evoke's it could read Evoke's own pages. AWS's have nothing to read.
 * Pictures, sound and PDFs run nothing. A browser that does not say what it will do with an answer is taken to show it.
 */
export function sandboxed({ headers: { "sec-fetch-dest": destination, "user-agent": agent } }: WireRequest, { headers }: WireResponse): void {
  if (destination === undefined ? !agent?.startsWith("Mozilla/") : !DOCUMENTS.has(destination)) return;
  // Of several types in one header browsers take the last.
  if (/^(image\/(?!svg)|audio\/|video\/|application\/pdf)[^,]*$/i.test(headers["content-type"] ?? "")) return;
  headers["content-security-policy"] = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";
}
