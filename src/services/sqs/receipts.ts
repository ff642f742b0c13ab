// Receipt handles: which receive of which message of which queue, and when that was. Opaque to callers. Pure.

export interface Receipt {
  sequence: number;
  receipt: string;
  receivedMs: number;
  /** Of the message, so that batches can go through groups in order (group-order.ts). */
  group?: string;
}

/** AWS's begin with AQEB. */
const MARK = Buffer.from([1, 1, 1]);

export const writeReceipt = (queueId: string, { sequence, receipt, receivedMs, group }: Receipt): string =>
  Buffer.concat([MARK, Buffer.from(`${queueId}.${sequence}.${receipt}.${Math.trunc(receivedMs)}${group === undefined ? "" : `.${group}`}`)]).toString("base64");

/** Undefined when it is no handle of this queue. */
export function readReceipt(queueId: string, handle: string): Receipt | undefined {
  if (handle.length > 1024 || !handle.startsWith("AQEB")) return undefined;
  const [id, sequence = "", receipt = "", receivedMs = "", ...group] = Buffer.from(handle, "base64").toString("latin1").slice(MARK.byteLength).split(".");
  if (id !== queueId || !/^\d{1,15}$/.test(sequence) || !/^\d{1,15}$/.test(receivedMs) || !/^[a-z0-9]{1,64}$/.test(receipt)) return undefined;
  return { sequence: Number(sequence), receipt, receivedMs: Number(receivedMs), ...(group.length > 0 && { group: group.join(".") }) };
}
