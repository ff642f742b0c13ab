// Asynchronous events, on disk: how many are accepted, and how many run until all have, beside synchronous invokes and bare SQLite.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { lambdaAt, makeFunction, timeInvoke } from "./function.ts";
import { load, median, ROOT, serve } from "./process.ts";
import type { Row } from "./run.ts";

const CONNECTIONS = 32;
const NAME = "echo-async";
const PATH = `/2015-03-31/functions/${NAME}/invocations`;

export async function asyncEvents(quick: boolean): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "evoke-bench-"));
  const evoke = await serve([join(ROOT, "bin/evoke.mjs"), "start", "--port", "0", "--data", join(folder, "data"), "--json"]);
  const lambda = lambdaAt(evoke.url);
  try {
    await makeFunction(lambda, NAME, "node");
    await timeInvoke(lambda, NAME);
    const [warm, floor, accepted, ran]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      warm.push((await load(evoke.url, PATH, CONNECTIONS, 1)).perSecond);
      floor.push(barePerSecond(join(folder, `bare-${round}.db`)));
      const startedMs = performance.now();
      const { perSecond, failures, all } = await load(evoke.url, PATH, CONNECTIONS, quick ? 1 : 2, "Event");
      if (failures > 0) throw new Error(`${failures} events were not accepted`);
      accepted.push(perSecond);
      await drained(evoke.url);
      ran.push(all / ((performance.now() - startedMs) / 1000));
    }
    const [sync, bare] = [median(warm), median(floor)];
    const row = (what: string, perSecond: number): Row => ({ what, evoke: `${Math.round(perSecond)}`, floor: `${Math.round(sync)} synchronous; ${Math.round(bare)} bare SQLite (insert, take, delete)`, ratio: `${(perSecond / sync).toFixed(2)}; ${(perSecond / bare).toFixed(2)}`, bar: "", met: undefined });
    return [row(`asynchronous events accepted per second, durable, ${CONNECTIONS} connections, while they run`, median(accepted)), row("… accepted and run per second, until none is left", median(ran))];
  } finally {
    lambda.destroy();
    await evoke.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function drained(url: string): Promise<void> {
  for (;;) {
    const { asynchronous } = (await (await fetch(`${url}/_evoke/health`)).json()) as { asynchronous: { lanes: number } };
    if (asynchronous.lanes === 0) return;
    await sleep(20);
  }
}

/** The same three writes per event without any of our code, as many together as there are connections. */
function barePerSecond(path: string): number {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE messages (position INTEGER PRIMARY KEY, id TEXT UNIQUE, due INTEGER, receipt TEXT, body TEXT)");
  const insert = db.prepare("INSERT INTO messages (id, due, body) VALUES (?, 0, ?)");
  const take = db.prepare("UPDATE messages SET due = 100, receipt = 'r' WHERE position IN (SELECT position FROM messages WHERE due = 0 LIMIT ?) RETURNING id");
  const remove = db.prepare("DELETE FROM messages WHERE id = ? AND receipt = 'r'");
  const body = "x".repeat(300);
  const startedMs = performance.now();
  let n = 0;
  for (; performance.now() - startedMs < 500; n += CONNECTIONS) {
    db.exec("BEGIN IMMEDIATE");
    for (let one = 0; one < CONNECTIONS; one++) insert.run(`${n + one}`, body);
    db.exec("COMMIT");
    db.exec("BEGIN IMMEDIATE");
    const taken = take.all(CONNECTIONS) as { id: string }[];
    db.exec("COMMIT");
    db.exec("BEGIN IMMEDIATE");
    for (const { id } of taken) remove.run(id);
    db.exec("COMMIT");
  }
  db.close();
  return n / ((performance.now() - startedMs) / 1000);
}
