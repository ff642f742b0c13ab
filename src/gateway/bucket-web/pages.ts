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
  input: { Bucket?: string; Key?: string; VersionId?: string; CopySource?: string };
  /** The bucket that the request's address names. */
  addressed: string;
  /** Of that bucket; undefined when there is none of this name. */
  rules: CorsRule[] | undefined;
}

export async function isAdmitted(web: Pick<BucketWeb, "corsRules" | "isOpen">, { request, operation, input, addressed, rules }: Asking, nobody: Call): Promise<boolean> {
  const { origin } = request.headers;
  const { Bucket: bucket = "", Key: key = "", VersionId, CopySource: source } = input;
  if (!rules || bucket !== addressed || OTHERS.test(request.headers["host"] ?? "") || !(origin === undefined ? SHOWN : OBJECT_OPERATIONS).has(operation)) return false;
  const page = origin ?? originOf(request.headers["referer"]);
  if (page !== undefined && ruleFor(rules, page, request.method)) return source === undefined || mayCopy(web, source, bucket, page);
  // An image, a script or a link says no origin; what anybody may read is no secret to anybody's page.
  return origin === undefined && web.isOpen({ Bucket: bucket, Key: key, VersionId }, nobody);
}

/** What a page may copy it could read. */
async function mayCopy({ corsRules }: Pick<BucketWeb, "corsRules">, source: string, bucket: string, page: string): Promise<boolean> {
  const from = /^\/?([^/?]+)\//.exec(source.replace(/%2f/gi, "/"))?.[1];
  if (from === bucket) return true;
  const rules = from === undefined ? undefined : await corsRules(from);
  return rules !== undefined && ruleFor(rules, page, "GET") !== undefined;
}

const originOf = (referer: string | undefined): string | undefined => (referer !== undefined && URL.canParse(referer) ? new URL(referer).origin : undefined);

/** The script of a service worker, which would from then on see and answer whatever a person opens below it: https://w3c.github.io/ServiceWorker/#service-worker-script-request */
export const isServiceWorker = ({ headers }: WireRequest): boolean => headers["service-worker"] !== undefined;

/** Pictures, sound and films that run nothing, and PDFs, which a sandbox would not show. Not every type under image/: SVG runs, so does what ends in +xml, and one that is malformed is guessed from the bytes. */
const INERT = /^(image\/(png|jpe?g|gif|webp|avif|apng|bmp|tiff|(vnd\.microsoft\.|x-)icon)|(audio|video)\/(mpeg|mp4|ogg|webm|wav|x-wav|flac|x-flac|aac|3gpp|quicktime|x-m4a|x-m4v|x-matroska)|application\/pdf)$/i;

const SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";

/**
 * What a browser is told besides, whatever it wants the answer for, since what it fetched for one thing it may keep and show as another.
 * An object that is shown as a page gets an origin of its own: with Evoke's it could read Evoke's own pages. AWS's have nothing to read.
 * And what a person opened by its address is in the browser's cache for no page of the same origin, which functions have under /_evoke/url/.
 */
export function fenced({ headers: { "sec-fetch-dest": destination, "user-agent": agent } }: WireRequest, { headers }: WireResponse, isObject: boolean): void {
  if (destination === undefined && !agent?.startsWith("Mozilla/")) return;
  if (isObject && !INERT.test((headers["content-type"] ?? "").split(";")[0]!)) headers["content-security-policy"] = SANDBOX;
  headers["vary"] = headers["vary"] === undefined ? "Sec-Fetch-Site" : `${headers["vary"]}, Sec-Fetch-Site`;
}
