// What all mappings together hold of received messages, bounded: who wants more waits until others have ended.

export interface QueueMemory {
  /** Resolves when there is room, and it is taken; false with the signal. More than there is at all is let in alone. */
  take(bytes: number, signal: AbortSignal): Promise<boolean>;
  /** Gives back; or takes without waiting, when negative: what was taken turned out to be more. */
  give(bytes: number): void;
  heldBytes(): number;
}

const BYTES_MAX = 256 * 1024 ** 2;

export function openQueueMemory(bytesMax = BYTES_MAX): QueueMemory {
  let held = 0;
  const waiting: { bytes: number; go: () => void }[] = [];
  const fits = (bytes: number): boolean => held === 0 || held + bytes <= bytesMax;

  const letIn = (): void => {
    while (waiting.length > 0 && fits(waiting[0]!.bytes)) {
      const { bytes, go } = waiting.shift()!;
      held += bytes;
      go();
    }
  };

  return {
    heldBytes: () => held,
    give(bytes) {
      held -= bytes;
      letIn();
    },
    take(bytes, signal) {
      if (signal.aborted) return Promise.resolve(false);
      if (waiting.length === 0 && fits(bytes)) {
        held += bytes;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const leave = (): void => {
          waiting.splice(waiting.indexOf(one), 1);
          letIn(); // behind it may be somebody smaller
          resolve(false);
        };
        const one = { bytes, go() { signal.removeEventListener("abort", leave); resolve(true); } };
        waiting.push(one);
        signal.addEventListener("abort", leave, { once: true });
      });
    },
  };
}
