// Schedules and groups as a client sees them: what is kept, what is refused, and lists.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CreateScheduleCommandInput, Target } from "@aws-sdk/client-scheduler";
import { readServiceModel } from "../../wire/service-model.ts";
import { functionArn, openTestScheduler, queueArn, ROLE, START_MS, type TestScheduler } from "../../../test/support/scheduler.ts";
import { scheduler } from "./service.ts";

const ARN = "arn:aws:scheduler:eu-west-1:000000000000";
const OFF = { FlexibleTimeWindow: { Mode: "OFF" as const } };
const far = "at(2030-01-01T00:00:00)";

async function using(work: (t: TestScheduler) => Promise<void>): Promise<void> {
  const t = await openTestScheduler();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

test("the room carries the name its clients sign with", async () => {
  assert.equal((await readServiceModel(scheduler.client)).signingName, scheduler.name);
});

test("a schedule is shown as AWS shows it, with its defaults, and an update sets everything anew", () => using(async (t) => {
  const target = { Arn: queueArn("q"), RoleArn: ROLE, Input: '{"key": "value"}' };
  const made = await t.create("full", "rate(1 minute)", { Description: "Test description", Target: target, State: "DISABLED", StartDate: new Date(START_MS), EndDate: new Date(START_MS + 1e9), FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 60 }, ActionAfterCompletion: "DELETE", ScheduleExpressionTimezone: "Europe/Zurich" });
  assert.equal(made, `${ARN}:schedule/default/full`);
  const { $metadata: _metadata, ...shown } = await t.scheduler.getSchedule({ Name: "full" });
  assert.deepEqual(shown, {
    ActionAfterCompletion: "DELETE", Arn: made, CreationDate: new Date(START_MS), Description: "Test description", EndDate: new Date(START_MS + 1e9), FlexibleTimeWindow: { MaximumWindowInMinutes: 60, Mode: "FLEXIBLE" },
    GroupName: "default", LastModificationDate: new Date(START_MS), Name: "full", ScheduleExpression: "rate(1 minute)", ScheduleExpressionTimezone: "Europe/Zurich", StartDate: new Date(START_MS), State: "DISABLED",
    Target: { ...target, RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 185 } },
  });
  await t.advance(3_600_000);
  const { ScheduleArn } = await t.scheduler.updateSchedule({ Name: "full", ScheduleExpression: "rate(2 minute)", ...OFF, Target: { ...target, RetryPolicy: { MaximumRetryAttempts: 0 } }, StartDate: new Date(START_MS) });
  assert.equal(ScheduleArn, made);
  const { $metadata: _, ...changed } = await t.scheduler.getSchedule({ Name: "full", GroupName: "default" });
  assert.deepEqual(changed, {
    ActionAfterCompletion: "NONE", Arn: made, CreationDate: new Date(START_MS), FlexibleTimeWindow: { Mode: "OFF" }, GroupName: "default", LastModificationDate: new Date(START_MS + 3_600_000), Name: "full",
    ScheduleExpression: "rate(2 minute)", ScheduleExpressionTimezone: "UTC", StartDate: new Date(START_MS), State: "ENABLED", Target: { ...target, RetryPolicy: { MaximumEventAgeInSeconds: 86400, MaximumRetryAttempts: 0 } },
  });
}));

test("a name is there once in its group; the same request once more is no other", () => using(async (t) => {
  await t.scheduler.createScheduleGroup({ Name: "other" });
  const arn = await t.create("twice", far, { ClientToken: "token" });
  assert.equal(await t.create("twice", far, { ClientToken: "token" }), arn);
  await assert.rejects(t.create("twice", far), { name: "ConflictException", message: "Schedule twice already exists." });
  assert.equal(await t.create("twice", far, { GroupName: "other" }), `${ARN}:schedule/other/twice`);
  await t.scheduler.deleteSchedule({ Name: "twice" });
  const missing = { name: "ResourceNotFoundException", message: "Schedule twice does not exist." };
  await assert.rejects(t.scheduler.getSchedule({ Name: "twice" }), missing);
  await assert.rejects(t.scheduler.deleteSchedule({ Name: "twice" }), missing);
  await assert.rejects(t.scheduler.updateSchedule({ Name: "twice", ScheduleExpression: far, ...OFF, Target: { Arn: queueArn("q"), RoleArn: ROLE } }), missing);
  const noGroup = { name: "ResourceNotFoundException", message: "Schedule group none does not exist." };
  await assert.rejects(t.create("x", far, { GroupName: "none" }), noGroup);
  await assert.rejects(t.scheduler.getSchedule({ Name: "x", GroupName: "none" }), noGroup);
  await assert.rejects(t.scheduler.listSchedules({ GroupName: "none" }), noGroup);
}));

