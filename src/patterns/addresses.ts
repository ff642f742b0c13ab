// IP addresses and ranges of them, as event-ruler reads them (CIDR.java; its sentences).
import { isIP } from "node:net";

/** Looks like an address to event-ruler, whether it is one or not. */
const SHAPED = /^(?:[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*)$/;

/** Its bits as a number, and how many there are; undefined when it is no address. */
export function addressOf(text: string): { bits: bigint; width: 32 | 128 } | undefined {
  if (text.length > 39 || !SHAPED.test(text)) return undefined;
  const version = isIP(text);
  if (version === 4) return { bits: text.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n), width: 32 };
  return version === 6 ? { bits: groups(text).reduce((bits, group) => (bits << 16n) | BigInt(group), 0n), width: 128 } : undefined;
}

function groups(text: string): number[] {
  const [head, tail] = text.split("::") as [string, string | undefined];
  const read = (part: string | undefined) => (part ? part.split(":").map((group) => Number.parseInt(group, 16)) : []);
  const before = read(head);
  const after = read(tail);
  return tail === undefined ? before : [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
}

/** Whether a value is an address in the range, or the sentence that says why this is no range. */
export function inRange(cidr: string): ((value: string) => boolean) | { wrong: string } {
  const [address, mask, ...more] = cidr.replace(/\/+$/, "").split("/");
  if (mask === undefined || more.length > 0) return { wrong: "Malformed CIDR, one '/' required" };
  if (!/^[+-]?\d{1,10}$/.test(mask)) return { wrong: "Malformed CIDR, mask bits must be an integer" };
  const maskBits = Number(mask);
  if (maskBits < 0) return { wrong: "Malformed CIDR, mask bits must not be negative" };
  const base = addressOf(address!);
  if (base === undefined) return { wrong: `${SHAPED.test(address!) ? "Invalid" : "Nonstandard"} IP address: ${address}` };
  if (maskBits >= base.width) return { wrong: `IPv${base.width === 32 ? 4 : 6} mask bits must be < ${base.width}` };
  const free = BigInt(base.width - maskBits);
  const network = base.bits >> free;
  return (value) => {
    const candidate = addressOf(value);
    return candidate !== undefined && candidate.width === base.width && candidate.bits >> free === network;
  };
}
