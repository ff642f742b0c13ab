// What a sample event says of the place it comes from: time, account, region, and ids that are new each time.
import { HEX, type Ids, LOWER_ALPHANUMERIC, UPPER_BASE32 } from "../../kernel/ids.ts";

export interface Facts {
  now: Date;
  account: string;
  region: string;
  uuid(): string;
  /** `length` hexadecimal digits. */
  hex(length: number): string;
  digits(length: number): string;
  /** Lower-case letters and digits. */
  word(length: number): string;
  /** As in AKIA…, AROA…: 16 more characters. */
  principal(prefix: string): string;
  /** Base64 of random bytes, for tokens and signatures that nobody can read. */
  opaque(bytes: number): string;
}

/** One event of one type; a source's samples are a table of these, its first being the usual one. */
export type Samples = Record<string, (facts: Facts) => unknown>;

export function factsOf({ ids, nowMs, account, region }: { ids: Ids; nowMs: number; account: string; region: string }): Facts {
  return {
    now: new Date(nowMs), account, region, uuid: () => ids.uuid(),
    hex: (length) => ids.token(length, HEX),
    digits: (length) => ids.token(length, "0123456789"),
    word: (length) => ids.token(length, LOWER_ALPHANUMERIC),
    principal: (prefix) => prefix + ids.token(16, UPPER_BASE32),
    opaque: (bytes) => Buffer.from(ids.bytes(bytes)).toString("base64"),
  };
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** 2026-11-20T10:00:00Z */
export const seconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");
/** 2026-11-20T10:00:00.000+0000 */
export const withOffset = (time: Date): string => time.toISOString().replace("Z", "+0000");

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** 20/Nov/2026:10:00:00 +0000, the common log format. */
export const logTime = (time: Date): string => `${time.toISOString().slice(8, 10)}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}:${time.toISOString().slice(11, 19)} +0000`;
/** 1-67891233-abcdef012345678912345678 */
export const traceRoot = ({ now, hex }: Facts): string => `Root=1-${Math.trunc(now.getTime() / 1000).toString(16)}-${hex(24)}`;
