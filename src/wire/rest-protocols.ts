// restJson1 and restXml: method and path name the operation, traits say where each member lives.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
import { ServiceError } from "../kernel/errors.ts";
import { hostIdOf } from "../kernel/host-id.ts";
import { checkBodyDigests } from "./body-digests.ts";
import { readBody } from "./body-limits.ts";
import type { DescribedError } from "./described-error.ts";
import { EVENT_STREAM, type EventCodec, writeEvents } from "./event-stream.ts";
import type { WireResponse } from "./http.ts";
import { type OutputPlan, planOutput, readBindings, readPayloadText, writeBindings } from "./http-bindings.ts";
import { readJsonMembers, readJsonValue, REST_JSON, writeJsonMembers, writeJsonValue } from "./json.ts";
import type { Protocol } from "./protocol.ts";
import { checkReadHeaders } from "./read-headers.ts";
import type { ServiceModel } from "./service-model.ts";
import type { Member, Shape } from "./shape.ts";
import { escapeXml, readXmlMembers, readXmlValue, writeXmlMember, writeXmlMembers, xmlAttributes, xmlElement, xmlnsOf } from "./xml.ts";
import { parseXml } from "./xml-parse.ts";

interface BodyFormat {
  mediaType: string;
  readMembers(members: Member[], bytes: Uint8Array): Record<string, unknown>;
  readValue(member: Member, bytes: Uint8Array): unknown;
  writeMembers(model: ServiceModel, shape: Shape, members: Member[], output: Record<string, unknown>): string;
  writeValue(model: ServiceModel, member: Member, value: unknown): string;
  writeEvent: EventCodec;
}

const JSON_FORMAT: BodyFormat = {
  mediaType: "application/json",
  readMembers: (members, bytes) => readJsonMembers(members, bytes, REST_JSON),
  readValue: (member, bytes) => readJsonValue(member.shape, bytes, REST_JSON),
  writeMembers: (_model, _shape, members, output) => writeJsonMembers(members, output, REST_JSON),
  writeValue: (_model, member, value) => writeJsonValue(member.shape, value, REST_JSON),
  writeEvent: (shape, value) => writeJsonValue(shape, value, REST_JSON),
};

/** As S3 has them, and as Java's client counts on: who owns the buckets, and which bucket it is, before what is in it (recorded by LocalStack). */
const listsLast = (members: Member[]): Member[] => members.toSorted((a, b) => Number(a.shape.kind === "list") - Number(b.shape.kind === "list"));

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const XML_FORMAT: BodyFormat = {
  mediaType: "application/xml",
  readMembers: (members, bytes) => readXmlMembers(members, parseXml(bytes)),
  readValue: (member, bytes) => readXmlValue(member.shape, parseXml(bytes)),
  writeMembers(model, shape, members, output) {
    const content = writeXmlMembers(model.isS3 ? listsLast(members) : members, output, model.isS3);
    // The answer of GetBucketLocation is its one member, not wrapped: boto3 reads None from the wrapped form (tried).
    if (shape.name === "GetBucketLocationOutput") {
      const location = output["LocationConstraint"];
      return XML_DECLARATION + (location === undefined ? `<LocationConstraint${xmlnsOf(model.xmlNamespace)}/>` : xmlElement("LocationConstraint", escapeXml(String(location)), xmlnsOf(model.xmlNamespace)));
    }
    return XML_DECLARATION + xmlElement(shape.traits.xmlName ?? shape.name, content, xmlnsOf(model.xmlNamespace) + xmlAttributes(members, output));
  },
  writeValue(model, member, value) {
    const name = member.traits.xmlName ?? member.shape.traits.xmlName ?? member.shape.name;
    const body = writeXmlMember(member, value, model.isS3, name);
    // A namespace of the member's own is already there.
    return XML_DECLARATION + (member.traits.xmlNamespace ? body : body.replace(`<${name}`, () => `<${name}${xmlnsOf(model.xmlNamespace)}`));
  },
  writeEvent: (shape, value) => xmlElement(shape.traits.xmlName ?? shape.name, writeXmlMembers(shape.members, value as Record<string, unknown>)),
};

// Lambda answers payloads as JSON though its model calls them blobs (observed).
const BLOB_TYPE: Record<string, string> = { lambda: "application/json" };

