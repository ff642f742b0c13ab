// What a ReplayPolicy asks for. No I/O. https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-subscriber.html
import { notAnAttribute } from "./errors.ts";

interface Window {
  fromMs: number;
  /** Included. */
  untilMs: number;
}

/** Throws InvalidParameter; our words, with the rules of the guide. */
export function windowOf(policy: string, prefix: string): Window {
  const bad = (what: string) => notAnAttribute(prefix, `ReplayPolicy: ${what}`);
  const parsed = JSON.parse(policy) as Record<string, unknown> | null;
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw bad("must be a JSON object");
  const { PointType, StartingPoint, EndingPoint, ...others } = parsed;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw bad(`unknown member ${unknown.slice(0, 100)}`);
  if (PointType !== "Timestamp") throw bad("PointType must be Timestamp");
  const fromMs = instantOf(StartingPoint);
  if (fromMs === undefined) throw bad("StartingPoint must be an ISO 8601 timestamp");
  const untilMs = EndingPoint === undefined ? Infinity : instantOf(EndingPoint);
  if (untilMs === undefined) throw bad("EndingPoint must be an ISO 8601 timestamp");
  if (untilMs <= fromMs) throw bad("EndingPoint must be after StartingPoint");
  return { fromMs, untilMs };
}

function instantOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
