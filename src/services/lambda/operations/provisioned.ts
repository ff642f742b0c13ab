// Provisioned concurrency configs. https://docs.aws.amazon.com/lambda/latest/api/API_PutProvisionedConcurrencyConfig.html
import type * as Sdk from "@aws-sdk/client-lambda";
import type { GetProvisionedConcurrencyConfigResponse } from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../../kernel/limits.ts";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { Api, RoomPorts } from "../../service.ts";
import { type Alias, ALIASES, versionsOf } from "../alias.ts";
import { managedExcludes } from "../capacity-providers/capacity-provider-errors.ts";
import {
  aliasNotFound, aliasOverProvisionedVersion, functionNotFound, latestNotProvisioned, notProvisioned, provisionedAboveReserved, provisionedAboveUnreserved, provisionedForTenants,
  provisionedTooMuch, provisionedUnpublished, versionUnderProvisionedAlias,
} from "../errors.ts";
import { FUNCTIONS, type LambdaFunction } from "../function.ts";
import { snapStartExcludes } from "../image-errors.ts";
import { isSnapshot } from "../snap-start.ts";
import { admit, findFunction, follow, idOf } from "../lookup.ts";
import { isNumber, type Named, qualified, qualifiedId, resolveName, resolveUnqualified } from "../name.ts";
import { listPage } from "../page.ts";
import { PROVISIONED, type ProvisionedConfig, provisionedConfigs, releaseConcurrency, sharesOf } from "../provisioned.ts";
import type { Provisioner } from "../provisioner.ts";
import { addUsage, unreserved } from "../usage.ts";

type Lambda = Api<typeof Sdk>;
type Operations = Pick<Lambda, "PutProvisionedConcurrencyConfig" | "GetProvisionedConcurrencyConfig" | "DeleteProvisionedConcurrencyConfig" | "ListProvisionedConcurrencyConfigs">;

export function provisionedOperations(ports: RoomPorts, provisioner: Provisioner): Operations {
  const { stores, provisioning } = ports;

  const shown = async (fn: LambdaFunction, config: ProvisionedConfig): Promise<GetProvisionedConcurrencyConfigResponse> => {
    const states = (await sharesOf(stores, fn, config)).flatMap(({ version: { live } }) => (live ? [provisioning.state(live)] : []));
    const ready = Math.min(states.reduce((sum, state) => sum + state.ready, 0), config.requested);
    const failure = states.find((state) => state.failure !== undefined)?.failure;
    return {
      RequestedProvisionedConcurrentExecutions: config.requested,
      AvailableProvisionedConcurrentExecutions: ready,
      AllocatedProvisionedConcurrentExecutions: ready,
      Status: ready === config.requested ? "READY" : failure === undefined ? "IN_PROGRESS" : "FAILED",
      ...(failure === undefined || ready === config.requested ? {} : { StatusReason: failure }),
      LastModified: timestamp(config.lastModifiedMs),
    };
  };

  return {
    async PutProvisionedConcurrencyConfig(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      if (named.qualifier === undefined || named.qualifier.startsWith("$")) throw provisionedUnpublished();
      await admit(ports, named, call, "PutProvisionedConcurrencyConfig");
      const { qualifier } = named;
      const requested = input.ProvisionedConcurrentExecutions;
      const config: ProvisionedConfig = { functionArn: named.arn, qualifier, requested, lastModifiedMs: call.now.getTime() };
      await stores.transaction(async (tx) => {
        const fn = await existing(tx, named, qualifier);
        await assertMayProvision(tx, fn, config);
        await tx.documents<ProvisionedConfig>(PROVISIONED).put(qualifiedId(named.id, qualifier), config);
      });
      await provisioner.refresh(named.id);
      return {
        RequestedProvisionedConcurrentExecutions: requested, AvailableProvisionedConcurrentExecutions: 0, AllocatedProvisionedConcurrentExecutions: 0,
        Status: "IN_PROGRESS", LastModified: timestamp(config.lastModifiedMs),
      };
    },

    async GetProvisionedConcurrencyConfig(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      if (named.qualifier === undefined || named.qualifier.startsWith("$")) throw latestNotProvisioned();
      await admit(ports, named, call, "GetProvisionedConcurrencyConfig");
      const fn = await existing(stores, named, named.qualifier);
      const config = await stores.documents<ProvisionedConfig>(PROVISIONED).get(qualifiedId(named.id, named.qualifier));
      if (!config) throw notProvisioned();
      return shown(fn, config);
    },

    async DeleteProvisionedConcurrencyConfig(input, call) {
      const named = resolveName(input.FunctionName, input.Qualifier, call);
      const { qualifier } = named;
      if (qualifier === undefined || qualifier.startsWith("$")) throw latestNotProvisioned();
      await admit(ports, named, call, "DeleteProvisionedConcurrencyConfig");
      await stores.transaction(async (tx) => releaseConcurrency(tx, await existing(tx, named, qualifier), qualifier));
      await provisioner.refresh(named.id);
      return {};
    },

    async ListProvisionedConcurrencyConfigs(input, call) {
      const { fn, named } = await findFunction(ports, resolveUnqualified(input.FunctionName, call).arn, undefined, call, "ListProvisionedConcurrencyConfigs");
      const page = await listPage<ProvisionedConfig>(stores, { kind: PROVISIONED, prefix: `${named.id}/`, marker: input.Marker, maxItems: input.MaxItems });
      const configs = await Promise.all(page.found.map(async (config) => ({ FunctionArn: qualified(config.functionArn, config.qualifier), ...(await shown(fn, config)) })));
      return { ProvisionedConcurrencyConfigs: configs, ...(page.next ? { NextMarker: page.next } : {}) };
    },
  };
}

