// Headers that a presigned address of S3 carries in its query, as the SDK for JavaScript (all that begin with x-amz-) and Version 2 of the signature put them there.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
import type { WireRequest } from "../wire/http.ts";
import type { Claim } from "./claim.ts";

/** Of the signature itself; and checksums, which S3 does not look at there: the SDK for JavaScript signs that of an empty body (localstack/localstack#12169, aws/aws-sdk#480). */
const NO_HEADER = /^x-amz-(algorithm|credential|date|expires|security-token|signature|signedheaders|content-sha256|checksum-.*|sdk-checksum-algorithm)$/;
/** Recorded by LocalStack, which AWS's page does not name. */
const CONDITIONS = new Set(["if-match", "if-none-match"]);

/** Once the signature is verified. What is sent as a header counts before. Version 2 signs these names in lower case alone: in any other whoever has the address could have added them. */
export function takeQueryHeaders(request: WireRequest, { version2 }: Pick<Claim, "version2">): void {
  for (const [given, value] of new URLSearchParams(request.query)) {
    const name = given.toLowerCase();
    if (version2 && name !== given) continue;
    if (CONDITIONS.has(name) || (name.startsWith("x-amz-") && !NO_HEADER.test(name))) request.headers[name] ??= value;
  }
}
