// An address that does one thing with somebody's permission for a while: Signature Version 4 in the query, for functions of Object Lambda.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
import { createHash, createHmac } from "node:crypto";

export interface Signer {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface Presigned {
  /** http://127.0.0.1:4566 */
  endpoint: string;
  method: "GET" | "HEAD";
  /** Segments of the path, not encoded. */
  path: string[];
  query: [name: string, value: string][];
  region: string;
  signer: Signer;
  nowMs: number;
  expiresSeconds: number;
}

export function presign({ endpoint, method, path, query, region, signer, nowMs, expiresSeconds }: Presigned): string {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const signed: [string, string][] = [
    ...query, ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"], ["X-Amz-Credential", `${signer.accessKeyId}/${scope}`], ["X-Amz-Date", date], ["X-Amz-Expires", String(expiresSeconds)], ["X-Amz-SignedHeaders", "host"],
    ...(signer.sessionToken === undefined ? [] : [["X-Amz-Security-Token", signer.sessionToken] as [string, string]]),
  ];
  const encoded = signed.map(([name, value]): [string, string] => [encode(name), encode(value)]).sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0)).map((pair) => pair.join("=")).join("&");
  const target = `/${path.map(encode).join("/")}`;
  const canonical = `${method}\n${target}\n${encoded}\nhost:${new URL(endpoint).host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
  let key: Buffer | string = `AWS4${signer.secretAccessKey}`;
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  return `${endpoint}${target}?${encoded}&X-Amz-Signature=${createHmac("sha256", key).update(text).digest("hex")}`;
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
