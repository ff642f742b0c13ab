// What `x-amz-copy-source` names: "/BUCKET/KEY" or "BUCKET/KEY", percent-encoded, with "?versionId=…" after it for an older version.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html

export interface CopySource {
  bucket: string;
  key: string;
  versionId?: string;
}

/** Undefined when it is neither. */
export function parseCopySource(text: string): CopySource | undefined {
  const match = /^\/?([^/?]+)\/(.+?)(?:\?versionId=(.*))?$/s.exec(text);
  if (!match) return undefined;
  try {
    const [bucket, key] = [decodeURIComponent(match[1]!), decodeURIComponent(match[2]!)];
    return { bucket, key, ...(match[3] !== undefined && { versionId: match[3] }) };
  } catch {
    return undefined;
  }
}
