// Requests through an Object Lambda access point that a function answers. https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html
import type { WriteGetObjectResponseCommandInput } from "@aws-sdk/client-s3";
import { ANSWER } from "../../../kernel/answer.ts";
import type { Call } from "../../../kernel/call.ts";
import type { Clock } from "../../../kernel/clock.ts";
import { BrokenOff, ServiceError } from "../../../kernel/errors.ts";
import { LOWER_ALPHANUMERIC } from "../../../kernel/ids.ts";
import { Throttled } from "../../../ports/throttled.ts";
import type { RoomPorts } from "../../service.ts";
import { accessDenied } from "../errors.ts";
import type { Operations } from "../parts.ts";
import { chosenByFunction, featureNotAllowed, lambdaInvalidResponse, lambdaInvocationFailed, lambdaNotFound, lambdaPermissionError, lambdaResponseNotReceived, lambdaRuntimeError, lambdaTimeout, slowDown, validationError } from "./errors.ts";
import { whyNotObjectLambda } from "./foreign-points.ts";
import { actionsOf, type Transformation } from "./object-lambda-actions.ts";
import { headersOf, listOf, resultOf } from "./object-lambda-results.ts";
import { askedQuery, objectLambdaEvent, type Transformed } from "./object-lambda-event.ts";
import { type ObjectLambdaPoint, pointArn } from "./point.ts";
import { presign, type Signer } from "./presign.ts";
import { THROUGH, type Through, type ThroughPoint } from "./through.ts";
import { CALLED_VIA } from "./through-access.ts";
import { type Given, openWaitingAnswers, type WaitingAnswers } from "./waiting-answers.ts";

/** "S3 Object Lambda allows up to 60 seconds to send a complete response to the caller". */
const ANSWER_MS_MAX = 60_000;
const ADDRESS_SECONDS = 61;
const TOKEN_CHARACTERS = 40;
/** In functions' sandboxes a name that leads here (engine/sandbox), because clients put it before this endpoint's host. */
const OUTPUT_ROUTE = "io-evoke-001";

/** WriteGetObjectResponse lists them. */
const STATUSES = new Set([200, 206, 304, 400, 401, 403, 404, 405, 409, 411, 412, 416, 500, 503]);

type Ports = Pick<RoomPorts, "access" | "clock" | "endpointUrl" | "events" | "ids" | "identity">;

export interface ObjectLambda {
  /** The operations that functions may answer, in place of the room's own. */
  over(own: Operations): Operations;
  /** Whether an address with this token was given to a function for this caller. */
  isCalledVia(token: string, call: Call): boolean;
}

interface Asked {
  through: Through & { objectLambda: ObjectLambdaPoint };
  operation: Transformed;
  transformation: Transformation;
  input: { Bucket?: string | undefined; Key?: string | undefined; VersionId?: string | undefined; Range?: string | undefined; PartNumber?: number | undefined };
  call: Call;
}

interface Parts extends Ports {
  answers: WaitingAnswers;
  /** The callers that functions ask for just now, by the token in their address. */
  asking: Map<string, string>;
}

export function openObjectLambda({ access, clock, endpointUrl, events, ids, identity }: Ports): ObjectLambda {
  const parts: Parts = { access, clock, endpointUrl, events, ids, identity, answers: openWaitingAnswers(ids), asking: new Map() };
  return {
    isCalledVia: (token, call) => parts.asking.get(token) === call.principal.arn,
    over: ({ GetObject, HeadObject, ListObjects, ListObjectsV2, ...own }) => ({
      ...own,
      GetObject: async (input, call) => answered(parts, "GetObject", input, call, getObject) ?? GetObject!(input, call),
      HeadObject: async (input, call) => answered(parts, "HeadObject", input, call, headObject) ?? HeadObject!(input, call),
      ListObjects: async (input, call) => answered(parts, "ListObjects", input, call, list) ?? ListObjects!(input, call),
      ListObjectsV2: async (input, call) => answered(parts, "ListObjectsV2", input, call, list) ?? ListObjectsV2!(input, call),
      WriteGetObjectResponse: (input, call) => writeGetObjectResponse(parts, input, call),
    }),
  };
}

/** Undefined for what no function answers. The answer may hold ANSWER. */
function answered(parts: Parts, operation: Transformed, input: Asked["input"] & ThroughPoint, call: Call, answer: (parts: Parts, asked: Asked) => Promise<object>): Promise<any> | undefined {
  const through = input[THROUGH];
  const transformation = through?.objectLambda && actionsOf(through.objectLambda).get(operation);
  return transformation && answer(parts, { through: through as Asked["through"], operation, transformation, input, call });
}

