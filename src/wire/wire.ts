// The wire layer's front door: a request in, an operation and its input out; a result or an error in, a response out.
// https://smithy.io/2.0/aws/protocols/index.html
import { ANSWER, type WithAnswer } from "../kernel/answer.ts";
import { ServiceError } from "../kernel/errors.ts";
import { readBody } from "./body-limits.ts";
import { decompressed } from "./compressed-body.ts";
import { type InputCheck, openInputChecks } from "./constraints.ts";
import { describeError } from "./described-error.ts";
import { misread, unknownOperation } from "./framework-errors.ts";
import type { WireRequest, WireResponse } from "./http.ts";
import { planInput, planOutput } from "./http-bindings.ts";
import type { Asked, PlannedOperation, Protocol } from "./protocol.ts";
import { awsQuery, ec2Query } from "./query-protocols.ts";
import { restJson1, restXml } from "./rest-protocols.ts";
import { buildRoutes, decodePart, matchRoute, type RouteTree } from "./routes.ts";
import { awsJson, rpcv2Cbor } from "./rpc-protocols.ts";
import { type Operation, type ProtocolName, readServiceModel, type ServiceModel } from "./service-model.ts";

export interface Parsed {
  protocol: ProtocolName;
  operation: string;
  /** By the model's member names; streaming members are AsyncIterable<Uint8Array>. */
  input: Record<string, unknown>;
}

export interface WireService {
  readonly model: ServiceModel;
  /** Throws only ServiceError, ready for writeError. */
  parse(request: WireRequest): Promise<Parsed>;
  write(parsed: Parsed, output: object, requestId: string): WireResponse;
  /** In the protocol the request speaks. */
  writeError(request: WireRequest, error: ServiceError, requestId: string): Promise<WireResponse>;
}

const PROTOCOLS: Record<ProtocolName, Protocol> = { awsJson1_0: awsJson("1.0"), awsJson1_1: awsJson("1.1"), restJson1, restXml, awsQuery, ec2Query, rpcv2Cbor };
const NO_QUERY = new URLSearchParams();

/**
 * `client` is the npm package: "@aws-sdk/client-lambda". Throws when the package is missing or not laid out as expected.
 * `withoutConstraints` reads input as it comes, even without required members (for tests of the protocols).
 */
export async function openWireService(client: string, { withoutConstraints = false } = {}): Promise<WireService> {
  const model = await readServiceModel(client);
  const inputChecks = withoutConstraints ? () => undefined : await openInputChecks(model);
  const planned = new Map<string, PlannedOperation & { check: InputCheck | undefined }>();
  let routes: RouteTree | undefined;

  const plan = (operation: Operation) => {
    let known = planned.get(operation.name);
    if (!known) {
      known = { operation, input: planInput(operation.input, operation.http?.staticQuery ?? []), output: planOutput(operation.output), check: inputChecks(operation) };
      planned.set(operation.name, known);
    }
    return known;
  };

  async function parse(request: WireRequest): Promise<Parsed> {
    const protocol = chooseProtocol(model, request);
    const isRest = protocol === "restJson1" || protocol === "restXml";
    const { operation, asked } = isRest ? findRestOperation(model, (routes ??= buildRoutes(model)), request) : await findRpcOperation(model, protocol, decompressed(request));
    const known = plan(operation);
    let input: Record<string, unknown>;
    try {
      input = await PROTOCOLS[protocol].read(model, known, asked);
    } catch (error) {
      throw misread(protocol, error);
    }
    known.check?.(input);
    return { protocol, operation: operation.name, input };
  }

  return {
    model,
    parse,
    write(parsed, output, requestId) {
      const written = PROTOCOLS[parsed.protocol].write(model, plan(model.operations.get(parsed.operation)!), output as Record<string, unknown>, requestId);
      const chosen = (output as WithAnswer)[ANSWER];
      return chosen ? { ...written, ...chosen, headers: { ...written.headers, ...chosen.headers } } : written;
    },
    writeError: async (request, error, requestId) => writeErrorAs(model, chooseProtocol(model, request), request, error, requestId),
  };
}

function writeErrorAs(model: ServiceModel, protocol: ProtocolName, request: WireRequest, error: ServiceError, requestId: string): WireResponse {
  const response = PROTOCOLS[protocol].writeError(model, describeError(model, error), requestId);
  Object.assign(response.headers, error.headers);
  return request.method === "HEAD" ? { ...response, body: "" } : response;
}

/** The request decides, not the service: SQS and CloudWatch answer in whatever dialect they are asked. */
function chooseProtocol(model: ServiceModel, request: WireRequest): ProtocolName {
  // First, and whatever a header says: what such a request is about is in its path, which is what is signed and what a bucket's rules admit pages to.
  if (model.protocol === "restJson1" || model.protocol === "restXml") return model.protocol;
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return "rpcv2Cbor";
  if (request.headers["x-amz-target"] !== undefined) return jsonVersion(model, request);
  return model.protocol === "ec2Query" ? "ec2Query" : "awsQuery";
}

