// AWS's tutorials of S3 and of scheduled events, step by step with the AWS CLI, as they stand; the functions are of their kind.
// https://docs.aws.amazon.com/lambda/latest/dg/with-s3-example.html, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html, …/eb-log-ec2-instance-state.html
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { awsCli, noAwsCli as skip } from "../support/aws-cli.ts";
import { driveClock } from "../support/clock.ts";
import { evoke } from "../support/command-line.ts";
import { packageFiles } from "../support/packages.ts";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { zipOf } from "../support/zip.ts";

const ARN = "arn:aws:lambda:us-east-1:000000000000:function";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
/** A JPEG of one pixel begins so, and is as small as this. */
const JPEG = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");

const S3_FUNCTION = `
import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
const client = new S3Client();
export const handler = async (event) => {
  const { bucket, object } = event.Records[0].s3;
  const key = decodeURIComponent(object.key.replace(/\\+/g, " "));
  const { ContentType } = await client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key }));
  console.log("EVENT", event.Records[0].eventName, "CONTENT TYPE:", ContentType);
  return ContentType;
};`;
/** With a callback, as the tutorials have it still. */
const LOGGING_FUNCTION = `"use strict";
exports.handler = (event, context, callback) => {
  console.log("RECEIVED", JSON.stringify(event));
  callback(null, "Finished");
};`;

let platform: TestPlatform;
let logs: CloudWatchLogs;
const folder = mkdtempSync(join(tmpdir(), "evoke-tutorials-"));
const run = awsCli(folder, () => platform.url);
const json = async (...args: string[]) => JSON.parse(await run(...args));
before(async () => {
  if (skip) return;
  platform = await openTestPlatform();
  logs = new CloudWatchLogs({ ...platform.clientConfig, region: "us-east-1" });
});
after(async () => {
  logs?.destroy();
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

async function createFunction(name: string, runtime: string, files: Record<string, string | Uint8Array>): Promise<void> {
  writeFileSync(join(folder, `${name}.zip`), await zipOf(files));
  await run("iam", "create-role", "--role-name", `${name}-role`, "--assume-role-policy-document", TRUST);
  await run("lambda", "create-function", "--function-name", name, "--runtime", runtime, "--handler", "index.handler", "--timeout", "20", "--memory-size", "256", "--role", `arn:aws:iam::000000000000:role/${name}-role`, "--zip-file", `fileb://${name}.zip`);
  await run("lambda", "wait", "function-active-v2", "--function-name", name);
}

/** The lines of a function's log that match, once there are so many. */
async function logged(name: string, pattern: RegExp, count: number): Promise<string[]> {
  for (const until = Date.now() + 15_000; ;) {
    const { events = [] } = await logs.filterLogEvents({ logGroupName: `/aws/lambda/${name}` }).catch(() => ({ events: [] }));
    const lines = events.map(({ message }) => message!.trimEnd()).filter((line) => pattern.test(line));
    if (lines.length >= count || Date.now() > until) return lines;
    await sleep(50);
  }
}

test("the tutorial of S3: a trigger invokes a function for each object created, and for no other event", { skip, timeout: 240_000 }, async () => {
  const bucket = "lambda-trigger-bucket";
  await run("s3api", "create-bucket", "--bucket", bucket);
  writeFileSync(join(folder, "HappyFace.jpg"), JPEG);
  await run("s3api", "put-object", "--bucket", bucket, "--key", "HappyFace.jpg", "--content-type", "image/jpeg", "--body", "HappyFace.jpg");
  await createFunction("s3-trigger-tutorial", "nodejs24.x", { "index.mjs": S3_FUNCTION, ...packageFiles(["@aws-sdk/client-s3"]) });
  await run("lambda", "add-permission", "--function-name", "s3-trigger-tutorial", "--principal", "s3.amazonaws.com", "--statement-id", "s3invoke", "--action", "lambda:InvokeFunction", "--source-arn", `arn:aws:s3:::${bucket}`, "--source-account", "000000000000");
  writeFileSync(join(folder, "notification.json"), JSON.stringify({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: `${ARN}:s3-trigger-tutorial`, Events: ["s3:ObjectCreated:*"] }] }));
  await run("s3api", "put-bucket-notification-configuration", "--bucket", bucket, "--notification-configuration", "file://notification.json");

  // "Test your Lambda function with a dummy event", a sample of the event it will get.
  const sample = await evoke(["event", "s3:ObjectCreated:Put", "--set", `Records[0].s3.bucket.name=${bucket}`, "--set", "Records[0].s3.object.key=HappyFace.jpg"], platform.url);
  assert.equal(sample.code, 0, sample.stderr);
  writeFileSync(join(folder, "event.json"), sample.stdout);
  const invoked = await json("lambda", "invoke", "--function-name", "s3-trigger-tutorial", "--payload", "fileb://event.json", "out.json");
  assert.deepEqual([invoked.FunctionError, readFileSync(join(folder, "out.json"), "utf8")], [undefined, '"image/jpeg"']);

  // "Test the Lambda function with the Amazon S3 trigger": put, copied, and deleted, which is none of its events.
  await run("s3", "cp", "HappyFace.jpg", `s3://${bucket}/happy face 2.jpg`, "--only-show-errors");
  await run("s3api", "copy-object", "--bucket", bucket, "--key", "copied.jpg", "--copy-source", `${bucket}/HappyFace.jpg`);
  await run("s3", "rm", `s3://${bucket}/HappyFace.jpg`, "--only-show-errors");
  const lines = await logged("s3-trigger-tutorial", /CONTENT TYPE/, 3);
  assert.deepEqual(lines.map((line) => /EVENT (\S+) CONTENT TYPE: (\S+)$/.exec(line)!.slice(1).join(" ")).sort(), ["ObjectCreated:Copy image/jpeg", "ObjectCreated:Put image/jpeg", "ObjectCreated:Put image/jpeg"]);
});

