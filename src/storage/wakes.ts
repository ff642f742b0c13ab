// Who waits for which channel in this process.

export interface Wakes {
  /** Resolves at the next wake of the channel, or with the signal; never rejects. */
  listen(channel: string, signal: AbortSignal): Promise<void>;
  wake(channel: string): void;
  wakeAll(): void;
}

export function openWakes(): Wakes {
  const waiting = new Map<string, Set<() => void>>();
  return {
    listen(channel, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = () => {
          signal.removeEventListener("abort", done);
          const others = waiting.get(channel);
          others?.delete(done);
          if (others?.size === 0) waiting.delete(channel);
          resolve();
        };
        const others = waiting.get(channel) ?? new Set();
        waiting.set(channel, others.add(done));
        signal.addEventListener("abort", done, { once: true });
      });
    },
    wake(channel) {
      for (const done of waiting.get(channel) ?? []) done();
    },
    wakeAll() {
      for (const channel of waiting.values()) for (const done of channel) done();
    },
  };
}
