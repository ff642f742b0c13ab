// How many environments a version on a capacity provider keeps, and may have. https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { FunctionScalingConfig } from "@aws-sdk/client-lambda";
import type { Call } from "../../../kernel/call.ts";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound, stateForbids, updateInProgress } from "../errors.ts";
import { FUNCTIONS, isSettled, type LambdaFunction, type Version } from "../function.ts";
import { findFunction, findVersion } from "../lookup.ts";
import { qualified, qualifiedId, resolveUnqualified } from "../name.ts";
import type { Provisioner } from "../provisioner.ts";
import { VERSIONS, versionId } from "../version.ts";
import { minAboveMax, noCapacityProvider, zeroEnvironments } from "./capacity-provider-errors.ts";
import { ENVIRONMENTS_BY_DEFAULT } from "./managed.ts";
import { type Environments, MANAGED_VERSIONS, type ManagedVersion, withCapacity } from "./on-provider.ts";
import { settleLater } from "./settling.ts";

type Lambda = Api<typeof Sdk>;

/** One that failed is tried again. */
const SCALABLE: Version["state"][] = ["Active", "Deactivated", "Failed"];

export function scalingOperations(ports: RoomPorts, provisioner: Provisioner): Pick<Lambda, "PutFunctionScalingConfig" | "GetFunctionScalingConfig"> {
  const { stores, ids } = ports;

  const managedVersion = async (input: { FunctionName: string; Qualifier: string }, call: Call, action: string) => {
    const found = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, input.Qualifier, call, action);
    if (!found.fn.settings.managed) throw noCapacityProvider();
    return found;
  };

  return {
    async PutFunctionScalingConfig(input, call) {
      const { named } = await managedVersion(input, call, "PutFunctionScalingConfig");
      const requested = environmentsOf(input.FunctionScalingConfig);
      const state = await stores.transaction(async (tx) => {
        const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(named.id, (same) => same);
        const version = fn && (await findVersion(tx, named.id, input.Qualifier));
        if (!version) throw functionNotFound(qualified(named.arn, input.Qualifier));
        if (!SCALABLE.includes(version.state)) throw stateForbids(version.state);
        if (!isSettled(version)) throw updateInProgress(qualified(named.arn, input.Qualifier));
        return scale(tx, { version, requested, revisionId: ids.uuid(), nowMs: call.now.getTime(), functionId: named.id });
      });
      await provisioner.refresh(named.id);
      return { FunctionState: state };
    },

    async GetFunctionScalingConfig(input, call) {
      const { fn, named } = await managedVersion(input, call, "GetFunctionScalingConfig");
      const config = await stores.documents<ManagedVersion>(MANAGED_VERSIONS).get(qualifiedId(named.id, input.Qualifier));
      return {
        FunctionArn: qualified(fn.arn, input.Qualifier),
        AppliedFunctionScalingConfig: shown(config?.applied),
        ...(config?.requested ? { RequestedFunctionScalingConfig: shown(config.requested) } : {}),
      };
    },
  };
}

/** Whole, and each number its default where it is left out; undefined where both are. Zero is for both or none. */
function environmentsOf(given: FunctionScalingConfig | undefined): Environments | undefined {
  const { MinExecutionEnvironments: min, MaxExecutionEnvironments: max } = given ?? {};
  if (min === undefined && max === undefined) return undefined;
  if (min === 0 && max !== 0) throw zeroEnvironments();
  const environments = { environmentsMin: min ?? ENVIRONMENTS_BY_DEFAULT.environmentsMin, environmentsMax: max ?? ENVIRONMENTS_BY_DEFAULT.environmentsMax };
  if (environments.environmentsMin > environments.environmentsMax) throw minAboveMax();
  return environments;
}

interface Scaled {
  version: Version;
  functionId: string;
  requested: Environments | undefined;
  revisionId: string;
  nowMs: number;
}

/** A version without environments is deactivated, and Pending again when it is to have some. What runs is told of other numbers at once. */
async function scale(tx: Tx, { version, functionId, requested, revisionId, nowMs }: Scaled): Promise<Version["state"]> {
  const id = versionId(functionId, version.version);
  const versions = tx.documents<Version>(VERSIONS);
  const capacity = { ...version.capacity!, ...(requested ?? ENVIRONMENTS_BY_DEFAULT) };
  const isOff = capacity.environmentsMax === 0;
  const isMoving = version.state !== (isOff ? "Deactivated" : "Active");
  const { live: _live, failure: _failure, ...rest } = version;
  const after: Version = isMoving ? { ...rest, capacity, revisionId, state: isOff ? "Deactivating" : "Pending" } : withCapacity(version, capacity);
  await versions.put(id, after);
  await tx.documents<ManagedVersion>(MANAGED_VERSIONS).update(qualifiedId(functionId, version.version), ({ requested: _before, applied, capacityProviderArn }) =>
    ({ capacityProviderArn, ...(requested ? { requested } : {}), ...(isMoving ? applied && { applied } : requested && { applied: requested }) }));
  if (isMoving) await settleLater(tx, { kind: isOff ? "deactivate" : "activate", id, revisionId }, nowMs);
  return after.state;
}

const shown = (environments: Environments | undefined): FunctionScalingConfig =>
  (environments ? { MinExecutionEnvironments: environments.environmentsMin, MaxExecutionEnvironments: environments.environmentsMax } : {});
