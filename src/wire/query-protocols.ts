// awsQuery and ec2Query: a form in, XML out. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
import type { DescribedError } from "./described-error.ts";
import { inQueryWords } from "./framework-errors.ts";
import type { WireResponse } from "./http.ts";
import type { Protocol } from "./protocol.ts";
import { type FormDialect, readForm } from "./query-form.ts";
import { XML_DECLARATION } from "./rest-protocols.ts";
import { escapeXml, writeXmlMembers, xmlElement, xmlnsOf } from "./xml.ts";

const answer = (status: number, body: string): WireResponse => ({ status, headers: { "content-type": "text/xml" }, body });

const readWith = (dialect: FormDialect): Protocol["read"] => async (model, { operation }, { form = new URLSearchParams(), request }) => {
  // Older clients of SQS send their requests to the queue's URL instead of naming it; one that is named goes first (recorded).
  if (model.signingName === "sqs" && request.path !== "/" && !form.has("QueueUrl")) form.set("QueueUrl", request.path);
  return readForm(operation.input, form, dialect);
};

const fieldsOf = (error: DescribedError): string => writeXmlMembers((error.shape?.members ?? []).filter((member) => !/^(message|code|type)$/i.test(member.name)), error.value);

export const awsQuery: Protocol = {
  read: readWith("awsQuery"),
  write(model, { operation }, output, requestId) {
    const { members, kind } = operation.output;
    const result = kind === "unit" ? "" : xmlElement(`${operation.name}Result`, writeXmlMembers(members, output));
    const metadata = xmlElement("ResponseMetadata", xmlElement("RequestId", escapeXml(requestId)));
    return answer(200, xmlElement(`${operation.name}Response`, result + metadata, xmlnsOf(model.xmlNamespace)));
  },
  writeError(model, error, requestId) {
    const detail = xmlElement("Type", error.fault) + xmlElement("Code", escapeXml(error.query.code)) + xmlElement("Message", escapeXml(inQueryWords(error.message))) + fieldsOf(error);
    return answer(error.query.status, xmlElement("ErrorResponse", xmlElement("Error", detail) + xmlElement("RequestId", escapeXml(requestId)), xmlnsOf(model.xmlNamespace)));
  },
};

export const ec2Query: Protocol = {
  read: readWith("ec2Query"),
  write(model, { operation }, output, requestId) {
    const content = xmlElement("requestId", escapeXml(requestId)) + writeXmlMembers(operation.output.members, output);
    return answer(200, XML_DECLARATION + xmlElement(`${operation.name}Response`, content, xmlnsOf(model.xmlNamespace)));
  },
  writeError(_model, error, requestId) {
    const detail = xmlElement("Error", xmlElement("Code", escapeXml(error.name)) + xmlElement("Message", escapeXml(error.message)));
    return answer(error.status, XML_DECLARATION + xmlElement("Response", xmlElement("Errors", detail) + xmlElement("RequestID", escapeXml(requestId))));
  },
};
