// One suite, every database: what is in here is the contract of the stores.
import { after, before, describe } from "node:test";
import { blobTests } from "./blobs-suite.ts";
import { documentTests } from "./documents-suite.ts";
import { logTests } from "./logs-suite.ts";
import { queueTests } from "./queues-suite.ts";
import type { Stores } from "./stores.ts";
import { testDatabases } from "./test-databases.ts";
import { transactionTests } from "./transactions-suite.ts";

for (const database of testDatabases(process.env.EVOKE_TEST_POSTGRES)) {
  if (database.skip) console.log(`# ${database.skip}`);
  describe(database.name, { skip: database.skip ?? false }, () => {
    let stores: Stores;
    before(async () => { stores = await database.open(); });
    after(async () => {
      await stores.close();
      await database.remove();
    });
    for (const tests of [documentTests, queueTests, logTests, blobTests, transactionTests]) tests(() => stores);
  });
}
