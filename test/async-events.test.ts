// kill -9 while events are sent, run and delivered, over and over: every accepted event has run, and its record is where it was to go.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, PutFunctionEventInvokeConfigCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { MAIN } from "./support/command-line.ts";
import { openEvidence } from "./support/evidence.ts";
import { zipOf } from "./support/zip.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 10);
const SENDERS = 16;
const ROLE = "arn:aws:iam::000000000000:role/any";

const data = mkdtempSync(join(tmpdir(), "evoke-async-"));
const running = new Set<ChildProcess>();
after(async () => {
  // Asked to, it takes its sandboxes away, and those that its killed predecessors left.
  await Promise.all([...running].map((child) => new Promise((resolve) => { child.on("exit", resolve); child.kill("SIGTERM"); })));
  rmSync(data, { recursive: true, force: true });
});

async function start(): Promise<{ child: ChildProcess; lambda: LambdaClient; ended: Promise<unknown> }> {
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--log", "error", "--json", "--prewarm", "0", "--environments-max", "8"], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  const ended = new Promise((resolve) => child.on("exit", resolve)).then(() => running.delete(child));
  const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
  const lambda = new LambdaClient({ endpoint: JSON.parse(line).url, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  return { child, lambda, ended };
}

async function create(lambda: LambdaClient, name: string, source: string): Promise<string> {
  const { FunctionArn } = await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: ROLE, Timeout: 120, Code: { ZipFile: await zipOf({ "index.js": source }) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: name });
  return FunctionArn!;
}

/** Sends until the platform is gone; who got a 202 is in `accepted`. */
async function sendUntilKilled(lambda: LambdaClient, round: number, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let n = 0; !stop.aborted; n++) {
      const id = `${round}.${sender}.${n}`;
      try {
        const { StatusCode } = await lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from(JSON.stringify({ id, fail: n % 3 === 0 })) }));
        assert.equal(StatusCode, 202);
        accepted.add(id);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }));
}

test("every event that was accepted has run, and its record has arrived, whenever the platform is killed", async (t) => {
  const evidence = await openEvidence();
  t.after(evidence.close);
  const [ran, recorded] = [evidence.said("ran"), evidence.said("recorded")] as [string[], string[]];
  const accepted = new Set<string>();
  const first = await start();
  const sink = await create(first.lambda, "sink", `${evidence.say}exports.handler = ({ requestPayload }) => say("recorded", requestPayload.id);`);
  await create(first.lambda, "worker", `${evidence.say}exports.handler = async ({ id, fail }) => { await say("ran", id); if (fail) throw new Error("told to"); return id; };`);
  await first.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: sink }, OnFailure: { Destination: sink } } }));
  let evoke = first;
  for (let round = 0; round < KILLS; round++) {
    const stop = new AbortController();
    const sending = sendUntilKilled(evoke.lambda, round, accepted, stop.signal);
    for (const before = accepted.size; accepted.size === before;) await Promise.race([sleep(5), sending]); // a start takes its time
    await Promise.race([sleep(Math.random() * 500), sending]);
    stop.abort();
    evoke.child.kill("SIGKILL");
    await Promise.all([evoke.ended, sending]);
    evoke.lambda.destroy();
    evoke = await start();
  }
  const missing = (seen: string[]) => { const known = new Set(seen); return [...accepted].filter((id) => !known.has(id)); };
  // Long enough for a retry: on a busy machine a function may fail for want of time.
  for (let waitedMs = 0; waitedMs < 150_000 && missing(recorded).length > 0; waitedMs += 100) await sleep(100);
  assert.deepEqual(missing(ran), [], "accepted and never run");
  assert.deepEqual(missing(recorded), [], "run, and their record never arrived");
  t.diagnostic(`${accepted.size} events over ${KILLS} kills; ${ran.length - new Set(ran).size} ran more than once, ${recorded.length - new Set(recorded).size} records came more than once`);
  assert.ok(accepted.size >= KILLS * 5, `only ${accepted.size} events`);
  evoke.lambda.destroy();
});
