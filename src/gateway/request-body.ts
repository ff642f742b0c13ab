// The body of a request as the wire layer reads it: from a socket, with a limit, a stall limit, and hashes checked.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../kernel/clock.ts";
import { ServiceError } from "../kernel/errors.ts";
import { REQUEST_BYTES_MAX } from "../kernel/limits.ts";
import { bytesBody, type WireBody } from "../wire/http.ts";
import { sha256Hex } from "./signature.ts";

/** A client that sends nothing for so long in the middle of a body is cut off. */
const STALL_MS_MAX = 60_000;

export const NO_BODY: WireBody = bytesBody(new Uint8Array());

export const tooLarge = (limitBytes: number): ServiceError => new ServiceError("RequestEntityTooLargeException", `Request must be smaller than ${limitBytes} bytes for this operation`, { status: 413 });
const broken = (): ServiceError => new ServiceError("IncompleteBody", "The client closed the connection, or sent nothing for 60 seconds, before the request was complete.");

/** `begin` runs before the first byte is asked for (Expect: 100-continue). */
export function incomingBody(incoming: IncomingMessage, begin: () => void, clock: Clock): WireBody {
  const declared = incoming.headers["content-length"];
  if (declared === undefined && incoming.headers["transfer-encoding"] === undefined) return NO_BODY;
  if (declared === "0") return NO_BODY;
  const lengthBytes = declared === undefined ? undefined : Number(declared);
  let whole: Promise<Uint8Array> | undefined;
  return {
    ...(lengthBytes !== undefined && { lengthBytes }),
    async bytes(limitBytes) {
      if (lengthBytes !== undefined && lengthBytes > limitBytes) throw tooLarge(limitBytes);
      if (!whole) {
        begin();
        whole = collect(incoming, limitBytes, clock);
      }
      const bytes = await whole;
      if (bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
      return bytes;
    },
    async *stream() {
      if (lengthBytes !== undefined && lengthBytes > REQUEST_BYTES_MAX) throw tooLarge(REQUEST_BYTES_MAX);
      if (whole) return yield await whole;
      begin();
      yield* chunksOf(incoming, clock);
    },
  };
}

function collect(incoming: IncomingMessage, limitBytes: number, clock: Clock): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onStall = () => settle(() => reject(broken()));
    let cancelStall = clock.after(STALL_MS_MAX, onStall);
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limitBytes) return settle(() => reject(tooLarge(limitBytes)));
      cancelStall();
      cancelStall = clock.after(STALL_MS_MAX, onStall);
    };
    const onEnd = () => settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)));
    const onClose = () => settle(() => reject(broken()));
    const settle = (finish: () => void) => {
      cancelStall();
      incoming.off("data", onData).off("end", onEnd).off("close", onClose);
      finish();
    };
    incoming.on("data", onData).on("end", onEnd).on("close", onClose);
    if (incoming.destroyed && !incoming.readableEnded) onClose();
  });
}

/** The stall limit runs only while waiting for the client, not while the consumer is busy. Leaving early does not destroy the socket. */
async function* chunksOf(incoming: IncomingMessage, clock: Clock): AsyncIterable<Uint8Array> {
  let size = 0;
  let heard = () => {};
  const hear = () => heard();
  incoming.on("error", () => {}); // a close follows
  incoming.on("readable", hear).on("end", hear).on("close", hear);
  const news = () => new Promise<void>((resolve, reject) => {
    const cancel = clock.after(STALL_MS_MAX, () => reject(broken()));
    heard = () => {
      cancel();
      resolve();
    };
  });
  try {
    for (;;) {
      const chunk = incoming.read() as Buffer | null;
      if (chunk !== null) {
        size += chunk.length;
        if (size > REQUEST_BYTES_MAX) throw tooLarge(REQUEST_BYTES_MAX);
        yield chunk;
      } else if (incoming.readableEnded) return;
      else if (incoming.destroyed) throw broken();
      else await news();
    }
  } finally {
    incoming.off("readable", hear).off("end", hear).off("close", hear);
  }
}

/** Throws `wrong()` once the whole body has been seen and is not the one that was promised. */
export function hashedBody(body: WireBody, sha256: string, wrong: () => Error): WireBody {
  let checked: Uint8Array | undefined;
  return {
    ...(body.lengthBytes !== undefined && { lengthBytes: body.lengthBytes }),
    async bytes(limitBytes) {
      const bytes = await body.bytes(limitBytes);
      if (bytes !== checked && sha256Hex(bytes) !== sha256) throw wrong();
      checked = bytes;
      return bytes;
    },
    async *stream() {
      const hash = createHash("sha256");
      for await (const chunk of body.stream()) {
        hash.update(chunk);
        yield chunk;
      }
      if (hash.digest("hex") !== sha256) throw wrong();
    },
  };
}
