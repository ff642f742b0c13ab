// awsJson 1.0 and 1.1, and rpcv2Cbor: the operation in a header or path, everything else in one body.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
import { readBody } from "./body-limits.ts";
import { readCbor, writeCbor } from "./cbor.ts";
import { EVENT_STREAM, type EventCodec, eventStreamMember, writeEvents } from "./event-stream.ts";
import type { DescribedError } from "./described-error.ts";
import type { WireResponse } from "./http.ts";
import { readJsonMembers, RPC_JSON, writeJsonMembers, writeJsonValue } from "./json.ts";
import type { PlannedOperation, Protocol } from "./protocol.ts";
import type { ServiceModel } from "./service-model.ts";
import { readShape } from "./shape.ts";

export function awsJson(version: "1.0" | "1.1"): Protocol {
  const mediaType = `application/x-amz-json-${version}`;
  return {
    async read(model, { operation }, { request }) {
      const bytes = await readBody(request.body, model.signingName, operation.name);
      return bytes.byteLength === 0 ? {} : readJsonMembers(operation.input.members, bytes, RPC_JSON);
    },
    write(_model, { operation }, output) {
      const events = eventAnswer(operation, output, mediaType, (shape, value) => writeJsonValue(shape, value, RPC_JSON));
      return events ?? { status: 200, headers: { "content-type": mediaType }, body: writeJsonMembers(operation.output.members, output, RPC_JSON) };
    },
    writeError(model, error) {
      const fields = error.shape ? JSON.parse(writeJsonMembers(error.shape.members, error.value, RPC_JSON)) : frameworkFields(error);
      return { status: error.status, headers: errorHeaders(model, error, mediaType), body: JSON.stringify({ __type: version === "1.1" ? error.name : qualifiedName(error), ...error.extraMessage, ...fields }) };
    },
  };
}

/** The framework writes "Message" in a SerializationException and "message" elsewhere (observed by kinesalite and dynalite). */
const frameworkFields = (error: DescribedError): object => (error.message === "" ? {} : { [error.name === "SerializationException" ? "Message" : "message"]: error.message, ...error.value });

/** awsJson 1.0 names errors with their namespace, 1.1 without (observed: DynamoDB, SQS; Kinesis, Athena). */
function qualifiedName(error: DescribedError): string {
  if (error.shape) return `${error.shape.namespace}#${error.name}`;
  return error.name === "ValidationException" ? "com.amazon.coral.validate#ValidationException" : `com.amazon.coral.service#${error.name}`;
}

function errorHeaders(model: ServiceModel, error: DescribedError, mediaType: string): Record<string, string> {
  return { "content-type": mediaType, ...(model.queryCompatible && { "x-amzn-query-error": `${error.query.code};${error.fault}` }) };
}

const CBOR_TYPE = "application/cbor";
const CBOR_HEADERS = { "smithy-protocol": "rpc-v2-cbor" };
const DOCUMENT = readShape(15);

export const rpcv2Cbor: Protocol = {
  async read(model, { operation }, { request }) {
    const bytes = await readBody(request.body, model.signingName, operation.name);
    return bytes.byteLength === 0 ? {} : readCbor(operation.input, bytes);
  },
  write(_model, { operation }, output) {
    const events = eventAnswer(operation, output, CBOR_TYPE, writeCbor);
    if (events) return { ...events, headers: { ...events.headers, ...CBOR_HEADERS } };
    return { status: 200, headers: { "content-type": CBOR_TYPE, ...CBOR_HEADERS }, body: writeCbor(operation.output, output) };
  },
  writeError(model, error) {
    const typeMember = { name: "__type", shape: readShape(0), traits: {}, required: true };
    const messageMember = { ...typeMember, name: "message" };
    const shape = error.shape
      ? { ...error.shape, members: [typeMember, ...(error.extraMessage.message === undefined ? [] : [messageMember]), ...error.shape.members] }
      : { ...DOCUMENT, kind: "structure" as const, members: [typeMember, messageMember] };
    const body = writeCbor(shape, { ...error.value, ...error.extraMessage, ...(!error.shape && error.message && { message: error.message }), __type: qualifiedName(error) });
    return { status: error.status, headers: { ...errorHeaders(model, error, CBOR_TYPE), ...CBOR_HEADERS }, body };
  },
};

function eventAnswer({ output: shape }: PlannedOperation["operation"], output: Record<string, unknown>, mediaType: string, encode: EventCodec): WireResponse | undefined {
  const member = eventStreamMember(shape);
  if (!member) return undefined;
  const initial = { shape: { ...shape, members: shape.members.filter((other) => other !== member) }, value: output };
  return { status: 200, headers: { "content-type": EVENT_STREAM }, body: writeEvents(member.shape, output[member.name] as AsyncIterable<object>, mediaType, encode, initial) };
}
