// Schedules in three processes on one PostgreSQL, some of them killed: each time is fired once, whoever is left; what was due while none ran goes by each service's rule.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { Scheduler } from "@aws-sdk/client-scheduler";
import { SQS } from "@aws-sdk/client-sqs";
import { MAIN } from "./support/command-line.ts";
import { ownDatabase } from "./support/postgres.ts";

const database = ownDatabase("evoke_test_schedules", "schedules in several processes are");
const { skip, sql } = database;
const RULES = 4;
const ONCE = 40;
const MINUTE = 60_000;
const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

interface Evoke { child: ChildProcess; data: string; ended: Promise<unknown>; url: string; events: EventBridge; scheduler: Scheduler; sqs: SQS }

const started = new Set<Pick<Evoke, "child" | "data" | "ended">>();

async function start(): Promise<Evoke> {
  const data = mkdtempSync(join(tmpdir(), "evoke-schedules-"));
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--database", database.url, "--log", "error", "--json", "--prewarm", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  started.add({ child, data, ended });
  const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
  const { url } = JSON.parse(line) as { url: string };
  const config = { endpoint: url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  return { child, data, ended, url, events: new EventBridge(config), scheduler: new Scheduler(config), sqs: new SQS(config) };
}

async function stop(evoke: Evoke, signal: NodeJS.Signals): Promise<void> {
  evoke.child.kill(signal);
  await evoke.ended;
  for (const client of [evoke.events, evoke.scheduler, evoke.sqs]) client.destroy();
}

/** What is in the queue, until it is enough, or nothing has come for longer than what a killed process held stays held. */
async function receive({ sqs, url }: Evoke, name: string, isEnough: (bodies: string[]) => boolean): Promise<string[]> {
  const QueueUrl = `${url}/000000000000/${name}`;
  const bodies: string[] = [];
  while (!isEnough(bodies)) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    if (Messages.length === 0) break;
    bodies.push(...Messages.map(({ Body }) => Body!));
    await sqs.deleteMessageBatch({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  }
  return bodies;
}

const dueAt = (dueMs: number): string => JSON.stringify({ fromMs: dueMs, dueMs });
/** Rates are of a minute at least: here the rules' next time is made `dueMs`. */
const setNext = (dueMs: number) => sql("UPDATE messages SET due = $1, body = $2 WHERE queue = 'events/schedules' AND id LIKE '%/minutely-%'", [dueMs, dueAt(dueMs)]);

/** And a rule is put, so that all look again. */
async function bringForward({ events }: Evoke, dueMs: number): Promise<void> {
  await setNext(dueMs);
  await events.putRule({ Name: "look", ScheduleExpression: "rate(1 day)" });
}

/** By name, the different ones of `values`. */
function differentBy(bodies: string[], name: string, value: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const body of bodies.map((text) => JSON.parse(text) as Record<string, string>)) found.set(body[name]!, (found.get(body[name]!) ?? new Set()).add(body[value]!));
  return found;
}

const TICK = { InputPathsMap: { rule: "$.resources[0]", id: "$.id", time: "$.time" }, InputTemplate: `{"at":"<rule> <time>","event":"<id>"}` };

async function once({ scheduler }: Evoke, Name: string, atMs: number): Promise<unknown> {
  const Input = JSON.stringify({ schedule: Name, execution: "<aws.scheduler.execution-id>" });
  return scheduler.createSchedule({ Name, ScheduleExpression: `at(${new Date(atMs).toISOString().slice(0, 19)})`, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: queueArn("once"), RoleArn: "arn:aws:iam::000000000000:role/any", Input } });
}

const threeOf = async (make: () => Promise<Evoke>): Promise<[Evoke, Evoke, Evoke]> => (await Promise.all([make(), make(), make()])) as [Evoke, Evoke, Evoke];

