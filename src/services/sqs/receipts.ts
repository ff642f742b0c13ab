// Receipt handles: which receive of which message of which queue, and when that was. Opaque to callers. Pure.

export interface Receipt {
  sequence: number;
  receipt: string;
  receivedMs: number;
}

/** AWS's begin with AQEB. */
const MARK = Buffer.from([1, 1, 1]);

export const writeReceipt = (queueId: string, { sequence, receipt, receivedMs }: Receipt): string =>
  Buffer.concat([MARK, Buffer.from(`${queueId}.${sequence}.${receipt}.${Math.trunc(receivedMs)}`)]).toString("base64");

/** Undefined when it is no handle of this queue. */
export function readReceipt(queueId: string, handle: string): Receipt | undefined {
  if (handle.length > 1024 || !handle.startsWith("AQEB")) return undefined;
  const [id, sequence = "", receipt = "", receivedMs = "", ...more] = Buffer.from(handle, "base64").toString("latin1").slice(MARK.byteLength).split(".");
  if (id !== queueId || more.length > 0 || !/^\d{1,15}$/.test(sequence) || !/^\d{1,15}$/.test(receivedMs) || !/^[a-z0-9]{1,64}$/.test(receipt)) return undefined;
  return { sequence: Number(sequence), receipt, receivedMs: Number(receivedMs) };
}
