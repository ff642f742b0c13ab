// The header that carries a trace from service to service.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
import { createHash } from "node:crypto";

const CHARACTERS_MAX = 512;
/** One root first or later, then whatever senders add; it becomes a header and a variable, so no other characters. */
const FIELD = /^[A-Za-z]{1,32}=[\w:|.,?/-]{1,256}$/;
const ROOT = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const LINEAGE = "Lineage=";
const LINEAGE_ENTRY = /^[0-9a-f]{8}:\d{1,5}$/;
/** As many as fit into one header field with room to spare. */
const LINEAGE_FUNCTIONS_MAX = 16;
const LINEAGE_COUNT_MAX = 65_535;

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
  /** Replaces the caller's. */
  lineage: string;
}

/** A header with root, parent and decision: what the caller left open is filled in. */
export function completeTraceHeader(given: string | undefined, { nowMs, hex, sampled, lineage }: NewTrace): string {
  if (given === undefined) {
    const random = hex(); // once: asking the system for randomness is the dearest part of a warm invoke's bookkeeping
    return `Root=1-${Math.trunc(nowMs / 1000).toString(16).padStart(8, "0")}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=${sampled ? 1 : 0};${LINEAGE}${lineage}`;
  }
  const fields = given.split(";").filter((field) => field !== "Sampled=?" && !field.startsWith(LINEAGE)); // "?": the sender asks us to decide
  if (!fields.some((field) => field.startsWith("Parent="))) fields.splice(1, 0, `Parent=${hex().slice(24)}`);
  if (!fields.some((field) => /^Sampled=[01]$/.test(field))) fields.push(`Sampled=${sampled ? 1 : 0}`);
  return `${fields.join(";")};${LINEAGE}${lineage}`;
}

/**
 * The functions that one event has been through, each with how often it has come back: "061379e8:0|cbc84ad3:2".
 * AWS documents no format. This one was on real headers in 2023 and 2024 (aws-xray-sdk-node pull request 651: a function that calls another,
 * counts from 0; "foo:1|bar:65535" in aws-lambda-runtime-interface-emulator). Since 2025 AWS writes "1:e547cb94:0", and how that counts
 * is known to nobody outside; here it counts as none. `times`: how often the event has been at this function before.
 */
export function extendLineage(header: string | undefined, functionHash: string): { times: number; lineage: string } {
  const field = header?.split(";").find((one) => one.startsWith(LINEAGE));
  const entries = field === undefined ? [] : field.slice(LINEAGE.length).split("|").filter((entry) => LINEAGE_ENTRY.test(entry));
  const mine = entries.findIndex((entry) => entry.startsWith(`${functionHash}:`));
  if (mine < 0) return { times: 0, lineage: [...entries.slice(1 - LINEAGE_FUNCTIONS_MAX), `${functionHash}:0`].join("|") };
  const times = Number(entries[mine]!.slice(functionHash.length + 1)) + 1;
  entries[mine] = `${functionHash}:${Math.min(times, LINEAGE_COUNT_MAX)}`;
  return { times, lineage: entries.join("|") };
}

/** A function's name in a lineage; all its versions are one. Unqualified. */
export const functionHash = (functionArn: string): string => createHash("sha256").update(functionArn).digest("hex").slice(0, 8);
