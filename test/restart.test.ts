// What goes on by itself after a restart: not before Evoke listens, because functions call back.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { readConfig } from "../src/config.ts";
import { realClock } from "../src/kernel/clock.ts";
import { realIds } from "../src/kernel/ids.ts";
import { silentLog } from "../src/kernel/log.ts";
import { openPlatform } from "../src/platform.ts";
import { openEvidence } from "./support/evidence.ts";
import { zipOf } from "./support/zip.ts";

test("an event that was running when Evoke stopped runs in the next one, which it can call", async (t) => {
  const data = mkdtempSync(join(tmpdir(), "evoke-restart-"));
  const evidence = await openEvidence();
  const config = { ...readConfig({ flags: { port: "0", data, prewarm: "0" }, environment: {}, file: undefined }), network: "shared" as const };
  const open = () => openPlatform({ config, clock: realClock(), ids: realIds(), log: silentLog, environment: process.env });
  let platform = await open();
  t.after(async () => {
    await platform.close(0);
    evidence.close();
    rmSync(data, { recursive: true, force: true });
  });
  const said = evidence.said("urls") as string[];
  const until = async (runs: number): Promise<void> => {
    for (const sinceMs = performance.now(); said.length < runs && performance.now() - sinceMs < 15_000;) await sleep(10);
    assert.equal(said.length, runs);
  };

  const first = (await platform.listen()).url;
  const lambda = new Lambda({ endpoint: first, region: "eu-west-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  await lambda.createFunction({
    FunctionName: "f", Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Timeout: 60,
    Code: { ZipFile: await zipOf({ "index.js": `${evidence.say}exports.handler = async () => { await say("urls", process.env.AWS_ENDPOINT_URL); await new Promise((resolve) => setTimeout(resolve, 50_000)); };` }) },
  });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "f" });
  await lambda.invoke({ FunctionName: "f", InvocationType: "Event" });
  await until(1);
  lambda.destroy();
  await platform.close(0);

  platform = await open();
  await sleep(500); // long enough for it to run, were it not held
  assert.equal(said.length, 1);
  const second = (await platform.listen()).url;
  await until(2);
  assert.deepEqual(said, [first, second]);
});
