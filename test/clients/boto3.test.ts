// boto3 shares no code with us: it signs, serialises and parses on its own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";

const python = process.env["EVOKE_TEST_PYTHON"] ?? "python3";
const there = spawnSync(python, ["-c", "import boto3"]).status === 0;
const skip = there ? false : "boto3 is not installed (pip install boto3, or run .ci/run)";
const folder = dirname(fileURLToPath(import.meta.url));

let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(() => platform?.close());

async function session(script: string, account: string): Promise<void> {
  const child = spawn(python, [join(folder, script)], { env: { ...process.env, AWS_ENDPOINT_URL: platform.url, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "x", AWS_DEFAULT_REGION: "eu-central-1" } });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise((resolve) => child.on("close", resolve))]);
  assert.equal(code, 0, err);
  assert.match(out, /all of it worked/);
}

test("boto3 creates, invokes, updates, lists and deletes functions, and reads their logs", { skip }, () => session("boto3_session.py", "123456789012"));
test("boto3 waits for, pages through and cleans up what IAM keeps", { skip }, () => session("boto3_iam.py", "111122223333"));
test("boto3 publishes versions, shares invocations between them, and its waiters and paginators come to an end", { skip }, () => session("boto3_versions.py", "210987654321"));
test("boto3 pages through metrics, log groups, streams and events", { skip }, () => session("boto3_metrics.py", "410987654321"));
test("boto3 watches durable executions while they run, and pages through their history", { skip }, () => session("boto3_durable.py", "310987654321"));
test("boto3 runs functions on capacity providers, pages through them, and waits for published versions", { skip }, () => session("boto3_capacity.py", "920987654321"));
test("boto3 works queues, pages through them, waits for messages and moves dead letters back", { skip }, () => session("boto3_sqs.py", "610987654321"));
test("boto3 publishes, pages through and uses layers, and gives functions a code signing config", { skip }, () => session("boto3_layers.py", "510987654321"));
test("boto3 feeds functions from queues, and pages through the mappings", { skip }, () => session("boto3_mappings.py", "610987654321"));
test("boto3 pages through topics, subscriptions, platform endpoints and phone numbers, and confirms by an e-mail's token", { skip }, () => session("boto3_sns.py", "610987654321"));
test("boto3 makes buses, rules, targets, archives and API destinations, and pages through them", { skip }, () => session("boto3_events.py", "710987654321"));
test("boto3 makes schedules and groups, pages through them, and gets what falls due", { skip }, () => session("boto3_scheduler.py", "910987654321"));
test("boto3 reaches buckets through access points, and pages through them", { skip }, () => session("boto3_access_points.py", "820987654321"));
test("boto3 keeps objects in buckets, in one piece and in parts, pages through them and waits for them", { skip }, () => session("boto3_s3.py", "810987654321"));
test("boto3 lays pipes between queues, stops, changes and starts them, and pages through them", { skip }, () => session("boto3_pipes.py", "910987654321"));
