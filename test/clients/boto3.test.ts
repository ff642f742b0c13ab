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
const script = join(dirname(fileURLToPath(import.meta.url)), "boto3_session.py");

let platform: TestPlatform;
before(async () => { if (!skip) platform = await openTestPlatform(); });
after(() => platform?.close());

test("boto3 creates, invokes, updates, lists and deletes functions, and reads their logs", { skip }, async () => {
  const child = spawn(python, [script], { env: { ...process.env, AWS_ENDPOINT_URL: platform.url, AWS_ACCESS_KEY_ID: "123456789012", AWS_SECRET_ACCESS_KEY: "x", AWS_DEFAULT_REGION: "eu-central-1" } });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise((resolve) => child.on("close", resolve))]);
  assert.equal(code, 0, err);
  assert.match(out, /all of it worked/);
});
