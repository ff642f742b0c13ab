// kill -9 while events are put, delivered, archived and replayed, over and over: every event that was accepted is at both targets, the archive has it, and a replay brings it again.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
import { MAIN } from "./support/command-line.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 8);
const SENDERS = 4;
const BUS = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:000000000000:${name}`;

const data = mkdtempSync(join(tmpdir(), "evoke-events-"));
const running = new Set<ChildProcess>();
after(async () => {
  await Promise.all([...running].map((child) => new Promise((resolve) => { child.on("exit", resolve); child.kill("SIGTERM"); })));
  rmSync(data, { recursive: true, force: true });
});

interface Evoke {
  child: ChildProcess;
  ended: Promise<unknown>;
  url: string;
  events: EventBridge;
  sqs: SQS;
}

async function start(): Promise<Evoke> {
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--log", "error", "--json", "--prewarm", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  const ended = new Promise((resolve) => child.on("exit", resolve)).then(() => running.delete(child));
  const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
  const { url } = JSON.parse(line) as { url: string };
  const config = { endpoint: url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  return { child, ended, url, events: new EventBridge(config), sqs: new SQS(config) };
}

/** Kills it at any moment of `work`, waits until it is gone, and starts the next. */
async function killDuring(evoke: Evoke, work: (stop: AbortSignal) => Promise<unknown>, hasBegun: () => boolean | Promise<boolean>): Promise<Evoke> {
  const stop = new AbortController();
  const working = work(stop.signal);
  while (!(await hasBegun())) await Promise.race([sleep(5), working]);
  await sleep(Math.random() * 200);
  stop.abort();
  evoke.child.kill("SIGKILL");
  await Promise.all([evoke.ended, working]);
  evoke.events.destroy();
  evoke.sqs.destroy();
  return start();
}

async function putUntil({ events }: Evoke, round: number, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let n = 0; !stop.aborted; n++) {
      try {
        const { Entries } = await events.putEvents({ Entries: [0, 1].map((m) => ({ Source: "kept", DetailType: "d", Detail: JSON.stringify({ sender, round, n, m }) })) });
        for (const { EventId } of Entries!) accepted.add(EventId!);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }));
}

/** Until everything of `wanted` is there, or nothing has come for longer than what a killed process held stays held. */
async function receiveAll({ sqs, url }: Evoke, name: string, wanted: Set<string>, isOne: (event: Record<string, unknown>) => boolean): Promise<void> {
  const missing = new Set(wanted);
  const QueueUrl = `${url}/000000000000/${name}`;
  while (missing.size > 0) {
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 20 });
    if (Messages.length === 0) break;
    for (const { Body } of Messages) {
      const event = JSON.parse(Body!);
      if (isOne(event)) missing.delete(event.id);
    }
    await sqs.deleteMessageBatch({ QueueUrl, Entries: Messages.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  }
  assert.deepEqual([...missing], [], `all of ${wanted.size} are in ${name}`);
}

test("every event that was accepted reaches its targets and its archive, and comes again with a replay, whenever the platform is killed", async () => {
  const accepted = new Set<string>();
  let evoke = await start();
  for (const QueueName of ["one", "two"]) await evoke.sqs.createQueue({ QueueName });
  await evoke.events.putRule({ Name: "kept", EventPattern: JSON.stringify({ source: ["kept"] }) });
  await evoke.events.putTargets({ Rule: "kept", Targets: ["one", "two"].map((Id) => ({ Id, Arn: queueArn(Id) })) });
  await evoke.events.createArchive({ ArchiveName: "kept", EventSourceArn: BUS });
  for (let round = 0; round < KILLS; round++) {
    const before = accepted.size;
    evoke = await killDuring(evoke, (stop) => putUntil(evoke, round, accepted, stop), () => accepted.size > before);
  }
  for (const name of ["one", "two"]) await receiveAll(evoke, name, accepted, (event) => event["replay-name"] === undefined);
  const archived = async () => (await evoke.events.describeArchive({ ArchiveName: "kept" })).EventCount!;
  for (let left = 300; left > 0 && (await archived()) < accepted.size; left--) await sleep(100);

  await evoke.events.startReplay({ ReplayName: "again", EventSourceArn: "arn:aws:events:eu-west-1:000000000000:archive/kept", EventStartTime: new Date(0), EventEndTime: new Date(Date.now() + 60_000), Destination: { Arn: BUS } });
  evoke = await killDuring(evoke, async () => undefined, async () => (await evoke.events.describeReplay({ ReplayName: "again" })).State !== "STARTING");
  for (const name of ["one", "two"]) await receiveAll(evoke, name, accepted, (event) => event["replay-name"] === "again");
  for (let left = 300; left > 0 && (await evoke.events.describeReplay({ ReplayName: "again" })).State !== "COMPLETED"; left--) await sleep(100);
  assert.equal((await evoke.events.describeReplay({ ReplayName: "again" })).State, "COMPLETED");
  evoke.events.destroy();
  evoke.sqs.destroy();
});
