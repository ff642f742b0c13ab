// Provisioned concurrency of versions and aliases, as it is asked for, and how an alias shares it between two versions.
// https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
import type { Stores, Tx } from "../../storage/stores.ts";
import type { LambdaFunction, Version } from "./function.ts";
import { findVersion, follow, idOf } from "./lookup.ts";
import { qualifiedId } from "./name.ts";
import { addUsage } from "./usage.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/QUALIFIER. */
export const PROVISIONED = "lambda/provisioned";

export interface ProvisionedConfig {
  /** Of the function, unqualified. */
  functionArn: string;
  /** A version's number, or an alias. */
  qualifier: string;
  requested: number;
  lastModifiedMs: number;
}

type Reader = Pick<Stores | Tx, "documents">;
const PAGE = 1000;

/** All of a function's, or everybody's. */
export async function provisionedConfigs(stores: Reader, functionId?: string): Promise<[id: string, config: ProvisionedConfig][]> {
  const found: [string, ProvisionedConfig][] = [];
  const prefix = functionId === undefined ? "" : `${functionId}/`;
  for (let after: string | undefined; ;) {
    const rows = await stores.documents<ProvisionedConfig>(PROVISIONED).list({ prefix, limit: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...rows);
    if (rows.length < PAGE) return found;
    after = rows.at(-1)![0];
  }
}

export const provisionedTotal = async (stores: Reader, functionId: string): Promise<number> =>
  (await provisionedConfigs(stores, functionId)).reduce((sum, [, { requested }]) => sum + requested, 0);

/** The versions that a config keeps environments of. A weighted alias shares as it shares its invocations. */
export async function sharesOf(stores: Reader, fn: LambdaFunction, { qualifier, requested }: ProvisionedConfig): Promise<{ version: Version; count: number }[]> {
  const followed = await follow(stores, fn, qualifier);
  if (!followed) return [];
  const { version, alias } = followed;
  if (!alias?.additional) return [{ version, count: requested }];
  const other = await findVersion(stores, idOf(fn), alias.additional.version);
  const count = other ? Math.round(requested * alias.additional.weight) : 0;
  return [{ version, count: requested - count }, ...(other ? [{ version: other, count }] : [])].filter((share) => share.count > 0);
}

/** Gives back what the account had set aside: for one qualifier, or for the function and its reservation. */
export async function releaseConcurrency(tx: Tx, fn: LambdaFunction, qualifier: string | undefined): Promise<void> {
  const functionId = idOf(fn);
  if (qualifier === undefined) {
    await addUsage(tx, fn, fn.reservedConcurrency === undefined ? { provisionedConcurrency: -(await provisionedTotal(tx, functionId)) } : { reservedConcurrency: -fn.reservedConcurrency });
    return;
  }
  const configs = tx.documents<ProvisionedConfig>(PROVISIONED);
  const config = await configs.get(qualifiedId(functionId, qualifier));
  if (!config) return;
  await configs.delete(qualifiedId(functionId, qualifier));
  if (fn.reservedConcurrency === undefined) await addUsage(tx, fn, { provisionedConcurrency: -config.requested });
}
