// AWS Lambda: functions, their code and settings, and invoking them. What runs them is the engine, behind the ports.
// https://docs.aws.amazon.com/lambda/latest/api/
import type * as Sdk from "@aws-sdk/client-lambda";
import { defineService, type RoomPorts } from "../service.ts";
import { access, functionTags } from "./access.ts";
import { openCodeReader } from "./code.ts";
import { configTags } from "./code-signing.ts";
import { capacityProviderOperations } from "./capacity-providers/operations.ts";
import { scalingOperations } from "./capacity-providers/scaling.ts";
import { settleManaged } from "./capacity-providers/settling.ts";
import { providerTags } from "./capacity-providers/tags.ts";
import { layerPolicy } from "./layer-lookup.ts";
import { aliasOperations } from "./operations/aliases.ts";
import { codeSigningOperations } from "./operations/code-signing.ts";
import { concurrencyOperations } from "./operations/concurrency.ts";
import { eventInvokeOperations } from "./operations/event-invoke.ts";
import { mappingOperations } from "./operations/event-source-mappings.ts";
import { functionOperations } from "./operations/function.ts";
import { invokeOperations } from "./operations/invoke.ts";
import { layerPermissionOperations } from "./operations/layer-permissions.ts";
import { layerOperations } from "./operations/layers.ts";
import { listOperations } from "./operations/list.ts";
import { functionPolicy, permissionOperations } from "./operations/permissions.ts";
import { provisionedOperations } from "./operations/provisioned.ts";
import { runtimeManagementOperations } from "./operations/runtime-management.ts";
import { settingsOperations } from "./operations/settings.ts";
import { tagOperations } from "./operations/tags.ts";
import { updateOperations } from "./operations/update.ts";
import { urlOperations } from "./operations/urls.ts";
import { versionOperations } from "./operations/versions.ts";
import { mappingStanding, mappingTags } from "./mappings/standing.ts";
import { functionTarget } from "./target.ts";
import { openDurable } from "./durable/durable.ts";
import { openProvisioner } from "./provisioner.ts";
import { finishTransitions } from "./transitions.ts";
import { takeSnapshots } from "./snapshots.ts";
import { openUnusedCode } from "./unused-code.ts";

export const lambda = defineService<typeof Sdk>({
  name: "lambda",
  client: "@aws-sdk/client-lambda",
  access,
  resourcePolicy: either(functionPolicy, layerPolicy),
  resourceTags: either(either(functionTags, configTags), either(mappingTags, providerTags)),
  standing: mappingStanding,
  target: functionTarget,
  open(ports) {
    const unused = openUnusedCode(ports);
    const provisioner = openProvisioner(ports);
    const codeReader = openCodeReader(ports);
    ports.background("lambda transitions", (signal) => finishTransitions(ports, signal));
    ports.background("lambda SnapStart", (signal) => takeSnapshots(ports, signal));
    ports.background("lambda capacity providers", (signal) => settleManaged({ ...ports, provisioner, unused }, signal));
    ports.background("lambda unused code", (signal) => unused.run(signal));
    ports.background("lambda provisioned concurrency", (signal) => provisioner.run(signal));
    return {
      ...functionOperations(ports, unused, provisioner, codeReader),
      ...listOperations(ports),
      ...updateOperations(ports, unused, codeReader),
      ...versionOperations(ports),
      ...aliasOperations(ports, provisioner),
      ...concurrencyOperations(ports),
      ...provisionedOperations(ports, provisioner),
      ...eventInvokeOperations(ports),
      ...mappingOperations(ports),
      ...tagOperations(ports),
      ...permissionOperations(ports),
      ...runtimeManagementOperations(ports, provisioner),
      ...settingsOperations(ports),
      ...capacityProviderOperations(ports, provisioner),
      ...scalingOperations(ports, provisioner),
      ...layerOperations(ports, unused, codeReader),
      ...layerPermissionOperations(ports),
      ...codeSigningOperations(ports),
      ...urlOperations(ports),
      ...invokeOperations(ports),
      ...openDurable(ports),
    };
  },
});

type ByArn<T> = (ports: RoomPorts) => (arn: string) => Promise<T | undefined>;

/** What the first knows of an ARN, or else the second. */
function either<T>(first: ByArn<T>, second: ByArn<T>): ByArn<T> {
  return (ports) => {
    const [one, other] = [first(ports), second(ports)];
    return async (arn) => (await one(arn)) ?? other(arn);
  };
}
