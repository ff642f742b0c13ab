// What a function's answer says about a batch of a stream: where to go on, and the state of a tumbling window. Pure.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html

export interface Verdict {
  /** How many items from the first are done: all of them, or those before the lowest that is listed; none when the whole batch failed. */
  done: number;
  /** Of a tumbling window. */
  state?: object;
}

export interface Expected {
  /** Ids of the batch, in order. */
  ids: string[];
  /** FunctionResponseTypes has ReportBatchItemFailures; without it the answer is not read. */
  reportsFailures: boolean;
  inWindow: boolean;
  /** How this stream's `itemIdentifier`s name items; a text is the id itself when absent. */
  itemId?: ((itemIdentifier: unknown) => string | undefined) | undefined;
}

export function verdictOf(payload: Uint8Array, { ids, reportsFailures, inWindow, itemId = textId }: Expected): Verdict {
  const all: Verdict = { done: ids.length };
  const none: Verdict = { done: 0 };
  if (!reportsFailures && !inWindow) return all;
  let answer: unknown;
  try {
    answer = payload.byteLength === 0 ? null : JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"));
  } catch {
    return none;
  }
  const { state, batchItemFailures } = (typeof answer === "object" && !Array.isArray(answer) ? answer ?? {} : {}) as { state?: unknown; batchItemFailures?: unknown };
  if (inWindow) {
    // "If the response doesn't contain a state property, Lambda considers this a failed invocation."
    if (typeof state !== "object" || state === null || Array.isArray(state)) return none;
    all.state = state;
  }
  if (!reportsFailures) return all;
  // Complete successes: null and {} by the guide, "" and [] as observed on AWS. Any other scalar or list is not an answer of this kind.
  if (answer === null || answer === "" || (Array.isArray(answer) && answer.length === 0)) return all;
  if (typeof answer !== "object" || Array.isArray(answer)) return none;
  if (batchItemFailures === undefined || batchItemFailures === null) return all;
  if (!Array.isArray(batchItemFailures)) return none;
  let lowest = ids.length;
  const positions = new Map(batchItemFailures.length > 0 ? ids.map((id, at) => [id, at]) : []);
  for (const failure of batchItemFailures) {
    const id = itemId((failure as { itemIdentifier?: unknown } | null)?.itemIdentifier);
    const at = id === undefined ? undefined : positions.get(id);
    if (at === undefined) return none; // empty, null, under a wrong key, or not of this batch
    lowest = Math.min(lowest, at);
  }
  return { ...all, done: lowest };
}

const textId = (itemIdentifier: unknown): string | undefined => (typeof itemIdentifier === "string" ? itemIdentifier : undefined);
