// From request to response, step by step: function URLs, browser safety, own pages, who, which service, what, whether they may, answer.
import { ANONYMOUS, type Call, type Principal } from "../kernel/call.ts";
import type { Clock } from "../kernel/clock.ts";
import { Fault, ServiceError } from "../kernel/errors.ts";
import { hostIdOf } from "../kernel/host-id.ts";
import type { Ids } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { readTraceHeader } from "../kernel/trace.ts";
import type { WireRequest, WireResponse } from "../wire/http.ts";
import { takeQueryHeaders } from "./presigned-headers.ts";
import { addressedBucket, bucketOfHost, type WireService, writeUnknownService } from "../wire/wire.ts";
import type { Gatekeeper } from "../ports/access.ts";
import type { BucketWeb } from "../ports/bucket-web.ts";
import type { CredentialUse } from "../ports/credential-use.ts";
import { accessDenied, refusal } from "./auth-errors.ts";
import { type AccessRules, authorize, isOpenToAll } from "./authorize.ts";
import { type Authenticator, BUFFERED_BYTES_MAX, type Caller } from "./authenticate.ts";
import type { BrowserGuard } from "./browser.ts";
import { corsHeaders, preflightAnswer } from "./bucket-web/cors.ts";
import { isForm, readForm, signedForm } from "./bucket-web/form.ts";
import { fenced, isAdmitted, isServiceWorker } from "./bucket-web/pages.ts";
import { visitWebsite, websiteBucket } from "./bucket-web/website.ts";
import { decodeChunks } from "./chunked-body.ts";
import { BadClaim, type Claim, readClaim } from "./claim.ts";
import type { FunctionUrlGate } from "./function-url/function-url.ts";
import { isBucketHost, isBucketPath, isMessageLink, OBJECT_OPERATIONS, QUERY_VERSIONS, regionByHost, roomOfS3, serviceByHost, serviceByPath, serviceByTarget, UNSIGNED_OPERATIONS } from "./service-rules.ts";

export interface ServedService {
  wire: WireService;
  operations: Record<string, (input: any, call: Call) => Promise<object>>;
  /** Finds what an input names by another name, before anybody asks whether the caller may (Service.address). */
  address?: (operation: string, input: any, call: Call) => Promise<void> | undefined;
  access: AccessRules;
}

export interface PipelineParts {
  region: string;
  clock: Clock;
  ids: Ids;
  log: Log;
  browsers: BrowserGuard;
  authenticator: Authenticator;
  access: Gatekeeper;
  credentialUse: CredentialUse;
  service(name: string): Promise<ServedService | undefined>;
  serviceNames: string[];
  pages: Record<string, (request: WireRequest) => Promise<WireResponse>>;
  /** Pages under /_evoke/ that show what is an account's own. */
  accountPages: Record<string, (request: WireRequest, account: string) => Promise<WireResponse>>;
  functionUrl: FunctionUrlGate;
  bucketWeb: BucketWeb;
}

/** Who is at the other end of the socket. */
export interface Peer {
  sourceIp: string;
  /** Made when first asked for; aborted when the client goes away or the platform closes. */
  signal(): AbortSignal;
  /** Aborted when the platform begins to close, before anything running is cut off. */
  readonly closing: AbortSignal;
  readonly gone: boolean;
}

export type Answer = (request: WireRequest, peer: Peer) => Promise<WireResponse>;

export function openPipeline(parts: PipelineParts): Answer {
  return async (request, peer) => {
    const requestId = parts.ids.uuid();
    const asked: Asked = { request, requestId, peer, service: undefined, served: undefined };
    // Public by design, and none of what follows: their own rules say who may. A website's name comes before any path.
    const website = websiteBucket(request, parts.browsers.knowsHost);
    if (website !== undefined) return withRequestId(await visitWebsite(parts, website, request, callOf(parts, asked, undefined, ANONYMOUS)), requestId);
    const visited = parts.functionUrl(request, peer, requestId);
    if (visited) return withRequestId(await visited, requestId);
    let response: WireResponse;
    try {
      response = await answer(parts, asked);
    } catch (error) {
      response = await answerError(parts, asked, error);
    }
    return finish(parts, asked, response);
  };
}

