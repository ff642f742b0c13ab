// Capacity providers, and which function versions are on them. https://docs.aws.amazon.com/lambda/latest/api/API_CreateCapacityProvider.html
import type * as Sdk from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../../kernel/limits.ts";
import { decodePageToken, encodePageToken } from "../../../kernel/page.ts";
import type { Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { badMarker } from "../errors.ts";
import { FUNCTIONS, type LambdaFunction, type Version } from "../function.ts";
import { findVersion } from "../lookup.ts";
import { documentId } from "../name.ts";
import { listPage } from "../page.ts";
import type { Provisioner } from "../provisioner.ts";
import { checkRole } from "../role.ts";
import { checkTags } from "../tags.ts";
import { VERSIONS, versionId } from "../version.ts";
import { providerExists, providerInUse, providerNotFound, providerState, tooManyProviders } from "./capacity-provider-errors.ts";
import { type OnProvider, onProvider, ON_PROVIDERS, withCapacity } from "./on-provider.ts";
import { type CapacityProvider, changedScaling, nameOf, newProvider, providerArn, providerIdOf, PROVIDERS, refuseUnsupported, shownProvider } from "./provider.ts";
import { settleLater } from "./settling.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda,
  "CreateCapacityProvider" | "GetCapacityProvider" | "ListCapacityProviders" | "UpdateCapacityProvider" | "DeleteCapacityProvider" | "ListFunctionVersionsByCapacityProvider">;

const PAGE_MAX = 50;

export function capacityProviderOperations(ports: RoomPorts, provisioner: Provisioner): Operations {
  const { stores, ids } = ports;
  const providers = stores.documents<CapacityProvider>(PROVIDERS);
  let said = false;

  return {
    async CreateCapacityProvider(input, call) {
      const id = providerIdOf(input.CapacityProviderName, call);
      const provider = newProvider(input, call, ids.uuid());
      checkTags(provider.tags);
      await checkRole(ports, provider.operatorRole, call);
      await stores.transaction(async (tx) => {
        if ((await tx.documents(PROVIDERS).list({ prefix: documentId(call.account, call.region, ""), limit: LAMBDA.capacityProviders })).length >= LAMBDA.capacityProviders) throw tooManyProviders();
        if (!(await tx.documents<CapacityProvider>(PROVIDERS).create(id, provider))) throw providerExists(provider.arn);
        await settleLater(tx, { kind: "provider", id, revisionId: provider.revisionId }, call.now.getTime());
      });
      if (!said) ports.log.warn(`${provider.name} is a capacity provider without instances: its subnets, security groups, instance requirements and scaling policies are kept and shown, and its functions run on this machine`);
      said = true;
      return { CapacityProvider: shownProvider(provider) };
    },

    async GetCapacityProvider(input, call) {
      const provider = await providers.get(providerIdOf(input.CapacityProviderName, call));
      if (!provider) throw providerNotFound(providerArn(call, nameOf(input.CapacityProviderName)));
      return { CapacityProvider: shownProvider(provider) };
    },

    async ListCapacityProviders(input, call) {
      const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
      const after = input.Marker ? decodePageToken(input.Marker) : undefined;
      if (input.Marker && (after === undefined || !/^[\w-]{1,140}$/.test(after))) throw badMarker();
      // There are never more than a thousand.
      const rows = await providers.list({ prefix: documentId(call.account, call.region, ""), limit: LAMBDA.capacityProviders, ...(after === undefined ? {} : { after: documentId(call.account, call.region, after) }) });
      const found = rows.map(([, provider]) => provider).filter(({ state }) => input.State === undefined || state === input.State);
      return { CapacityProviders: found.slice(0, limit).map(shownProvider), ...(found.length > limit ? { NextMarker: encodePageToken(found[limit - 1]!.name) } : {}) };
    },

    async UpdateCapacityProvider(input, call) {
      refuseUnsupported(input);
      const id = providerIdOf(input.CapacityProviderName, call);
      const { provider, functionIds } = await stores.transaction(async (tx) => {
        const after = await tx.documents<CapacityProvider>(PROVIDERS).update(id, (before) => {
          if (before.state !== "Active") throw providerState(before.state);
          return { ...before, scaling: changedScaling(before.scaling, input.CapacityProviderScalingConfig), modifiedMs: call.now.getTime() };
        });
        if (!after) throw providerNotFound(providerArn(call, nameOf(input.CapacityProviderName)));
        return { provider: after, functionIds: await giveVcpus(tx, id, after.scaling.vcpusMax) };
      });
      for (const functionId of functionIds) await provisioner.refresh(functionId);
      return { CapacityProvider: shownProvider(provider) };
    },

    async DeleteCapacityProvider(input, call) {
      const id = providerIdOf(input.CapacityProviderName, call);
      const provider = await stores.transaction(async (tx) => {
        const documents = tx.documents<CapacityProvider>(PROVIDERS);
        const revisionId = ids.uuid();
        const after = await documents.update(id, (before) => (before.state === "Deleting" ? before : { ...before, state: "Deleting", revisionId }));
        if (!after) throw providerNotFound(providerArn(call, nameOf(input.CapacityProviderName)));
        const functionIds = new Set((await onProvider(tx, id)).map(({ functionId }) => functionId));
        if (functionIds.size) throw providerInUse(functionIds.size, after.arn);
        if (after.revisionId === revisionId) await settleLater(tx, { kind: "provider", id, revisionId }, call.now.getTime());
        return after;
      });
      return { CapacityProvider: shownProvider(provider) };
    },

    async ListFunctionVersionsByCapacityProvider(input, call) {
      const id = providerIdOf(input.CapacityProviderName, call);
      const provider = await providers.get(id);
      if (!provider) throw providerNotFound(providerArn(call, nameOf(input.CapacityProviderName)));
      const page = await listPage<OnProvider>(stores, { kind: ON_PROVIDERS, prefix: `${id}/`, marker: input.Marker, maxItems: input.MaxItems });
      const versions = await Promise.all(page.found.map(async ({ functionId, qualifier }) => {
        const version: Version | undefined = qualifier === "$LATEST" ? await stores.documents<LambdaFunction>(FUNCTIONS).get(functionId) : await findVersion(stores, functionId, qualifier);
        return version ? [{ FunctionArn: `${version.arn}:${qualifier}`, State: version.state }] : []; // gone meanwhile
      }));
      return { CapacityProviderArn: provider.arn, FunctionVersions: versions.flat(), ...(page.next ? { NextMarker: page.next } : {}) };
    },
  };
}

/** To every version that is published on the provider. Answers whose they are. */
async function giveVcpus(tx: Tx, providerId: string, providerVcpusMax: number): Promise<Set<string>> {
  const functionIds = new Set<string>();
  for (const { functionId, qualifier } of await onProvider(tx, providerId)) {
    functionIds.add(functionId);
    await tx.documents<Version>(VERSIONS).update(versionId(functionId, qualifier), (version) => (version.capacity ? withCapacity(version, { ...version.capacity, providerVcpusMax }) : version));
  }
  return functionIds;
}
