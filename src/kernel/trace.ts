// The header that carries a trace from service to service.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

const CHARACTERS_MAX = 512;
/** One root first or later, then whatever senders add; it becomes a header and a variable, so no other characters. */
const FIELD = /^[A-Za-z]{1,32}=[\w:|.,?/-]{1,256}$/;
const ROOT = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/;

/** The caller's header, fields joined by ";" alone. Undefined for none and for one that is not well-formed, which AWS's services replace too. */
export function readTraceHeader(header: string | undefined): string | undefined {
  if (header === undefined || header.length > CHARACTERS_MAX) return undefined;
  const fields = header.split(";").map((field) => field.trim()).filter((field) => field !== "");
  return fields.every((field) => FIELD.test(field)) && fields.filter((field) => ROOT.test(field)).length === 1 ? fields.join(";") : undefined;
}

export interface NewTrace {
  nowMs: number;
  /** 40 random hex digits: 24 for a root, 16 for a parent. */
  hex(): string;
  /** What to decide when the caller has not. */
  sampled: boolean;
}

/** A header with root, parent and decision: what the caller left open is filled in. */
export function completeTraceHeader(given: string | undefined, { nowMs, hex, sampled }: NewTrace): string {
  if (given === undefined) {
    const random = hex(); // once: asking the system for randomness is the dearest part of a warm invoke's bookkeeping
    return `Root=1-${Math.trunc(nowMs / 1000).toString(16).padStart(8, "0")}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=${sampled ? 1 : 0}`;
  }
  const fields = given.split(";").filter((field) => field !== "Sampled=?"); // the sender asks us to decide
  if (!fields.some((field) => field.startsWith("Parent="))) fields.splice(1, 0, `Parent=${hex().slice(24)}`);
  if (!fields.some((field) => /^Sampled=[01]$/.test(field))) fields.push(`Sampled=${sampled ? 1 : 0}`);
  return fields.join(";");
}
