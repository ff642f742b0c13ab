// The AWS CLI, as people type it: only AWS_ENDPOINT_URL is set.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { Log } from "../../src/kernel/log.ts";
import { AWS, awsCli, awsEnvironment, noAwsCli as skip } from "../support/aws-cli.ts";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { zipOf } from "../support/zip.ts";

let platform: TestPlatform;
/** What AWS would have refused, and how to allow it. */
const refusals: string[] = [];
const log: Log = { debug() {}, info() {}, warn: (line) => { if (line.startsWith("AWS would refuse")) refusals.push(line); }, error: (line, fields) => process.stderr.write(`${line} ${JSON.stringify(fields)}\n`) };
const folder = mkdtempSync(join(tmpdir(), "evoke-cli-"));
before(async () => { if (!skip) platform = await openTestPlatform({}, log); });
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await platform?.close();
});

const run = awsCli(folder, () => platform.url);

test("the AWS CLI creates a function from a zip file, waits for it, invokes it and deletes it", { skip }, async () => {
  writeFileSync(join(folder, "f.zip"), await zipOf({ "index.js": "exports.handler = async (event) => ({ hello: event.name })" }));
  const made = JSON.parse(await run("lambda", "create-function", "--function-name", "cli", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/any", "--zip-file", "fileb://f.zip"));
  assert.equal(made.FunctionArn, "arn:aws:lambda:us-east-1:000000000000:function:cli");
  await run("lambda", "wait", "function-active-v2", "--function-name", "cli");
  writeFileSync(join(folder, "event.json"), '{"name":"Ada"}'); // version 1 takes the text as it is, version 2 base64; a file means the same to both
  const answer = JSON.parse(await run("lambda", "invoke", "--function-name", "cli", "--payload", "fileb://event.json", "out.json"));
  assert.deepEqual(answer, { StatusCode: 200, ExecutedVersion: "$LATEST" });
  assert.equal(readFileSync(join(folder, "out.json"), "utf8"), '{"hello":"Ada"}');
  assert.equal(JSON.parse(await run("lambda", "list-functions")).Functions.length, 1);
  await run("lambda", "delete-function", "--function-name", "cli");
});

test("the AWS CLI maps a queue to a function, changes the mapping and deletes it", { skip }, async () => {
  writeFileSync(join(folder, "fed.zip"), await zipOf({ "index.js": "exports.handler = async () => {}" }));
  await run("lambda", "create-function", "--function-name", "fed", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/any", "--zip-file", "fileb://fed.zip");
  await run("lambda", "wait", "function-active-v2", "--function-name", "fed");
  await run("--endpoint-url", platform.url, "sqs", "create-queue", "--queue-name", "orders");
  const { UUID } = JSON.parse(await run("lambda", "create-event-source-mapping", "--function-name", "fed", "--event-source-arn", "arn:aws:sqs:us-east-1:000000000000:orders", "--filter-criteria", '{"Filters":[{"Pattern":"{\\"body\\":{\\"kind\\":[\\"order\\"]}}"}]}'));
  const settled = async (state: string) => {
    for (let left = 20; left > 0; left--) if (JSON.parse(await run("lambda", "get-event-source-mapping", "--uuid", UUID)).State === state) return;
    assert.fail(`it did not become ${state}`);
  };
  await settled("Enabled");
  assert.equal(JSON.parse(await run("lambda", "update-event-source-mapping", "--uuid", UUID, "--no-enabled")).State, "Disabling");
  await settled("Disabled");
  assert.equal(JSON.parse(await run("lambda", "list-event-source-mappings", "--function-name", "fed")).EventSourceMappings.length, 1);
  assert.equal(JSON.parse(await run("lambda", "delete-event-source-mapping", "--uuid", UUID)).State, "Deleting");
  await run("lambda", "delete-function", "--function-name", "fed");
});

test("an operation that is not there is named in the CLI's own error", { skip }, async () => {
  await assert.rejects(run("iam", "generate-credential-report"), /GenerateCredentialReport/);
});

test("the command that Evoke says would allow what AWS refuses can be run as it stands", { skip }, async () => {
  await run("iam", "create-user", "--user-name", "ann");
  const { AccessKey } = JSON.parse(await run("iam", "create-access-key", "--user-name", "ann"));
  refusals.length = 0;
  const asAnn = () => promisify(execFile)(AWS, ["lambda", "list-functions"], { env: { ...awsEnvironment(platform.url), AWS_ACCESS_KEY_ID: AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: AccessKey.SecretAccessKey } });
  await asAnn();
  assert.equal(refusals.length, 1);
  const command = refusals[0]!.split(" To allow it: ")[1]!;
  assert.match(command, /^aws iam put-user-policy --user-name ann /);
  await promisify(execFile)("sh", ["-c", command.replace(/^aws /, `${AWS} `)], { env: awsEnvironment(platform.url) });
  await asAnn();
  assert.equal(refusals.length, 1, "allowed now");
});

test("all that Evoke says about roles nobody has made, and about a queue's policy, can be run in one go", { skip }, async () => {
  writeFileSync(join(folder, "p.zip"), await zipOf({ "index.js": "exports.handler = async () => {}" }));
  const aws = (...args: string[]) => run("--endpoint-url", platform.url, ...args);
  await aws("sqs", "create-queue", "--queue-name", "letters");
  await aws("sns", "create-topic", "--name", "news");
  refusals.length = 0;
  await run("lambda", "create-function", "--function-name", "p", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/of/post", "--zip-file", "fileb://p.zip");
  await run("lambda", "create-event-source-mapping", "--function-name", "p", "--event-source-arn", "arn:aws:sqs:us-east-1:000000000000:letters");
  await aws("sns", "subscribe", "--topic-arn", "arn:aws:sns:us-east-1:000000000000:news", "--protocol", "sqs", "--notification-endpoint", "arn:aws:sqs:us-east-1:000000000000:letters");
  const publish = () => aws("sns", "publish", "--topic-arn", "arn:aws:sns:us-east-1:000000000000:news", "--message", "m");
  await publish();
  for (let left = 50; left > 0 && !refusals.some((line) => line.includes("sns.amazonaws.com")); left--) await new Promise((resolve) => { setTimeout(resolve, 100); });
  const commands = refusals.splice(0).map((line) => line.split(" To allow it: ")[1]!);
  assert.ok(commands.length >= 5, "the role, three permissions of it, the queue's policy");
  // Version 1 looks for SQS on the internet whatever AWS_ENDPOINT_URL says.
  const pasted = commands.join("\n").replaceAll(/(^|\|\| |&& )aws /gm, `$1${AWS} --endpoint-url ${platform.url} `);
  await promisify(execFile)("sh", ["-ec", pasted], { env: awsEnvironment(platform.url) });
  refusals.length = 0;
  await run("lambda", "delete-function", "--function-name", "p");
  await run("lambda", "create-function", "--function-name", "p", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/of/post", "--zip-file", "fileb://p.zip");
  await publish();
  await new Promise((resolve) => { setTimeout(resolve, 500); }); // what is delivered is asked about then
  assert.deepEqual(refusals, []);
  await run("lambda", "delete-function", "--function-name", "p");
});

test("the AWS CLI adds and reads permissions, simulates policies and assumes a role", { skip }, async () => {
  writeFileSync(join(folder, "g.zip"), await zipOf({ "index.js": "exports.handler = async () => 1" }));
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000", Service: "lambda.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] }] });
  const { Role } = JSON.parse(await run("iam", "create-role", "--role-name", "g", "--assume-role-policy-document", trust));
  await run("lambda", "create-function", "--function-name", "g", "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", Role.Arn, "--zip-file", "fileb://g.zip");
  await run("lambda", "add-permission", "--function-name", "g", "--statement-id", "photos", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-arn", "arn:aws:s3:::photos");
  const { Policy } = JSON.parse(await run("lambda", "get-policy", "--function-name", "g"));
  assert.deepEqual(JSON.parse(Policy).Statement[0].Condition, { ArnLike: { "AWS:SourceArn": "arn:aws:s3:::photos" } });
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:Get*", Resource: "*" }] });
  const { EvaluationResults } = JSON.parse(await run("iam", "simulate-custom-policy", "--policy-input-list", policy, "--action-names", "s3:GetObject", "s3:PutObject"));
  assert.deepEqual(EvaluationResults.map((one: { EvalDecision: string }) => one.EvalDecision), ["allowed", "implicitDeny"]);
  const { AssumedRoleUser } = JSON.parse(await run("sts", "assume-role", "--role-arn", Role.Arn, "--role-session-name", "now", "--policy", policy, "--tags", "Key=team,Value=blue"));
  assert.equal(AssumedRoleUser.Arn, "arn:aws:sts::000000000000:assumed-role/g/now");
});

test("the AWS CLI publishes versions, points an alias at them, configures it and reads it all back page by page", { skip }, async () => {
  const json = async (...args: string[]) => JSON.parse(await run(...args));
  const named = ["--function-name", "many"];
  writeFileSync(join(folder, "many.zip"), await zipOf({ "index.js": "exports.handler = async (event, context) => `${event.n} by ${context.functionVersion}`" }));
  await run("lambda", "create-function", ...named, "--runtime", "nodejs24.x", "--handler", "index.handler", "--role", "arn:aws:iam::000000000000:role/any", "--zip-file", "fileb://many.zip", "--publish");
  await run("lambda", "wait", "function-active-v2", ...named);
  await run("lambda", "update-function-configuration", ...named, "--environment", "Variables={STAGE=two}");
  await run("lambda", "wait", "function-updated-v2", ...named);
  const second = await json("lambda", "publish-version", ...named, "--description", "with a stage");
  assert.deepEqual([second.Version, second.Description], ["2", "with a stage"]);
  await run("lambda", "wait", "published-version-active", ...named, "--qualifier", "2");
  const alias = await json("lambda", "create-alias", ...named, "--name", "live", "--function-version", "2", "--routing-config", "AdditionalVersionWeights={1=0.25}");
  assert.deepEqual(alias.RoutingConfig, { AdditionalVersionWeights: { 1: 0.25 } });

  const live = [...named, "--qualifier", "live"];
  const config = await json("lambda", "put-function-event-invoke-config", ...live, "--maximum-retry-attempts", "1", "--maximum-event-age-in-seconds", "60", "--destination-config", "{}");
  assert.deepEqual([config.FunctionArn, config.MaximumRetryAttempts, config.MaximumEventAgeInSeconds], [alias.AliasArn, 1, 60]);
  const { FunctionUrl } = await json("lambda", "create-function-url-config", ...live, "--auth-type", "NONE", "--cors", "AllowOrigins=https://shop.example,MaxAge=60");
  await run("lambda", "add-permission", ...live, "--statement-id", "everybody", "--action", "lambda:InvokeFunctionUrl", "--principal", "*", "--function-url-auth-type", "NONE");
  const { Policy } = await json("lambda", "get-policy", ...live);
  assert.deepEqual([JSON.parse(Policy).Statement[0].Resource, JSON.parse(Policy).Statement[0].Principal], [alias.AliasArn, "*"]);
  assert.match(await (await fetch(FunctionUrl)).text(), /^undefined by [12]$/);

  writeFileSync(join(folder, "event.json"), '{"n":7}');
  assert.deepEqual(await json("lambda", "invoke", ...live, "--invocation-type", "Event", "--payload", "fileb://event.json", "accepted.json"), { StatusCode: 202 });
  assert.equal(readFileSync(join(folder, "accepted.json"), "utf8"), "");
  await run("lambda", "invoke", ...named, "--qualifier", "1", "--payload", "fileb://event.json", "out.json");
  assert.equal(readFileSync(join(folder, "out.json"), "utf8"), '"7 by 1"');

  const first = await json("lambda", "list-versions-by-function", ...named, "--max-items", "1", "--page-size", "1");
  assert.deepEqual(first.Versions.map((one: { Version: string }) => one.Version), ["$LATEST"]);
  const rest = await json("lambda", "list-versions-by-function", ...named, "--page-size", "1", "--starting-token", first.NextToken);
  assert.deepEqual(rest.Versions.map((one: { Version: string }) => one.Version), ["1", "2"]);
  const [aliases, configs, urls] = await Promise.all(["list-aliases", "list-function-event-invoke-configs", "list-function-url-configs"].map((list) => json("lambda", list, ...named, "--page-size", "1")));
  assert.deepEqual([aliases.Aliases.length, configs.FunctionEventInvokeConfigs.length, urls.FunctionUrlConfigs.length], [1, 1, 1]);
  const { AccountUsage } = await json("lambda", "get-account-settings");
  assert.ok(AccountUsage.FunctionCount >= 1 && AccountUsage.TotalCodeSize > 0);
  await assert.rejects(run("lambda", "delete-function", ...named, "--qualifier", "2"), /ResourceConflictException.*Unable to delete version because the following aliases reference it: \[live\]/);
  await run("lambda", "delete-function", ...named);
  await assert.rejects(run("lambda", "get-policy", ...live), /ResourceNotFoundException/);
});

test("the AWS CLI makes a queue, sends, receives and deletes a message, and moves dead letters", { skip }, async () => {
  // Named by option, so that older versions, which speak the query protocol, find it as well.
  const run = async (...args: string[]) => (await promisify(execFile)(AWS, ["--endpoint-url", platform.url, ...args], { cwd: folder, env: awsEnvironment(platform.url) })).stdout;
  const json = async (...args: string[]) => JSON.parse((await run("sqs", ...args)) || "null");
  const { QueueUrl: dead } = await json("create-queue", "--queue-name", "cli-dead", "--tags", "team=a");
  const { Attributes: { QueueArn } } = await json("get-queue-attributes", "--queue-url", dead, "--attribute-names", "QueueArn");
  writeFileSync(join(folder, "queue.json"), JSON.stringify({ VisibilityTimeout: "0", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: 1 }) }));
  const { QueueUrl } = await json("create-queue", "--queue-name", "cli", "--attributes", "file://queue.json");
  const url = ["--queue-url", QueueUrl];
  const sent = await json("send-message", ...url, "--message-body", "hello", "--message-attributes", '{"Kind":{"DataType":"String","StringValue":"x"}}');
  const { Messages: [message] } = await json("receive-message", ...url, "--attribute-names", "All", "--message-attribute-names", "All", "--wait-time-seconds", "5");
  assert.deepEqual([message.MessageId, message.Body, message.MessageAttributes.Kind.StringValue], [sent.MessageId, "hello", "x"]);
  assert.equal(await json("receive-message", ...url), null);
  assert.equal((await json("list-dead-letter-source-queues", "--queue-url", dead)).queueUrls[0], QueueUrl);
  await json("start-message-move-task", "--source-arn", QueueArn, "--max-number-of-messages-per-second", "500");
  for (let n = 0; n < 20 && (await json("list-message-move-tasks", "--source-arn", QueueArn)).Results[0].Status !== "COMPLETED"; n++);
  await run("sqs", "set-queue-attributes", ...url, "--attributes", "VisibilityTimeout=30");
  const { Messages: [again] } = await json("receive-message", ...url);
  assert.equal(again.Body, "hello");
  await run("sqs", "delete-message", ...url, "--receipt-handle", again.ReceiptHandle);
  assert.deepEqual((await json("list-queues", "--queue-name-prefix", "cli")).QueueUrls, [QueueUrl, dead]);
  await run("sqs", "purge-queue", ...url);
  for (const one of [QueueUrl, dead]) await run("sqs", "delete-queue", "--queue-url", one);
  await assert.rejects(run("sqs", "get-queue-url", "--queue-name", "cli"), /AWS\.SimpleQueueService\.NonExistentQueue.*The specified queue does not exist/);
});