let evokes: [Evoke, Evoke, Evoke] | undefined;
before(async () => {
  if (skip) return;
  evokes = await threeOf(start);
  for (const QueueName of ["ticks", "once"]) await evokes![0].sqs.createQueue({ QueueName });
});
after(async () => {
  for (const client of evokes?.flatMap(({ events, scheduler, sqs }) => [events, scheduler, sqs]) ?? []) client.destroy();
  for (const { child } of started) child.kill("SIGTERM");
  for (const { data, ended } of started) {
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
  await database.drop();
});

test("each time of a schedule and of a rule is fired once by three processes, one of which is killed and replaced again and again", { skip }, async () => {
  await Promise.all(Array.from({ length: RULES }, async (_, n) => {
    const { events } = evokes![n % 3]!;
    await events.putRule({ Name: `minutely-${n}`, ScheduleExpression: "rate(1 minute)" });
    await events.putTargets({ Rule: `minutely-${n}`, Targets: [{ Id: "q", Arn: queueArn("ticks"), InputTransformer: TICK }] });
  }));
  const firstMs = Date.now() + 3_000;
  await Promise.all(Array.from({ length: ONCE }, (_, n) => once(evokes![n % 3]!, `once-${n}`, firstMs + (n % 8) * 1000)));
  const rounds = 4;
  for (let round = 0; round < rounds; round++) {
    const dueMs = Date.now() + 300;
    await bringForward(evokes![0], dueMs);
    await sleep(300 + Math.random() * 60);
    const killed = 1 + (round % 2);
    await stop(evokes![killed]!, "SIGKILL");
    evokes![killed] = await start();
    const left = async () => (await sql("SELECT count(*) AS n FROM messages WHERE queue = 'events/schedules' AND body = $1", [dueAt(dueMs)]))[0]!["n"];
    for (let tries = 0; Number(await left()) > 0; tries++) { // what the killed one held is held for six seconds
      assert.ok(tries < 100, "all of them fire");
      await sleep(100);
    }
  }
  const executions = differentBy(await receive(evokes![0], "once", (bodies) => new Set(bodies).size >= ONCE), "schedule", "execution");
  assert.deepEqual([...executions.keys()].sort(), Array.from({ length: ONCE }, (_, n) => `once-${n}`).sort());
  for (const [name, ids] of executions) assert.equal(ids.size, 1, `${name} was executed ${ids.size} times`);
  const ticks = differentBy(await receive(evokes![0], "ticks", (bodies) => new Set(bodies).size >= RULES * rounds), "at", "event");
  assert.equal(ticks.size, RULES * rounds);
  for (const [at, ids] of ticks) assert.equal(ids.size, 1, `${at} was fired ${ids.size} times`);
});

test("what was due while no process ran: a schedule's is made up for once, a rule's is not", { skip }, async () => {
  await once(evokes![0], "missed", Date.now() + 2_000);
  await Promise.all(evokes!.map((evoke) => stop(evoke, "SIGKILL")));
  const missedMs = Date.now() - 5 * MINUTE;
  await setNext(missedMs);
  await sleep(2_100);
  evokes = await threeOf(start);
  // Some of what was done before a kill may come once more, as "at least once" says: with its own execution's id.
  const made = differentBy(await receive(evokes![0], "once", (bodies) => bodies.some((body) => body.includes("missed"))), "schedule", "execution");
  assert.equal(made.get("missed")?.size, 1);
  const next = async () => (await sql("SELECT min(due) AS due FROM messages WHERE queue = 'events/schedules' AND id LIKE '%/minutely-%'"))[0]!["due"];
  for (let left = 100; left > 0 && Number(await next()) < Date.now(); left--) await sleep(50);
  assert.ok(Number(await next()) > Date.now() - MINUTE);
  await sleep(1_000);
  const { Messages = [] } = await evokes![0].sqs.receiveMessage({ QueueUrl: `${evokes![0].url}/000000000000/ticks`, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
  const missed = [0, 1, 2, 3].map((minutes) => new Date(missedMs + minutes * MINUTE).toISOString().slice(0, 19));
  assert.deepEqual(Messages.map(({ Body }) => Body!).filter((body) => missed.some((time) => body.includes(time))), []);
});