async function getObject(parts: Parts, asked: Asked): Promise<object> {
  checkFeatures(asked);
  const waiting = parts.answers.wait(asked.through.objectLambda.account, pointArn(asked.through.objectLambda));
  const late = deadline(parts.clock);
  try {
    const invoked = invoke(parts, asked, { route: OUTPUT_ROUTE, token: waiting.token });
    const given = await Promise.race([waiting.answered, late.passed, invoked.then(({ failed }) => { throw failed ? lambdaRuntimeError() : lambdaResponseNotReceived(); })]);
    return shownAnswer(given, late);
  } catch (error) {
    late.cancel();
    void waiting.answered.then(({ done }) => done(validationError("The caller of GetObject waits no more."))); // it may have come at the same moment
    throw error;
  } finally {
    waiting.close();
  }
}

interface Deadline {
  /** Rejects with LambdaTimeout. */
  passed: Promise<never>;
  cancel(): void;
}

function deadline(clock: Clock): Deadline {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined); // who waits for it hears of it
  return { passed: promise, cancel: clock.after(ANSWER_MS_MAX, () => reject(lambdaTimeout())) };
}

/** What the function said with WriteGetObjectResponse. Throws the function's error, or LambdaInvalidResponse. */
function shownAnswer({ input, lengthBytes, done }: Given, late: Deadline): object {
  const { RequestRoute: _route, RequestToken: _token, StatusCode: status = 200, ErrorCode: code, ErrorMessage: message, Body, ContentLength: _length, ...shown } = input;
  const wrong = whyInvalid(input, lengthBytes);
  if (wrong !== undefined) {
    done(validationError(wrong));
    throw lambdaInvalidResponse(wrong);
  }
  if (status >= 400 && (code !== undefined || lengthBytes === 0)) {
    done();
    throw chosenByFunction(code ?? "Error", status, message ?? "");
  }
  if (status === 304) {
    done();
    late.cancel();
    return { ...shown, [ANSWER]: { status, body: "" } };
  }
  late.passed.catch(() => done(validationError("The caller of GetObject has not read the answer in time."))); // whether or not it has begun to
  return { ...shown, ...(lengthBytes !== undefined && { ContentLength: lengthBytes }), Body: streamed(exactly(Body as AsyncIterable<Uint8Array> | undefined, lengthBytes), late, done), [ANSWER]: { status } };
}

function whyInvalid({ StatusCode: status = 200, ErrorCode: code }: WriteGetObjectResponseCommandInput, lengthBytes: number | undefined): string | undefined {
  if (!STATUSES.has(status)) return `StatusCode ${status} is none of ${[...STATUSES].join(", ")}`;
  if (code !== undefined && status < 400) return "ErrorCode cannot be used with a successful StatusCode";
  // "Cannot be used … when the transformed object is provided in the body".
  if (code !== undefined && lengthBytes !== undefined && lengthBytes > 0) return "ErrorCode cannot be used when the transformed object is provided in the body";
  return undefined;
}

/** The caller is told the length that the function says, and takes what comes after it for the next answer. */
async function* exactly(body: AsyncIterable<Uint8Array> | undefined, lengthBytes: number | undefined): AsyncIterable<Uint8Array> {
  let left = lengthBytes ?? Infinity;
  for await (const chunk of body ?? []) {
    left -= chunk.byteLength;
    if (left < 0) throw validationError("The body is longer than its request says.");
    yield chunk;
  }
  if (lengthBytes !== undefined && left > 0) throw validationError("The body is shorter than its request says.");
}

/** The caller reads as fast as the function writes; what does not end in time is broken off. */
async function* streamed(body: AsyncIterable<Uint8Array>, late: Deadline, done: Given["done"]): AsyncIterable<Uint8Array> {
  let failure: Error | undefined = validationError("The caller of GetObject has gone.");
  try {
    const iterator = body[Symbol.asyncIterator]();
    for (;;) {
      const next = await Promise.race([iterator.next(), late.passed]);
      if (next.done) break;
      yield next.value;
    }
    failure = undefined;
  } catch (error) {
    failure = error instanceof ServiceError ? validationError(error.message) : (error as Error);
    throw new BrokenOff(`the answer of a function of Object Lambda broke off: ${failure.message}`);
  } finally {
    late.cancel();
    done(failure);
  }
}

async function writeGetObjectResponse({ answers, access }: Parts, input: WriteGetObjectResponseCommandInput & { RequestToken: string }, call: Call): Promise<object> {
  const arn = answers.arnOf(input.RequestToken, call.account);
  if (arn === undefined) throw validationError("The request token is not valid: it is unknown, was used already, or its caller waits no more.");
  await access.check({ actor: call.principal, action: "s3-object-lambda:WriteGetObjectResponse", resource: arn, call }).catch((error: unknown) => {
    throw error instanceof ServiceError ? accessDenied(error.message) : error;
  });
  if (!(await answers.give(input.RequestToken, input, lengthOf(call.request?.headers ?? {})))) throw validationError("The request token was used already.");
  return {};
}

/** Of the body, where the request says so: what is streamed may not know it. Throws ValidationError. */
function lengthOf(headers: Record<string, string | undefined>): number | undefined {
  const decoded = headers["x-amz-decoded-content-length"];
  const length = decoded ?? (headers["transfer-encoding"] === undefined ? (headers["content-length"] ?? "0") : undefined);
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw validationError("The length of the body is no length.");
  return length === undefined ? undefined : Number(length);
}