test("the AWS CLI subscribes a mailbox to a topic, confirms by the token in the outbox, publishes and cleans up", { skip }, async () => {
  const json = async (...args: string[]) => JSON.parse((await run("sns", ...args)) || "null");
  const { TopicArn } = await json("create-topic", "--name", "cli-news", "--attributes", "DisplayName=News", "--tags", "Key=team,Value=a");
  assert.equal(TopicArn, "arn:aws:sns:us-east-1:000000000000:cli-news");
  await json("set-topic-attributes", "--topic-arn", TopicArn, "--attribute-name", "SignatureVersion", "--attribute-value", "2");
  const { Attributes } = await json("get-topic-attributes", "--topic-arn", TopicArn);
  assert.deepEqual([Attributes.DisplayName, Attributes.SignatureVersion, Attributes.SubscriptionsPending], ["News", "2", "0"]);
  assert.deepEqual(await json("subscribe", "--topic-arn", TopicArn, "--protocol", "email", "--notification-endpoint", "ada@e.example"), { SubscriptionArn: "pending confirmation" });
  const outbox = async () => ((await (await fetch(`${platform.url}/_evoke/outbox`)).json()) as { messages: { subject: string; body: string }[] }).messages;
  const token = /Token=(\w+)/.exec((await outbox())[0]!.body)![1]!;
  const { SubscriptionArn } = await json("confirm-subscription", "--topic-arn", TopicArn, "--token", token);
  await json("set-subscription-attributes", "--subscription-arn", SubscriptionArn, "--attribute-name", "FilterPolicy", "--attribute-value", '{"kind":["order"]}');
  await json("publish", "--topic-arn", TopicArn, "--subject", "One", "--message", "kept out");
  await json("publish", "--topic-arn", TopicArn, "--subject", "Two", "--message", "let in", "--message-attributes", '{"kind":{"DataType":"String","StringValue":"order"}}');
  for (let left = 100; left > 0 && (await outbox())[0]!.subject !== "Two"; left--) await new Promise((resolve) => { setTimeout(resolve, 50); });
  assert.deepEqual((await outbox()).map(({ subject }) => subject), ["Two", "AWS Notification - Subscription Confirmation"]);
  await json("unsubscribe", "--subscription-arn", SubscriptionArn);
  await json("delete-topic", "--topic-arn", TopicArn);
  const left: { TopicArn: string }[] = (await json("list-topics"))?.Topics ?? [];
  assert.equal(left.some((topic) => topic.TopicArn === TopicArn), false);
});

