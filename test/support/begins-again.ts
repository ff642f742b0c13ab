// Stores whose every transaction gives way once and begins again, as PostgreSQL's may: what its work does besides writing is then done twice, and seen.
import type { Stores } from "../../src/storage/stores.ts";

export function beginningAgain(stores: Stores): Stores {
  const gaveWay = new Error("it gave way");
  return {
    ...stores,
    async transaction(work) {
      await stores.transaction(async (tx) => {
        await work(tx);
        throw gaveWay;
      }).catch((error: unknown) => { if (error !== gaveWay) throw error; });
      return stores.transaction(work);
    },
  };
}
