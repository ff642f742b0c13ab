// Plain values for HTTP. The wire layer never touches a socket.

export interface WireRequest {
  method: string;
  /** Percent-encoded, without the query. */
  path: string;
  /** The raw query, without the question mark. */
  query: string;
  /** Lower-case names; repeated headers joined with ", ". */
  headers: Record<string, string>;
  body: WireBody;
}

export interface WireBody {
  /** From Content-Length (or x-amz-decoded-content-length), where known. */
  readonly lengthBytes?: number;
  /** All of it, where it is in memory already and there is nothing to check about it: never of a body that wraps another. */
  readonly whole?: Uint8Array;
  /** Reads all of it; throws ServiceError RequestEntityTooLarge (413) past `limitBytes`. Cheap when it is already in memory. */
  bytes(limitBytes: number): Promise<Uint8Array>;
  /** For operations whose input member streams. Signature or checksum errors surface as a throw at the end. */
  stream(): AsyncIterable<Uint8Array>;
}

export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  /** Set-Cookie, the one header that may come several times. Only functions send any. */
  cookies?: string[];
  body: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** A body that is already in memory. */
export const bytesBody = (bytes: Uint8Array): WireBody => ({
  lengthBytes: bytes.byteLength,
  whole: bytes,
  bytes: async () => bytes,
  stream: async function* () { if (bytes.byteLength) yield bytes; },
});
