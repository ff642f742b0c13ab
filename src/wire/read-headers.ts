// What S3 refuses to hear of who reads an object: how it was encrypted by keys that are not the reader's.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ("you'll get an HTTP 400 Bad Request error")
import { ServiceError } from "../kernel/errors.ts";

const HEADER = "x-amz-server-side-encryption";

/** The code and status are documented, the sentence is recalled. */
export function checkReadHeaders(operation: string, headers: Record<string, string | undefined>): void {
  const value = headers[HEADER];
  if (value === undefined || (operation !== "GetObject" && operation !== "HeadObject")) return;
  throw new ServiceError("InvalidArgument", `${HEADER} header is not supported for this operation.`, { members: { ArgumentName: HEADER, ArgumentValue: value } });
}
