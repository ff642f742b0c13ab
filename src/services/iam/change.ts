// Every change in IAM: one transaction, which counts the account's epoch up, so that whoever keeps decisions knows when they are old.
import type { Stores, Tx } from "../../storage/stores.ts";

/** Documents by account. */
const EPOCHS = "iam/epoch";

interface Epoch {
  changes: number;
}

/** Await nothing but `tx` in `work`. The epoch is written first: changes of one account wait for each other there, and never in the middle. */
export function changing<T>(stores: Stores, account: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return stores.transaction(async (tx) => {
    const epochs = tx.documents<Epoch>(EPOCHS);
    const count = () => epochs.update(account, ({ changes }) => ({ changes: changes + 1 }));
    if (!(await count()) && !(await epochs.create(account, { changes: 1 }))) await count();
    return work(tx);
  });
}

export const readEpoch = async (stores: Stores, account: string): Promise<number> => (await stores.documents<Epoch>(EPOCHS).get(account))?.changes ?? 0;
