// Stops a function that is invoked by what it does itself: the event's way so far is in its trace header, which AWS's SDKs hand on.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
import { extendLineage, functionHash } from "../kernel/trace.ts";
import type { FunctionVersion, Invocation } from "../ports/functions.ts";

/** "Approximately 16 times" in one chain of requests; here exactly. */
const TIMES_MAX = 16;

/** Of what the header is made for the function's first visit; versions are the same objects from one invocation to the next. */
const first = new WeakMap<FunctionVersion, { hash: string; lineage: string }>();

/** What the header is to say next; undefined when the event has come back to its function too often. */
export function lineageOf({ version, traceId, recursiveLoop }: Invocation): string | undefined {
  let known = first.get(version);
  if (known === undefined) {
    const hash = functionHash(version.arn);
    first.set(version, (known = { hash, lineage: extendLineage(undefined, hash).lineage }));
  }
  if (traceId === undefined) return known.lineage;
  const { times, lineage } = extendLineage(traceId, known.hash);
  return times >= TIMES_MAX && recursiveLoop !== "Allow" ? undefined : lineage;
}
