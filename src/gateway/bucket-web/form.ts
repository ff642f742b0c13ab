// Forms that upload a file (POST Object): read as far as the file, and who signed their policy.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html · https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingHTTPPOST.html (Version 2)
import { ServiceError } from "../../kernel/errors.ts";
import type { PostedForm } from "../../ports/bucket-web.ts";
import { boundaryOf, readFileForm } from "../../wire/form-data.ts";
import type { WireRequest } from "../../wire/http.ts";
import { addressedBucket } from "../../wire/wire.ts";
import { parseXml } from "../../wire/xml-parse.ts";
import { type Claim, scopeOf } from "../claim.ts";

const VERSION_4 = ["X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date"];
const VERSION_2 = ["Signature", "AWSAccessKeyId"];

const invalid = (message: string, name: string, value = "") => new ServiceError("InvalidArgument", message, { members: { ArgumentName: name, ArgumentValue: value } });
/** Recorded (LocalStack's snapshots), as are the next two. */
const lacks = (name: string) => invalid(`Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`, name);
const notMultipart = () => new ServiceError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", { status: 412, members: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" } });
const malformedXml = () => new ServiceError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema");

/** A POST to a bucket itself that names no operation. */
export const isForm = (request: WireRequest): boolean => request.method === "POST" && request.query === "" && addressedBucket(request)?.key === "";

/** Throws S3's refusals of what is no such form. */
export async function readForm(request: WireRequest): Promise<PostedForm> {
  const boundary = boundaryOf(request.headers["content-type"]);
  const at = addressedBucket(request);
  if (boundary === undefined || !at) throw notMultipart();
  const { fields, file, fileName } = await readFileForm(request.body.stream(), boundary);
  const tagging = fields.get("tagging");
  return {
    bucket: at.bucket, fields, file, unsigned: signatureFields(fields) === undefined,
    bucketUrl: `http://${request.headers["host"] ?? ""}${at.byHost ? "" : `/${at.bucket}`}`,
    ...(fileName !== undefined && { fileName }), ...(tagging !== undefined && { tags: readTags(tagging) }),
    ...(request.body.lengthBytes !== undefined && { formBytes: request.body.lengthBytes }),
  };
}

/** What is not there is a tag set without tags (recorded); text that is no XML is refused. */
function readTags(text: string): NonNullable<PostedForm["tags"]> {
  try {
    const set = parseXml(Buffer.from(text)).children.find(({ name }) => name === "TagSet");
    return (set?.children ?? []).filter(({ name }) => name === "Tag").map(({ children }) => Object.fromEntries(children.map(({ name, text: value }) => [name, value])));
  } catch {
    throw malformedXml();
  }
}

function signatureFields(fields: Map<string, string>): string[] | undefined {
  return [VERSION_4, VERSION_2].find((names) => names.some((name) => fields.has(name.toLowerCase())));
}

export interface SignedForm {
  claim: Claim;
  /** What is signed: the policy as it was sent. */
  policy: string;
}

/** Undefined when nobody signed it. Throws InvalidArgument where half of a signature is there, AccessDenied for a policy without any. */
export function signedForm({ fields }: PostedForm): SignedForm | undefined {
  const names = signatureFields(fields);
  const policy = fields.get("policy");
  if (!names) {
    if (policy !== undefined) throw new ServiceError("AccessDenied", "Access Denied", { status: 403 });
    return undefined;
  }
  for (const name of names) if (!fields.has(name.toLowerCase())) throw lacks(name);
  if (policy === undefined) throw lacks("Policy");
  const given = (name: string): string => fields.get(name)!;
  const token = fields.get("x-amz-security-token");
  const session = token !== undefined && { sessionToken: token };
  if (names === VERSION_2) {
    const scope = { accessKeyId: given("awsaccesskeyid"), date: "", region: "us-east-1", service: "s3", text: "" };
    return { policy, claim: { by: "query", scope, signedHeaders: "", signature: given("signature"), date: "", version2: { expiresMs: Infinity }, ...session } };
  }
  if (given("x-amz-algorithm") !== "AWS4-HMAC-SHA256") throw invalid("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"", "X-Amz-Algorithm", given("x-amz-algorithm").slice(0, 200));
  return { policy, claim: { by: "query", scope: credentialOf(given("x-amz-credential")), signedHeaders: "", signature: given("x-amz-signature"), date: given("x-amz-date"), ...session } };
}

/** versitygw, which copies AWS's sentences, has this one. */
function credentialOf(text: string): Claim["scope"] {
  try {
    return scopeOf(text);
  } catch {
    throw invalid("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".", "X-Amz-Credential", text.slice(0, 512));
  }
}
