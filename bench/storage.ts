// What the stores cost beside bare prepared statements of the same durability, in the same run: node bench/storage.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { realClock } from "../src/kernel/clock.ts";
import { silentLog } from "../src/kernel/log.ts";
import { openStores } from "../src/storage/open.ts";

const MS_PER_MEASURE = 350;
const IN_FLIGHT = 64;
const BODY = JSON.stringify({ pad: "x".repeat(180) });
const VALUE = JSON.parse(BODY) as unknown;
const clock = realClock();

/** Calls per second of `call`, `inFlight` at a time. */
async function perSecond(inFlight: number, call: (n: number) => Promise<unknown>): Promise<number> {
  let n = 0;
  const start = clock.monotonicMs();
  const worker = async () => { while (clock.monotonicMs() - start < MS_PER_MEASURE) await call(n++); };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return n / ((clock.monotonicMs() - start) / 1000);
}

/** The same without any of our code: each step of `group` calls in one transaction, as callers that await every step could at best get. */
function barePerSecond(db: DatabaseSync, group: number, steps: ((n: number) => void)[]): number {
  let n = 0;
  const start = clock.monotonicMs();
  for (; clock.monotonicMs() - start < MS_PER_MEASURE; n += group) {
    for (const step of steps) {
      db.exec("BEGIN IMMEDIATE");
      for (let i = 0; i < group; i++) step(n + i);
      db.exec("COMMIT");
    }
  }
  return n / ((clock.monotonicMs() - start) / 1000);
}

