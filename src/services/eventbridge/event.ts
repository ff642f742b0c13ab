// An event as it goes over a bus. No I/O.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
import { compact } from "../../patterns/json-text.ts";

export interface EventFields {
  id: string;
  detailType: string;
  source: string;
  account: string;
  timeMs: number;
  region: string;
  resources: string[];
  /** JSON text of an object. */
  detail: string;
  replayName?: string;
}

/** JSON, its members in AWS's order (recorded), the numbers in `detail` as they were written. */
export function eventText({ id, detailType, source, account, timeMs, region, resources, detail, replayName }: EventFields): string {
  const head = JSON.stringify({ version: "0", id, "detail-type": detailType, source, account, time: isoTime(timeMs), region, ...(replayName !== undefined && { "replay-name": replayName }), resources });
  return `${head.slice(0, -1)},"detail":${compact(detail)}}`;
}

/** Whole seconds: 2026-11-20T10:00:00Z */
export const isoTime = (ms: number): string => new Date(Math.trunc(ms)).toISOString().replace(/\.\d+/, ""); // years beyond 9999 have more digits
