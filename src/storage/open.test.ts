// Opening: the data folder, its lock, migrations, and what an operator is told when it cannot be.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test, type TestContext } from "node:test";
import { applyMigrations, type Migration } from "./migrate.ts";
import { openStores } from "./open.ts";
import { openSqlite } from "./sqlite.ts";
import { clock, log, temporaryFolder } from "./suite/databases.ts";

function folderFor(t: TestContext): string {
  const folder = temporaryFolder();
  t.after(folder.remove);
  return folder.path;
}

const openAt = (data: string) => openStores({ data, clock, log });

test("the client of a database that is not used is not even loaded", async (t) => {
  const data = folderFor(t);
  await (await openAt(data)).close();
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.deepEqual(loaded.filter((path) => /node_modules\/(pg|@electric-sql)\//.test(path)), []);
});

test("the data folder is made for its owner alone, and what was written is there again", async (t) => {
  const data = join(folderFor(t), "deep", "data");
  const stores = await openAt(data);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  await stores.documents("k").put("a", { n: 1 });
  await stores.blobs.put("b", new Uint8Array(100_000));
  await stores.close();
  assert.deepEqual(readdirSync(data).sort(), ["blobs", "evoke.db", "evoke.lock"], "no log and no pid left");
  const again = await openAt(data);
  assert.deepEqual(await again.documents("k").get("a"), { n: 1 });
  assert.equal((await again.blobs.get("b"))!.length, 100_000);
  await again.close();
});

test("a second opener of one folder is refused with the first one's process id", async (t) => {
  const data = folderFor(t);
  const first = await openAt(data);
  await assert.rejects(openAt(data), { name: "Fault", message: new RegExp(`in use by process ${process.pid}\\. Stop that one first`) });
  await first.documents("k").put("a", 1);
  await first.close();
  await (await openAt(data)).close();
});

test("also where a database keeps the data, a folder is one process's, which takes what another has in it for left behind", async (t) => {
  const data = folderFor(t);
  const onNothing = () => openStores({ data, database: "postgres://127.0.0.1:1/none", clock, log });
  const first = await openAt(data);
  await assert.rejects(onNothing(), { name: "Fault", message: new RegExp(`in use by process ${process.pid}`) });
  await first.close();
  await assert.rejects(onNothing(), { name: "Fault", message: /PostgreSQL cannot be reached/ });
  await (await openAt(data)).close();
});

test("another process's lock is respected while it lives, and gone when it is killed", async (t) => {
  const data = folderFor(t);
  const script = `import { openStores } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
    import { realClock } from ${JSON.stringify(new URL("../kernel/clock.ts", import.meta.url).href)};
    import { silentLog } from ${JSON.stringify(new URL("../kernel/log.ts", import.meta.url).href)};
    await openStores({ data: ${JSON.stringify(data)}, clock: realClock(), log: silentLog });
    console.log("open"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  await assert.rejects(openAt(data), { message: new RegExp(`in use by process ${child.pid}\\.`) });
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  assert.ok(existsSync(join(data, "evoke.pid")), "the pid file is still there, and means nothing");
  await (await openAt(data)).close();
});

test("a data folder that cannot be used is named in the message", async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, "file"), "");
  await assert.rejects(openAt(join(folder, "file")), { name: "Fault", message: /the data folder .*file is not a folder/ });
  await assert.rejects(openAt(join(folder, "file", "data")), { name: "Fault", message: /cannot be made or written/ });
  await assert.rejects(openStores({ clock, log }), { name: "Fault" });
  if (process.getuid?.() === 0) return; // root may write anywhere
  chmodSync(folder, 0o500);
  await assert.rejects(openAt(join(folder, "data")), { name: "Fault", message: /cannot be made or written/ });
  chmodSync(folder, 0o700);
});

test("a file that is no database is refused, and left as it is", async (t) => {
  const data = folderFor(t);
  writeFileSync(join(data, "evoke.db"), "this is not a database at all, but somebody's only copy of something".repeat(100));
  const before = readFileSync(join(data, "evoke.db"));
  await assert.rejects(openAt(data), { name: "Fault", message: /the database file is not a database/ });
  assert.ok(before.equals(readFileSync(join(data, "evoke.db"))));
  await assert.rejects(openAt(data), /is not a database/, "the lock was let go");
});

test("a damaged database is told as such", async (t) => {
  const data = folderFor(t);
  const stores = await openAt(data);
  for (let n = 0; n < 200; n++) await stores.documents("k").put(`${n}`, "x".repeat(1000));
  await stores.close();
  truncateSync(join(data, "evoke.db"), 40_960);
  const attempt = async () => {
    const again = await openAt(data);
    try {
      await again.documents("k").list({ limit: 1000 });
      await again.documents("k").count();
    } finally {
      await again.close();
    }
  };
  await assert.rejects(attempt(), { name: "Fault", message: /the database is damaged; put back a copy/ });
});

test("a database that a newer Evoke wrote is left alone", async (t) => {
  const data = folderFor(t);
  await (await openAt(data)).close();
  const db = new DatabaseSync(join(data, "evoke.db"));
  db.exec("INSERT INTO migrations (number, name) VALUES (9999, 'from the future')");
  db.close();
  await assert.rejects(openAt(data), { name: "Fault", message: /written by a newer Evoke \(its migration 9999; this one knows \d+\)/ });
});

test("migrations are applied once, in order, and a failing one leaves nothing of itself", async (t) => {
  const path = join(folderFor(t), "test.db");
  const database = openSqlite(path, clock, log);
  t.after(() => database.close());
  const one: Migration = { number: 1, name: "0001-one.sql", text: "CREATE TABLE one (n BIGINT)" };
  const two: Migration = { number: 2, name: "0002-two.sql", text: "INSERT INTO one (n) VALUES (2)" };
  const bad: Migration = { number: 3, name: "0003-bad.sql", text: "INSERT INTO one (n) VALUES (3); CREATE TABLE one (n BIGINT)" };
  await applyMigrations(database, [one]);
  await applyMigrations(database, [one, two]);
  await applyMigrations(database, [one, two]);
  await assert.rejects(applyMigrations(database, [one, two, bad]), { name: "Fault" });
  assert.deepEqual((await database.read`SELECT n FROM one`).map(({ n }) => n), [2]);
  assert.deepEqual((await database.read`SELECT number FROM migrations ORDER BY number`).map(({ number }) => number), [1, 2]);
});

test("a lease that a process held when it ended is free at the next opening", async (t) => {
  const data = folderFor(t);
  const stores = await openAt(data);
  assert.equal(await stores.leases.take("work", "the first", 0, 1e12), true);
  await stores.close();
  const again = await openAt(data);
  assert.equal(await again.leases.take("work", "the second", 0, 1e12), true);
  await again.close();
});

test("files of blobs that were being written or replaced at a crash are collected at the next opening", async (t) => {
  const data = folderFor(t);
  const stores = await openAt(data);
  await stores.blobs.put("kept", new Uint8Array(100_000));
  await stores.close();
  const shard = readdirSync(join(data, "blobs"))[0]!;
  const orphans = [`${shard}orphan`, `${shard}unfinished.part`];
  for (const file of orphans) writeFileSync(join(data, "blobs", shard, file), "x");
  const db = new DatabaseSync(join(data, "evoke.db"));
  db.exec(`INSERT INTO blob_garbage (file, at) VALUES ('${shard}orphan', 1), ('${shard}unfinished', 1), ('zznever', 1)`);
  db.close();
  const again = await openAt(data);
  assert.equal(readdirSync(join(data, "blobs", shard)).length, 1);
  assert.equal((await again.blobs.get("kept"))!.length, 100_000);
  await again.close();
});

test("replaced and deleted blobs leave no file behind, and a stream nobody reads holds nothing open", async (t) => {
  const data = folderFor(t);
  const stores = await openAt(data);
  for (let i = 0; i < 5; i++) await stores.blobs.put("a", new Uint8Array(100_000 + i));
  await stores.blobs.stream("a");
  const files = () => readdirSync(join(data, "blobs"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  assert.equal(files(), 1);
  await stores.blobs.put("a", new Uint8Array(10));
  assert.equal(files(), 0);
  await stores.blobs.put("a", new Uint8Array(100_000));
  await stores.blobs.delete("a");
  assert.equal(files(), 0);
  await stores.close();
});

test("memory leaves the data folder and the disk alone", async (t) => {
  const data = join(folderFor(t), "data");
  const stores = await openStores({ data, ephemeral: true, clock, log });
  await stores.documents("k").put("a", 1);
  await stores.blobs.put("large", new Uint8Array(100_000));
  await stores.close();
  assert.equal(existsSync(data), false);
});

test("a PostgreSQL that is not there is told as such", async () => {
  await assert.rejects(openStores({ database: "postgres://nobody@127.0.0.1:1/none", clock, log }), { name: "Fault", message: /PostgreSQL cannot be reached/ });
});
