// What a caller gets of a stream that is longer than a stream may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LAMBDA } from "../kernel/limits.ts";
import type { StreamedResult } from "../ports/functions.ts";
import { streamedAnswer } from "./answers.ts";

test("a stream ends at 200 MB with AWS's error, and what came before it has arrived", async () => {
  let result!: StreamedResult;
  const answer = streamedAnswer("$LATEST", (begun) => { result = begun; }, () => assert.fail("refused"));
  const piece = new Uint8Array(2 * 1024 * 1024);
  answer.begin("application/octet-stream");
  for (let sent = 0; sent < LAMBDA.streamedResponseBytesMax; sent += piece.byteLength) answer.chunk(piece);
  assert.equal(answer.failure(), undefined);
  answer.chunk(new Uint8Array(1));
  answer.settle(answer.failure(), undefined);
  let arrived = 0;
  for await (const chunk of result.chunks) arrived += chunk.byteLength;
  assert.equal(arrived, LAMBDA.streamedResponseBytesMax);
  const { errorCode, errorDetails } = await result.completed;
  assert.equal(errorCode, "Function.ResponseSizeTooLarge");
  assert.match(errorDetails!, /exceeded maximum allowed payload size \(209715200 bytes\)/);
});
