// Finding functions by the name a caller gave.
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import { functionNotFound } from "./errors.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { type Named, qualified, resolveName } from "./name.ts";

export interface Found {
  fn: LambdaFunction;
  named: Named;
}

/** `$LATEST` is the only version there is; any other qualifier finds nothing. */
export async function findFunction(stores: Stores, functionName: string, qualifier: string | undefined, call: Call, action: string): Promise<Found> {
  const named = resolveName(functionName, qualifier, call, action);
  if (named.qualifier !== undefined && named.qualifier !== "$LATEST") throw functionNotFound(qualified(named.arn, named.qualifier));
  const fn = await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id);
  if (!fn) throw functionNotFound(qualified(named.arn, named.qualifier));
  return { fn, named };
}
