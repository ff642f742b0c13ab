// Bodies sent as aws-chunked, decoded for the rooms; each chunk's signature continues from the request's.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html · https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
import type { TrailedBody } from "../kernel/checksums.ts";
import { algorithmOf, CHUNKED_PAYLOADS, type ChunkedPayload, decodeAwsChunked, type SignedPart } from "../wire/aws-chunked.ts";
import type { WireBody, WireRequest } from "../wire/http.ts";
import { refusal } from "./auth-errors.ts";
import type { Caller } from "./authenticate.ts";
import { EMPTY_SHA256, equalText, sign } from "./signature.ts";
import { tooLarge } from "./request-body.ts";

/** The request as the service means it: its body decoded, and the encoding gone from its headers. Other requests come back as they are. */
export function decodeChunks(request: WireRequest, caller: Caller, service: string): WireRequest {
  const announced = request.headers["x-amz-content-sha256"];
  if (announced === undefined || !announced.startsWith("STREAMING-")) return request;
  const payload = CHUNKED_PAYLOADS.find((name) => name === announced);
  if (!payload) throw refusal("algorithm", request, service, `Evoke does not verify ${announced.slice(0, 100)}. Please use AWS4-HMAC-SHA256.`);
  const encoding = (request.headers["content-encoding"] ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "" && part !== "aws-chunked").join(", ");
  const { "content-encoding": _, "content-length": _encoded, ...headers } = request.headers;
  const body = decoded(request, caller, service, payload);
  return { ...request, headers: { ...headers, ...(encoding !== "" && { "content-encoding": encoding }), ...(body.lengthBytes !== undefined && { "content-length": String(body.lengthBytes) }) }, body };
}

function decoded(request: WireRequest, caller: Caller, service: string, payload: ChunkedPayload): WireBody {
  const { headers, body } = request;
  const length = headers["x-amz-decoded-content-length"];
  const decodedBytes = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  const announcedTrailers = (headers["x-amz-trailer"] ?? "").split(",").map((name) => name.trim()).filter((name) => name !== "");
  const algorithm = announcedTrailers.length === 1 ? algorithmOf(announcedTrailers[0]!) : undefined;
  const stream = (): AsyncIterable<Uint8Array> | TrailedBody => {
    let compared = "";
    const data = decodeAwsChunked(body.stream(), {
      payload, announcedTrailers,
      ...(decodedBytes !== undefined && { decodedBytes }),
      ...(caller.signed && { verifyPart: partVerifier(caller.signed, () => refusal("mismatch", request, service)) }),
      onChecksum: (_algorithm, value) => { compared = value; },
    });
    return algorithm === undefined ? data : Object.assign(data, { trailer: { algorithm, value: () => compared } });
  };
  return {
    ...(decodedBytes !== undefined && { lengthBytes: decodedBytes }),
    stream,
    async bytes(limitBytes) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of stream()) {
        chunks.push(chunk);
        size += chunk.byteLength;
        if (size > limitBytes) throw tooLarge(limitBytes);
      }
      return Buffer.concat(chunks, size);
    },
  };
}

/** Parts must come in the order they were signed in: each string to sign holds the signature before it. */
function partVerifier({ key, claim }: NonNullable<Caller["signed"]>, wrong: () => Error): (part: SignedPart) => void {
  let previous = claim.signature;
  return ({ kind, signature, sha256 }) => {
    const head = `AWS4-HMAC-SHA256-${kind === "chunk" ? "PAYLOAD" : "TRAILER"}\n${claim.date}\n${claim.scope.text}\n${previous}\n`;
    if (!equalText(sign(key, kind === "chunk" ? `${head}${EMPTY_SHA256}\n${sha256}` : head + sha256), signature)) throw wrong();
    previous = signature;
  };
}
