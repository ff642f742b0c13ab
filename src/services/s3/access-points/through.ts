// Requests that name a bucket by an access point: by ARN, by alias, or by NAME-ACCOUNT in the host name, as SDKs write an ARN.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-usage-examples.html
import type { Call } from "../../../kernel/call.ts";
import type { Parts } from "../parts.ts";
import { noSuchBucket } from "../errors.ts";
import { noSuchPointArn, notInVpc, notThroughAccessPoints, unknownAlias } from "./errors.ts";
import { type AccessPoint, type AnyPoint, findAlias, findPoint, isAlias, type ObjectLambdaPoint, parsePointArn, pointArn } from "./point.ts";

/** Which access point an input came through, and whose object lambda it is. No model has this key, and no caller can send it. */
export const THROUGH = Symbol("through");
/** Which access point a copy's source is named by. */
export const SOURCE_THROUGH = Symbol("source through");

export interface Through {
  point: AccessPoint;
  objectLambda?: ObjectLambdaPoint;
  /** It was named by its alias. */
  byAlias?: true;
  /** S3's Object Lambda asks for the caller: the address it gave a function. */
  calledVia?: true;
}

export interface ThroughPoint {
  [THROUGH]?: Through;
  [SOURCE_THROUGH]?: Through;
}

interface Named extends ThroughPoint {
  Bucket?: string;
  CopySource?: string;
}

/** "The following S3 operations can be used with access points". Those of them that are not there answer for themselves. */
const POSSIBLE = new Set([
  "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject", "DeleteObjects", "DeleteObjectTagging", "GetBucketAcl", "GetBucketCors", "GetBucketLocation",
  "GetBucketNotificationConfiguration", "GetBucketPolicy", "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "HeadBucket", "HeadObject",
  "ListMultipartUploads", "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListParts", "PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
  "SelectObjectContent", "UploadPart", "UploadPartCopy",
]);

/** How a bucket may be named that is no bucket's name, or may be an access point's too. */
const MAY_BE_POINT = /^arn:|-s3alias$|--ol-s3$|-\d{12}$/;
const SOURCE_MAY_BE_POINT = /^\/?(arn(:|%3A)|[^/]*(-s3alias|--ol-s3)\/)/i;

type AddressParts = Pick<Parts, "stores" | "buckets" | "objectLambda">;

/** Puts the bucket's name where the input names an access point. Throws ServiceError. */
export function addressing(parts: AddressParts): (operation: string, input: Named, call: Call) => Promise<void> | undefined {
  return (operation, input, call) => {
    const byPoint = input.Bucket !== undefined && MAY_BE_POINT.test(input.Bucket);
    const source = input.CopySource !== undefined && SOURCE_MAY_BE_POINT.test(input.CopySource);
    return byPoint || source ? findNamed(parts, operation, input, call) : undefined;
  };
}

async function findNamed(parts: AddressParts, operation: string, input: Named, call: Call): Promise<void> {
  if (input.Bucket !== undefined && MAY_BE_POINT.test(input.Bucket)) {
    const found = await findByName(parts, input.Bucket, call);
    if (found) {
      if (!POSSIBLE.has(operation)) throw notThroughAccessPoints(call.request?.method ?? "");
      const through = await admitted(parts, found);
      const token = /(?:^|&)x-s3-object-lambda=([\w-]+)/.exec(call.request?.query ?? "")?.[1];
      input[THROUGH] = { ...through, ...(isAlias(input.Bucket) && { byAlias: true }), ...(token !== undefined && parts.objectLambda.isCalledVia(token, call) && { calledVia: true }) };
      input.Bucket = through.point.bucket;
    }
  }
  if (input.CopySource !== undefined && SOURCE_MAY_BE_POINT.test(input.CopySource)) await findSource(parts, input as Named & { CopySource: string }, call);
}