async function headObject(parts: Parts, asked: Asked): Promise<object> {
  checkFeatures(asked);
  const { status, result } = await returned(parts, asked);
  return { [ANSWER]: { status, headers: headersOf(result) } };
}

async function list(parts: Parts, asked: Asked): Promise<object> {
  const { status, result } = await returned(parts, asked);
  return listOf(status, result);
}

/** What the function returned. Throws the error that it says, or one of Object Lambda's own. */
async function returned(parts: Parts, asked: Asked): Promise<{ status: number; result: Record<string, unknown> }> {
  const late = deadline(parts.clock);
  try {
    const { failed, payload } = await Promise.race([invoke(parts, asked), late.passed]);
    if (failed) throw lambdaRuntimeError();
    return resultOf(payload, STATUSES);
  } finally {
    late.cancel();
  }
}

/** Range and partNumber are the function's business, if it is said to know them: "Object Lambda access points respond with 501". */
function checkFeatures({ operation, through, input, call }: Asked): void {
  const allowed: readonly string[] = through.objectLambda.configuration.AllowedFeatures ?? [];
  const isAsked = (name: string) => askedQuery(call).some(([key]) => key.toLowerCase() === name);
  const wanted = [...(input.Range !== undefined || isAsked("range") ? [`${operation}-Range`] : []), ...(input.PartNumber !== undefined ? [`${operation}-PartNumber`] : [])];
  const missing = wanted.find((feature) => !allowed.includes(feature));
  if (missing !== undefined) throw featureNotAllowed(missing);
}

/** Throws what Object Lambda makes of what Lambda says. */
async function invoke(parts: Parts, asked: Asked, output?: { route: string; token: string }): Promise<{ failed: boolean; payload: Uint8Array }> {
  const { access, events, ids, asking } = parts;
  const { through, transformation: { functionArn }, call } = asked;
  const refused = await whyNotObjectLambda(access, through, call, asked.operation === "GetObject" || asked.operation === "HeadObject" ? "GetObject" : "ListBucket");
  if (refused !== undefined) throw accessDenied(refused);
  await mayInvoke(access, functionArn, call);
  const via = ids.token(TOKEN_CHARACTERS, LOWER_ALPHANUMERIC);
  asking.set(via, call.principal.arn);
  try {
    const event = objectLambdaEvent({ ...asked, objectLambda: through.objectLambda, inputS3Url: await addressOf(parts, asked, via), ...(output && { output }), ...(asked.input.Key !== undefined && { key: asked.input.Key }) });
    return await events.invoke({ functionArn, payload: Buffer.from(JSON.stringify(event)), requestId: ids.uuid(), ...(call.traceId !== undefined && { traceId: call.traceId }) });
  } catch (error) {
    if (error instanceof Throttled) throw slowDown(error.reason);
    if (!(error instanceof ServiceError)) throw error;
    throw error.code === "ResourceNotFoundException" ? lambdaNotFound(error.message) : lambdaInvocationFailed(error.message);
  } finally {
    asking.delete(via);
  }
}

/** The caller's own permission, as of the version that runs: policies name `:$LATEST` too, as AWS's guide has them. */
async function mayInvoke(access: Ports["access"], functionArn: string, call: Call): Promise<void> {
  const question = { actor: call.principal, action: "lambda:InvokeFunction", call, context: CALLED_VIA };
  if (access.mode === "enforce" && !/:function:[^:]+:/.test(functionArn) && (await access.decide({ ...question, resource: `${functionArn}:$LATEST` })).allowed) return;
  await access.check({ ...question, resource: functionArn }).catch((error: unknown) => {
    throw error instanceof ServiceError ? lambdaPermissionError(error.message) : error;
  });
}

/** The same request to the supporting access point, with the caller's permission. Path style: functions cannot resolve an access point's host name here. */
async function addressOf({ identity, clock, endpointUrl }: Ports, { operation, through, input, call }: Asked, via: string): Promise<string> {
  const { principal } = call;
  const known = await identity.findKey(principal.accessKeyId);
  // In development any key is let in, and nothing is verified.
  const signer: Signer = known ? { accessKeyId: principal.accessKeyId, ...known } : { accessKeyId: principal.accessKeyId || "test", secretAccessKey: "test" };
  const isList = operation === "ListObjects" || operation === "ListObjectsV2";
  const query: [string, string][] = isList ? askedQuery(call).filter(([name]) => name !== "x-id").map(([name, value = ""]) => [decoded(name), decoded(value)]) : input.VersionId === undefined ? [] : [["versionId", input.VersionId]];
  return presign({
    endpoint: endpointUrl(), method: operation === "HeadObject" ? "HEAD" : "GET", path: [through.point.alias, ...(input.Key ?? "").split("/")], query: [...query, ["x-s3-object-lambda", via]],
    region: through.point.region, signer, nowMs: clock.machineNow(), expiresSeconds: ADDRESS_SECONDS,
  });
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
};
