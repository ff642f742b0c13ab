// Errors that AWS's service framework gives before a service sees the request; none of them is in a model.
import { ServiceError } from "../kernel/errors.ts";
import type { ProtocolName, ServiceModel } from "./service-model.ts";

interface FrameworkCodes {
  /** The code of "1 validation error detected: …". */
  constraint: string;
  /** Where a missing parameter has a code and sentence of its own. */
  missing?: { code: string; message(name: string): string; /** Within a document. */ nested?: { code: string; message: string } };
  /** Lambda adds this to the list it prints for map keys and values (observed). */
  mapNotNull?: boolean;
}

const missingParameter = { code: "MissingParameter", message: (name: string) => `The request must contain the parameter ${name}` };

// By signing name; how far each is known:
const CODES: Record<string, FrameworkCodes> = {
  lambda: { constraint: "ValidationException", mapNotNull: true }, // observed (LocalStack's recorded answers)
  kinesis: { constraint: "ValidationException" }, // observed (kinesalite)
  logs: { constraint: "InvalidParameterException" }, // observed (moto, LocalStack)
  iam: { constraint: "ValidationError" }, // observed (moto)
  sts: { constraint: "ValidationError" }, // observed (moto)
  monitoring: { constraint: "ValidationError" }, // observed (moto)
  sns: { constraint: "ValidationError" }, // recalled: as the other query services
  sqs: { constraint: "InvalidParameterValue", missing: { code: "MissingParameter", message: (name) => `The request must contain the parameter ${name}.` } }, // observed (LocalStack)
  ec2: { constraint: "InvalidParameterValue", missing: missingParameter }, // documented: EC2's list of client errors
  s3: { constraint: "InvalidArgument", missing: { code: "InvalidRequest", message: (name) => `Missing required parameter: ${name}`, nested: { code: "MalformedXML", message: "The XML you provided was not well-formed or did not validate against our published schema" } } }, // recalled; within documents recorded (LocalStack: PutBucketCors, PutBucketWebsite)
};

/** Codes of the older query protocol that no model has, and their names in JSON (recorded of SQS: "InvalidParameterValue" beside "InvalidParameterValueException"). */
const QUERY_COMPATIBLE_NAMES: Record<string, string> = {
  InvalidParameterValue: "InvalidParameterValueException", MissingParameter: "MissingRequiredParameterException", AccessDenied: "AccessDeniedException",
};

export const nameBesideQueryCode = (model: ServiceModel, code: string): string => (model.queryCompatible ? QUERY_COMPATIBLE_NAMES[code] : undefined) ?? code;

/** Where the query protocol says it in other words (recorded of SQS). */
export const inQueryWords = (message: string): string => (message === "The specified queue does not exist." ? "The specified queue does not exist for this wsdl version." : message);

export const frameworkCodes = (signingName: string): FrameworkCodes => CODES[signingName] ?? { constraint: "ValidationException" };

/** A body that cannot be read, under the protocol's own code; anything else is passed on. */
export function misread(protocol: ProtocolName, error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.code !== "SerializationException") return error;
  // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  if (protocol === "restXml") return new ServiceError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");
  // MalformedInput: observed of IAM and SNS; its message is recalled.
  if (protocol === "awsQuery") return new ServiceError("MalformedInput", error.message || "Unexpected list or structure in the request");
  if (protocol === "ec2Query") return new ServiceError("InvalidParameterValue", error.message || "The request cannot be read");
  return error;
}

export function unknownOperation(model: ServiceModel, protocol: ProtocolName, name: string): ServiceError {
  // Documented: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; the sentence is observed.
  if (protocol === "awsQuery") return name ? new ServiceError("InvalidAction", `Could not find operation ${name} for version ${model.version}`) : new ServiceError("MissingAction", "Missing Action");
  if (protocol === "ec2Query") return new ServiceError("InvalidAction", `The action ${name} is not valid for this web service.`);
  if (model.isS3) return new ServiceError("MethodNotAllowed", "The specified method is not allowed against this resource.", { status: 405 });
  const isRest = protocol === "restJson1" || protocol === "restXml";
  // Code and status are observed; AWS sends no message, ours names what was asked.
  return new ServiceError("UnknownOperationException", `There is no operation ${name} in ${model.signingName}`, { status: isRest ? 404 : 400 });
}