function restProtocol(format: BodyFormat, writeError: Protocol["writeError"]): Protocol {
  return {
    async read(model, { operation, input: plan }, { request, query, labels }) {
      const input = boundInput(model, () => readBindings(plan, labels, query, request, model.isS3));
      if (model.isS3) checkReadHeaders(operation.name, request.headers);
      const { payload } = plan;
      if (payload?.traits.streaming && payload.shape.kind === "blob") {
        input[payload.name] = request.body.stream();
        return input;
      }
      if (!payload && plan.body.length === 0) return input;
      const read = readBody(request.body, model.signingName, operation.name);
      const bytes = read instanceof Promise ? await read : read; // awaiting nothing takes a turn, too
      if (model.isS3) await checkBodyDigests(bytes, request.headers, input);
      // An empty policy is one that cannot be read, not one that is missing (recorded).
      if (bytes.byteLength === 0) return model.isS3 && payload?.shape.kind === "string" ? Object.assign(input, { [payload.name]: "" }) : input;
      if (!payload) return Object.assign(input, format.readMembers(plan.body, bytes));
      if (payload.shape.kind === "blob") input[payload.name] = bytes;
      else if (payload.shape.kind === "string") input[payload.name] = readPayloadText(bytes);
      else input[payload.name] = format.readValue(payload, bytes);
      return input;
    },
    write(model, { operation, output: plan }, output) {
      return writeAnswer(model, format, operation.output, plan, output, operation.http!.status);
    },
    writeError,
  };
}

/** S3 has a code of its own for what cannot be read outside the body (ceph/s3-tests: max-keys=blah). */
function boundInput(model: ServiceModel, read: () => Record<string, unknown>): Record<string, unknown> {
  try {
    return read();
  } catch (error) {
    if (!model.isS3 || !(error instanceof ServiceError)) throw error;
    throw new ServiceError("InvalidArgument", `A parameter of the request cannot be read: ${error.message}`);
  }
}

function writeAnswer(model: ServiceModel, format: BodyFormat, shape: Shape, plan: OutputPlan, output: Record<string, unknown>, modelStatus: number): WireResponse {
  const headers: Record<string, string> = {};
  const bound = writeBindings(plan, output, modelStatus, headers);
  const status = headers["content-range"] === undefined ? bound : 206; // what says its range is a part: S3's objects
  const { payload } = plan;
  if (!payload) {
    if (status === 204 || (plan.body.length === 0 && format !== JSON_FORMAT)) return { status, headers, body: "" };
    headers["content-type"] = format.mediaType;
    return { status, headers, body: format.writeMembers(model, shape, plan.body, output) };
  }
  const value = output[payload.name];
  if (value === undefined || value === null) return { status, headers, body: "" };
  if (payload.traits.streaming && payload.shape.kind === "union") {
    headers["content-type"] = EVENT_STREAM;
    return { status, headers, body: writeEvents(payload.shape, value as AsyncIterable<object>, format.mediaType, format.writeEvent) };
  }
  if (payload.shape.kind === "blob" || payload.shape.kind === "string") {
    headers["content-type"] ??= payload.traits.mediaType ?? BLOB_TYPE[model.signingName] ?? (payload.shape.kind === "string" ? "text/plain" : "application/octet-stream");
    return { status, headers, body: value as WireResponse["body"] };
  }
  headers["content-type"] ??= format.mediaType;
  return { status, headers, body: format.writeValue(model, payload, value) };
}

export const restJson1 = restProtocol(JSON_FORMAT, (_model, error) => {
  const headers: Record<string, string> = {};
  let body: string;
  if (error.shape) {
    const plan = planOutput(error.shape);
    writeBindings(plan, error.value, error.status, headers);
    body = JSON.stringify({ ...error.extraMessage, ...JSON.parse(writeJsonMembers(plan.body, error.value, REST_JSON)) });
  } else body = JSON.stringify(error.message === "" ? {} : { message: error.message, ...error.value });
  return { status: error.status, headers: { ...headers, "content-type": "application/json", "x-amzn-errortype": error.name }, body };
});

export const restXml = restProtocol(XML_FORMAT, (model, error, requestId) => {
  const headers: Record<string, string> = { "content-type": "application/xml" };
  const fields = model.isS3 ? plainFields(error) : modelledFields(error, headers);
  const detail = xmlElement("Code", escapeXml(error.name)) + xmlElement("Message", escapeXml(error.message)) + fields;
  const id = xmlElement("RequestId", escapeXml(requestId));
  const body = model.isS3 // S3 alone sends the error without the outer wrapper
    ? xmlElement("Error", detail + id + xmlElement("HostId", hostIdOf(requestId)))
    : xmlElement("ErrorResponse", xmlElement("Error", xmlElement("Type", error.fault) + detail) + id, xmlnsOf(model.xmlNamespace));
  return { status: error.status, headers, body: XML_DECLARATION + body };
});

/** What an error carries beside code and message; members bound to headers go there. */
function modelledFields(error: DescribedError, headers: Record<string, string>): string {
  if (!error.shape) return plainFields(error);
  const plan = planOutput(error.shape);
  writeBindings(plan, error.value, error.status, headers);
  return writeXmlMembers(plan.body.filter((member) => !/^(message|code|type)$/i.test(member.name)), error.value);
}

/** S3 says more than its model does: NoSuchKey has a Key. */
const plainFields = ({ value }: DescribedError): string =>
  Object.entries(value).map(([name, text]) => (typeof text === "string" && !/^message$/i.test(name) ? xmlElement(name, escapeXml(text)) : "")).join("");
