// Request bodies that clients compress before they sign them: AWS's SDKs do so with PutMetricData above 10 KB.
// https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ServiceError } from "../kernel/errors.ts";
import { REQUEST_BYTES_MAX } from "../kernel/limits.ts";
import type { WireBody, WireRequest } from "./http.ts";

const unpack = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

/** The request with its body as it was before. For protocols whose bodies are read whole; in S3 the encoding belongs to the object. */
export function decompressed(request: WireRequest): WireRequest {
  if (request.headers["content-encoding"]?.trim().toLowerCase() !== "gzip") return request;
  const bytes = (limitBytes: number) => unpacked(request.body, limitBytes);
  return { ...request, body: { bytes, async *stream() { yield await bytes(REQUEST_BYTES_MAX); } } };
}

/** The limit holds for both sizes: a small body that unpacks to a huge one is refused as a huge one. */
async function unpacked(body: WireBody, limitBytes: number): Promise<Uint8Array> {
  const packed = await body.bytes(limitBytes);
  try {
    return await unpack(packed, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new ServiceError("RequestEntityTooLargeException", "", { status: 413 });
    throw new ServiceError("SerializationException", ""); // ours: what AWS says of a broken gzip is not known
  }
}