function jsonVersion(model: ServiceModel | undefined, request: WireRequest): ProtocolName {
  const mediaType = request.headers["content-type"] ?? "";
  if (mediaType.includes("json-1.1")) return "awsJson1_1";
  return mediaType.includes("json-1.0") || model?.protocol !== "awsJson1_1" ? "awsJson1_0" : "awsJson1_1";
}

function findRestOperation(model: ServiceModel, routes: RouteTree, request: WireRequest): { operation: Operation; asked: Asked } {
  const { path, bucket } = model.isS3 ? splitBucket(request) : { path: request.path, bucket: undefined };
  const query = request.query === "" ? NO_QUERY : new URLSearchParams(request.query);
  const match = matchRoute(routes, { method: request.method, path, headers: request.headers, query, bucketFound: bucket !== undefined });
  if (!match) throw unknownOperation(model, model.protocol, `${request.method} ${request.path}`);
  return { operation: match.operation, asked: { request, query, labels: bucket === undefined ? match.labels : { ...match.labels, Bucket: bucket } } };
}

async function findRpcOperation(model: ServiceModel, protocol: ProtocolName, request: WireRequest): Promise<{ operation: Operation; asked: Asked }> {
  let form: URLSearchParams | undefined;
  let name: string;
  if (protocol === "rpcv2Cbor") name = request.path.split("/operation/")[1] ?? "";
  else if (protocol === "awsQuery" || protocol === "ec2Query") {
    form = await readFormBody(model, protocol, request);
    name = form.get("Action") ?? "";
  } else name = request.headers["x-amz-target"]!.split(".").at(-1)!;
  const operation = model.operations.get(name);
  if (!operation) throw unknownOperation(model, protocol, name);
  return { operation, asked: { request, query: NO_QUERY, labels: {}, ...(form && { form }) } };
}

async function readFormBody(model: ServiceModel, protocol: ProtocolName, request: WireRequest): Promise<URLSearchParams> {
  const bytes = request.method === "GET" ? new Uint8Array() : await readBody(request.body, model.signingName, "requested");
  try {
    return new URLSearchParams(bytes.byteLength ? new TextDecoder("utf-8", { fatal: true }).decode(bytes) : request.query);
  } catch {
    throw misread(protocol, new ServiceError("SerializationException", ""));
  }
}

/** BUCKET.s3.REGION.…; and BUCKET.localhost, as clients say it that were given http://localhost as their endpoint; boto3 puts what an ARN names before an address, too. */
export function bucketOfHost(header: string): string | undefined {
  const host = header.split(":")[0]!.toLowerCase();
  return /^(.+?)\.s3[.-]/.exec(host)?.[1] ?? /^(?!s3[.-]|evoke\.)(.+)\.(?:localhost|127\.0\.0\.1)$/.exec(host)?.[1];
}

/** The published S3 schemas have no {Bucket} in their paths: the endpoint rules put it in the host or the path. */
function splitBucket(request: WireRequest): { path: string; bucket?: string } {
  const virtual = bucketOfHost(request.headers["host"] ?? "");
  // The one operation that has no bucket before its path; no bucket has capitals, and no object is asked for so.
  if (request.method === "POST" && request.path === "/WriteGetObjectResponse" && request.query === "") return { path: request.path };
  if (virtual) return { bucket: virtual, path: request.path };
  const [, bucket = "", ...rest] = request.path.split("/");
  return bucket === "" ? { path: "/" } : { bucket: decodePart(bucket), path: `/${rest.join("/")}` };
}

/** The bucket a request to S3 is about, and the key within it, decoded; undefined where it is about none. */
export function addressedBucket(request: WireRequest): { bucket: string; key: string; byHost: boolean } | undefined {
  const { bucket, path } = splitBucket(request);
  return bucket === undefined ? undefined : { bucket, key: decodePart(path.slice(1)), byHost: bucketOfHost(request.headers["host"] ?? "") !== undefined };
}

/** An error for a service that is not there at all, in the protocol the request evidently speaks. */
export function writeUnknownService(request: WireRequest, error: ServiceError, requestId: string): WireResponse {
  const signingName = /Credential=[^/,]*\/[^/,]*\/[^/,]*\/([^/,]+)\//.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
  const model: ServiceModel = { client: "", signingName, protocol: "restJson1", version: "", targetPrefix: "", isS3: signingName === "s3", queryCompatible: false, operations: new Map(), findError: () => undefined };
  return writeErrorAs(model, evidentProtocol(signingName, request), request, error, requestId);
}

function evidentProtocol(signingName: string, request: WireRequest): ProtocolName {
  if (request.headers["smithy-protocol"] === "rpc-v2-cbor") return "rpcv2Cbor";
  if (request.headers["x-amz-target"] !== undefined) return jsonVersion(undefined, request);
  if (signingName === "ec2") return "ec2Query";
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") || /(^|&)Action=/.test(request.query);
  if (isForm) return "awsQuery";
  return signingName === "s3" ? "restXml" : "restJson1";
}
