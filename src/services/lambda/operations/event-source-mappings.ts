// Event source mappings. What polls is delivery, which follows what is written here and says what has come of it.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { badMarker } from "../errors.ts";
import { changedConfig, checkParameters, newConfig } from "../mappings/config.ts";
import { initiated, isWanted, type Mapping, mappingId, MAPPINGS, type MappingState, shownMapping } from "../mappings/mapping.ts";
import { mappingExists, mappingInUse, mappingNotFound, parameterUnsupported, tooManyMappings } from "../mappings/mapping-errors.ts";
import { sourceRules } from "../mappings/source-rules.ts";
import { addMapping, changeMapping, everyMapping } from "../mappings/store.ts";
import { checkConnection, checkOnFailure, findSource, findTarget, type TargetFunction } from "../mappings/target.ts";
import { documentId, namedByArn, qualified, resolveName } from "../name.ts";
import { checkTags } from "../tags.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "CreateEventSourceMapping" | "GetEventSourceMapping" | "ListEventSourceMappings" | "UpdateEventSourceMapping" | "DeleteEventSourceMapping">;

/** AWS shows no more at once (observed). */
const PAGE_MAX = 100;
/** Ours, so that nobody fills the platform: AWS has no quota that it names. */
const MAPPINGS_MAX = 10_000;
/** A transition that has not ended after this long does not keep anybody from changing or deleting the mapping. */
const TRANSITION_MS_MAX = 60_000;
const SETTLED: MappingState[] = ["Enabled", "Disabled"];

