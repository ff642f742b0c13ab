// What `x-amz-copy-source` names: "/BUCKET/KEY" or "BUCKET/KEY", percent-encoded, with "?versionId=…" after it for an older version.
// An address before them is passed over: http://HOST/BUCKET/KEY (recorded). The slash after the bucket may be encoded, too: Terraform encodes all of it. A plus sign is a space, as Go writes it (recorded).
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html

export interface CopySource {
  bucket: string;
  key: string;
  versionId?: string;
}

/** Undefined when it is neither. */
export function parseCopySource(text: string): CopySource | undefined {
  const [, encoded, versionId] = /^(.+?)(?:\?versionId=(.*))?$/s.exec(text) ?? [];
  try {
    const [, bucket, key] = /^\/?([^/]+)\/(.+)$/s.exec(decodeURIComponent((encoded ?? "").replace(/^https?:\/\/[^/]*/, "").replaceAll("+", " "))) ?? [];
    return bucket === undefined ? undefined : { bucket, key: key!, ...(versionId !== undefined && { versionId }) };
  } catch {
    return undefined;
  }
}