test("what AWS refuses is refused in its words, and nothing is kept of it", () => using(async (t) => {
  const refused = async (message: string | RegExp, expression: string, more: Partial<CreateScheduleCommandInput> = {}) => assert.rejects(t.create("bad", expression, more), { name: "ValidationException", message }, String(message));
  for (const bad of ["cron(0 1 * * * *)", "rate(10 seconds)", " rate(10 minutes)", "at(2021-12-31)"]) await refused(`Invalid Schedule Expression ${bad}.`, bad);
  await refused("Invalid Schedule Expression Timezone Mars/Olympus.", far, { ScheduleExpressionTimezone: "Mars/Olympus" });
  await refused("The StartDate you specify cannot be earlier than 5 minutes ago.", "rate(1 day)", { StartDate: new Date(START_MS - 301_000) });
  await refused("The EndDate you specify cannot be earlier than the StartDate.", "rate(1 day)", { StartDate: new Date(START_MS + 2e6), EndDate: new Date(START_MS + 1e6) });
  await refused(/^MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE\.$/, far, { FlexibleTimeWindow: { Mode: "FLEXIBLE" } });
  await refused(/^MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF\.$/, far, { FlexibleTimeWindow: { Mode: "OFF", MaximumWindowInMinutes: 5 } });
  await refused(/^1 validation error detected: Value '1441' at 'flexibleTimeWindow.maximumWindowInMinutes'/, far, { FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 1441 } });
  await refused("Evoke does not support KmsKeyArn yet.", far, { KmsKeyArn: "arn:aws:kms:eu-west-1:000000000000:key/k" });
  t.denied.set("sts:AssumeRole", new Error("no"));
  await refused("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.", far);
  assert.deepEqual((await t.scheduler.listSchedules({})).Schedules, []);
  assert.equal(await t.stores.queues.nextDueMs("scheduler/due"), undefined);
}));

test("whether Scheduler may assume the role is asked for the schedule's group", () => using(async (t) => {
  await t.create("asks", far);
  const [question] = t.asked;
  assert.deepEqual([question!.actor, question!.action, question!.resource, question!.context], [{ service: "scheduler.amazonaws.com" }, "sts:AssumeRole", ROLE, { "aws:SourceAccount": "000000000000", "aws:SourceArn": `${ARN}:schedule-group/default` }]);
}));

