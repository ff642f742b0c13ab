// A request to a bucket that is a website: index and error documents, redirections, and nothing that its policy does not open to everybody.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html · …/how-to-page-redirect.html
import type { GetObjectCommandInput, GetObjectCommandOutput, Redirect, RoutingRule, WebsiteConfiguration } from "@aws-sdk/client-s3";
import type { Call } from "../../kernel/call.ts";
import { ServiceError } from "../../kernel/errors.ts";
import type { WebAnswer, WebsiteVisit } from "../../ports/bucket-web.ts";
import { invalidUri, methodNotAllowed, noSuchBucket } from "./errors.ts";
import type { Parts } from "./parts.ts";
import { readingOperations } from "./reading.ts";
import { noWebsite } from "./settings-errors.ts";
import { errorPage } from "./website-pages.ts";

interface Visited {
  visit: WebsiteVisit;
  call: Call;
  website: WebsiteConfiguration;
}

export function openWebsites(parts: Parts): (visit: WebsiteVisit, call: Call) => Promise<WebAnswer> {
  const reading = readingOperations(parts);

  const read = async ({ visit, call }: Visited, key: string, headers: Record<string, string>): Promise<WebAnswer> => {
    const input = { Bucket: visit.bucket, Key: key, ...conditionsOf(headers) };
    const output = visit.method === "HEAD" ? await reading.HeadObject(input, call) : await reading.GetObject(input, call);
    return output.WebsiteRedirectLocation === undefined ? answerOf(output as Partial<GetObjectCommandOutput>) : redirectTo(output.WebsiteRedirectLocation, 301);
  };

  const isThere = (visited: Visited, key: string): Promise<boolean> => reading.HeadObject({ Bucket: visited.visit.bucket, Key: key }, visited.call).then(() => true, falseIfRefused);

  const serve = async (visited: Visited, key: string): Promise<WebAnswer> => {
    const suffix = visited.website.IndexDocument!.Suffix!;
    const isFolder = key === "" || key.endsWith("/");
    try {
      return await read(visited, isFolder ? key + suffix : key, visited.visit.headers);
    } catch (error) {
      // To who may not list the bucket, what is not there is refused.
      const mayBeMissing = error instanceof ServiceError && (error.code === "NoSuchKey" || error.code === "AccessDenied");
      // Two slashes would begin the name of another host.
      if (mayBeMissing && !isFolder && (await isThere(visited, `${key}/${suffix}`))) return redirectTo(`/${encodedPath(key).replace(/^\//, "%2F")}/`, 302);
      throw error;
    }
  };

  const explain = async (visited: Visited, key: string, error: ServiceError): Promise<WebAnswer> => {
    const { website, visit, call } = visited;
    if (error.status === 304) return { status: 304, headers: error.headers, body: "" };
    const rule = website.RoutingRules?.find(({ Condition: condition }) => condition?.HttpErrorCodeReturnedEquals === String(error.status) && key.startsWith(condition.KeyPrefixEquals ?? ""));
    if (rule) return redirectBy(rule, visit, key);
    const document = website.ErrorDocument?.Key;
    if (document === undefined || error.status < 400 || error.status > 499) return errorPage(error, call.requestId);
    try {
      const { headers, ...answer } = await read(visited, document, {});
      return answer.status === 301 ? { ...answer, headers } : { ...answer, headers, status: error.status };
    } catch (inDocument) {
      if (!(inDocument instanceof ServiceError)) throw inDocument;
      return errorPage(error, call.requestId, inDocument);
    }
  };

  return async (visit, call) => {
    try {
      const website = await websiteOf(parts, visit);
      if (website.RedirectAllRequestsTo) {
        const { HostName: host, Protocol: protocol = "http" } = website.RedirectAllRequestsTo;
        return redirectTo(`${protocol}://${host}${visit.path}${visit.query && `?${visit.query}`}`, 301);
      }
      const key = keyOf(visit.path);
      const rule = website.RoutingRules?.find(({ Condition: condition }) => condition?.HttpErrorCodeReturnedEquals === undefined && key.startsWith(condition?.KeyPrefixEquals ?? ""));
      if (rule) return redirectBy(rule, visit, key);
      const visited = { visit, call, website };
      return await serve(visited, key).catch((error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        return explain(visited, key, error);
      });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return errorPage(error, call.requestId);
    }
  };
}

async function websiteOf({ buckets }: Parts, { bucket: name, method }: WebsiteVisit): Promise<WebsiteConfiguration> {
  const bucket = await buckets.get(name);
  if (!bucket) throw noSuchBucket(name);
  if (!bucket.settings.website) throw noWebsite(name);
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed(method, "OBJECT");
  return bucket.settings.website;
}

function falseIfRefused(error: unknown): false {
  if (error instanceof ServiceError) return false;
  throw error;
}

function keyOf(path: string): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    throw invalidUri();
  }
}

function conditionsOf(headers: Record<string, string>): Partial<GetObjectCommandInput> {
  const date = (text: string | undefined): Date | undefined => (text === undefined || Number.isNaN(Date.parse(text)) ? undefined : new Date(text));
  const { range: Range, "if-match": IfMatch, "if-none-match": IfNoneMatch } = headers;
  const [since, until] = [date(headers["if-modified-since"]), date(headers["if-unmodified-since"])];
  return {
    ...(Range !== undefined && { Range }), ...(IfMatch !== undefined && { IfMatch }), ...(IfNoneMatch !== undefined && { IfNoneMatch }),
    ...(since && { IfModifiedSince: since }), ...(until && { IfUnmodifiedSince: until }),
  };
}

function answerOf(output: Partial<GetObjectCommandOutput>): WebAnswer {
  const { ContentType, ETag, LastModified, ContentLength, ContentRange, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires, VersionId, Metadata = {}, Body } = output;
  const given = {
    "content-type": ContentType, etag: ETag, "last-modified": LastModified?.toUTCString(), "content-length": ContentLength, "content-range": ContentRange, "cache-control": CacheControl,
    "content-disposition": ContentDisposition, "content-encoding": ContentEncoding, "content-language": ContentLanguage, expires: Expires?.toUTCString(), "x-amz-version-id": VersionId,
    ...Object.fromEntries(Object.entries(Metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
  const headers = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value).replace(/[^\t\x20-\x7e\x80-\xff]/g, " ")]])));
  return { status: ContentRange === undefined ? 200 : 206, headers, body: (Body ?? "") as unknown as WebAnswer["body"] };
}

const encodedPath = (key: string): string => key.split("/").map(encodeURIComponent).join("/");

/** Every character that a header cannot hold is encoded. */
const redirectTo = (location: string, status: number): WebAnswer => ({ status, headers: { location: location.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent) }, body: "" });

function redirectBy({ Condition: condition, Redirect: redirect = {} }: RoutingRule, visit: WebsiteVisit, key: string): WebAnswer {
  const { Protocol: protocol = "http", HostName: host = visit.headers["host"] ?? "", HttpRedirectCode: code = "301" } = redirect;
  return redirectTo(`${protocol}://${host}/${encodedPath(replaced(redirect, condition?.KeyPrefixEquals ?? "", key))}${visit.query && `?${visit.query}`}`, Number(code));
}

function replaced({ ReplaceKeyWith: whole, ReplaceKeyPrefixWith: prefix }: Redirect, before: string, key: string): string {
  if (whole !== undefined) return whole;
  return prefix === undefined ? key : prefix + key.slice(before.length);
}
