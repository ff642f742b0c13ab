// One suite, every database: what is in here is the contract of the stores.
import { after, before, describe, test } from "node:test";
import { blobTests } from "./suite/blobs.ts";
import { documentTests } from "./suite/documents.ts";
import { fleetTests } from "./suite/fleet.ts";
import { logTests } from "./suite/logs.ts";
import { fairTests } from "./suite/messages-fair.ts";
import { modelTests } from "./suite/messages-model.ts";
import { messageTests } from "./suite/messages.ts";
import { queueTests } from "./suite/queues.ts";
import type { Stores } from "./stores.ts";
import { testDatabases } from "./suite/databases.ts";
import { transactionTests } from "./suite/transactions.ts";

const postgresUrl = process.env.EVOKE_TEST_POSTGRES;

for (const database of testDatabases(postgresUrl)) {
  if (database.skip) console.log(`# ${database.skip}`);
  describe(database.name, { skip: database.skip ?? false }, () => {
    let stores: Stores;
    before(async () => { stores = await database.open(); });
    after(async () => {
      await stores.close();
      await database.remove();
    });
    for (const tests of [documentTests, queueTests, messageTests, fairTests, modelTests, logTests, blobTests, transactionTests]) {
      for (const [sentence, run] of Object.entries(tests)) test(sentence, () => run(stores));
    }
    if (database.name === "PostgreSQL") fleetTests(() => stores, postgresUrl!);
  });
}
