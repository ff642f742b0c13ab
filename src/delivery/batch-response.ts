// What a function answered for a batch of a queue: which items failed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting

/** Ids of the batch that failed, none when all are done; undefined when the answer is not one, and the whole batch failed. */
export function failedItems(payload: Uint8Array, ids: string[]): Set<string> | undefined {
  const all = new Set(ids);
  let answer: unknown;
  try {
    answer = payload.byteLength === 0 ? null : JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
  // Successes: null and {} by the guide; "" and [] as AWS was observed to take them for Kinesis.
  if (answer === null || answer === "" || (Array.isArray(answer) && answer.length === 0)) return new Set();
  if (typeof answer !== "object" || Array.isArray(answer)) return undefined;
  const { batchItemFailures } = answer as { batchItemFailures?: unknown };
  if (batchItemFailures === undefined || batchItemFailures === null) return new Set();
  if (!Array.isArray(batchItemFailures)) return undefined;
  const failed = new Set<string>();
  for (const failure of batchItemFailures) {
    const id = (failure as { itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (typeof id !== "string" || !all.has(id)) return undefined; // empty, null, under a wrong key, or not of this batch
    failed.add(id);
  }
  return failed;
}
