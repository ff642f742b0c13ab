// What all mappings together hold of received messages, bounded: who wants more waits until others have ended.
// Nobody takes more than what would be left over, so those whose functions stand still leave room for the others.

export interface QueueMemory {
  /** Of one mapping. */
  share(): QueueShare;
  heldBytes(): number;
}

export interface QueueShare {
  /** Resolves when there is room, and it is taken; false with the signal. More than there is at all is let in alone. */
  take(bytes: number, signal: AbortSignal): Promise<boolean>;
  /** Gives back; or takes without waiting, when negative: what was taken turned out to be more. */
  give(bytes: number): void;
}

interface Waiting {
  bytes: number;
  own: { held: number };
  go: () => void;
}

const BYTES_MAX = 256 * 1024 ** 2;

export function openQueueMemory(bytesMax = BYTES_MAX): QueueMemory {
  let held = 0;
  let waiting: Waiting[] = [];
  const fits = (bytes: number): boolean => held === 0 || held + bytes <= bytesMax;
  const isTooMuch = (bytes: number, own: Waiting["own"]): boolean => own.held > 0 && own.held + bytes > bytesMax - held;
  const enter = (bytes: number, own: Waiting["own"]): void => {
    held += bytes;
    own.held += bytes;
  };

  /** In order of coming, but for those who hold too much already. */
  const letIn = (): void => {
    const left: Waiting[] = [];
    for (const [n, one] of waiting.entries()) {
      if (isTooMuch(one.bytes, one.own)) left.push(one);
      else if (fits(one.bytes)) {
        enter(one.bytes, one.own);
        one.go();
      } else {
        left.push(...waiting.slice(n));
        break;
      }
    }
    waiting = left;
  };

  return {
    heldBytes: () => held,
    share() {
      const own = { held: 0 };
      return {
        give(bytes) {
          enter(-bytes, own);
          if (waiting.length > 0) letIn();
        },
        take(bytes, signal) {
          if (signal.aborted) return Promise.resolve(false);
          return new Promise((resolve) => {
            const leave = (): void => {
              waiting.splice(waiting.indexOf(one), 1);
              letIn(); // behind it may be somebody smaller
              resolve(false);
            };
            const one: Waiting = { bytes, own, go() { signal.removeEventListener("abort", leave); resolve(true); } };
            waiting.push(one);
            signal.addEventListener("abort", leave, { once: true });
            letIn();
          });
        },
      };
    },
  };
}