const folder = mkdtempSync(join(tmpdir(), "evoke-bench-"));
const stores = await openStores({ data: join(folder, "stores"), clock, log: silentLog });
const bare = new DatabaseSync(join(folder, "bare.db"));
bare.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE documents (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id));
  CREATE TABLE messages (position INTEGER PRIMARY KEY, queue TEXT, id TEXT, due INTEGER, receipt TEXT, body TEXT);
  CREATE UNIQUE INDEX messages_id ON messages (queue, id); CREATE INDEX messages_due ON messages (queue, due);
  CREATE TABLE records (log TEXT, seq INTEGER, at INTEGER, body TEXT, PRIMARY KEY (log, seq)); CREATE INDEX records_at ON records (log, at)`);
const put = bare.prepare("INSERT INTO documents VALUES ('k', ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body");
const get = bare.prepare("SELECT body FROM documents WHERE kind = 'k' AND id = ?");
const send = bare.prepare("INSERT INTO messages (queue, id, due, body) VALUES (?, ?, 0, ?)");
const receive = bare.prepare("UPDATE messages SET due = 100, receipt = 'r' WHERE position IN (SELECT position FROM messages WHERE queue = ? AND due <= 1 ORDER BY due LIMIT 1) RETURNING id");
const finish = bare.prepare("DELETE FROM messages WHERE queue = ? AND id = ? AND receipt = 'r'");
const append = bare.prepare("INSERT INTO records VALUES ('l', ?, ?, ?)");
bare.exec(`CREATE TABLE queued (sequence INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT, sent INTEGER, due INTEGER, receives INTEGER, receipt TEXT, body TEXT);
  CREATE INDEX queued_due ON queued (queue, due, sequence); CREATE INDEX queued_sent ON queued (queue, sent)`);
const sendMessage = bare.prepare("INSERT INTO queued (queue, sent, due, receives, body) VALUES ('q', ?, ?, 0, ?)");
const receiveMessage = bare.prepare("UPDATE queued SET due = 9e15, receives = 1, receipt = 'r' WHERE sequence = (SELECT sequence FROM queued WHERE queue = 'q' AND due <= 1e15 ORDER BY due, sequence LIMIT 1) RETURNING sequence, body");
const deleteMessage = bare.prepare("DELETE FROM queued WHERE sequence = ? AND receipt = 'r'");
let seq = 0;

const documents = stores.documents<unknown>("k");
const cycle = async (queue: string, n: number) => {
  await stores.queues.send(queue, { id: `${n}`, body: BODY, dueMs: 0 });
  for (const { id } of await stores.queues.receive(queue, { nowMs: 1, limit: 1, hiddenUntilMs: 100, receipt: "r" })) await stores.queues.finish(queue, id, "r");
};
const held: string[] = [];
const bareCycle = [
  (n: number) => { send.run("q", `${n}`, BODY); },
  () => { for (const { id } of receive.all("q")) held.push(id as string); },
  () => { finish.run("q", held.pop()!); },
];

const { messages } = stores;
const ORDERS = { alone: { order: "standard" }, fair: { order: "standard", group: "g" }, fifo: { order: "fifo", group: "g" } } as const;
const sendTo = (kind: keyof typeof ORDERS, n: number) => messages.send(`m.${kind}`, { ...ORDERS[kind], ...(kind !== "alone" && { group: `g${n % 100}` }), body: BODY, sentMs: n, dueMs: n });
const messageCycle = async (kind: keyof typeof ORDERS, n: number) => {
  await sendTo(kind, n);
  const receipt = `${n}`;
  const received = await messages.receive(`m.${kind}`, { order: ORDERS[kind].order, nowMs: 1e15, limit: 1, hiddenUntilMs: 9e15, receipt });
  for (const { sequence } of received) await messages.delete(`m.${kind}`, sequence, receipt);
};
const bareMessageCycle = [
  (n: number) => { sendMessage.run(n, n, BODY); },
  () => { for (const { sequence } of receiveMessage.all()) held.push(sequence as string); },
  () => { deleteMessage.run(held.pop()!); },
];

const KEYS = 5000;
const ROWS: [name: string, ours: (n: number, inFlight: number) => Promise<unknown>, bare: ((n: number) => void)[]][] = [
  ["put", (n) => documents.put(`${n % KEYS}`, VALUE), [(n) => { put.run(`${n % KEYS}`, BODY); }]],
  ["get, one of 20", (n) => documents.get(`${n % 20}`), [(n) => { JSON.parse(get.get(`${n % 20}`)!.body as string); }]],
  ["send+receive+finish", (n, inFlight) => cycle(`q${inFlight}`, n), bareCycle],
  ["message: send", (n) => sendTo("alone", n), [bareMessageCycle[0]!]],
  ["message: send+receive+delete", (n) => messageCycle("alone", n), bareMessageCycle],
  ["… of 100 groups, fair", (n) => messageCycle("fair", n), bareMessageCycle],
  ["… of 100 groups, fifo", (n) => messageCycle("fifo", n), bareMessageCycle],
  ["append", (n) => stores.logs.append("l", [{ atMs: n, body: BODY }]), [() => { append.run(++seq, seq, BODY); }]],
  ["transaction of 3", (n) => stores.transaction(async (tx) => {
    await tx.documents("t").put(`${n % KEYS}`, VALUE);
    await tx.queues.send("t", { id: `${n}.${seq}`, body: BODY, dueMs: 0 });
    await tx.logs.append("t", [{ atMs: n, body: BODY }]);
    seq++;
  }), [(n) => { put.run(`t${n % KEYS}`, BODY); send.run("t", `${n}.${++seq}`, BODY); append.run(seq, seq, BODY); }]],
];

console.log("per second, synchronous=FULL".padEnd(30), "in flight", "bare".padStart(9), "stores".padStart(9), " ratio");
for (const [name, ours, plain] of ROWS) {
  for (const inFlight of [1, IN_FLIGHT]) {
    const floor = barePerSecond(bare, inFlight, plain);
    const real = await perSecond(inFlight, (n) => ours(n, inFlight));
    console.log(name.padEnd(30), `${inFlight}`.padStart(9), Math.round(floor).toString().padStart(9), Math.round(real).toString().padStart(9), (real / floor).toFixed(2).padStart(6));
  }
}
await stores.close();
bare.close();
rmSync(folder, { recursive: true });
