// A request to a function URL, from who may to what comes back.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
import { parseArn } from "../../kernel/arn.ts";
import type { Principal } from "../../kernel/call.ts";
import type { Clock } from "../../kernel/clock.ts";
import { BrokenOff, ServiceError } from "../../kernel/errors.ts";
import { HEX, type Ids } from "../../kernel/ids.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import type { Log } from "../../kernel/log.ts";
import { readTraceHeader } from "../../kernel/trace.ts";
import type { Access, AccessQuestion, Actor } from "../../ports/access.ts";
import type { FunctionDirectory, ResolvedFunction } from "../../ports/function-directory.ts";
import type { FunctionUrl, FunctionUrls } from "../../ports/function-urls.ts";
import type { Functions, Invocation, StreamedResult } from "../../ports/functions.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { RecursiveInvocation } from "../../ports/recursive-invocation.ts";
import { Throttled } from "../../ports/throttled.ts";
import type { WireRequest, WireResponse } from "../../wire/http.ts";
import type { Authenticator } from "../authenticate.ts";
import { BadClaim, readClaim } from "../claim.ts";
import type { Peer } from "../pipeline.ts";
import { type Reached, reachedUrl } from "./address.ts";
import { answerOf, badGateway, streamedAnswer } from "./answer.ts";
import { preflightAnswer, withCors } from "./cors.ts";
import { urlEvent } from "./event.ts";
import { openUrlMetrics, type UrlMetrics } from "./url-metrics.ts";

export interface FunctionUrlParts {
  urls: FunctionUrls;
  directory: FunctionDirectory;
  functions: Functions;
  access: Access;
  authenticator: Authenticator;
  metrics: Metrics;
  clock: Clock;
  ids: Ids;
  log: Log;
}

/** Undefined when the request is for no function URL. */
export type FunctionUrlGate = (request: WireRequest, peer: Peer, requestId: string) => Promise<WireResponse> | undefined;

const FORBIDDEN = "Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
/** A request's body and what is said about it must fit into one event. */
const BODY_BYTES_MAX = LAMBDA.syncPayloadBytesMax;

const refusal = (status: number, type: string, message: string): WireResponse => ({
  status, headers: { "content-type": "application/json", "x-amzn-errortype": type }, body: JSON.stringify({ Message: message }),
});
/** By path its pages have Evoke's origin, with which a service worker would see and answer whatever else a person opens there. */
const noServiceWorker = () => refusal(403, "AccessDeniedException", "A service worker needs an origin of its own. Open the function URL by its host name, ID.lambda-url.REGION.localhost.");
const forbidden = () => refusal(403, "AccessDeniedException", FORBIDDEN);
/** Text as quoted in public issues. */
const tooLarge = () => refusal(413, "RequestEntityTooLargeException", `Request must be smaller than ${LAMBDA.syncPayloadBytesMax} bytes for the InvokeFunction operation`);

interface Visit {
  url: FunctionUrl;
  request: WireRequest;
  reached: Reached;
  peer: Peer;
  requestId: string;
}

export function openFunctionUrlGate(parts: FunctionUrlParts): FunctionUrlGate {
  const count = openUrlMetrics(parts.metrics, parts.clock);
  return (request, peer, requestId) => {
    const reached = reachedUrl(request);
    return reached && visit(parts, count, reached, request, peer, requestId);
  };
}

async function visit(parts: FunctionUrlParts, count: UrlMetrics, reached: Reached, request: WireRequest, peer: Peer, requestId: string): Promise<WireResponse> {
  if (reached.domainName === undefined && request.headers["service-worker"] !== undefined) return noServiceWorker();
  const url = /^[a-z0-9]{32}$/.test(reached.urlId) ? await parts.urls.find(reached.urlId) : undefined;
  if (!url) return forbidden();
  const counted = count(url);
  let response: WireResponse;
  try {
    response = (url.cors && preflightAnswer(url.cors, request)) ?? withCors(url.cors, request, await answer(parts, { url, request, reached, peer, requestId }));
  } catch (error) {
    parts.log.error("a request to a function URL failed", { requestId, functionArn: url.functionArn, error });
    response = withCors(url.cors, request, badGateway());
  }
  counted(response.status);
  return response;
}

