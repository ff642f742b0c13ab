// Where a function's answer goes: collected for Invoke, or passed on as it comes for InvokeWithResponseStream.
import { LAMBDA } from "../kernel/limits.ts";
import type { InvokeResult, StreamedResult } from "../ports/functions.ts";
import { type Failure, responseTooLarge } from "./failures.ts";

/** Called by the environment; whole() or begin()…chunk() first, settle() or reject() last and once. */
export interface Answer {
  whole(payload: Uint8Array): void;
  begin(contentType: string): void;
  /** False: stop reading until `onRoom` is called. */
  chunk(bytes: Uint8Array): boolean;
  /** Set by the environment. */
  onRoom: () => void;
  /** Set by the pool; called before the caller has the answer, so that its next invocation finds this one gone. */
  onEnd: () => void;
  /** What became of it; a failure that only shows here (an answer above the limit) wins over success. */
  failure(): Failure | undefined;
  bytes(): number;
  settle(failure: Failure | undefined, logTail: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

const NOTHING = new Uint8Array(0);
const nothing = () => {};

export function bufferedAnswer(executedVersion: string, resolve: (result: InvokeResult) => void, reject: (error: unknown) => void): Answer {
  let payload: Uint8Array = NOTHING;
  let chunks: Uint8Array[] | undefined;
  let total = 0;
  let failure: Failure | undefined;
  const answer: Answer = {
    onRoom: nothing, onEnd: nothing,
    whole(bytes) { payload = bytes; chunks = undefined; total = bytes.byteLength; },
    begin() { chunks ??= []; },
    chunk(bytes) {
      total += bytes.byteLength;
      if (total <= LAMBDA.responseBytesMax) (chunks ??= []).push(bytes);
      else if (!failure) { failure = responseTooLarge(); chunks = []; }
      return true;
    },
    failure: () => failure,
    bytes: () => total,
    settle(failed, logTail) {
      if (failed) payload = failed.payload;
      else if (chunks) payload = Buffer.concat(chunks);
      answer.onEnd();
      resolve(logTail ? { failed: failed !== undefined, payload, executedVersion, logTail } : { failed: failed !== undefined, payload, executedVersion });
    },
    reject(error) {
      answer.onEnd();
      reject(error);
    },
  };
  return answer;
}

const PLATFORM_FAULT: Failure = { payload: Buffer.from('{"errorType":"Platform.Fault","errorMessage":"The platform failed"}'), errorType: "Platform.Fault", status: "failure" };

/** What may wait for a slow client before the function is no longer read from. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** AWS slows streams to 2 MB/s after 6 MB; here they are as fast as their reader, and never ahead of it by more than a megabyte. */
export function streamedAnswer(executedVersion: string, resolve: (result: StreamedResult) => void, reject: (error: unknown) => void): Answer {
  let queue: Uint8Array[] = [];
  let queuedBytes = 0;
  let total = 0;
  let begun = false;
  let ended = false;
  let abandoned = false;
  let failure: Failure | undefined;
  let wake: (() => void) | undefined;
  const { promise: completed, resolve: complete } = Promise.withResolvers<Awaited<StreamedResult["completed"]>>();

  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = queue.shift();
        if (next) {
          const wasFull = queuedBytes >= BUFFERED_BYTES_MAX;
          queuedBytes -= next.byteLength;
          if (wasFull && queuedBytes < BUFFERED_BYTES_MAX) answer.onRoom();
          yield next;
        } else if (ended) return;
        else await new Promise<void>((done) => { wake = done; });
      }
    } finally {
      // The client is gone; the function runs on to its end, unheard (as on AWS).
      abandoned = true;
      queue = [];
      queuedBytes = 0;
      answer.onRoom();
    }
  }
  const add = (bytes: Uint8Array) => {
    if (abandoned || !bytes.byteLength) return;
    // Small chunks would hold on to the 64 KB they were read into.
    queue.push(bytes.byteLength < 4096 ? Uint8Array.from(bytes) : bytes);
    queuedBytes += bytes.byteLength;
    wake?.();
  };
  const begin = (contentType: string) => {
    if (begun) return;
    begun = true;
    resolve({ contentType, executedVersion, chunks: chunks(), completed });
  };
  const answer: Answer = {
    onRoom: nothing, onEnd: nothing,
    whole(bytes) { total = bytes.byteLength; begin("application/json"); add(bytes); },
    begin,
    chunk(bytes) {
      total += bytes.byteLength;
      if (total > LAMBDA.streamedResponseBytesMax) failure ??= { ...responseTooLarge(), payload: Buffer.from(JSON.stringify({ errorType: "Function.ResponseSizeTooLarge", errorMessage: `Response payload size exceeded maximum allowed payload size (${LAMBDA.streamedResponseBytesMax} bytes).` })) };
      else add(bytes);
      return queuedBytes < BUFFERED_BYTES_MAX;
    },
    failure: () => failure,
    bytes: () => total,
    settle(failed, logTail) {
      if (failed && !begun) { begin("application/json"); add(failed.payload); }
      begin("application/octet-stream");
      ended = true;
      answer.onEnd();
      wake?.();
      complete({ ...(failed ? { errorCode: failed.errorType.endsWith(".Unknown") ? "Unhandled" : failed.errorType, errorDetails: Buffer.from(failed.payload).toString() } : {}), ...(logTail ? { logTail } : {}) });
    },
    reject(error) {
      if (begun) return answer.settle(PLATFORM_FAULT, undefined);
      answer.onEnd();
      reject(error);
    },
  };
  return answer;
}