test("a target that no request can be made for is refused, and one that is not served is refused by name", () => using(async (t) => {
  const refused = async (message: string | RegExp, target: Partial<Target>) => assert.rejects(t.create("bad", far, { Target: { Arn: queueArn("q"), RoleArn: ROLE, ...target } }), { name: "ValidationException", message }, String(message));
  const bus = "arn:aws:events:eu-west-1:000000000000:event-bus/default";
  const universal = (api: string, request: unknown) => ({ Arn: `arn:aws:scheduler:::aws-sdk:${api}`, Input: JSON.stringify(request) });
  await refused("Target q is not the ARN of a target.", { Arn: "q" });
  await refused("Evoke does not support targets of ecs yet.", { Arn: "arn:aws:ecs:eu-west-1:000000000000:cluster/c", EcsParameters: { TaskDefinitionArn: "t" } });
  await refused("Evoke does not support targets of states yet.", { Arn: "arn:aws:states:eu-west-1:000000000000:stateMachine:m" });
  await refused("Evoke does not support targets of kinesis yet.", { Arn: "arn:aws:kinesis:eu-west-1:000000000000:stream/s", KinesisParameters: { PartitionKey: "p" } });
  await refused("Input must be well-formed JSON for this target.", { Arn: functionArn("f"), Input: "text" });
  await refused(/^Input can have 262144 bytes/, { Input: "é".repeat(131_073) });
  await refused(/^MessageGroupId of SqsParameters is required/, { Arn: queueArn("q.fifo") });
  await refused(/^EventBridgeParameters is required/, { Arn: bus, Input: "{}" });
  await refused("Input must be well-formed JSON for this target.", { Arn: bus, Input: "text", EventBridgeParameters: { Source: "s", DetailType: "d" } });
  for (const parameters of ["EcsParameters", "KinesisParameters", "SageMakerPipelineParameters", "EventBridgeParameters"]) {
    const given = { EcsParameters: { TaskDefinitionArn: "t" }, KinesisParameters: { PartitionKey: "p" }, SageMakerPipelineParameters: {}, EventBridgeParameters: { Source: "s", DetailType: "d" } }[parameters];
    await refused(new RegExp(`^${parameters} cannot be used with the target`), { [parameters]: given });
  }
  await refused("Evoke does not support the universal target ec2:startInstances yet.", universal("ec2:startInstances", { InstanceIds: ["i"] }));
  await refused("Invalid RequestJson provided. Reason Request payload is missing the following field(s): QueueUrl, MessageBody.", universal("sqs:sendMessage", {}));
  await refused("Invalid RequestJson provided. Reason Request payload is not a JSON object.", universal("sqs:sendMessage", []));
  await refused("Evoke does not support DelaySeconds in the input of a universal target as anything but a string yet.", universal("sqs:sendMessage", { QueueUrl: "http://q/000000000000/q", MessageBody: "m", DelaySeconds: 5 }));
  await refused("Evoke does not support MessageStructure in the input of the universal target sns:publish yet.", universal("sns:publish", { TopicArn: "arn:aws:sns:eu-west-1:000000000000:t", Message: "m", MessageStructure: "json" }));
  await refused(/another InvocationType/, universal("lambda:invoke", { FunctionName: "f" }));
  await refused("Invalid RequestJson provided. Reason QueueUrl is not the URL of a queue.", universal("sqs:sendMessage", { QueueUrl: "q", MessageBody: "m" }));
}));

test("a group has its schedules, and takes them with it when it is deleted", () => using(async (t) => {
  const { ScheduleGroupArn } = await t.scheduler.createScheduleGroup({ Name: "team", ClientToken: "token" });
  assert.equal(ScheduleGroupArn, `${ARN}:schedule-group/team`);
  await t.scheduler.createScheduleGroup({ Name: "team", ClientToken: "token" });
  await assert.rejects(t.scheduler.createScheduleGroup({ Name: "team" }), { name: "ConflictException", message: "Schedule group team already exists." });
  await assert.rejects(t.scheduler.createScheduleGroup({ Name: "default" }), { name: "ConflictException" });
  const { $metadata: _metadata, ...group } = await t.scheduler.getScheduleGroup({ Name: "team" });
  assert.deepEqual(group, { Arn: ScheduleGroupArn, CreationDate: new Date(START_MS), LastModificationDate: new Date(START_MS), Name: "team", State: "ACTIVE" });
  for (let n = 0; n < 120; n++) await t.create(`s${n}`, "rate(1 day)", { GroupName: "team", StartDate: new Date(START_MS + 1e9) });
  await t.create("stays", "rate(1 day)");
  await t.scheduler.deleteScheduleGroup({ Name: "team" });
  await t.advance(0);
  await assert.rejects(t.scheduler.getScheduleGroup({ Name: "team" }), { name: "ResourceNotFoundException", message: "Schedule group team does not exist." });
  await assert.rejects(t.scheduler.deleteScheduleGroup({ Name: "team" }), { name: "ResourceNotFoundException" });
  assert.deepEqual((await t.scheduler.listSchedules({})).Schedules!.map(({ Name }) => Name), ["stays"]);
  await t.scheduler.createScheduleGroup({ Name: "team" });
  assert.deepEqual((await t.scheduler.listSchedules({ GroupName: "team" })).Schedules, []);
  await assert.rejects(t.scheduler.deleteScheduleGroup({ Name: "default" }), { name: "ValidationException" });
}));

