// kill -9 in the middle of writing, over and over: what was acknowledged is there, and nothing is there by half.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openStores } from "./open.ts";
import type { LogRecord, Stores } from "./stores.ts";
import { clock, log, temporaryFolder } from "./suite/databases.ts";

/** A nightly run asks for many more. */
const ROUNDS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 6);
const PAGE = 5000;

async function allRecords(stores: Stores, log: string): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for (let page; (page = await stores.logs.read(log, { after: all.length, limit: PAGE })).length > 0;) all.push(...page);
  return all;
}

async function allIds(stores: Stores, kind: string): Promise<string[]> {
  const all: string[] = [];
  for (let page; (page = await stores.documents(kind).list({ after: all.at(-1) ?? "", limit: PAGE })).length > 0;) all.push(...page.map(([id]) => id));
  return all;
}

async function writeUntilKilled(data: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [new URL("./suite/crash-writer.ts", import.meta.url).pathname, data, `${round}`], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => { output += chunk; });
  const closed = once(child, "close");
  while (!output.includes("open") && child.exitCode === null) await sleep(5);
  await sleep(20 + Math.random() * 250);
  child.kill("SIGKILL");
  await closed;
  assert.equal(child.signalCode, "SIGKILL", "the writer ended by itself");
  return output.split("\n").slice(0, -1); // a last line without its end was not told
}

async function check(stores: Stores, data: string, told: string[]): Promise<number> {
  const of = (kind: string) => told.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(" ").slice(1) as [string, string]);
  for (const [id] of of("document")) assert.equal((await stores.documents<{ id: string }>("document").get(id!))?.id, id);
  await checkPairs(stores, of("pair").map(([id]) => id!));
  const batch = await allRecords(stores, "batch");
  assert.equal(batch.length % 3, 0, "half a batch");
  assert.deepEqual(batch.map(({ seq }) => seq), batch.map((_, i) => i + 1));
  for (const [id, first] of of("batch")) for (let i = 0; i < 3; i++) assert.equal(batch[Number(first) - 1 + i]!.body, id);
  for (const [id, size] of of("blob")) assert.equal((await stores.blobs.stat(id!))?.sizeBytes, Number(size), id);
  let large = 0;
  for await (const { key, sizeBytes } of stores.blobs.list("")) {
    const bytes = (await stores.blobs.get(key))!;
    assert.equal(bytes.length, sizeBytes, key);
    if (key !== "same") assert.ok(bytes.every((byte) => byte === (sizeBytes & 255)), key);
    if (sizeBytes > 65_536) large++;
  }
  const folder = join(data, "blobs"); // there with the first large one: a kill may come before it
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  assert.equal(files.length, large, "files that no blob points at");
  await checkWork(stores, new Set(of("sent").map(([id]) => id!)), new Set(of("finishing").map(([id]) => id!)), new Set(of("finished").map(([id]) => id!)));
  return told.length;
}

/** A pair is a document, a queue item and a log record of one transaction. */
async function checkPairs(stores: Stores, told: string[]): Promise<void> {
  const documents = (await allIds(stores, "pair")).sort();
  const records = (await allRecords(stores, "pair")).map(({ body }) => body).sort();
  assert.deepEqual(documents, records, "half a transaction");
  const { due, later } = await stores.queues.count("pair", 1);
  assert.equal(due + later, documents.length, "half a transaction");
  const there = new Set(documents);
  for (const id of told) assert.ok(there.has(id), id);
}

async function checkWork(stores: Stores, sent: Set<string>, finishing: Set<string>, finished: Set<string>): Promise<void> {
  const left = new Set<string>();
  for (let items; (items = await stores.queues.receive("work", { nowMs: 2 ** 51, limit: 1000, hiddenUntilMs: 2 ** 52, receipt: "check" })).length > 0;) for (const { id } of items) left.add(id);
  for (const id of left) await stores.queues.hide("work", id, "check", 0);
  for (const id of finished) assert.ok(!left.has(id), `${id} was finished and is there`);
  for (const id of sent) assert.ok(left.has(id) || finishing.has(id), `${id} was sent, not finished, and is gone`);
}

test("after kill -9 at any moment every acknowledged write is there and nothing is half written", async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const told: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    told.push(...await writeUntilKilled(folder.path, round));
    const stores = await openStores({ data: folder.path, clock, log });
    try {
      t.diagnostic(`${await check(stores, folder.path, told)} acknowledged writes after round ${round + 1}`);
    } finally {
      await stores.close();
    }
  }
  assert.ok(told.length >= ROUNDS * 5, `only ${told.length} writes`);
});
