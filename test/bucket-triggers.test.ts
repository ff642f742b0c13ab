// Buckets invoke functions: for which events, with which of them, and without being waited for.
// https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { type Event, S3 } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { evoke } from "./support/command-line.ts";
import { type Evidence, openEvidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const Bucket = "photos";
let platform: TestPlatform;
let evidence: Evidence;
let [s3, lambda] = [] as unknown as [S3, Lambda];

before(async () => {
  evidence = await openEvidence();
  platform = await openTestPlatform();
  const config = { ...platform.clientConfig, forcePathStyle: true };
  [s3, lambda] = [new S3(config), new Lambda(config)];
  await s3.createBucket({ Bucket });
});
after(async () => {
  s3?.destroy();
  lambda?.destroy();
  evidence?.close();
  await platform?.close();
});

async function trigger(FunctionName: string, body: string, Events: Event[], prefix: string) {
  const { FunctionArn } = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Timeout: 20, Code: { ZipFile: await zipOf({ "index.js": `${evidence.say}exports.handler = async (event) => { ${body} };` }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName });
  await lambda.addPermission({ FunctionName, StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: `arn:aws:s3:::${Bucket}`, SourceAccount: "000000000000" });
  return { LambdaFunctionArn: FunctionArn!, Events, Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: prefix }] } } };
}

async function said(about: string, count: number): Promise<any[]> {
  for (const until = Date.now() + 15_000; evidence.said(about).length < count && Date.now() < until;) await sleep(20);
  await sleep(100); // what should not come would come now
  return evidence.said(about);
}

/** The members of an event, all the way down. */
const shapeOf = (value: unknown): unknown => (Array.isArray(value) ? value.map(shapeOf) : value !== null && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]).sort()) : typeof value);

test("a function is invoked for what is put, posted, copied and deleted, and one that wants one kind of event for no other", async () => {
  const all = await trigger("everything", 'await say("everything", event)', ["s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy"], "all/");
  const deletions = await trigger("deletions", 'await say("deletions", event)', ["s3:ObjectRemoved:*"], "all/");
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [all, deletions] } });
  await s3.putObject({ Bucket, Key: "all/put", Body: "x" });
  const { url, fields } = await createPresignedPost(s3 as never, { Bucket, Key: "all/posted" });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["posted"]));
  assert.equal((await fetch(url, { method: "POST", body: form })).status, 204);
  await s3.copyObject({ Bucket, Key: "all/copied", CopySource: `${Bucket}/all/put` });
  await s3.putObject({ Bucket, Key: "other/put", Body: "x" });
  await s3.deleteObject({ Bucket, Key: "all/put" });

  const record = ({ Records: [{ eventName, s3: { object } }] }: any) => `${eventName} ${object.key}`;
  const created = await said("everything", 3);
  assert.deepEqual(created.map(record).sort(), ["ObjectCreated:Copy all/copied", "ObjectCreated:Post all/posted", "ObjectCreated:Put all/put"]);
  const removed = await said("deletions", 1);
  assert.deepEqual(removed.map(record), ["ObjectRemoved:Delete all/put"]);
  for (const [name, event] of [["s3:ObjectCreated:Put", created.find((one) => record(one).startsWith("ObjectCreated:Put"))], ["s3:ObjectRemoved:Delete", removed[0]]]) {
    const sample = await evoke(["event", name], platform.url);
    assert.deepEqual(shapeOf(event), shapeOf(JSON.parse(sample.stdout)), `${name} has the members of its published sample`);
  }
});

test("who puts an object does not wait for the function, and a function that fails is tried again", async () => {
  const slow = await trigger("slow", `
    await say("begun", event.Records[0].s3.object.key);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await say("ended", event.Records[0].s3.object.key);`, ["s3:ObjectCreated:*"], "slow/");
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [slow] } });
  await s3.putObject({ Bucket, Key: "slow/1", Body: "x" });
  assert.deepEqual(evidence.said("ended"), []);
  assert.deepEqual(await said("ended", 1), ["slow/1"]);

  const failing = await trigger("failing", 'await say("tried", event.Records[0].s3.object.key); throw new Error("told to");', ["s3:ObjectCreated:*"], "bad/");
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [failing] } });
  await s3.putObject({ Bucket, Key: "bad/1", Body: "x" });
  assert.deepEqual(await said("tried", 1), ["bad/1"]);
  await fetch(`${platform.url}/_evoke/clock`, { method: "POST", body: JSON.stringify({ advance: "5m" }) });
  assert.deepEqual(await said("tried", 3), ["bad/1", "bad/1", "bad/1"], "three times in all");
});

test("a function that writes into the bucket that invokes it is stopped after sixteen times, and the bucket goes on", async () => {
  // What the SDK of a function sends, its own trace included: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
  const cyclic = await trigger("cyclic", `
    const key = event.Records[0].s3.object.key;
    const date = new Date().toISOString().replace(/[-:]|\\.\\d+/g, "");
    const authorization = "AWS4-HMAC-SHA256 Credential=" + process.env.AWS_ACCESS_KEY_ID + "/" + date.slice(0, 8) + "/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "0".repeat(64);
    const headers = { authorization, "x-amz-date": date, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-security-token": process.env.AWS_SESSION_TOKEN, "x-amzn-trace-id": process.env._X_AMZN_TRACE_ID };
    const { status } = await fetch(process.env.AWS_ENDPOINT_URL + "/${Bucket}/" + key + "-", { method: "PUT", headers, body: "x" });
    await say("cyclic", status);`, ["s3:ObjectCreated:*"], "cycle/");
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [cyclic] } });
  await s3.putObject({ Bucket, Key: "cycle/", Body: "x" });
  assert.deepEqual(await said("cyclic", 16), Array.from({ length: 16 }, () => 200));
  await sleep(500);
  assert.equal(evidence.said("cyclic").length, 16);
  assert.equal((await s3.listObjectsV2({ Bucket, Prefix: "cycle/" })).KeyCount, 17);
  await s3.putObject({ Bucket, Key: "cycle/anew/", Body: "x" });
  assert.equal((await said("cyclic", 32)).length, 32, "what begins anew is no loop yet");
});
