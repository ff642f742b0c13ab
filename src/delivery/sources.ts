// Which room is polled under an ARN.
import { parseArn } from "../kernel/arn.ts";
import type { Source, Sources } from "../ports/sources.ts";

/** Made when somebody first wants to poll it. */
export interface LaterSources {
  add(service: string, open: () => Promise<Source>): void;
}

export function openSources(): Sources & LaterSources {
  const byService = new Map<string, () => Promise<Source>>();
  return {
    add(service, open) { byService.set(service, open); },
    find: async (arn) => byService.get(parseArn(arn)?.service ?? "")?.(),
  };
}