export function mappingOperations(ports: RoomPorts): Operations {
  const { stores, ids } = ports;
  const mappings = stores.documents<Mapping>(MAPPINGS);
  const find = async (uuid: string, call: Call): Promise<Mapping> => {
    const mapping = await mappings.get(mappingId(call.account, call.region, uuid));
    if (!mapping) throw mappingNotFound();
    return mapping;
  };

  /** Reads and writes as one step; refuses while an earlier change is still being followed. */
  const change = (uuid: string, call: Call, verb: "update" | "delete", to: (before: Mapping) => Mapping): Promise<Mapping> => stores.transaction(async (tx) => {
    const before = await tx.documents<Mapping>(MAPPINGS).update(mappingId(call.account, call.region, uuid), (same) => same); // locks it
    if (!before) throw mappingNotFound();
    const isRecent = call.now.getTime() - before.modifiedMs < TRANSITION_MS_MAX;
    if (before.state === "Deleting" || (!SETTLED.includes(before.state) && isRecent)) throw mappingInUse(verb);
    const after = to(before);
    const taken = await changeMapping(tx, before, after);
    if (taken !== undefined) throw exists(after, taken);
    return after;
  });

  return {
    async CreateEventSourceMapping(input, call) {
      if (input.DestinationConfig?.OnSuccess !== undefined) throw parameterUnsupported("DestinationConfig");
      const connected = await findSource(ports, input);
      const { sourceArn, rules } = connected;
      const { config, startingPositionMs } = newConfig(input as CreateEventSourceMappingRequest, sourceArn, rules, call.now.getTime());
      const target = await findTarget(ports, input.FunctionName, call, "CreateEventSourceMapping");
      await checkConnection(ports, target, connected, call);
      await checkOnFailure(ports, config.DestinationConfig?.OnFailure?.Destination, target.version.settings.role);
      const { account, region } = call;
      const mapping: Mapping = {
        uuid: ids.uuid(), account, region, functionArn: target.arn, sourceArn, config, revision: ids.uuid(), state: input.Enabled === false ? "Disabled" : "Creating", reason: initiated(sourceArn),
        modifiedMs: call.now.getTime(), tags: checkTags(input.Tags ?? {}),
      };
      if (startingPositionMs !== undefined) mapping.startingPositionMs = startingPositionMs;
      if (rules.kind === "stream") mapping.lastResult = "No records processed";
      if ((await mappings.count(documentId(account, region, ""))) >= MAPPINGS_MAX) throw tooManyMappings(MAPPINGS_MAX);
      const taken = await stores.transaction((tx) => addMapping(tx, mapping));
      if (taken !== undefined) throw exists(mapping, taken);
      return shownMapping(mapping);
    },

    async GetEventSourceMapping(input, call) {
      return shownMapping(await find(input.UUID, call));
    },

    // Functions and sources that do not exist have no mappings, and are no mistake (observed).
    async ListEventSourceMappings(input, call) {
      const prefix = documentId(call.account, call.region, "");
      const after = input.Marker ? decodePageToken(input.Marker) : undefined;
      if (input.Marker && (after === undefined || !/^[0-9a-f-]{36}$/.test(after))) throw badMarker();
      const functionArn = input.FunctionName === undefined ? undefined : arnOf(input.FunctionName, call);
      const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
      const found: Mapping[] = [];
      for await (const mapping of everyMapping(stores, prefix, after === undefined ? undefined : prefix + after)) {
        if (functionArn !== undefined && mapping.functionArn !== functionArn) continue;
        if (input.EventSourceArn !== undefined && mapping.sourceArn !== input.EventSourceArn) continue;
        found.push(mapping);
        if (found.length > limit) break;
      }
      const shown = found.slice(0, limit);
      return { EventSourceMappings: shown.map(shownMapping), ...(found.length > limit ? { NextMarker: encodePageToken(shown.at(-1)!.uuid) } : {}) };
    },

    async UpdateEventSourceMapping(input, call) {
      const now = await find(input.UUID, call);
      if (input.DestinationConfig?.OnSuccess !== undefined) throw parameterUnsupported("DestinationConfig");
      const connected = { sourceArn: now.sourceArn, rules: sourceRules(now.sourceArn)! };
      checkParameters(input, connected.rules);
      changedConfig(now.config, input as UpdateEventSourceMappingRequest, now.sourceArn, connected.rules);
      const target = await checkedTarget(ports, now, input, call);
      const onFailureArn = input.DestinationConfig?.OnFailure?.Destination;
      if (onFailureArn) await checkOnFailure(ports, onFailureArn, (target ?? (await findTarget(ports, now.functionArn, call, "UpdateEventSourceMapping"))).version.settings.role);
      const revision = ids.uuid();
      const after = await change(input.UUID, call, "update", (before) => ({
        ...before, revision, modifiedMs: call.now.getTime(), reason: initiated(before.sourceArn),
        config: changedConfig(before.config, input as UpdateEventSourceMappingRequest, before.sourceArn, connected.rules),
        ...(target && { functionArn: target.arn }),
        state: stateAfter(before, input.Enabled),
      }));
      return shownMapping(after.state === "Disabled" ? { ...after, state: "Updating" } : after);
    },

    async DeleteEventSourceMapping(input, call) {
      const revision = ids.uuid();
      return shownMapping(await change(input.UUID, call, "delete", (before) => ({ ...before, revision, state: "Deleting", modifiedMs: call.now.getTime() })));
    },
  };
}

/** Nobody polls for a disabled mapping, so a change to it is followed already. */
function stateAfter(before: Mapping, enabled: boolean | undefined): MappingState {
  const was = isWanted(before);
  if (was) return enabled === false ? "Disabling" : "Updating";
  return enabled ? "Enabling" : before.state;
}

/** What is connected anew, by another function or by being enabled, is looked at; disabling takes nothing to be there. */
async function checkedTarget(ports: RoomPorts, mapping: Mapping, input: { FunctionName?: string | undefined; Enabled?: boolean | undefined }, call: Call): Promise<TargetFunction | undefined> {
  if (input.FunctionName === undefined && !(input.Enabled && !isWanted(mapping))) return undefined;
  const target = await findTarget(ports, input.FunctionName ?? mapping.functionArn, call, "UpdateEventSourceMapping");
  await checkConnection(ports, target, await findSource(ports, { EventSourceArn: mapping.sourceArn }), call);
  return target;
}

const arnOf = (functionName: string, call: Call): string => {
  const named = resolveName(functionName, undefined, call);
  return qualified(named.arn, named.qualifier);
};

function exists(mapping: Mapping, uuid: string) {
  const { name, qualifier } = namedByArn(mapping.functionArn)!;
  return mappingExists(sourceRules(mapping.sourceArn)!.kind, mapping.sourceArn, qualified(name, qualifier), uuid);
}
