// How the engine reads functions: only what is active, one or two reads each.
import type { FunctionVersions } from "../../ports/functions.ts";
import type { Stores } from "../../storage/stores.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { follow, versionToRun } from "./lookup.ts";
import { namedByArn } from "./name.ts";
import { USAGE, type Usage, usageId } from "./usage.ts";

export function openFunctionVersions({ stores }: { stores: Stores }): FunctionVersions {
  const functions = stores.documents<LambdaFunction>(FUNCTIONS);
  return {
    async find(functionArn) {
      const named = namedByArn(functionArn);
      const fn = named && (await functions.get(named.id));
      return fn && (await follow(stores, fn, named.qualifier ?? versionToRun(fn)))?.version.live;
    },
    async reservedConcurrency(account, region) {
      return (await stores.documents<Usage>(USAGE).get(usageId({ account, region })))?.reservedConcurrency ?? 0;
    },
  };
}
