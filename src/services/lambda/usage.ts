// How many functions an account has in a region, and how much code: kept as a running sum, checked against the code storage quota.
import { LAMBDA } from "../../kernel/limits.ts";
import type { Tx } from "../../storage/stores.ts";
import { codeStorageExceeded } from "./errors.ts";

/** Documents of this kind have the id ACCOUNT/REGION. */
export const USAGE = "lambda/usage";

export interface Usage {
  functions: number;
  codeBytes: number;
}

export const NO_USAGE: Usage = { functions: 0, codeBytes: 0 };

export const usageId = ({ account, region }: { account: string; region: string }): string => `${account}/${region}`;

export async function addUsage(tx: Tx, where: { account: string; region: string }, more: Usage): Promise<void> {
  const usage = tx.documents<Usage>(USAGE);
  const add = (before: Usage): Usage => ({ functions: before.functions + more.functions, codeBytes: before.codeBytes + more.codeBytes });
  let after = await usage.update(usageId(where), add);
  // The second update is for losing the race to create.
  if (!after && (await usage.create(usageId(where), add(NO_USAGE)))) after = add(NO_USAGE);
  after ??= await usage.update(usageId(where), add);
  if (more.codeBytes > 0 && after !== undefined && after.codeBytes > LAMBDA.codeStorageBytes) throw codeStorageExceeded();
}
