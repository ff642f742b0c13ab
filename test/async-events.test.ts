// kill -9 while events are sent, run and delivered, over and over: every accepted event has run, and its record is where it was to go.
import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openEvidence } from "./support/evidence.ts";
import { type MortalPlatform, mortalPlatforms } from "./support/mortal-platform.ts";
import { ownDatabase } from "./support/postgres.ts";
import { zipOf } from "./support/zip.ts";

/** A nightly run asks for many more. */
const KILLS = Number(process.env["EVOKE_CRASH_ROUNDS"] ?? 10);
const SENDERS = 16;

type Evoke = MortalPlatform<{ lambda: Lambda }>;
type Starting = ReturnType<typeof mortalPlatforms<{ lambda: Lambda }>>;
const processes = (name: string, ...options: string[]): Starting => mortalPlatforms(name, (config) => ({ lambda: new Lambda(config) }), "--environments-max", "8", ...options);

const database = ownDatabase("evoke_test_async", "asynchronous events in several processes are");
const alone = processes("async");
const together = [processes("async-one", "--database", database.url), processes("async-other", "--database", database.url)];
after(database.drop);

async function create(lambda: Lambda, FunctionName: string, source: string): Promise<string> {
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Timeout: 120, Code: { ZipFile: await zipOf({ "index.js": source }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
  return FunctionArn!;
}

/** Sends until the platform is gone; who got a 202 is in `accepted`. */
async function sendUntilKilled({ lambda }: Evoke, prefix: string, accepted: Set<string>, stop: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: SENDERS }, async (_, sender) => {
    for (let n = 0; !stop.aborted; n++) {
      const id = `${prefix}.${sender}.${n}`;
      try {
        const { StatusCode } = await lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: Buffer.from(JSON.stringify({ id, fail: n % 3 === 0 })) });
        assert.equal(StatusCode, 202);
        accepted.add(id);
      } catch (error) {
        if (!stop.aborted) throw error;
      }
    }
  }));
}

/** Each in turn, while all are sent to. */
async function killAgainAndAgain(t: TestContext, starting: Starting[], kills: number): Promise<void> {
  const evidence = await openEvidence();
  t.after(evidence.close);
  const [ran, recorded] = [evidence.said("ran"), evidence.said("recorded")] as [string[], string[]];
  const accepted = new Set<string>();
  const evokes = await Promise.all(starting.map(({ start }) => start()));
  const { lambda } = evokes[0]!;
  const sink = await create(lambda, "sink", `${evidence.say}exports.handler = ({ requestPayload }) => say("recorded", requestPayload.id);`);
  await create(lambda, "worker", `${evidence.say}exports.handler = async ({ id, fail }) => { await say("ran", id); if (fail) throw new Error("told to"); return id; };`);
  await lambda.putFunctionEventInvokeConfig({ FunctionName: "worker", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: sink }, OnFailure: { Destination: sink } } });
  for (let round = 0; round < kills; round++) {
    const victim = round % evokes.length;
    const before = accepted.size;
    evokes[victim] = await starting[victim]!.killDuring(evokes[victim]!, {
      work: (stop) => Promise.all(evokes.map((evoke, n) => sendUntilKilled(evoke, `${round}.${n}`, accepted, stop))),
      hasBegun: () => accepted.size > before,
      afterMs: Math.random() * 500,
    });
  }
  const missing = (seen: string[]) => { const known = new Set(seen); return [...accepted].filter((id) => !known.has(id)); };
  // Long enough for a retry: on a busy machine a function may fail for want of time.
  for (let waitedMs = 0; waitedMs < 150_000 && missing(recorded).length > 0; waitedMs += 100) await sleep(100);
  assert.deepEqual(missing(ran), [], "accepted and never run");
  assert.deepEqual(missing(recorded), [], "run, and their record never arrived");
  t.diagnostic(`${accepted.size} events over ${kills} kills; ${ran.length - new Set(ran).size} ran more than once, ${recorded.length - new Set(recorded).size} records came more than once`);
  assert.ok(accepted.size >= kills * 5, `only ${accepted.size} events`);
  for (const evoke of evokes) await evoke.kill("SIGTERM");
}

test("every event that was accepted has run, and its record has arrived, whenever the platform is killed", (t) => killAgainAndAgain(t, [alone], KILLS));

test("the same of two processes on one database, of which one is killed and comes back while the other goes on", { skip: database.skip }, (t) => killAgainAndAgain(t, together, Math.ceil(KILLS / 2)));
