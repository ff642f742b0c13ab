// Configuring asynchronous invocation. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { DestinationConfig } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { checkDestinations } from "../destinations.ts";
import { destinationsOfDurable, functionMissing, noEventInvokeConfig, nothingToConfigure } from "../errors.ts";
import { EVENT_INVOKE, type EventInvokeConfig, eventInvokeConfig } from "../event-invoke.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { admit, type Followed, follow } from "../lookup.ts";
import { type Named, qualified, qualifiedId, resolveName } from "../name.ts";
import { listPage } from "../page.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "PutFunctionEventInvokeConfig" | "UpdateFunctionEventInvokeConfig" | "GetFunctionEventInvokeConfig" | "DeleteFunctionEventInvokeConfig" | "ListFunctionEventInvokeConfigs">;

interface Given {
  MaximumRetryAttempts?: number | undefined;
  MaximumEventAgeInSeconds?: number | undefined;
  DestinationConfig?: DestinationConfig | undefined;
}

export function eventInvokeOperations(ports: RoomPorts): Operations {
  const { stores } = ports;

  const name = async (input: { FunctionName: string; Qualifier?: string | undefined }, call: Call, action: string): Promise<Named & { qualifier: string }> => {
    const named = resolveName(input.FunctionName, input.Qualifier, call);
    await admit(ports, named, call, action);
    return { ...named, qualifier: named.qualifier ?? "$LATEST" };
  };

  /** `before` answers what to build upon: nothing for Put, what there is for Update. */
  const write = async (named: Named & { qualifier: string }, given: Given, call: Call, before: (kept: EventInvokeConfig | undefined) => Partial<EventInvokeConfig>) => {
    const config = await stores.transaction(async (tx) => {
      if (!(await find(tx, named))) throw functionMissing();
      const configs = tx.documents<EventInvokeConfig>(EVENT_INVOKE);
      const id = qualifiedId(named.id, named.qualifier);
      const after: EventInvokeConfig = {
        ...changed(before(await configs.get(id)), given),
        functionArn: qualified(named.arn, named.qualifier), qualifier: named.qualifier, lastModifiedMs: call.now.getTime(),
      };
      await configs.put(id, after);
      return after;
    });
    return eventInvokeConfig(config);
  };

  const check = async (named: Named & { qualifier: string }, given: Given): Promise<void> => {
    if (given.MaximumRetryAttempts === undefined && given.MaximumEventAgeInSeconds === undefined && given.DestinationConfig === undefined) throw nothingToConfigure();
    const found = await find(stores, named);
    if (!found) throw functionMissing();
    const destinations = { onSuccessArn: given.DestinationConfig?.OnSuccess?.Destination, onFailureArn: given.DestinationConfig?.OnFailure?.Destination };
    if (found.version.settings.durable && (destinations.onSuccessArn || destinations.onFailureArn)) throw destinationsOfDurable();
    await checkDestinations(ports, { functionArn: named.arn, roleArn: found.version.settings.role }, destinations);
  };

  return {
    async PutFunctionEventInvokeConfig(input, call) {
      const named = await name(input, call, "PutFunctionEventInvokeConfig");
      await check(named, input);
      return write(named, input, call, () => ({}));
    },

    async UpdateFunctionEventInvokeConfig(input, call) {
      const named = await name(input, call, "UpdateFunctionEventInvokeConfig");
      await check(named, input);
      return write(named, input, call, (kept) => {
        if (!kept) throw noEventInvokeConfig(qualified(named.arn, named.qualifier));
        return kept;
      });
    },

    async GetFunctionEventInvokeConfig(input, call) {
      const named = await name(input, call, "GetFunctionEventInvokeConfig");
      const config = await stores.documents<EventInvokeConfig>(EVENT_INVOKE).get(qualifiedId(named.id, named.qualifier));
      if (!config) throw noEventInvokeConfig(qualified(named.arn, named.qualifier));
      return eventInvokeConfig(config);
    },

    async DeleteFunctionEventInvokeConfig(input, call) {
      const named = await name(input, call, "DeleteFunctionEventInvokeConfig");
      const deleted = await stores.documents<EventInvokeConfig>(EVENT_INVOKE).delete(qualifiedId(named.id, named.qualifier));
      if (!deleted) throw noEventInvokeConfig(qualified(named.arn, named.qualifier));
      return {};
    },

    async ListFunctionEventInvokeConfigs(input, call) {
      const named = await name({ FunctionName: input.FunctionName }, call, "ListFunctionEventInvokeConfigs");
      if (!(await stores.documents<LambdaFunction>(FUNCTIONS).get(named.id))) throw functionMissing();
      const page = await listPage<EventInvokeConfig>(stores, { kind: EVENT_INVOKE, prefix: `${named.id}/`, marker: input.Marker, maxItems: input.MaxItems });
      return { FunctionEventInvokeConfigs: page.found.map(eventInvokeConfig), ...(page.next ? { NextMarker: page.next } : {}) };
    },
  };
}

/** What is not given stays; an empty destination takes away the one there was. */
function changed(before: Partial<EventInvokeConfig>, given: Given): Partial<EventInvokeConfig> {
  const after: Partial<EventInvokeConfig> = { ...before };
  if (given.MaximumRetryAttempts !== undefined) after.retriesMax = given.MaximumRetryAttempts;
  if (given.MaximumEventAgeInSeconds !== undefined) after.ageSecondsMax = given.MaximumEventAgeInSeconds;
  const { OnSuccess, OnFailure } = given.DestinationConfig ?? {};
  if (OnSuccess) after.onSuccessArn = OnSuccess.Destination ?? "";
  if (OnFailure) after.onFailureArn = OnFailure.Destination ?? "";
  return after;
}

async function find(from: Stores | Tx, { id, qualifier }: Named & { qualifier: string }): Promise<Followed | undefined> {
  const functions = from.documents<LambdaFunction>(FUNCTIONS);
  const fn = "transaction" in from ? await functions.get(id) : await functions.update(id, (same) => same);
  return fn && follow(from, fn, qualifier);
}