test("the tutorial of scheduled events: a rule invokes a function every five minutes, and as a cron expression says", { skip, timeout: 240_000 }, async () => {
  await driveClock(platform.url, { set: "2027-03-01T08:00:00Z" }); // a Monday
  await createFunction("LogScheduledEvent", "nodejs22.x", { "index.js": LOGGING_FUNCTION });
  const rule = async (name: string, expression: string) => {
    const { RuleArn } = await json("events", "put-rule", "--name", name, "--schedule-expression", expression);
    await run("lambda", "add-permission", "--function-name", "LogScheduledEvent", "--statement-id", name, "--action", "lambda:InvokeFunction", "--principal", "events.amazonaws.com", "--source-arn", RuleArn);
    writeFileSync(join(folder, "targets.json"), JSON.stringify([{ Id: "1", Arn: `${ARN}:LogScheduledEvent` }]));
    assert.equal((await json("events", "put-targets", "--rule", name, "--targets", "file://targets.json")).FailedEntryCount, 0);
    return RuleArn as string;
  };
  const received = async (count: number) => (await logged("LogScheduledEvent", /RECEIVED/, count)).map((line) => JSON.parse(line.slice(line.indexOf("{"))));

  const everyFive = await rule("my-scheduled-rule", "rate(5 minutes)");
  await driveClock(platform.url, { advance: "11m" });
  const first = await received(2);
  assert.ok(first.length >= 2, `${first.length} in eleven minutes`);
  const { id, time, ...event } = first[0];
  assert.match(`${id} ${time}`, /^[0-9a-f-]{36} 2027-03-01T08:\d\d:\d\dZ$/);
  assert.deepEqual(event, { version: "0", "detail-type": "Scheduled Event", source: "aws.events", account: "000000000000", region: "us-east-1", resources: [everyFive], detail: {} });
  await run("events", "disable-rule", "--name", "my-scheduled-rule");

  const evenings = await rule("evenings", "cron(0 18 ? * MON-FRI *)");
  await driveClock(platform.url, { advance: "24h" });
  const all = await received(first.length + 1);
  assert.deepEqual(all.slice(first.length).map(({ resources, time: at }) => [resources, at]), [[[evenings], "2027-03-01T18:00:00Z"]]);

  await rule("weekly", "rate(7 days)"); // there is no unit of weeks
  await driveClock(platform.url, { set: "2027-03-09T08:30:00Z" });
  const week = (await received(all.length + 6)).slice(all.length).map(({ resources, time: at }) => `${resources[0].split("/")[1]} ${at.slice(0, 10)}`).sort();
  assert.deepEqual(week, ["evenings 2027-03-02", "evenings 2027-03-03", "evenings 2027-03-04", "evenings 2027-03-05", "evenings 2027-03-08", "weekly 2027-03-09"], "none on Saturday and Sunday");
  await assert.rejects(rule("no-weeks", "rate(1 week)"), /ValidationException.*Parameter ScheduleExpression is not valid/);
  await driveClock(platform.url, { reset: true });
});

test("the tutorial that logs the state of an EC2 instance: the rule takes EC2's event and no other", { skip, timeout: 240_000 }, async () => {
  await createFunction("LogEC2InstanceStateChange", "nodejs22.x", { "index.js": LOGGING_FUNCTION });
  const { RuleArn } = await json("events", "put-rule", "--name", "ec2", "--event-pattern", JSON.stringify({ source: ["aws.ec2", "aws.autoscaling"], "detail-type": ["EC2 Instance State-change Notification", "EC2 Instance Launch Successful"] }));
  await run("lambda", "add-permission", "--function-name", "LogEC2InstanceStateChange", "--statement-id", "ec2", "--action", "lambda:InvokeFunction", "--principal", "events.amazonaws.com", "--source-arn", RuleArn);
  await run("events", "put-targets", "--rule", "ec2", "--targets", `Id=1,Arn=${ARN}:LogEC2InstanceStateChange`);
  // Nobody but EC2 puts its events, here as on AWS; for that there is evoke emit.
  const { Entries: [entry] } = await json("events", "put-events", "--entries", JSON.stringify([{ Source: "aws.ec2", DetailType: "EC2 Instance State-change Notification", Detail: "{}" }]));
  assert.equal(entry.ErrorCode, "NotAuthorizedForSourceException");
  const emit = async (source: string, type: string, detail: object) => {
    const { code, stderr } = await evoke(["emit", source, type, "--detail", JSON.stringify(detail)], platform.url);
    assert.equal(code, 0, stderr);
  };
  await emit("aws.ec2", "EC2 Instance State-change Notification", { "instance-id": "i-abcd1111", state: "pending" });
  await emit("aws.ec2", "EBS Volume Notification", {});
  await emit("aws.autoscaling", "EC2 Instance Launch Successful", { EC2InstanceId: "i-1234567890abcdef0" });
  const lines = await logged("LogEC2InstanceStateChange", /RECEIVED/, 2);
  const details = lines.map((line) => JSON.parse(line.slice(line.indexOf("{")))).map(({ source, detail }) => `${source} ${detail["instance-id"] ?? detail.EC2InstanceId}`);
  assert.deepEqual(details.sort(), ["aws.autoscaling i-1234567890abcdef0", "aws.ec2 i-abcd1111"]);
});
