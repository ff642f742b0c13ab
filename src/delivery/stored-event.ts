// How an asynchronous event lies in its queue: a line of JSON about it, then payload and last response as they came, so that neither is read to be stored.
import { assert } from "../kernel/assert.ts";

export interface StoredEvent {
  /** As it was asked for: qualified or not. */
  functionArn: string;
  requestId: string;
  acceptedMs: number;
  traceId: string;
  tenantId?: string;
  /** Runs that ended in a function error. */
  failures: number;
  /** JSON text. */
  payload: string;
  /** The last function error, for the record of an event that gets too old before its next run. */
  last?: LastResponse;
}

export interface LastResponse {
  executedVersion: string;
  /** Absent when it was large. */
  payload?: string;
}

interface Head extends Omit<StoredEvent, "payload" | "last"> {
  payloadCharacters: number;
  lastVersion?: string;
}

/** The item's body must stay below the stores' limit beside the payload. */
const LAST_CHARACTERS_MAX = 262_144;

export function encodeEvent({ payload, last, ...about }: StoredEvent): string {
  const head: Head = { ...about, payloadCharacters: payload.length };
  if (!last) return `${JSON.stringify(head)}\n${payload}`;
  head.lastVersion = last.executedVersion;
  const isKept = last.payload !== undefined && last.payload.length <= LAST_CHARACTERS_MAX;
  return `${JSON.stringify(head)}\n${payload}${isKept ? last.payload : ""}`;
}

export function decodeEvent(body: string): StoredEvent {
  const end = body.indexOf("\n");
  assert(end > 0, "a stored event begins with a line about it");
  const { payloadCharacters, lastVersion, ...about } = JSON.parse(body.slice(0, end)) as Head;
  const event: StoredEvent = { ...about, payload: body.slice(end + 1, end + 1 + payloadCharacters) };
  if (lastVersion === undefined) return event;
  event.last = { executedVersion: lastVersion };
  const lastPayload = body.slice(end + 1 + payloadCharacters);
  if (lastPayload !== "") event.last.payload = lastPayload;
  return event;
}