function withRequestId(response: WireResponse, requestId: string): WireResponse {
  response.headers["x-amzn-requestid"] ??= requestId;
  return response;
}

/** What is known about a request so far; errors are written with it. */
interface Asked {
  request: WireRequest;
  requestId: string;
  peer: Peer;
  service: string | undefined;
  served: ServedService | undefined;
  /** What a bucket's rules say to the page that asks. */
  cors?: Record<string, string> | undefined;
}

async function answer(parts: PipelineParts, asked: Asked): Promise<WireResponse> {
  const { request, requestId } = asked;
  const isOwnPath = /^\/(_evoke\/|SimpleNotificationService-)/.test(request.path) && bucketOfHost(request.headers["host"] ?? "") === undefined; // the latter: where messages say their certificate is
  const isAccountPage = isOwnPath && Object.hasOwn(parts.accountPages, request.path);
  const page = isAccountPage || !isOwnPath ? undefined : findPage(parts.pages, request.path);
  const isOwn = page !== undefined || isAccountPage;
  const refused = parts.browsers.refuse(request);
  // A bucket's own rules may admit a page; whatever else is asked for, and under whatever other name, is refused here.
  if (refused !== undefined && (isOwn || isServiceWorker(request) || !parts.browsers.knowsHost(request.headers["host"] ?? "") || !isForBucket(parts, request))) throw pageRefused(refused);
  const preflight = request.method !== "OPTIONS" ? undefined : isOwn ? parts.browsers.preflight(request) : await preflightOf(parts, asked);
  if (preflight) return preflight;
  if (page) return page(request);
  if (isAccountPage) return parts.accountPages[request.path]!(request, await accountOfPage(parts, asked));

  const claim = claimOf(parts, asked);
  asked.service = roomOfS3(claim?.scope.service ?? (await serviceOfUnsigned(parts, request)), request);
  const admit = refused === undefined && request.headers["origin"] === undefined ? undefined : await meetPage(parts, asked, claim, refused);
  const served = (asked.served = asked.service === undefined ? undefined : await parts.service(asked.service));
  if (!served || asked.service === undefined) throw notServed(parts, asked.service);
  if (asked.service === "s3" && isForm(request)) return answerForm(parts, asked, served, admit);
  const caller = await callerOf(parts, asked, claim, asked.service);
  if (claim?.by === "query" && asked.service === "s3") takeQueryHeaders(request, claim);
  const parsed = await served.wire.parse(decodeChunks(request, caller, asked.service));
  const name = parsed.operation;
  const unsigned = claim === undefined && UNSIGNED_OPERATIONS[asked.service]?.includes(name) === true;
  const anybody = caller.principal === ANONYMOUS;
  if (parts.authenticator.strict && !caller.principal.verified && !unsigned && !(anybody && OBJECT_OPERATIONS.has(name))) throw refusal("missing", request, asked.service);
  if (admit) await admit(name, parsed.input);
  const operation = Object.hasOwn(served.operations, name) ? served.operations[name] : undefined;
  if (!operation) throw operationNotServed(asked.service, name, Object.keys(served.operations).length);
  const call = callOf(parts, asked, claim, caller.principal);
  const addressed = served.address?.(name, parsed.input, call);
  if (addressed) await addressed;
  if (anybody) {
    if (!(await isOpenToAll(parts.access, served.access, name, parsed.input, call))) throw accessDenied(request, asked.service, "Access Denied");
  } else parts.credentialUse.note(call.principal, asked.service, call.region, call.now.getTime());
  if (parts.access.mode !== "off" && !unsigned && !anybody) {
    const permitted = authorize(parts.access, served.access, name, parsed.input, call);
    const denied = permitted instanceof Promise ? await permitted : permitted; // awaiting nothing takes a turn, too
    if (denied !== undefined) throw accessDenied(request, asked.service, denied);
  }
  const output = await operation(parsed.input, call);
  if (served.access.rules[name]?.changesAccess) parts.access.changed();
  return served.wire.write(parsed, output, requestId);
}

