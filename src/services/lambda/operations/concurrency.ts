// Reserved concurrency: how much of the account's a function has for itself, and no more.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { LAMBDA } from "../../../kernel/limits.ts";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { managedExcludes } from "../capacity-providers/capacity-provider-errors.ts";
import { functionNotFound, reservedBelowProvisioned, reservedTooMuch } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, findFunction } from "../lookup.ts";
import { type Named, qualified, resolveUnqualified } from "../name.ts";
import { provisionedTotal } from "../provisioned.ts";
import { addUsage, unreserved } from "../usage.ts";

type Lambda = Api<typeof Sdk>;

export function concurrencyOperations(ports: RoomPorts): Pick<Lambda, "PutFunctionConcurrency" | "GetFunctionConcurrency" | "DeleteFunctionConcurrency"> {
  const { stores } = ports;

  const named = async (functionName: string, call: Call, action: string): Promise<Named> => {
    const found = resolveUnqualified(functionName, call);
    await admit(ports, found, call, action);
    return found;
  };

  return {
    async PutFunctionConcurrency(input, call) {
      const where = await named(input.FunctionName, call, "PutFunctionConcurrency");
      const wanted = input.ReservedConcurrentExecutions;
      await stores.transaction(async (tx) => {
        // The message names $LATEST (observed).
        const { provisioned } = await reserve(tx, where, wanted, qualified(where.arn, "$LATEST"));
        if (provisioned > wanted) throw reservedBelowProvisioned(wanted, provisioned);
      });
      return { ReservedConcurrentExecutions: wanted };
    },

    async GetFunctionConcurrency(input, call) {
      const { fn } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, "GetFunctionConcurrency");
      return fn.reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: fn.reservedConcurrency };
    },

    async DeleteFunctionConcurrency(input, call) {
      const where = await named(input.FunctionName, call, "DeleteFunctionConcurrency");
      await stores.transaction((tx) => reserve(tx, where, undefined, where.arn));
      return {};
    },
  };
}

/** Changes a function's reservation and the account's sums with it. */
async function reserve(tx: Tx, named: Named, wanted: number | undefined, arnInMessage: string): Promise<{ provisioned: number }> {
  let before: number | undefined;
  const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, ({ reservedConcurrency, ...rest }) => {
    before = reservedConcurrency;
    return { ...rest, ...(wanted === undefined ? {} : { reservedConcurrency: wanted }) };
  });
  if (!fn) throw functionNotFound(arnInMessage);
  if (fn.settings.managed && wanted !== undefined) throw managedExcludes("Reserved concurrency");
  const provisioned = await provisionedTotal(tx, named.id);
  const outside = (reserved: number | undefined) => (reserved === undefined ? provisioned : 0);
  const usage = await addUsage(tx, named, { reservedConcurrency: (wanted ?? 0) - (before ?? 0), provisionedConcurrency: outside(wanted) - outside(before) });
  if (wanted !== undefined && unreserved(usage) < LAMBDA.unreservedConcurrencyMin) throw reservedTooMuch();
  return { provisioned };
}
