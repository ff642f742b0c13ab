// An error as the protocols need it: code, status and fault from the model where it is modelled. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
import type { ServiceError } from "../kernel/errors.ts";
import { nameBesideQueryCode } from "./framework-errors.ts";
import type { ServiceModel } from "./service-model.ts";
import type { Shape } from "./shape.ts";

export interface DescribedError {
  /** Undefined for an error that is not modelled (the framework's own). */
  shape?: Shape;
  name: string;
  message: string;
  status: number;
  fault: "Sender" | "Receiver";
  /** Code and status in the query protocols. */
  query: { code: string; status: number };
  /** Members by their modelled names, the message among them. */
  value: Record<string, unknown>;
  /** The message, for the JSON and CBOR protocols, where the shape models none of its own. */
  extraMessage: { message?: string };
}

export function describeError(model: ServiceModel, error: ServiceError): DescribedError {
  const shape = model.findError(error.code);
  const traits = shape?.traits ?? {};
  const status = traits.httpError ?? (traits.error === "server" ? 500 : error.status);
  const fault = (traits.error ?? (status < 500 ? "client" : "server")) === "client" ? "Sender" : "Receiver";
  const value: Record<string, unknown> = { ...error.members };
  for (const member of shape?.members ?? []) {
    if (/^message$/i.test(member.name)) value[member.name] ??= error.message;
    // Lambda's errors say whose fault they are (observed).
    if (member.name === "Type" && member.shape.kind === "string") value["Type"] ??= fault === "Sender" ? "User" : "Service";
  }
  const [code, queryStatus] = traits.awsQueryError ?? [error.code, status];
  const extraMessage = shape && !shape.members.some((member) => /^message$/i.test(member.name)) ? { message: error.message } : {};
  return { extraMessage, ...(shape && { shape }), name: shape?.name ?? nameBesideQueryCode(model, error.code), message: error.message, status, fault, query: { code, status: queryStatus }, value };
}