const pageRefused = (sentence: string) => new ServiceError("AccessDeniedException", sentence, { status: 403 });

const isForBucket = (parts: PipelineParts, request: WireRequest): boolean => serviceOf(parts, request) === "s3" && addressedBucket(request) !== undefined;

/** Whose rules are asked: the bucket's, and for pages of --allowed-origins ours where the bucket has none for them. */
async function preflightOf(parts: PipelineParts, asked: Asked): Promise<WireResponse | undefined> {
  const { request } = asked;
  const allowed = parts.browsers.preflight(request);
  const at = isForBucket(parts, request) ? addressedBucket(request) : undefined;
  if (!at) return allowed;
  const rules = await parts.bucketWeb.corsRules(at.bucket);
  if (allowed && !corsHeaders(rules ?? [], request)) return allowed;
  asked.service = "s3";
  asked.served = await parts.service("s3");
  return preflightAnswer(rules, request);
}

/** Before an operation runs for a page that is not of --allowed-origins. Throws unless its bucket admits the page to it. */
type Admit = (operation: string, input: object) => Promise<void>;

/** Throws at once where `refused` stands: the request is for no bucket after all. */
async function meetPage(parts: PipelineParts, asked: Asked, claim: Claim | undefined, refused: string | undefined): Promise<Admit | undefined> {
  const { request, service } = asked;
  const at = service === "s3" && (claim === undefined || claim.scope.service === "s3") ? addressedBucket(request) : undefined;
  const rules = at && (await parts.bucketWeb.corsRules(at.bucket));
  if (refused !== undefined && !at) throw pageRefused(refused);
  asked.cors = rules && corsHeaders(rules, request);
  if (refused === undefined || parts.authenticator.strict) return undefined;
  return async (operation, input) => {
    if (!(await isAdmitted(parts.bucketWeb, { request, operation, input, addressed: at!.bucket, rules }, callOf(parts, asked, undefined, ANONYMOUS)))) throw pageRefused(`${refused} A bucket's own cross-origin rules (PutBucketCors) admit pages to its objects.`);
  };
}

/** POST Object: what a form's own policy allows, for who signed it. */
async function answerForm(parts: PipelineParts, asked: Asked, served: ServedService, admit: Admit | undefined): Promise<WireResponse> {
  const { request } = asked;
  await admit?.("PostObject", { Bucket: addressedBucket(request)?.bucket });
  const form = await readForm(request);
  const signed = signedForm(form);
  const { authenticator, access } = parts;
  const principal = signed ? await authenticator.identifyForm(request, signed) : authenticator.strict ? ANONYMOUS : authenticator.anonymous;
  const call = callOf(parts, asked, signed?.claim, principal);
  const input = await parts.bucketWeb.inputOf(form);
  if (principal === ANONYMOUS) {
    if (!(await isOpenToAll(access, served.access, "PutObject", input, call))) throw accessDenied(request, "s3", "Access Denied");
  } else {
    parts.credentialUse.note(principal, "s3", call.region, call.now.getTime());
    const denied = access.mode === "off" ? undefined : await authorize(access, served.access, "PutObject", input, call);
    if (denied !== undefined) throw accessDenied(request, "s3", denied);
  }
  return parts.bucketWeb.post(form, call);
}

/** In development the account that is asked for, or that of the key; with verified signatures that of the signer, who must be its root. */
async function accountOfPage(parts: PipelineParts, asked: Asked): Promise<string> {
  const { request } = asked;
  const claim = claimOf(parts, asked);
  const service = claim?.scope.service ?? "sns";
  const { principal } = await callerOf(parts, asked, claim, service);
  const wanted = new URLSearchParams(request.query).get("account") ?? "";
  if (!parts.authenticator.strict) return /^\d{12}$/.test(wanted) ? wanted : principal.accountId;
  if (!principal.verified) throw refusal("missing", request, service);
  if (!principal.arn.endsWith(":root")) throw new ServiceError("AccessDeniedException", "This page is for the root of an account.", { status: 403 });
  return principal.accountId;
}

