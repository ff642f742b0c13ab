// What a function's ARN leads to, for those who drive functions: the version that would run now, and its asynchronous settings.
import type { Ids } from "../../kernel/ids.ts";
import type { FunctionDirectory, ResolvedFunction } from "../../ports/function-directory.ts";
import type { Stores } from "../../storage/stores.ts";
import { asyncSettings, EVENT_INVOKE, type EventInvokeConfig } from "./event-invoke.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { follow, versionToRun } from "./lookup.ts";
import { namedByArn, qualifiedId } from "./name.ts";

export function openDirectory({ stores, ids }: { stores: Stores; ids: Ids }): FunctionDirectory {
  const functions = stores.documents<LambdaFunction>(FUNCTIONS);
  const configs = stores.documents<EventInvokeConfig>(EVENT_INVOKE);
  return {
    async resolve(functionArn) {
      const named = namedByArn(functionArn);
      const fn = named && (await functions.get(named.id));
      if (!fn) return undefined;
      const qualifier = named.qualifier ?? "$LATEST";
      const runs = await follow(stores, fn, named.qualifier ?? versionToRun(fn), ids.fraction);
      // One on a capacity provider without `$LATEST.PUBLISHED` is there and runs nothing (as its `$LATEST`): its events wait for what is published next.
      const followed = runs ?? (named.qualifier === undefined ? { version: fn } : undefined);
      if (!followed) return undefined;
      const { version } = followed;
      const found: ResolvedFunction = {
        arn: fn.arn, invokedArn: functionArn, qualifier, recursiveLoop: fn.recursiveLoop ?? "Terminate",
        async: asyncSettings(await configs.get(qualifiedId(named.id, qualifier))),
      };
      if (version.live) found.version = version.live;
      if (fn.reservedConcurrency !== undefined) found.reservedConcurrency = fn.reservedConcurrency;
      if (version.settings.deadLetterArn) found.deadLetterArn = version.settings.deadLetterArn;
      return found;
    },
  };
}
