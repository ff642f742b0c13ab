// The photo examples, end to end: a real JPEG goes into a bucket, the function it invokes puts a real thumbnail into another.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Lambda } from "@aws-sdk/client-lambda";
import { NoSuchKey, S3 } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { evoke } from "../test/support/command-line.ts";
import { packageFiles } from "../test/support/packages.ts";
import { openTestPlatform, type TestPlatform } from "../test/support/platform.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const PILLOW = process.env["EVOKE_TEST_PILLOW"];
/** As events spell it, it is another: "holiday+photo+%C3%BC.jpg". */
const KEY = "holiday photo ü.jpg";
const [WIDTH, HEIGHT] = [1600, 1200];

let platform: TestPlatform;
let s3: S3;
let lambda: Lambda;
let temporary: string;
let photo: Buffer;

before(async () => {
  platform = await openTestPlatform();
  const config = { ...platform.clientConfig, forcePathStyle: true, region: "us-east-1" }; // the command line's
  [s3, lambda] = [new S3(config), new Lambda(config)];
  temporary = await mkdtemp(join(tmpdir(), "evoke-photos-"));
  photo = await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: "#336699", noise: { type: "gaussian", mean: 128, sigma: 40 } } }).jpeg({ quality: 90 }).toBuffer();
});
after(async () => {
  s3?.destroy();
  lambda?.destroy();
  await platform?.close();
  await rm(temporary, { recursive: true, force: true });
});

/** As the README has it: deploy, buckets, permission, notification, a photo. Answers the thumbnail. */
async function thumbnailBy(name: string, ...deployOptions: string[]): Promise<Buffer> {
  const deployed = await evoke(["deploy", join(temporary, name), "--memory", "512", "--timeout", "30", "--json", ...deployOptions], platform.url);
  assert.equal(deployed.code, 0, deployed.stderr);
  const { functionArn } = JSON.parse(deployed.stdout) as { functionArn: string };
  const Bucket = `${name}-source`;
  await s3.createBucket({ Bucket });
  await s3.createBucket({ Bucket: `${Bucket}-resized` });
  await lambda.addPermission({ FunctionName: name, StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: `arn:aws:s3:::${Bucket}`, SourceAccount: "000000000000" });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: functionArn, Events: ["s3:ObjectCreated:*"] }] } });
  await s3.putObject({ Bucket, Key: KEY, Body: photo, ContentType: "image/jpeg" });
  for (const until = Date.now() + 30_000; ;) {
    const made = await s3.getObject({ Bucket: `${Bucket}-resized`, Key: `resized-${KEY}` }).catch((error: unknown) => {
      if (error instanceof NoSuchKey && Date.now() < until) return undefined;
      throw error;
    });
    if (made) return Buffer.from(await made.Body!.transformToByteArray());
    await sleep(50);
  }
}

async function checkThumbnail(thumbnail: Buffer): Promise<void> {
  assert.deepEqual([...thumbnail.subarray(0, 3)], [0xff, 0xd8, 0xff]);
  const { format, width, height } = await sharp(thumbnail).metadata();
  assert.deepEqual([format, width, height], ["jpeg", 200, 150]);
  const { channels } = await sharp(thumbnail).stats(); // decodes all of it
  assert.equal(channels.length, 3);
  assert.ok(thumbnail.byteLength < photo.byteLength / 10);
}

test("photo-node makes a thumbnail of every photo", { timeout: 60_000 }, async () => {
  await cp(join(folder, "photo-node"), join(temporary, "photo-node"), { recursive: true });
  for (const [name, content] of Object.entries(packageFiles(["sharp", "@aws-sdk/client-s3"]))) {
    await mkdir(dirname(join(temporary, "photo-node", name)), { recursive: true });
    await writeFile(join(temporary, "photo-node", name), content);
  }
  await checkThumbnail(await thumbnailBy("photo-node"));
});

test("photo-python makes a thumbnail of every photo", { timeout: 60_000, skip: !PILLOW && "EVOKE_TEST_PILLOW names no folder with Pillow and boto3" }, async () => {
  await cp(PILLOW!, join(temporary, "photo-python"), { recursive: true });
  await cp(join(folder, "photo-python"), join(temporary, "photo-python"), { recursive: true });
  // Pillow is built for one version of Python.
  const built = (await readdir(join(PILLOW!, "PIL"))).map((name) => /^_imaging\.cpython-3(\d+)-/.exec(name)?.[1]).find((minor) => minor !== undefined);
  await checkThumbnail(await thumbnailBy("photo-python", "--runtime", `python3.${built}`, "--handler", "lambda_function.lambda_handler"));
});