async function answer(parts: FunctionUrlParts, visited: Visit): Promise<WireResponse> {
  const { url, request, peer } = visited;
  const caller = await callerOf(parts, url, request);
  if (caller instanceof ServiceError) return refusal(caller.status === 400 ? 403 : caller.status, caller.code, caller.message);
  const call = { now: new Date(parts.clock.now()), region: url.region, sourceIp: peer.sourceIp, userAgent: request.headers["user-agent"] ?? "" };
  if (!(await isPermitted(parts.access, url, caller ?? ANONYMOUS, call))) return forbidden();
  const target = await parts.directory.resolve(url.functionArn);
  if (!target) return forbidden(); // AWS's answer for what is gone
  if (!target.version) return refusal(409, "ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending");
  let body: Uint8Array;
  try {
    body = await request.body.bytes(BODY_BYTES_MAX);
  } catch (error) {
    if (error instanceof ServiceError) return error.status === 413 ? tooLarge() : refusal(error.status, error.code, error.message);
    throw error;
  }
  const invocation = invocationOf(parts, visited, target, target.version, body, caller);
  if (invocation.payload.byteLength > LAMBDA.syncPayloadBytesMax) return tooLarge();
  try {
    return await invoke(parts.functions, url, invocation);
  } catch (error) {
    if (error instanceof Throttled) return refusal(429, "TooManyRequestsException", "Rate Exceeded.");
    if (error instanceof RecursiveInvocation) return refusal(400, "RecursiveInvocationException", error.message);
    throw error;
  }
}

/** What a policy calls somebody who has not signed: nobody in particular, so only a statement for everybody admits them. */
const ANONYMOUS: Actor = { service: "anonymous" };

/** Undefined where the URL asks nobody who they are. */
async function callerOf({ authenticator }: FunctionUrlParts, url: FunctionUrl, request: WireRequest): Promise<Principal | ServiceError | undefined> {
  if (url.authType === "NONE") return undefined;
  try {
    const claim = readClaim(request);
    if (!claim || claim.scope.service !== "lambda") return new ServiceError("AccessDeniedException", FORBIDDEN, { status: 403 });
    return (await authenticator.identify(request, claim, "lambda")).principal;
  } catch (error) {
    if (error instanceof ServiceError) return error;
    if (error instanceof BadClaim) return new ServiceError("IncompleteSignatureException", error.message, { status: 403 });
    throw error;
  }
}

/** Both are needed of URLs made since October 2025 (urls-auth.html). */
async function isPermitted(access: Access, { functionArn: resource, authType }: FunctionUrl, actor: Actor, call: NonNullable<AccessQuestion["call"]>): Promise<boolean> {
  // Another account comes in by the function's policy in every mode, as by Invoke.
  const foreign = "accountId" in actor && actor.accountId !== parseArn(resource)?.account;
  const questions: Pick<AccessQuestion, "action" | "context">[] = [
    { action: "lambda:InvokeFunctionUrl", context: { "lambda:FunctionUrlAuthType": authType } },
    { action: "lambda:InvokeFunction", context: { "lambda:InvokedViaFunctionUrl": "true" } },
  ];
  try {
    for (const { action, context } of questions) {
      const question: AccessQuestion = { actor, resource, action, call, ...(context && { context }) };
      if (foreign && !(await access.decide(question)).allowed) return false;
      await access.check(question);
    }
    return true;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

function invocationOf({ ids, clock }: FunctionUrlParts, { url, request, reached, peer, requestId }: Visit, target: ResolvedFunction, version: Invocation["version"], body: Uint8Array, principal: Principal | undefined): Invocation {
  const nowMs = clock.now();
  const traceId = readTraceHeader(request.headers["x-amzn-trace-id"]) ?? newRoot(nowMs, ids.token(24, HEX));
  const event = urlEvent({ request, reached, region: url.region, body, requestId, nowMs, sourceIp: peer.sourceIp, traceId, principal });
  return {
    version, invokedArn: target.invokedArn, payload: Buffer.from(event), requestId, traceId, tail: false, recursiveLoop: target.recursiveLoop,
    ...(target.reservedConcurrency === undefined ? {} : { reservedConcurrency: target.reservedConcurrency }),
  };
}

const newRoot = (nowMs: number, hex: string): string => `Root=1-${Math.trunc(nowMs / 1000).toString(16)}-${hex}`;

async function invoke(functions: Functions, url: FunctionUrl, invocation: Invocation): Promise<WireResponse> {
  if (url.invokeMode === "RESPONSE_STREAM") {
    const result = await functions.invokeStreaming(invocation);
    // A function that fails before it begins has completed by now; one that has begun has not.
    if ((await Promise.race([result.completed, undefined]))?.errorCode !== undefined) return badGateway();
    return streamedAnswer(result.contentType, untilFailed(result));
  }
  const result = await functions.invoke(invocation);
  return result.failed ? badGateway() : answerOf(result.payload);
}

/** A function that fails midway breaks the stream off: the status is out already. */
async function* untilFailed({ chunks, completed }: StreamedResult): AsyncGenerator<Uint8Array> {
  yield* chunks;
  const { errorCode } = await completed;
  if (errorCode !== undefined) throw new BrokenOff(`the function failed while its answer was streamed: ${errorCode}`);
}
