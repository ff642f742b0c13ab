// How many functions an account has in a region, how much code, and how much concurrency is spoken for: running sums, checked against AWS's quotas.
import { LAMBDA } from "../../kernel/limits.ts";
import type { Tx } from "../../storage/stores.ts";
import { codeStorageExceeded } from "./errors.ts";

/** Documents of this kind have the id ACCOUNT/REGION. */
export const USAGE = "lambda/usage";

export interface Usage {
  functions: number;
  /** Of every version, of every layer version: AWS counts the same package once for each. */
  codeBytes: number;
  /** The sum of all functions' reserved concurrency. */
  reservedConcurrency: number;
  /** The sum of provisioned concurrency of functions that have none reserved; with the rest it is within what is reserved. */
  provisionedConcurrency: number;
}

export const NO_USAGE: Usage = { functions: 0, codeBytes: 0, reservedConcurrency: 0, provisionedConcurrency: 0 };

/** What functions without a reservation may use together. */
export const unreserved = ({ reservedConcurrency, provisionedConcurrency }: Usage): number => LAMBDA.concurrentExecutions - reservedConcurrency - provisionedConcurrency;

export const usageId = ({ account, region }: { account: string; region: string }): string => `${account}/${region}`;

/** Answers what there is now. Throws when the code is too much. */
export async function addUsage(tx: Tx, where: { account: string; region: string }, more: Partial<Usage>): Promise<Usage> {
  const usage = tx.documents<Usage>(USAGE);
  const add = (before: Usage): Usage => ({
    functions: before.functions + (more.functions ?? 0),
    codeBytes: before.codeBytes + (more.codeBytes ?? 0),
    reservedConcurrency: before.reservedConcurrency + (more.reservedConcurrency ?? 0),
    provisionedConcurrency: before.provisionedConcurrency + (more.provisionedConcurrency ?? 0),
  });
  let after = await usage.update(usageId(where), add);
  // The second update is for losing the race to create.
  if (!after && (await usage.create(usageId(where), add(NO_USAGE)))) after = add(NO_USAGE);
  after ??= (await usage.update(usageId(where), add))!;
  if ((more.codeBytes ?? 0) > 0 && after.codeBytes > LAMBDA.codeStorageBytes) throw codeStorageExceeded();
  return after;
}
