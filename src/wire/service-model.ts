// Everything the wire layer knows about one AWS service, read from its published client. https://smithy.io/2.0/aws/protocols/index.html
import { readSchemaFile } from "./schema-file.ts";
import { readShape, readTraits, type Shape } from "./shape.ts";

export type ProtocolName = "awsJson1_0" | "awsJson1_1" | "restJson1" | "restXml" | "awsQuery" | "ec2Query" | "rpcv2Cbor";

export interface OperationHttp {
  method: string;
  /** With {labels}. */
  path: string;
  staticQuery: [string, string][];
  status: number;
}

export interface Operation {
  readonly name: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly http?: OperationHttp;
}

export interface ServiceModel {
  /** "@aws-sdk/client-lambda" */
  client: string;
  /** The name in the SigV4 credential scope: "sqs", "lambda", "monitoring". */
  signingName: string;
  /** The client's default; a request may speak another. */
  protocol: ProtocolName;
  version: string;
  targetPrefix: string;
  xmlNamespace?: string;
  /** S3 itself, which keeps rules of its own: buckets outside the path, keys that end in slashes, errors without a wrapper. S3 Control, which signs as s3 too, does not. */
  isS3: boolean;
  /** Errors also carry the code of the service's older query protocol. */
  queryCompatible: boolean;
  operations: Map<string, Operation>;
  /** By shape name or awsQuery code; undefined for an error that is not modelled. */
  findError(code: string): Shape | undefined;
}

const PROTOCOL_BY_CLASS: Record<string, ProtocolName> = {
  AwsJson1_0Protocol: "awsJson1_0",
  AwsJson1_1Protocol: "awsJson1_1",
  AwsRestJsonProtocol: "restJson1",
  AwsRestXmlProtocol: "restXml",
  S3RestXmlProtocol: "restXml",
  AwsQueryProtocol: "awsQuery",
  AwsEc2QueryProtocol: "ec2Query",
  AwsSmithyRpcV2CborProtocol: "rpcv2Cbor",
};

// The namespaces of query answers that the newest clients, speaking JSON, no longer carry.
const QUERY_NAMESPACE: Record<string, string> = { sqs: "http://queue.amazonaws.com/doc/2012-11-05/" };

export async function readServiceModel(client: string): Promise<ServiceModel> {
  const file = await readSchemaFile(client);
  const protocol = PROTOCOL_BY_CLASS[file.protocolClass];
  if (!protocol) throw new Error(`${client}: there is no wire protocol for ${file.protocolClass}`);
  const xmlNamespace = file.xmlNamespace ?? QUERY_NAMESPACE[file.signingName];
  return {
    client, protocol,
    signingName: file.signingName,
    version: file.version,
    targetPrefix: file.targetPrefix,
    ...(xmlNamespace && { xmlNamespace }),
    isS3: file.protocolClass === "S3RestXmlProtocol",
    queryCompatible: file.queryCompatible,
    operations: new Map(file.operations.map((tuple) => [tuple[2] as string, lazyOperation(tuple)])),
    findError: errorFinder(file.errors),
  };
}

/** Shapes are decoded when first used: EC2 alone has thousands. */
function lazyOperation(tuple: unknown[]): Operation {
  const [, , name, traits, input, output] = tuple;
  const http = readTraits(traits).http;
  let inputShape: Shape | undefined;
  let outputShape: Shape | undefined;
  return {
    name: name as string,
    get input() { return (inputShape ??= readShape(input)); },
    get output() { return (outputShape ??= readShape(output)); },
    ...(http && { http: readHttp(http) }),
  };
}

function readHttp([method, uri, status]: [string, string, number]): OperationHttp {
  const [path = "/", query] = uri.split("?");
  return { method, path, status, staticQuery: query ? [...new URLSearchParams(query)] : [] };
}

function errorFinder(tuples: unknown[][]): ServiceModel["findError"] {
  const byCode = new Map<string, unknown[]>();
  for (const tuple of tuples) {
    const queryCode = readTraits(tuple[3]).awsQueryError?.[0];
    if (queryCode && !byCode.has(queryCode)) byCode.set(queryCode, tuple);
  }
  for (const tuple of tuples) byCode.set(tuple[2] as string, tuple); // a shape's own name wins
  return (code) => {
    const tuple = byCode.get(code);
    return tuple && readShape(tuple);
  };
}
