// Holding a function, or one of its versions, to a runtime version. https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { GetRuntimeManagementConfigResponse, PutRuntimeManagementConfigRequest, UpdateRuntimeOn } from "@aws-sdk/client-lambda";
import { runtimeVersionArn } from "../../../kernel/runtime-version.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { functionNotFound, stateForbids, updateInProgress } from "../errors.ts";
import { FUNCTIONS, type Version, withRuntime } from "../function.ts";
import { findFunction, idOf } from "../lookup.ts";
import { qualified } from "../name.ts";
import type { Provisioner } from "../provisioner.ts";
import { runtimeOfImage, runtimeVersionMissing, runtimeVersionSuperfluous, runtimeVersionUnknown } from "../runtime-errors.ts";
import { newestFor, type RuntimeManagement } from "../runtime-management.ts";
import { VERSIONS, versionId } from "../version.ts";

type Lambda = Api<typeof Sdk>;
type Given = Pick<PutRuntimeManagementConfigRequest, "RuntimeVersionArn"> & { UpdateRuntimeOn: UpdateRuntimeOn };

/** An alias stands for its version; one with weights, for the first. The answers name the function as the caller did (developer guide, runtime-management-configure-settings.html). */
export function runtimeManagementOperations(ports: RoomPorts, provisioner: Provisioner): Pick<Lambda, "GetRuntimeManagementConfig" | "PutRuntimeManagementConfig"> {
  const { stores, ids } = ports;
  return {
    async GetRuntimeManagementConfig(input, call) {
      const { fn, named, version } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "GetRuntimeManagementConfig");
      return { ...shown(version), FunctionArn: qualified(fn.arn, named.qualifier) };
    },

    async PutRuntimeManagementConfig(input, call) {
      const { fn, named, version } = await findFunction(ports, input.FunctionName, input.Qualifier, call, "PutRuntimeManagementConfig");
      const wanted = await managementFor(ports, version, input);
      const isLatest = version.version === "$LATEST";
      const revisionId = ids.uuid();
      const after = await stores.documents<Version>(isLatest ? FUNCTIONS : VERSIONS).update(isLatest ? idOf(fn) : versionId(idOf(fn), version.version), (before) => {
        if (before.state === "Pending" || before.state === "Deleting") throw stateForbids(before.state);
        if (before.lastUpdate === "InProgress" || before.settings.runtime !== version.settings.runtime) throw updateInProgress(before.arn);
        return withRuntime(before, wanted, revisionId);
      });
      if (!after) throw functionNotFound(qualified(fn.arn, named.qualifier));
      await provisioner.refresh(idOf(fn));
      return { ...shown(after), FunctionArn: qualified(fn.arn, named.qualifier) };
    },
  };
}

/** The ARN in Manual mode alone (API_GetRuntimeManagementConfig). */
function shown({ region, settings: { runtime }, runtimeManagement }: Version): Omit<GetRuntimeManagementConfigResponse, "FunctionArn"> & { UpdateRuntimeOn: UpdateRuntimeOn } {
  const { updateOn = "Auto", version } = runtimeManagement ?? {};
  return { UpdateRuntimeOn: updateOn, ...(updateOn === "Manual" && version !== undefined ? { RuntimeVersionArn: runtimeVersionArn(region, runtime, version) } : {}) };
}

/** Undefined for Auto. */
async function managementFor(ports: RoomPorts, { region, settings, runtimeManagement }: Version, { UpdateRuntimeOn: mode, RuntimeVersionArn }: Given): Promise<RuntimeManagement | undefined> {
  if (mode !== "Manual" && RuntimeVersionArn) throw runtimeVersionSuperfluous(mode);
  if (mode === "Auto") return undefined;
  if (settings.image) throw runtimeOfImage();
  if (mode === "FunctionUpdate") {
    // What it runs on now is what it had at its last update, as far as anybody can know.
    const version = runtimeManagement?.version ?? (await newestFor(ports, settings)).version;
    return { updateOn: "FunctionUpdate", ...(version === undefined ? {} : { version }) };
  }
  if (!RuntimeVersionArn) throw runtimeVersionMissing();
  const here = (await ports.runtimeVersions.versions(settings.runtime)).map((version) => ({ version, arn: runtimeVersionArn(region, settings.runtime, version) }));
  const chosen = here.find(({ arn }) => arn === RuntimeVersionArn);
  if (!chosen) throw runtimeVersionUnknown(RuntimeVersionArn, settings.runtime, here);
  return { updateOn: "Manual", version: chosen.version };
}
