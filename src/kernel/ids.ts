// The only source of ids and randomness. A seeded source makes a whole run repeatable.
import { randomBytes, randomFillSync, randomUUID } from "node:crypto";

export interface Ids {
  uuid(): string;
  /** `length` characters drawn from `alphabet`. */
  token(length: number, alphabet: string): string;
  bytes(length: number): Uint8Array;
  /** 0 <= n < 1, for jitter and weighted choices; never for secrets. */
  fraction(): number;
}

export const HEX = "0123456789abcdef";
export const LOWER_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyz0123456789";
/** The alphabet of AWS's unique ids (AKIA…, AROA…). */
export const UPPER_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function realIds(): Ids {
  const bytes = pooledBytes();
  return { uuid: () => randomUUID(), bytes, token: hexFrom(bytes, tokenFrom(bytes)), fraction: () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32 };
}

const POOL_BYTES = 8192;

/** Drawn from a pool, because asking the system takes 1.5 µs each time and was 10 % of the front's time with several per warm invoke. What was given out is wiped from the pool. */
function pooledBytes(): Ids["bytes"] {
  let pool = new Uint8Array(0);
  return (length) => {
    if (length > POOL_BYTES / 8) return new Uint8Array(randomBytes(length));
    if (pool.byteLength < length) pool = randomFillSync(new Uint8Array(POOL_BYTES));
    const out = pool.slice(0, length);
    pool.fill(0, 0, length);
    pool = pool.subarray(length);
    return out;
  };
}

/** Hexadecimal tokens, which every invoke's trace id needs, are cut from one long text. */
function hexFrom(bytes: Ids["bytes"], token: Ids["token"]): Ids["token"] {
  let pool = "";
  return (length, alphabet) => {
    if (alphabet !== HEX || length > POOL_BYTES / 8) return token(length, alphabet);
    if (pool.length < length) pool = Buffer.from(bytes(POOL_BYTES / 8)).toString("hex");
    const out = pool.slice(0, length);
    pool = pool.slice(length);
    return out;
  };
}

/** The same ids for the same seed; for tests and simulation only. */
export function seededIds(seed: number): Ids {
  let state = seed >>> 0 || 1;
  const step = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const bytes = (length: number) => Uint8Array.from({ length }, () => step() & 255);
  const uuid = () => {
    const b = bytes(16);
    b[6] = (b[6]! & 0x0f) | 0x40;
    b[8] = (b[8]! & 0x3f) | 0x80;
    return Buffer.from(b).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };
  return { uuid, bytes, token: tokenFrom(bytes), fraction: () => step() / 2 ** 32 };
}

function tokenFrom(bytes: Ids["bytes"]): Ids["token"] {
  return (length, alphabet) => {
    const limit = 256 - (256 % alphabet.length); // bytes past it would favour the first letters
    let out = "";
    while (out.length < length) for (const byte of bytes(length)) if (byte < limit && out.length < length) out += alphabet[byte % alphabet.length];
    return out;
  };
}
