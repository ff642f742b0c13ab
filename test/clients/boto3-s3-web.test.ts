// boto3 signs forms in its own way, in Version 2 unless told otherwise; curl sends them in its own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { openTestPlatform } from "../support/platform.ts";

const KEY = { accessKeyId: "710987654321", secretAccessKey: "boto-secret" };
const python = process.env["EVOKE_TEST_PYTHON"] ?? "python3";
const skip = spawnSync(python, ["-c", "import boto3"]).status === 0 ? false : "boto3 is not installed (pip install boto3, or run .ci/run)";
const noCurl = spawnSync("curl", ["--version"]).status === 0 ? false : "curl is not installed";

async function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise((resolve) => child.on("close", resolve))]);
  assert.equal(code, 0, err);
  return out;
}

test("boto3 signs forms in both versions, and sets up buckets for browsers", { skip }, async () => {
  await using platform = await openTestPlatform({ credentials: `${KEY.accessKeyId}:${KEY.secretAccessKey}` });
  const out = await run(python, [join(dirname(fileURLToPath(import.meta.url)), "boto3_s3_web.py")], { AWS_ENDPOINT_URL: platform.url, AWS_ACCESS_KEY_ID: KEY.accessKeyId, AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey, AWS_DEFAULT_REGION: "eu-central-1" });
  assert.match(out, /all of it worked/);
});

test("curl uploads a file with a form, signed or, in development, with nothing", { skip: noCurl }, async () => {
  await using platform = await openTestPlatform({ credentials: `${KEY.accessKeyId}:${KEY.secretAccessKey}` });
  const s3 = new S3({ ...platform.clientConfig, credentials: KEY, forcePathStyle: true });
  await s3.createBucket({ Bucket: "curled" });
  const { url, fields } = await createPresignedPost(s3, { Bucket: "curled", Key: "scripts/${filename}" });
  const form = (all: Record<string, string>) => Object.entries(all).flatMap(([name, value]) => ["-F", `${name}=${value}`]);
  const send = (to: string, all: Record<string, string>) => run("curl", ["-sS", "-w", "%{http_code}", ...form(all), "-F", `file=@${fileURLToPath(import.meta.url)}`, to]);
  assert.equal(await send(url, fields), "204");
  assert.match(await (await s3.getObject({ Bucket: "curled", Key: "scripts/boto3-s3-web.test.ts" })).Body!.transformToString(), /^\/\/ boto3 signs forms/);
  assert.match(await send(url, { ...fields, key: "elsewhere" }), /Policy Condition failed: .*403$/s);
  s3.destroy();

  await using open = await openTestPlatform();
  const mine = new S3({ ...open.clientConfig, forcePathStyle: true });
  await mine.createBucket({ Bucket: "curled" });
  assert.equal(await send(`${open.url}/curled/`, { key: "k", "Content-Type": "text/plain" }), "204");
  assert.equal((await mine.headObject({ Bucket: "curled", Key: "k" })).ContentType, "text/plain");
  mine.destroy();
});
