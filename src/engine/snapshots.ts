// Initialises a version once when it is published with SnapStart, so that a failure shows then and not at the first invocation.
import type { FunctionVersion } from "../ports/functions.ts";
import type { Snapshots } from "../ports/snapshots.ts";
import { closeEnvironment, type Environment, type Owner } from "./environment.ts";

export interface OpenSnapshots extends Snapshots {
  close(): Promise<void>;
}

/** `open` starts an environment that ends where its snapshot would be taken. */
export function openSnapshots(open: (version: FunctionVersion, owner: Owner) => Environment): OpenSnapshots {
  const standing = new Set<Environment>();
  let closed = false;
  return {
    take: (version) => new Promise((resolve, reject) => {
      if (closed) return reject(new Error("Evoke is shutting down"));
      const owner: Owner = {
        ready(env) {
          void closeEnvironment(env).then(() => resolve(undefined));
        },
        gone(env, { unstarted, fault }) {
          standing.delete(env);
          if (fault !== undefined) reject(fault);
          else resolve(unstarted && { errorType: unstarted.errorType, timedOut: unstarted.status === "timeout" });
        },
        mayReset: () => false, reset: () => false, served() {}, returned() {},
      };
      standing.add(open(version, owner));
    }),
    async close() {
      closed = true;
      await Promise.all([...standing].map(closeEnvironment));
    },
  };
}