/** Undefined for what is a bucket's name after all. */
async function findByName(parts: AddressParts, named: string, call: Call): Promise<AnyPoint | undefined> {
  if (named.startsWith("arn:")) {
    const arn = parsePointArn(named);
    const point = arn?.rest === "" ? await findPoint(parts.stores, arn) : undefined;
    if (!point) throw noSuchPointArn(named);
    return point;
  }
  if (isAlias(named)) {
    const point = await findAlias(parts.stores, named);
    if (!point) throw unknownAlias(named);
    return point;
  }
  return findByHost(parts, named, call);
}

/**
 * `NAME-ACCOUNT.` before the endpoint's host, of which AWS's own says that it is a point, as does the signature of Object Lambda. Under
 * other names a bucket that is called so comes first.
 */
async function findByHost({ stores, buckets }: AddressParts, named: string, call: Call): Promise<AnyPoint | undefined> {
  const host = call.request?.headers["host"] ?? "";
  if (!host.startsWith(`${named}.`)) return undefined;
  const [name, account] = [named.slice(0, -13), named.slice(-12)];
  const isObjectLambda = host.includes(".s3-object-lambda.") || signedForObjectLambda(call);
  const isPoint = isObjectLambda || host.includes(".s3-accesspoint.");
  if (!isPoint && (await buckets.get(named))) return undefined;
  const wanted = { kind: isObjectLambda ? "object-lambda" : "standard", account, region: call.region, name } as const;
  const point = await findPoint(stores, wanted);
  if (!point && isPoint) throw noSuchPointArn(pointArn(wanted));
  return point;
}

const signedForObjectLambda = ({ request }: Call): boolean =>
  /\/s3-object-lambda\/aws4_request/.test(request?.headers["authorization"] ?? "") || /X-Amz-Credential=[^&]*(%2F|\/)s3-object-lambda(%2F|\/)aws4_request/.test(request?.query ?? "");

/** Throws NoSuchAccessPoint, AccessDenied. */
async function admitted({ stores, buckets }: AddressParts, found: AnyPoint): Promise<Through> {
  if (found.kind === "standard") return { point: await reachable(buckets, found) };
  const supporting = found.configuration.SupportingAccessPoint!;
  const named = parsePointArn(supporting);
  const point = named && (await findPoint(stores, { ...named, kind: "standard" }));
  if (!point) throw noSuchPointArn(supporting);
  return { point: await reachable(buckets, point), objectLambda: found };
}

/** A bucket of the same name that another account has made since is another bucket. */
async function reachable(buckets: Parts["buckets"], point: AccessPoint): Promise<AccessPoint> {
  if (point.vpcId !== undefined) throw notInVpc();
  const bucket = await buckets.get(point.bucket);
  if (bucket && bucket.account !== point.bucketAccount) throw noSuchBucket(point.bucket);
  return point;
}

/** `arn:…:accesspoint/NAME/object/KEY`, or an alias for the bucket; percent-encoded or not, with `?versionId=` after it. */
async function findSource(parts: AddressParts, input: Named & { CopySource: string }, call: Call): Promise<void> {
  const question = input.CopySource.indexOf("?versionId=");
  const [path, version] = question < 0 ? [input.CopySource, ""] : [input.CopySource.slice(0, question), input.CopySource.slice(question)];
  const decoded = decodedOf(path).replace(/^\//, "");
  const arn = parsePointArn(decoded);
  const slash = decoded.indexOf("/");
  const key = arn ? /^\/object\/(.+)$/s.exec(arn.rest)?.[1] : decoded.slice(slash + 1);
  if (key === undefined || (decoded.startsWith("arn:") && !arn)) return; // refused where copies are
  const found = arn ? await findPoint(parts.stores, arn) : await findByName(parts, decoded.slice(0, slash), call);
  if (!found) throw noSuchPointArn(decoded);
  const through = await admitted(parts, found);
  input[SOURCE_THROUGH] = through;
  input.CopySource = `${through.point.bucket}/${encodeURIComponent(key.toWellFormed())}${version}`;
}

function decodedOf(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // refused where copies are
  }
}
