// Room for so many tasks at once, all jobs of this process together; whoever waits gets it in the order of the jobs' priorities.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-priority.html
export interface Places {
  /** Waits for a place; undefined with the signal. The answer gives it back. `priority` is asked when one is free, because it may change. */
  take(priority: () => number, signal: AbortSignal): Promise<(() => void) | undefined>;
}

interface Waiting { priority: () => number; admit(): void }

export function openPlaces(most: number): Places {
  let taken = 0;
  const waiting = new Set<Waiting>();
  const giveBack = () => {
    taken--;
    let next: Waiting | undefined;
    for (const one of waiting) if (next === undefined || one.priority() > next.priority()) next = one; // who waits longest, among equals
    next?.admit();
  };
  const occupy = () => {
    taken++;
    let held = true;
    return () => { if (held) { held = false; giveBack(); } };
  };
  return {
    take(priority, signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (taken < most) return Promise.resolve(occupy());
      const { promise, resolve } = Promise.withResolvers<(() => void) | undefined>();
      const leave = () => { waiting.delete(one); resolve(undefined); };
      const one: Waiting = {
        priority,
        admit() {
          waiting.delete(one);
          signal.removeEventListener("abort", leave);
          resolve(occupy());
        },
      };
      waiting.add(one);
      signal.addEventListener("abort", leave, { once: true });
      return promise;
    },
  };
}
