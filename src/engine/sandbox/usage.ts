// What one sandbox uses, against what it may: memory, and /tmp where no file system holds that to its size.
import { folderBytes } from "./folder-size.ts";
import { members } from "./kill.ts";
import { descendants, memoryBytesOf } from "./processes.ts";
import type { Started } from "./running.ts";

export interface Limits {
  memoryMb: number;
  tmpMb: number;
}

const MB = 1024 * 1024;
/** Above this share of its memory a function is looked at more often. */
const CLOSE = 0.7;
/** Walking a folder costs more than reading a number: once a second. */
const LOOKS_PER_TMP_LOOK = 4;

export function watchUsage(started: Started, limits: Limits, onOver: (why: "memory" | "tmp") => void) {
  const { spec, child, scratch, group, tmp, log } = started;
  let peak = 0;
  let looks = 0;
  const measure = async (): Promise<number> => {
    const used = group ? await group.memoryUsedBytes() : await memoryBytesOf(process.platform === "linux" ? [child.pid!, ...descendants(child.pid!)] : await members(started));
    peak = Math.max(peak, used);
    return used;
  };
  return {
    async check(): Promise<"close" | undefined> {
      const used = await measure();
      if (used > limits.memoryMb * MB) onOver("memory");
      else if (tmp === "watched" && ++looks % LOOKS_PER_TMP_LOOK === 0 && await folderBytes(scratch.tmp, limits.tmpMb * MB) > limits.tmpMb * MB) {
        log.warn("a function filled its /tmp and was stopped, for on this isolation level nothing else holds it to its size", { sandbox: spec.id, tmpMb: limits.tmpMb });
        onOver("tmp");
      } else if (group && used > CLOSE * limits.memoryMb * MB) return "close";
      return undefined;
    },
    async peakBytes(running: boolean): Promise<number> {
      if (running) await measure();
      return peak;
    },
  };
}

/**
 * The kernel's limit leaves room for a full /tmp: a tmpfs is charged to the group of whoever writes it, and AWS does not count it.
 * The watch holds what is not /tmp to the function's own size, a quarter of a second later at most, sooner for what is close to it.
 */
export const hardMemoryBytes = (limits: Limits, tmp: Started["tmp"]): number => (limits.memoryMb + (tmp === "watched" ? 0 : limits.tmpMb)) * MB;
