// The last 4 KB of one invocation's log, where several run at once: the platform's own records of it, and the lines that carry its request id.
import { LAMBDA } from "../../kernel/limits.ts";
import type { Environment } from "../environment.ts";
import { systemLines } from "../log-lines.ts";
import type { Report } from "../platform-records.ts";

export interface Tail {
  line(text: string): void;
  end(report: Report): Promise<Uint8Array>;
}

/** A line that was written before the answer may still be on its way through a pipe. */
const LINES_MS = 20;

export function openTail({ version, initializationType, clock }: Pick<Environment, "version" | "initializationType" | "clock">, requestId: string, traceId: string): Tail {
  const lines = systemLines({ version, initializationType, tenantId: undefined });
  const kept: string[] = [];
  let bytes = 0;
  const keep = (text: string | undefined) => {
    if (text === undefined) return;
    kept.push(text);
    bytes += Buffer.byteLength(text) + 1;
    while (kept.length > 1 && bytes - Buffer.byteLength(kept[0]!) - 1 > LAMBDA.logTailBytesMax) bytes -= Buffer.byteLength(kept.shift()!) + 1;
  };
  keep(lines.start(Math.trunc(clock.now()), requestId, traceId));
  return {
    line(text) { if (text.includes(requestId)) keep(text); },
    async end(report) {
      await clock.sleep(LINES_MS);
      keep(lines.report(Math.trunc(clock.now()), report, 0));
      const all = Buffer.from(kept.map((line) => `${line}\n`).join(""));
      return all.subarray(Math.max(0, all.byteLength - LAMBDA.logTailBytesMax));
    },
  };
}
