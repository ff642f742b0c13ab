// Which versions of functions are on which capacity provider, and how far each may scale. Two documents for each version, by function and by provider, written in the transaction that makes or deletes the version.
import { LAMBDA } from "../../../kernel/limits.ts";
import type { Stores, Tx } from "../../../storage/stores.ts";
import type { LambdaFunction, Version } from "../function.ts";
import { documentId, qualifiedId } from "../name.ts";
import { otherArchitecture, providerNotFound, providerState, tooManyVersions } from "./capacity-provider-errors.ts";
import { type Capacity, ENVIRONMENTS_BY_DEFAULT } from "./managed.ts";
import { type CapacityProvider, idOfProviderArn, PROVIDERS } from "./provider.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/QUALIFIER, `$LATEST` and `$LATEST.PUBLISHED` among the qualifiers. */
export const MANAGED_VERSIONS = "lambda/managed-version";
/** Documents of this kind have the id ACCOUNT/REGION/PROVIDER/NAME/QUALIFIER. */
export const ON_PROVIDERS = "lambda/on-capacity-provider";

export interface Environments {
  environmentsMin: number;
  environmentsMax: number;
}

export interface ManagedVersion {
  capacityProviderArn: string;
  /** As put; absent is the default. */
  requested?: Environments;
  /** What holds: the one before, until a version is activated or deactivated. */
  applied?: Environments;
}

export interface OnProvider {
  functionId: string;
  qualifier: string;
}

type Reader = Pick<Stores | Tx, "documents">;
type OfFunction = Pick<LambdaFunction, "account" | "region" | "name" | "settings">;

const PAGE = 1000;
const functionIdOf = ({ account, region, name }: OfFunction): string => documentId(account, region, name);

/** Throws unless there is such a provider, ready, for functions of this architecture. In a transaction it stays locked. */
async function readyProvider(from: Stores | Tx, arn: string, { account, region, settings }: OfFunction): Promise<{ id: string; provider: CapacityProvider }> {
  const id = idOfProviderArn(arn);
  const providers = from.documents<CapacityProvider>(PROVIDERS);
  const isOwn = id?.startsWith(documentId(account, region, ""));
  const provider = id !== undefined && isOwn ? await ("transaction" in from ? providers.get(id) : providers.update(id, (same) => same)) : undefined;
  if (!provider) throw providerNotFound(arn);
  if (provider.state !== "Active") throw providerState(provider.state);
  if (provider.instances.architecture !== settings.architecture) throw otherArchitecture(settings.architecture, provider.instances.architecture);
  return { id: id!, provider };
}

/** Before anything is done for a function that is to be there. */
export const checkProvider = async (stores: Stores, fn: OfFunction): Promise<void> => {
  if (fn.settings.managed) await readyProvider(stores, fn.settings.managed.capacityProviderArn, fn);
};

/** Puts a version on the provider that the settings name, off the one before. Answers what it may take. */
export async function putOnProvider(tx: Tx, fn: OfFunction, qualifier: string): Promise<Capacity> {
  const arn = fn.settings.managed!.capacityProviderArn;
  const { id, provider } = await readyProvider(tx, arn, fn);
  const functionId = functionIdOf(fn);
  const versions = tx.documents<ManagedVersion>(MANAGED_VERSIONS);
  const before = await versions.get(qualifiedId(functionId, qualifier));
  const onProviders = tx.documents<OnProvider>(ON_PROVIDERS);
  if (before?.capacityProviderArn !== arn) {
    if ((await onProviders.list({ prefix: `${id}/`, limit: LAMBDA.versionsPerCapacityProvider })).length >= LAMBDA.versionsPerCapacityProvider) throw tooManyVersions(arn);
    if (before) await onProviders.delete(onProviderId(before.capacityProviderArn, fn, qualifier));
    await onProviders.put(onProviderId(arn, fn, qualifier), { functionId, qualifier });
    await versions.put(qualifiedId(functionId, qualifier), { ...before, capacityProviderArn: arn });
  }
  return { ...ENVIRONMENTS_BY_DEFAULT, ...before?.requested, providerVcpusMax: provider.scaling.vcpusMax };
}

const onProviderId = (arn: string, { name }: Pick<OfFunction, "name">, qualifier: string): string => `${idOfProviderArn(arn)}/${name}/${qualifier}`;

/** With its version, or the whole function: `qualifier` undefined. */
export async function takeOffProvider(tx: Tx, fn: LambdaFunction, qualifier: string | undefined): Promise<void> {
  if (!fn.settings.managed) return; // decided at creation, for all its versions
  const versions = tx.documents<ManagedVersion>(MANAGED_VERSIONS);
  for (const [id, { capacityProviderArn }] of await managedVersions(tx, functionIdOf(fn))) {
    const its = id.slice(id.lastIndexOf("/") + 1);
    if (qualifier !== undefined && its !== qualifier) continue;
    await tx.documents(ON_PROVIDERS).delete(onProviderId(capacityProviderArn, fn, its));
    await versions.delete(id);
  }
}

/** A function's, or everybody's. */
export async function managedVersions(from: Reader, functionId?: string): Promise<[id: string, version: ManagedVersion][]> {
  const found: [string, ManagedVersion][] = [];
  const prefix = functionId === undefined ? "" : `${functionId}/`;
  for (let after: string | undefined; ;) {
    const rows = await from.documents<ManagedVersion>(MANAGED_VERSIONS).list({ prefix, limit: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...rows);
    if (rows.length < PAGE) return found;
    after = rows.at(-1)![0];
  }
}

/** At most as many as a provider may have. */
export const onProvider = async (from: Reader, providerId: string): Promise<OnProvider[]> =>
  (await from.documents<OnProvider>(ON_PROVIDERS).list({ prefix: `${providerId}/`, limit: PAGE })).map(([, version]) => version);

/** A version that may take something else of its provider from now on; environments that are there already stay. */
export function withCapacity<V extends Version>(version: V, capacity: Capacity): V {
  const { live } = version;
  return { ...version, capacity, ...(live?.managed ? { live: { ...live, managed: { ...live.managed, ...capacity } } } : {}) };
}
