// Group commit on SQLite: who is answered when, and whom a failure hurts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { virtualClock } from "../kernel/clock.ts";
import { applyMigrations, readMigrations } from "./migrate.ts";
import { openStores } from "./open.ts";
import type { Database } from "./sql.ts";
import { openSqlite } from "./sqlite.ts";
import { clock, log, temporaryFolder } from "./suite/databases.ts";

async function openTestDatabase(t: TestContext, path = ":memory:"): Promise<Database> {
  const database = openSqlite(path, clock, log);
  t.after(() => database.close());
  await applyMigrations(database, readMigrations());
  await database.migrate(async (run) => {
    await run("CREATE TABLE numbers (n BIGINT PRIMARY KEY); CREATE TABLE children (n BIGINT REFERENCES numbers (n) DEFERRABLE INITIALLY DEFERRED)");
  });
  return database;
}

const numbers = async (database: Database): Promise<number[]> => (await database.read`SELECT n FROM numbers ORDER BY rowid`).map(({ n }) => n);

test("writes of one turn are done in order of asking, statements and transactions alike", async (t) => {
  const database = await openTestDatabase(t);
  const answered: number[] = [];
  await Promise.all(Array.from({ length: 40 }, async (_, n) => {
    if (n % 2) await database.write`INSERT INTO numbers (n) VALUES (${n})`;
    else await database.transaction(async (tx) => { await tx.write`INSERT INTO numbers (n) VALUES (${n})`; });
    answered.push(n);
  }));
  assert.deepEqual(await numbers(database), Array.from({ length: 40 }, (_, n) => n));
  assert.deepEqual(answered, Array.from({ length: 40 }, (_, n) => n));
});

test("nobody is answered before another process could read the write from the file", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const path = join(folder.path, "test.db");
  const database = await openTestDatabase(t, path);
  const other = new DatabaseSync(path, { readOnly: true });
  t.after(() => other.close());
  const seen = other.prepare("SELECT count(*) AS n FROM numbers WHERE n = ?");
  await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    if (n % 3) await database.write`INSERT INTO numbers (n) VALUES (${n})`;
    else await database.transaction((tx) => tx.write`INSERT INTO numbers (n) VALUES (${n})`);
    assert.equal(seen.get(n)!.n, 1);
  }));
});