/** "2019-12-31T20:28:49+0000", as in API_PutProvisionedConcurrencyConfig's examples. */
const timestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, "+0000");

/** The function, if it has this version or alias; each is missed in its own words (observed). In a transaction it stays locked. */
async function existing(from: Stores | Tx, named: Named, qualifier: string): Promise<LambdaFunction> {
  const functions = from.documents<LambdaFunction>(FUNCTIONS);
  const fn = "transaction" in from ? await functions.get(named.id) : await functions.update(named.id, (same) => same);
  if (fn && (await follow(from, fn, qualifier))) return fn;
  throw (isNumber(qualifier) ? functionNotFound : aliasNotFound)(qualified(named.arn, qualifier));
}

async function assertMayProvision(tx: Tx, fn: LambdaFunction, { qualifier, requested }: ProvisionedConfig): Promise<void> {
  const { version, alias } = (await follow(tx, fn, qualifier))!;
  if (version.version === "$LATEST") throw provisionedUnpublished();
  if (version.settings.managed) throw managedExcludes("Provisioned concurrency");
  if (version.settings.tenantIsolation) throw provisionedForTenants();
  if (isSnapshot(version)) throw snapStartExcludes("provisioned concurrency");
  const configs = (await provisionedConfigs(tx, idOf(fn))).map(([, config]) => config);
  const others = configs.filter((config) => config.qualifier !== qualifier);
  const before = configs.find((config) => config.qualifier === qualifier)?.requested ?? 0;
  const total = others.reduce((sum, config) => sum + config.requested, requested);
  if (fn.reservedConcurrency !== undefined) {
    if (total > fn.reservedConcurrency) throw provisionedAboveReserved();
  } else {
    const usage = await addUsage(tx, fn, { provisionedConcurrency: requested - before });
    const free = unreserved(usage) + requested - before;
    if (requested - before > free) throw provisionedAboveUnreserved(free);
    if (unreserved(usage) < LAMBDA.unreservedConcurrencyMin) throw provisionedTooMuch();
  }
  if (alias && others.some((config) => versionsOf(alias).includes(config.qualifier))) throw aliasOverProvisionedVersion();
  if (!alias) {
    for (const config of others) {
      const other = isNumber(config.qualifier) ? undefined : await tx.documents<Alias>(ALIASES).get(qualifiedId(idOf(fn), config.qualifier));
      if (other && versionsOf(other).includes(qualifier)) throw versionUnderProvisionedAlias();
    }
  }
}