test("the AWS CLI makes a rule with a queue as its target, puts an event and gets it", { skip }, async () => {
  // Older versions have no address of SQS in their environment.
  const json = async (...args: string[]) => JSON.parse((await run("events", ...args)) || "null");
  const queue = JSON.parse(await run("--endpoint-url", platform.url, "sqs", "create-queue", "--queue-name", "cli-events")) as { QueueUrl: string };
  assert.deepEqual(await json("put-rule", "--name", "cli", "--event-pattern", '{"source":["shop"]}'), { RuleArn: "arn:aws:events:us-east-1:000000000000:rule/cli" });
  await json("put-targets", "--rule", "cli", "--targets", "Id=q,Arn=arn:aws:sqs:us-east-1:000000000000:cli-events");
  const { Entries: [entry] } = await json("put-events", "--entries", '[{"Source":"shop","DetailType":"paid","Detail":"{\\"total\\":12}"}]');
  const { Messages: [message] } = JSON.parse(await run("--endpoint-url", platform.url, "sqs", "receive-message", "--queue-url", queue.QueueUrl, "--wait-time-seconds", "5"));
  const { id, detail } = JSON.parse(message.Body);
  assert.deepEqual([id, detail], [entry.EventId, { total: 12 }]);
  assert.deepEqual((await json("list-rules")).Rules.map(({ Name }: { Name: string }) => Name), ["cli"]);
  await assert.rejects(run("events", "delete-rule", "--name", "cli"), /ValidationException.*Rule can't be deleted since it has targets/);
  await json("remove-targets", "--rule", "cli", "--ids", "q");
  await json("delete-rule", "--name", "cli");
  await run("--endpoint-url", platform.url, "sqs", "delete-queue", "--queue-url", queue.QueueUrl);
});

test("the AWS CLI makes a schedule, shows it, changes it and deletes its group", { skip }, async () => {
  const json = async (...args: string[]) => JSON.parse((await run("scheduler", ...args)) || "null");
  const target = ["--target", '{"Arn":"arn:aws:sqs:us-east-1:000000000000:cli-scheduled","RoleArn":"arn:aws:iam::000000000000:role/any","Input":"it is time"}', "--flexible-time-window", '{"Mode":"OFF"}'];
  const { QueueUrl } = JSON.parse(await run("--endpoint-url", platform.url, "sqs", "create-queue", "--queue-name", "cli-scheduled"));
  assert.deepEqual(await json("create-schedule-group", "--name", "cli"), { ScheduleGroupArn: "arn:aws:scheduler:us-east-1:000000000000:schedule-group/cli" });
  assert.deepEqual(await json("create-schedule", "--name", "five", "--group-name", "cli", "--schedule-expression", "rate(5 minutes)", ...target), { ScheduleArn: "arn:aws:scheduler:us-east-1:000000000000:schedule/cli/five" });
  const { Messages } = JSON.parse(await run("--endpoint-url", platform.url, "sqs", "receive-message", "--queue-url", QueueUrl, "--wait-time-seconds", "10"));
  assert.equal(Messages[0].Body, "it is time");
  await json("update-schedule", "--name", "five", "--group-name", "cli", "--schedule-expression", "cron(0 8 ? * MON-FRI *)", "--schedule-expression-timezone", "America/New_York", ...target);
  const { ScheduleExpression, ScheduleExpressionTimezone } = await json("get-schedule", "--name", "five", "--group-name", "cli");
  assert.deepEqual([ScheduleExpression, ScheduleExpressionTimezone], ["cron(0 8 ? * MON-FRI *)", "America/New_York"]);
  assert.equal((await json("list-schedules", "--group-name", "cli")).Schedules.length, 1);
  await assert.rejects(run("scheduler", "create-schedule", "--name", "bad", "--schedule-expression", "rate(1 fortnight)", ...target), /ValidationException.*Invalid Schedule Expression rate\(1 fortnight\)\./);
  await json("delete-schedule-group", "--name", "cli");
});
