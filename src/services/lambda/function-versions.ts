// How the engine reads functions: only what is active, one read each.
import { parseArn } from "../../kernel/arn.ts";
import type { FunctionVersions } from "../../ports/functions.ts";
import type { Stores } from "../../storage/stores.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { documentId } from "./name.ts";

export function openFunctionVersions({ stores }: { stores: Stores }): FunctionVersions {
  const functions = stores.documents<LambdaFunction>(FUNCTIONS);
  return {
    async find(functionArn) {
      const arn = parseArn(functionArn);
      const [kind, name, qualifier = "$LATEST"] = arn?.resource.split(":") ?? [];
      if (!arn || kind !== "function" || !name || qualifier !== "$LATEST") return undefined;
      return (await functions.get(documentId(arn.account, arn.region, name)))?.live;
    },
  };
}
