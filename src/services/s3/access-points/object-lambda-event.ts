// What a function of Object Lambda is asked. https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html
import type { Call, Principal } from "../../../kernel/call.ts";
import type { Transformation } from "./object-lambda-actions.ts";
import { type ObjectLambdaPoint, pointArn } from "./point.ts";

export type Transformed = "GetObject" | "HeadObject" | "ListObjects" | "ListObjectsV2";

export interface Asking {
  operation: Transformed;
  objectLambda: ObjectLambdaPoint;
  transformation: Transformation;
  inputS3Url: string;
  /** Of GetObject alone: where its answer is to go. */
  output?: { route: string; token: string };
  /** Of the object; absent for lists. */
  key?: string;
  call: Call;
}

const CONTEXTS = { GetObject: "getObjectContext", HeadObject: "headObjectContext", ListObjects: "listObjectsContext", ListObjectsV2: "listObjectsV2Context" } as const;

export function objectLambdaEvent({ operation, objectLambda, transformation, inputS3Url, output, key, call }: Asking): object {
  const host = `${objectLambda.name}-${objectLambda.account}.s3-object-lambda.${objectLambda.region}.amazonaws.com`;
  const query = askedQuery(call).map(([name, value]) => (value === undefined ? name : `${name}=${value}`)).join("&");
  return {
    xAmzRequestId: call.requestId,
    [CONTEXTS[operation]]: { inputS3Url, ...(output && { outputRoute: output.route, outputToken: output.token }) },
    configuration: { accessPointArn: pointArn(objectLambda), supportingAccessPointArn: objectLambda.configuration.SupportingAccessPoint, payload: transformation.payload },
    // The address and host are those that AWS has, however this endpoint was reached: functions take the key from the path.
    userRequest: { url: `https://${host}/${key ?? ""}${query && `?${query}`}`, headers: askedHeaders(call, host) },
    userIdentity: identityOf(call.principal),
    protocolVersion: "1.00",
  };
}

/** Names and values as they came, without what signs them. */
export function askedQuery({ request }: Call): [name: string, value: string | undefined][] {
  return (request?.query ?? "").split("&").filter((part) => part !== "" && !/^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Security-Token)=/i.test(part)).map((part) => {
    const equals = part.indexOf("=");
    return equals < 0 ? [part, undefined] : [part.slice(0, equals), part.slice(equals + 1)];
  });
}

const SIGNING = new Set(["authorization", "x-amz-date", "x-amz-security-token"]);

function askedHeaders({ request }: Call, host: string): Record<string, string> {
  const shown = Object.entries(request?.headers ?? {}).filter(([name]) => !SIGNING.has(name)).map(([name, value]) => [capitalised(name), name === "host" ? host : value]);
  return Object.fromEntries(shown);
}

/** As boto3 and AWS's example write them: X-Amz-Content-SHA256. What the caller wrote is not known any more. */
const capitalised = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace("Sha256", "SHA256");

/** As in CloudTrail. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html */
function identityOf({ arn, accountId, userId, accessKeyId, session }: Principal): object {
  const common = { principalId: userId, arn, accountId, accessKeyId };
  if (arn.endsWith(":root")) return { type: "Root", ...common };
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (arn.includes(":user/")) return { type: "IAMUser", ...common, userName: name };
  if (arn.includes(":federated-user/")) return { type: "FederatedUser", ...common };
  const issuer = session?.issuerArn ?? "";
  return {
    type: "AssumedRole", ...common,
    sessionContext: {
      attributes: { mfaAuthenticated: "false", creationDate: dateText(session?.issuedAtMs ?? 0) },
      sessionIssuer: { type: "Role", principalId: userId.split(":")[0], arn: issuer, accountId, userName: issuer.slice(issuer.lastIndexOf("/") + 1) },
    },
  };
}

/** Wed Mar 10 23:41:52 UTC 2021 */
function dateText(ms: number): string {
  const [day = "", date, month, year, time] = new Date(ms).toUTCString().split(" ");
  return `${day.replace(",", "")} ${month} ${date} ${time} UTC ${year}`;
}
