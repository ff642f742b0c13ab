// One invocation for an event source mapping: always synchronous, through the directory each time, so that an alias draws its version anew.
import type { FunctionDirectory } from "../ports/function-directory.ts";
import type { Functions, Invocation } from "../ports/functions.ts";
import { RecursiveInvocation } from "../ports/recursive-invocation.ts";
import { Throttled } from "../ports/throttled.ts";

export type MappingAnswer =
  /** The function ran, or was kept from a loop; `failed` is its own failure. */
  | { kind: "answered"; failed: boolean; payload: Uint8Array; executedVersion: string }
  | { kind: "throttled" }
  /** Trouble of this machine, or a function that is not Active. */
  | { kind: "unavailable"; error?: unknown }
  /** There is no such function, version or alias. */
  | { kind: "gone" };

export interface MappingCall {
  functionArn: string;
  payload: Uint8Array;
  requestId: string;
  traceId?: string;
}

const EMPTY = new Uint8Array(0);

export async function invokeFor({ directory, functions }: { directory: FunctionDirectory; functions: Functions }, { functionArn, payload, requestId, traceId }: MappingCall): Promise<MappingAnswer> {
  try {
    const found = await directory.resolve(functionArn);
    if (!found) return { kind: "gone" };
    const { version, invokedArn, reservedConcurrency, recursiveLoop } = found;
    if (!version) return { kind: "unavailable" };
    const invocation: Invocation = { version, invokedArn, payload, requestId, tail: false, recursiveLoop };
    if (traceId !== undefined) invocation.traceId = traceId;
    if (reservedConcurrency !== undefined) invocation.reservedConcurrency = reservedConcurrency;
    const { failed, payload: answer, executedVersion } = await functions.invoke(invocation);
    return { kind: "answered", failed, payload: answer, executedVersion };
  } catch (error) {
    if (error instanceof Throttled) return { kind: "throttled" };
    if (error instanceof RecursiveInvocation) return { kind: "answered", failed: true, payload: EMPTY, executedVersion: "$LATEST" };
    return { kind: "unavailable", error };
  }
}