test("lists come page by page, filtered, with nothing twice and nothing left out", () => using(async (t) => {
  for (const Name of ["a", "z"]) await t.scheduler.createScheduleGroup({ Name });
  for (const GroupName of ["a", "default", "z"]) for (const name of ["one", "other", "two"]) await t.create(name, far, { GroupName, State: name === "two" ? "DISABLED" : "ENABLED" });
  const pages = async (input: object): Promise<string[]> => {
    const names: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await t.scheduler.listSchedules({ ...input, MaxResults: 2, ...(NextToken && { NextToken }) });
      assert.ok(page.Schedules!.length <= 2);
      names.push(...page.Schedules!.map(({ GroupName, Name }) => `${GroupName}/${Name}`));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return names;
  };
  assert.deepEqual(await pages({}), ["a/one", "a/other", "a/two", "default/one", "default/other", "default/two", "z/one", "z/other", "z/two"]);
  assert.deepEqual(await pages({ GroupName: "z", NamePrefix: "o" }), ["z/one", "z/other"]);
  assert.deepEqual(await pages({ NamePrefix: "tw" }), ["a/two", "default/two", "z/two"]);
  assert.deepEqual(await pages({ State: "DISABLED" }), ["a/two", "default/two", "z/two"]);
  const [first] = (await t.scheduler.listSchedules({ MaxResults: 1 })).Schedules!;
  assert.deepEqual(first, { Arn: `${ARN}:schedule/a/one`, CreationDate: new Date(START_MS), GroupName: "a", LastModificationDate: new Date(START_MS), Name: "one", State: "ENABLED", Target: { Arn: queueArn("one") } });
  await assert.rejects(t.scheduler.listSchedules({ NextToken: "?" }), { name: "ValidationException" });

  const one = await t.scheduler.listScheduleGroups({ MaxResults: 1 });
  assert.deepEqual(one.ScheduleGroups, [{ Arn: `${ARN}:schedule-group/default`, Name: "default", State: "ACTIVE" }]);
  const two = await t.scheduler.listScheduleGroups({ MaxResults: 1, NextToken: one.NextToken });
  const three = await t.scheduler.listScheduleGroups({ NextToken: two.NextToken });
  assert.deepEqual([two.ScheduleGroups!.map(({ Name }) => Name), three.ScheduleGroups!.map(({ Name }) => Name), three.NextToken], [["a"], ["z"], undefined]);
  assert.deepEqual((await t.scheduler.listScheduleGroups({ NamePrefix: "z" })).ScheduleGroups!.map(({ Name }) => Name), ["z"]);
}));

test("groups have tags, the default group too, and schedules have none", () => using(async (t) => {
  const { ScheduleGroupArn } = await t.scheduler.createScheduleGroup({ Name: "tagged", Tags: [{ Key: "a", Value: "1" }] });
  const tagsOf = async (ResourceArn: string) => (await t.scheduler.listTagsForResource({ ResourceArn })).Tags;
  await t.scheduler.tagResource({ ResourceArn: ScheduleGroupArn, Tags: [{ Key: "b", Value: "2" }] });
  assert.deepEqual(await tagsOf(ScheduleGroupArn!), [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }]);
  await t.scheduler.untagResource({ ResourceArn: ScheduleGroupArn, TagKeys: ["a", "c"] });
  assert.deepEqual(await tagsOf(ScheduleGroupArn!), [{ Key: "b", Value: "2" }]);
  await t.scheduler.tagResource({ ResourceArn: `${ARN}:schedule-group/default`, Tags: [{ Key: "c", Value: "3" }] });
  assert.deepEqual(await tagsOf(`${ARN}:schedule-group/default`), [{ Key: "c", Value: "3" }]);
  assert.equal((await t.scheduler.listScheduleGroups({})).ScheduleGroups!.length, 2);
  await assert.rejects(tagsOf(`${ARN}:schedule-group/none`), { name: "ResourceNotFoundException", message: "Schedule group none does not exist." });
  await assert.rejects(tagsOf("arn:aws:scheduler:eu-west-1:999999999999:schedule-group/tagged"), { name: "ResourceNotFoundException" });
  await assert.rejects(tagsOf(`${ARN}:schedule/default/s`), { name: "ValidationException" });
  await assert.rejects(t.scheduler.tagResource({ ResourceArn: ScheduleGroupArn, Tags: Array.from({ length: 200 }, (_, n) => ({ Key: `k${n}`, Value: "v" })) }), { name: "ValidationException", message: "A schedule group can have 200 tags." });
}));
