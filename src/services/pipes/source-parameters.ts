// How a pipe reads its source: which parameters fit, and their defaults.
// https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_PipeSourceParameters.html
import type { PipeSourceParameters, UpdatePipeSourceParameters } from "@aws-sdk/client-pipes";
import { BadPattern } from "../../patterns/bad-pattern.ts";
import { compile } from "../../patterns/pattern.ts";
import { badFilter, batchTooLarge, noWindow, parameterMissing, parametersOfOtherSource, windowRequired } from "./errors.ts";
import { type Common, type Member, sourceKind, type Streams } from "./source.ts";

/** `most`: what enrichment and target take at once, and why. */
export function sourceParametersOf(source: string, given: PipeSourceParameters = {}, most: { items: number; why: string }): PipeSourceParameters {
  const { member, batchSize, isStream } = sourceKind(source);
  const { FilterCriteria, ...others } = given;
  for (const name of Object.keys(others)) if (name !== member && others[name as Member] !== undefined) throw parametersOfOtherSource(name);
  for (const [n, { Pattern }] of (FilterCriteria?.Filters ?? []).entries()) checkFilter(Pattern, n);
  const own = (given[member] ?? {}) as Streams;
  const name = `SourceParameters.${member}`;
  if (isStream && given[member] === undefined) throw parameterMissing(name);
  if (own.StartingPosition === "AT_TIMESTAMP" && own.StartingPositionTimestamp === undefined) throw parameterMissing(`${name}.StartingPositionTimestamp`);
  const size = own.BatchSize ?? Math.min(batchSize, most.items);
  if (size > most.items) throw batchTooLarge(`${name}.BatchSize`, most.items, most.why);
  if (!isStream) checkQueue(source, name, size, own);
  const defaults: Streams = isStream ? { MaximumRecordAgeInSeconds: -1, MaximumRetryAttempts: -1, ParallelizationFactor: 1 } : {};
  return { ...(FilterCriteria && FilterCriteria.Filters?.length ? { FilterCriteria } : {}), [member]: { ...defaults, ...own, BatchSize: size } };
}

/** As Lambda has it for queues (documented there; of pipes AWS's console says the same). */
function checkQueue(source: string, name: string, size: number, { MaximumBatchingWindowInSeconds: window = 0 }: Common): void {
  const isFifo = source.endsWith(".fifo");
  if (isFifo && size > 10) throw batchTooLarge(`${name}.BatchSize`, 10, "FIFO queues");
  if (isFifo && window > 0) throw noWindow(`${name}.MaximumBatchingWindowInSeconds`);
  if (size > 10 && window < 1) throw windowRequired(`${name}.MaximumBatchingWindowInSeconds`);
}

function checkFilter(pattern: string | undefined, index: number): void {
  if (pattern === undefined) return;
  try {
    compile(pattern, "lambda");
  } catch (error) {
    throw error instanceof BadPattern ? badFilter(index) : error;
  }
}

/** "If you modify any service-specific fields … EventBridge overrides existing values": each object as a whole; a stream's beginning stays. */
export function updatedSource(before: PipeSourceParameters, given: UpdatePipeSourceParameters | undefined): PipeSourceParameters {
  const { FilterCriteria, ...others } = given ?? {};
  const merged: Record<string, object> = { ...before } as Record<string, object>;
  if (FilterCriteria) merged["FilterCriteria"] = FilterCriteria;
  for (const [member, value] of Object.entries(others)) {
    if (value === undefined) continue;
    const { StartingPosition, StartingPositionTimestamp } = (before[member as Member] ?? {}) as Streams;
    merged[member] = { ...(StartingPosition !== undefined && { StartingPosition }), ...(StartingPositionTimestamp !== undefined && { StartingPositionTimestamp }), ...(value as object) };
  }
  return merged as PipeSourceParameters;
}
