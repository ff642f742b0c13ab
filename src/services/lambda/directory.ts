// What a function's ARN leads to, for those who drive functions: the version that would run now, and its asynchronous settings.
import { parseArn } from "../../kernel/arn.ts";
import type { FunctionDirectory } from "../../ports/function-directory.ts";
import type { Stores } from "../../storage/stores.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { documentId } from "./name.ts";

export function openDirectory({ stores }: { stores: Stores }): FunctionDirectory {
  const functions = stores.documents<LambdaFunction>(FUNCTIONS);
  return {
    async resolve(functionArn) {
      const arn = parseArn(functionArn);
      const [kind, name, qualifier = "$LATEST"] = arn?.resource.split(":") ?? [];
      if (!arn || kind !== "function" || !name || qualifier !== "$LATEST") return undefined;
      const fn = await functions.get(documentId(arn.account, arn.region, name));
      if (!fn) return undefined;
      return { arn: fn.arn, invokedArn: functionArn, qualifier, ...(fn.live ? { version: fn.live } : {}), recursiveLoop: "Terminate", async: { retriesMax: 2, ageSecondsMax: 21_600 } };
    },
  };
}
