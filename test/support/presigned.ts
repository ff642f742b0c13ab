// Addresses that carry their signature, made by the SDK's own signer.
import { createHash, createHmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";

class Sha256 {
  readonly #hash;
  constructor(key?: string | ArrayBuffer | ArrayBufferView) { this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key as string); }
  update(data: Uint8Array | string): void { this.#hash.update(data); }
  async digest(): Promise<Uint8Array> { return this.#hash.digest(); }
}

/** `url` with a signature for `method`; headers named here must then be sent. */
export async function presigned(url: string, method: string, credentials: { accessKeyId: string; secretAccessKey: string }, headers: Record<string, string> = {}): Promise<string> {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  const signer = new SignatureV4({ service: "s3", region: "eu-west-1", credentials, sha256: Sha256 as never, uriEscapePath: false, applyChecksum: false });
  const { query = {} } = await signer.presign({ method, protocol, hostname, port: Number(port), path: pathname, headers: { host, ...headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } } as never, { expiresIn: 300, unhoistableHeaders: new Set(), unsignableHeaders: new Set(["x-amz-content-sha256"]) });
  const search = new URLSearchParams(query as Record<string, string>);
  return `${url}?${search.toString().replaceAll("+", "%20")}`;
}