function claimOf(parts: PipelineParts, asked: Asked): Claim | undefined {
  try {
    return readClaim(asked.request);
  } catch (error) {
    if (!(error instanceof BadClaim)) throw error;
    asked.service = serviceOf(parts, asked.request) ?? error.service;
    throw refusal(error.kind, asked.request, asked.service, error.message);
  }
}

function callerOf(parts: PipelineParts, asked: Asked, claim: Claim | undefined, service: string): Caller | Promise<Caller> {
  const { authenticator } = parts;
  if (claim) return authenticator.identify(asked.request, claim, service);
  // Whether this operation may come without a signature is decided once its name is known; other services need not read a body to refuse.
  if (authenticator.strict && service === "s3") return { principal: ANONYMOUS };
  if (authenticator.strict && !UNSIGNED_OPERATIONS[service]) throw refusal("missing", asked.request, service);
  return { principal: authenticator.anonymous };
}

function callOf(parts: PipelineParts, { request, requestId, peer }: Asked, claim: Claim | undefined, principal: Principal): Call {
  const region = claim?.scope.region ?? regionByHost(request.headers["host"] ?? "") ?? parts.region;
  return new RequestCall(request, peer, requestId, principal, region, new Date(parts.clock.now()));
}

/** A class for its getter: most operations never look at the signal, and an AbortSignal is dear, as is a getter in an object literal (0.38 µs; here 0.05). */
class RequestCall implements Call {
  readonly account: string;
  readonly region: string;
  readonly requestId: string;
  readonly principal: Principal;
  readonly now: Date;
  readonly sourceIp: string;
  readonly userAgent: string;
  readonly host: string;
  declare readonly traceId?: string;
  readonly request: WireRequest;
  readonly #peer: Peer;
  constructor(request: WireRequest, peer: Peer, requestId: string, principal: Principal, region: string, now: Date) {
    const { headers } = request;
    this.request = request;
    this.account = principal.accountId;
    this.region = region;
    this.requestId = requestId;
    this.principal = principal;
    this.now = now;
    this.sourceIp = peer.sourceIp;
    this.userAgent = headers["user-agent"] ?? "";
    this.host = headers["host"] ?? "";
    const traceId = readTraceHeader(headers["x-amzn-trace-id"]);
    if (traceId !== undefined) this.traceId = traceId;
    this.#peer = peer;
  }
  get signal(): AbortSignal { return this.#peer.signal(); }
  get closing(): AbortSignal { return this.#peer.closing; }
}

/** A host label that is no service of ours ("evoke.localhost") gives way to the path and query. */
function serviceOf({ serviceNames }: PipelineParts, request: WireRequest): string | undefined {
  const byHost = serviceByHost(request.headers["host"] ?? "");
  const known = byHost !== undefined && serviceNames.includes(byHost) ? byHost : undefined;
  return serviceByTarget(request.headers["x-amz-target"] ?? "") ?? known ?? serviceByPath(request.path) ?? serviceByQuery(request.query) ?? serviceByQueueUrl(request) ?? (isMessageLink(request) ? "sns" : serviceOfBucketHost(serviceNames, request) ?? byHost ?? serviceOfBucket(serviceNames, request));
}

/** The forms of the query protocol are not S3's: an older client sends them to a queue's address, which looks like a bucket's. */
const serviceOfBucket = (serviceNames: string[], { path, headers }: WireRequest): string | undefined =>
  isBucketPath(path) && !isUrlEncoded(headers) && serviceNames.includes("s3") ? "s3" : undefined;

const serviceOfBucketHost = (serviceNames: string[], { headers }: WireRequest): string | undefined =>
  isBucketHost(headers["host"] ?? "") && !isUrlEncoded(headers) && serviceNames.includes("s3") ? "s3" : undefined;

const isUrlEncoded = (headers: WireRequest["headers"]): boolean => headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;

async function serviceOfUnsigned(parts: PipelineParts, request: WireRequest): Promise<string | undefined> {
  const found = serviceOf(parts, request);
  if (found !== undefined || !isUrlEncoded(request.headers)) return found;
  return serviceByQuery(Buffer.from(await request.body.bytes(BUFFERED_BYTES_MAX)).toString("latin1"));
}

/** `/000000000000/orders?Action=SendMessage&…`: a queue's URL is where its requests may go. */
const serviceByQueueUrl = ({ path, query }: WireRequest): string | undefined => (/^\/\d{12}\/[\w-]{1,80}(\.fifo)?$/.test(path) && /(^|&)Action=/.test(query) ? "sqs" : undefined);

const serviceByQuery = (form: string): string | undefined => QUERY_VERSIONS[/(?:^|&)Version=([\d-]{10})(?:&|$)/.exec(form)?.[1] ?? ""];

function findPage(pages: PipelineParts["pages"], path: string): ((request: WireRequest) => Promise<WireResponse>) | undefined {
  if (Object.hasOwn(pages, path)) return pages[path];
  const prefix = Object.keys(pages).find((candidate) => /[/-]$/.test(candidate) && path.startsWith(candidate));
  return prefix === undefined ? async () => ({ status: 404, headers: { "content-type": "text/plain; charset=utf-8" }, body: `Evoke has no page ${path}.\n` }) : pages[prefix];
}

function notServed(parts: PipelineParts, service: string | undefined): ServiceError {
  const names = parts.serviceNames.join(", ");
  if (service === undefined) return new ServiceError("UnknownOperationException", `Evoke cannot tell which AWS service this request is for: it has no credential scope, X-Amz-Target, service host name or known path. Evoke serves: ${names}.`, { status: 404 });
  return new ServiceError("UnknownOperationException", `Evoke does not serve ${service}. It serves: ${names}.`, { status: 501 });
}

function operationNotServed(service: string, operation: string, served: number): ServiceError {
  return new ServiceError("NotImplemented", `Evoke does not serve ${service}:${operation} yet; it serves ${served} operations of ${service}. All of them, one by one: docs/services.`, { status: 501 });
}

async function answerError(parts: PipelineParts, asked: Asked, error: unknown): Promise<WireResponse> {
  const shown = error instanceof ServiceError ? error : internalError(parts, asked, error);
  try {
    // What is wrong with a signature is known before the room is open.
    asked.served ??= asked.service === undefined ? undefined : await parts.service(asked.service);
    return await (asked.served ? asked.served.wire.writeError(asked.request, shown, asked.requestId) : writeUnknownService(asked.request, shown, asked.requestId));
  } catch (failure) {
    parts.log.error("an error could not be written", { requestId: asked.requestId, error: failure });
    return { status: 500, headers: { "content-type": "text/plain" }, body: "Internal failure\n" };
  }
}

/** The operator reads the cause in the log; the caller gets a sentence that names the request. */
function internalError({ log }: PipelineParts, asked: Asked, error: unknown): ServiceError {
  const { request, requestId, service, peer } = asked;
  if (peer.gone && !(error instanceof Fault)) log.debug("a client left before its answer", { requestId, service, error });
  else log.error(error instanceof Fault ? "a request failed" : "a request failed unexpectedly", { requestId, service, request: `${request.method} ${request.path}`, error });
  const code = service === "lambda" ? "ServiceException" : service === "sts" || service === "iam" ? "ServiceFailure" : service === "s3" || service === "s3-control" ? "InternalError" : "InternalFailure";
  return new ServiceError(code, `Evoke failed on request ${requestId}; its log has the cause.`, { status: 500 });
}

function finish(parts: PipelineParts, asked: Asked, response: WireResponse): WireResponse {
  const { request, requestId, service } = asked;
  const { headers } = response;
  headers["x-amzn-requestid"] ??= requestId;
  if (service === "s3") {
    headers["x-amz-request-id"] ??= requestId;
    headers["x-amz-id-2"] ??= hostIdOf(requestId);
  }
  if (request.headers["origin"] !== undefined) Object.assign(headers, { ...(asked.cors ?? parts.browsers.corsHeaders(request)), ...headers });
  fenced(request, response, service === "s3");
  return response;
}
