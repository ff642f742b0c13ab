// The second id of every answer of S3's, x-amz-id-2 and HostId. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const BYTES = 56;

/** As long as AWS's, and another than the request's: made from it, so that header, error and event say the same. */
export const hostIdOf = (requestId: string): string => Buffer.from(requestId.repeat(2)).subarray(0, BYTES).toString("base64");
