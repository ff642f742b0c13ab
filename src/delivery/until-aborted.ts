// Waiting for something that may take too long to wait for.

/** As `work`, or rejected with the signal's reason, whichever comes first. What `work` comes to then is not heard. (A race against one lasting promise would keep every loser.) */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
