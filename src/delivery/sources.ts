// Which room is polled under an ARN.
import { parseArn } from "../kernel/arn.ts";
import type { Source, Sources } from "../ports/sources.ts";

export function openSources(): Sources & { add(source: Source): void } {
  const byService = new Map<string, Source>();
  return {
    add(source) { byService.set(source.service, source); },
    find: (arn) => byService.get(parseArn(arn)?.service ?? ""),
  };
}