test("a failing statement or transaction hurts nobody else in its group", async (t) => {
  const database = await openTestDatabase(t);
  const outcomes = await Promise.allSettled([
    database.write`INSERT INTO numbers (n) VALUES (1)`,
    database.write`INSERT INTO numbers (n) VALUES (1)`,
    database.transaction(async (tx) => {
      await tx.write`INSERT INTO numbers (n) VALUES (2)`;
      await tx.write`INSERT INTO numbers (n) VALUES (1)`;
    }),
    database.transaction(async (tx) => {
      await tx.write`INSERT INTO numbers (n) VALUES (3)`;
      await tx.write`INSERT INTO numbers (n) VALUES (1)`.catch(() => {});
      return "swallowed";
    }),
    database.write`INSERT INTO numbers (n) VALUES (4)`,
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected", "rejected", "fulfilled"]);
  assert.deepEqual(await numbers(database), [1, 4]);
  assert.match(String((outcomes[1] as PromiseRejectedResult).reason), /^Fault: Storage: a rule of the database was broken/);
});

test("a failing COMMIT fails everyone in the group, keeps nothing, and the next group works", async (t) => {
  const database = await openTestDatabase(t);
  const outcomes = await Promise.allSettled([
    database.write`INSERT INTO numbers (n) VALUES (1)`,
    database.write`INSERT INTO children (n) VALUES (99)`,
    database.transaction((tx) => tx.write`INSERT INTO numbers (n) VALUES (2)`),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
  assert.deepEqual(await numbers(database), []);
  await database.write`INSERT INTO numbers (n) VALUES (3)`;
  assert.deepEqual(await numbers(database), [3]);
});

test("a full database fails the writes with a clear sentence, keeps nothing of them, and goes on when there is room", async (t) => {
  const database = await openTestDatabase(t);
  const pages = (await database.read`PRAGMA page_count`)[0]!.page_count;
  await database.read([`PRAGMA max_page_count = ${pages + 3}`]);
  const big = "x".repeat(100_000);
  const put = (id: string, body: string) => database.write`INSERT INTO documents (kind, id, body) VALUES ('k', ${id}, ${body})`;
  const outcomes = await Promise.allSettled([put("a", "small"), put("b", big), database.transaction((tx) => tx.write`INSERT INTO documents (kind, id, body) VALUES ('k', 'c', ${big})`)]);
  for (const outcome of outcomes) if (outcome.status === "rejected") assert.match(String(outcome.reason), /the disk is full; nothing of this change was kept/);
  assert.deepEqual(outcomes.slice(1).map(({ status }) => status), ["rejected", "rejected"]);
  const kept = (await database.read`SELECT id FROM documents`).map(({ id }) => id);
  assert.deepEqual(kept, outcomes[0]!.status === "fulfilled" ? ["a"] : []);
  await database.read(["PRAGMA max_page_count = 1000000"]);
  await put("d", big);
});

test("a transaction that awaits something other than its stores is ended, and others go on", async (t) => {
  const stores = await openStores({ ephemeral: true, clock, log });
  t.after(() => stores.close());
  const things = stores.documents<number>("k");
  const late: unknown[] = [];
  const outcomes = await Promise.allSettled([
    things.put("before", 1),
    stores.transaction(async (tx) => {
      await tx.documents<number>("k").put("slow", 1);
      await sleep(30);
      await tx.documents<number>("k").put("slow", 2).catch((error: unknown) => late.push(error));
    }),
    stores.transaction(async () => { await things.put("itself", 1); }),
    stores.transaction(async () => { await things.get("before"); }),
    things.put("after", 1),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected", "rejected", "fulfilled"]);
  for (const outcome of outcomes.slice(1, 4)) assert.match(String((outcome as PromiseRejectedResult).reason), /awaited something other than its stores/);
  assert.equal(await things.get("slow"), undefined);
  await sleep(40);
  assert.match(String(late[0]), /after its end/);
  assert.equal(await things.get("slow"), undefined);
});

test("readers do not see what is not committed yet", async (t) => {
  const stores = await openStores({ ephemeral: true, clock, log });
  t.after(() => stores.close());
  const things = stores.documents<number>("k");
  await things.put("a", 1);
  const seen: unknown[] = [];
  await Promise.allSettled([stores.transaction(async (tx) => {
    await tx.documents<number>("k").put("a", 2);
    await tx.documents<number>("k").put("b", 2);
    seen.push(things.get("a"), things.get("b"), things.list({ limit: 9 }));
    for (let i = 0; i < 20; i++) await Promise.resolve();
    throw new Error("rolled back");
  })]);
  assert.deepEqual(await Promise.all(seen), [1, undefined, [["a", 1]]]);
});

test("a thousand writers at once are all served, in few commits", async (t) => {
  const folder = temporaryFolder();
  const stores = await openStores({ data: folder.path, clock, log });
  t.after(async () => { await stores.close(); folder.remove(); });
  await Promise.all(Array.from({ length: 1000 }, (_, n) => stores.transaction(async (tx) => {
    await tx.documents<number>("k").put(`${n}`, n);
    await tx.queues.send("q", { id: `${n}`, body: "", dueMs: n });
  })));
  assert.equal(await stores.documents("k").count(), 1000);
  assert.deepEqual(await stores.queues.count("q", 1000), { due: 1000, later: 0 });
});

test("closing finishes what was accepted and refuses what comes after", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const stores = await openStores({ data: folder.path, clock, log });
  const accepted = Promise.all(Array.from({ length: 700 }, (_, n) => stores.documents("k").put(`${n}`, n)));
  const closed = stores.close();
  await assert.rejects(stores.documents("k").put("late", 1), { message: "the stores are closed" });
  await Promise.all([accepted, closed, stores.close()]);
  await assert.rejects(stores.documents("k").get("1"), { message: "the stores are closed" });
  const again = await openStores({ data: folder.path, clock, log });
  assert.equal(await again.documents("k").count(), 700);
  await again.close();
});

test("when nothing is written for a moment the log moves into the database, and no timer is left", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const time = virtualClock();
  const stores = await openStores({ data: folder.path, clock: time, log });
  t.after(() => stores.close());
  const inDatabase = () => readFileSync(join(folder.path, "evoke.db")).includes("marker");
  await stores.documents("k").put("a", "marker");
  assert.equal(inDatabase(), false);
  await time.advance(400);
  await stores.documents("k").put("b", "other");
  await time.advance(400);
  assert.equal(inDatabase(), false, "written to lately");
  await time.advance(1000);
  assert.equal(inDatabase(), true);
});

test("a full disk fails writes with a clear sentence, and what was acknowledged before is there", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const script = `import { openStores } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
    import { clock, log } from ${JSON.stringify(new URL("./suite/databases.ts", import.meta.url).href)};
    const stores = await openStores({ data: ${JSON.stringify(folder.path)}, clock, log });
    for (let n = 0; ; n++) {
      try {
        await stores.transaction(async (tx) => {
          await tx.documents("k").put(String(n), "x".repeat(20_000));
          await tx.logs.append("l", [{ atMs: 0, body: "x" }]);
        });
        console.log(n);
      } catch (error) {
        console.log(String(error));
        break;
      }
    }
    await stores.blobs.put("large", new Uint8Array(5_000_000)).catch((error) => console.log(String(error)));
    console.log("read", await stores.documents("k").count());
    process.exit(0);`;
  // A limit on file sizes stands in for the disk; unlike one, it needs no privileges.
  const child = spawn("sh", ["-c", `trap "" XFSZ; ulimit -f 2000; exec "$0" --input-type=module -e "$1"`, process.execPath, script], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = (await text(child.stdout)).trim().split("\n");
  const [failed, blob, read] = lines.slice(-3);
  assert.match(failed!, /^Fault: Storage: the disk (is full|failed)/);
  assert.match(blob!, /^Fault: Storage: /);
  const acknowledged = lines.length - 3;
  assert.equal(read, `read ${acknowledged}`);
  const stores = await openStores({ data: folder.path, clock, log });
  t.after(() => stores.close());
  assert.equal(await stores.documents("k").count(), acknowledged);
  assert.equal((await stores.logs.last("l"))!.seq, acknowledged);
  assert.equal(await stores.blobs.stat("large"), undefined);
});
