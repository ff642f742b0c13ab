// Buses, rules, targets and tags, driven by the real SDK client (@aws-sdk/client-eventbridge) over real stores.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, busArn, lambdaArn, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";
import { readServiceModel } from "../../wire/service-model.ts";
import { eventbridge as service } from "./service.ts";

let t: TestEvents;
before(async () => { t = await openTestEvents(); });
after(() => t.close());

const refused = (call: Promise<unknown>, name: string, message: string) => assert.rejects(call, { name, message });
const PATTERN = JSON.stringify({ source: ["my.app"] });

test("the room carries the name its clients sign with", async () => {
  assert.equal((await readServiceModel(service.client)).signingName, service.name);
});

test("every account has a default bus, and as many of its own as it makes", async () => {
  const { EventBusArn, Description } = await t.events.createEventBus({ Name: "orders", Description: "what is ordered", Tags: [{ Key: "team", Value: "a" }] });
  assert.deepEqual([EventBusArn, Description], [busArn("orders"), "what is ordered"]);
  assert.deepEqual((await t.events.listEventBuses({})).EventBuses!.map(({ Name }) => Name), ["default", "orders"]);
  const first = await t.events.listEventBuses({ Limit: 1 });
  assert.deepEqual((await t.events.listEventBuses({ Limit: 1, NextToken: first.NextToken })).EventBuses!.map(({ Name }) => Name), ["orders"]);
  assert.deepEqual((await t.events.listEventBuses({ NamePrefix: "or" })).EventBuses!.map(({ Arn }) => Arn), [busArn("orders")]);
  const { Arn, Name, Policy } = await t.events.describeEventBus({});
  assert.deepEqual([Arn, Name, Policy], [busArn("default"), "default", undefined]);
  assert.equal((await t.events.updateEventBus({ Name: "orders", Description: "changed" })).Description, "changed");
  await refused(t.events.createEventBus({ Name: "orders" }), "ResourceAlreadyExistsException", "Event bus orders already exists.");
  await refused(t.events.describeEventBus({ Name: "nowhere" }), "ResourceNotFoundException", "Event bus nowhere does not exist.");
  await refused(t.events.deleteEventBus({ Name: "default" }), "ValidationException", "Cannot delete event bus default.");
  await t.events.deleteEventBus({ Name: "nowhere" });
});

test("a parameter of a bus that does not act is refused by name", async () => {
  for (const [parameter, value] of Object.entries({ KmsKeyIdentifier: "k", DeadLetterConfig: { Arn: queueArn("q") }, LogConfig: { Level: "INFO" } })) {
    await assert.rejects(t.events.createEventBus({ Name: "strict", [parameter]: value }), { name: "ValidationException", message: new RegExp(`^Evoke does not support ${parameter}`) });
  }
});

test("permissions of a bus are statements of its policy", async () => {
  await t.events.createEventBus({ Name: "shared" });
  const bus = { EventBusName: "shared" };
  await t.events.putPermission({ ...bus, StatementId: "a", Action: "events:PutEvents", Principal: "111122223333" });
  await t.events.putPermission({ ...bus, StatementId: "b", Action: "events:PutEvents", Principal: "*", Condition: { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1" } });
  const policy = async () => JSON.parse((await t.events.describeEventBus({ Name: "shared" })).Policy ?? "null");
  assert.deepEqual(await policy(), { Version: "2012-10-17", Statement: [
    { Sid: "a", Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "events:PutEvents", Resource: busArn("shared") },
    { Sid: "b", Effect: "Allow", Principal: "*", Action: "events:PutEvents", Resource: busArn("shared"), Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } },
  ] });
  await t.events.removePermission({ ...bus, StatementId: "a" });
  assert.deepEqual((await policy()).Statement.length, 1);
  await refused(t.events.removePermission({ ...bus, StatementId: "a" }), "ResourceNotFoundException", "Statement with the provided id does not exist.");
  await t.events.removePermission({ ...bus, RemoveAllPermissions: true });
  assert.equal(await policy(), null);
  await t.events.putPermission({ ...bus, Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: "c", Effect: "Allow", Principal: "*", Action: "events:*", Resource: busArn("shared") }] }) });
  assert.equal((await policy()).Statement[0].Sid, "c");
  await assert.rejects(t.events.putPermission({ ...bus, Policy: "{" }), { name: "ValidationException" });
  await refused(t.events.putPermission({ EventBusName: "nowhere", StatementId: "a", Action: "events:PutEvents", Principal: "*" }), "ResourceNotFoundException", "Event bus nowhere does not exist.");
});

test("a rule is put, described, listed, switched and deleted", async () => {
  const { RuleArn } = await t.events.putRule({ Name: "one", EventPattern: PATTERN, Description: "d", Tags: [{ Key: "k", Value: "v" }] });
  assert.equal(RuleArn, "arn:aws:events:eu-west-1:000000000000:rule/one");
  assert.equal((await t.events.putRule({ Name: "two", EventBusName: "orders", EventPattern: PATTERN })).RuleArn, "arn:aws:events:eu-west-1:000000000000:rule/orders/two");
  const { $metadata: _, ...described } = await t.events.describeRule({ Name: "one" });
  assert.deepEqual(described, { Name: "one", Arn: RuleArn, State: "ENABLED", EventBusName: "default", EventPattern: PATTERN, Description: "d", CreatedBy: "000000000000" });
  await t.events.disableRule({ Name: "one" });
  assert.equal((await t.events.describeRule({ Name: "one" })).State, "DISABLED");
  await t.events.enableRule({ Name: "one" });
  await t.events.putRule({ Name: "one", EventPattern: PATTERN });
  assert.equal((await t.events.listRules({ NamePrefix: "on" })).Rules![0]!.Description, undefined, "what is not said again is gone");
  assert.deepEqual((await t.events.listTagsForResource({ ResourceARN: RuleArn })).Tags, [{ Key: "k", Value: "v" }], "tags stay");
  for (let n = 0; n < 3; n++) await t.events.putRule({ Name: `many-${n}`, EventPattern: PATTERN });
  const page = await t.events.listRules({ NamePrefix: "many-", Limit: 2 });
  assert.deepEqual([page.Rules!.length, (await t.events.listRules({ NamePrefix: "many-", NextToken: page.NextToken })).Rules!.map(({ Name }) => Name)], [2, ["many-2"]]);
  for (let n = 0; n < 3; n++) await t.events.deleteRule({ Name: `many-${n}` });
  await refused(t.events.describeRule({ Name: "none" }), "ResourceNotFoundException", "Rule none does not exist on EventBus default.");
  await refused(t.events.enableRule({ Name: "none" }), "ResourceNotFoundException", "Rule none does not exist on EventBus default.");
  await t.events.deleteRule({ Name: "none" });
});

test("a rule needs a pattern or a schedule that is one", async () => {
  await refused(t.events.putRule({ Name: "x" }), "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  await refused(t.events.putRule({ Name: "x", ScheduleExpression: "rate(2 minute)" }), "ValidationException", "Parameter ScheduleExpression is not valid.");
  await refused(t.events.putRule({ Name: "x", EventBusName: "orders", ScheduleExpression: "rate(1 minute)" }), "ValidationException", "ScheduleExpression is supported only on the default event bus.");
  await assert.rejects(t.events.putRule({ Name: "x", EventPattern: `{"source": []}` }), { name: "InvalidEventPatternException", message: /^Event pattern is not valid. Reason: Empty arrays are not allowed/ });
  await assert.rejects(t.events.putRule({ Name: "no spaces!", EventPattern: PATTERN }), { name: "ValidationException", message: String.raw`1 validation error detected: Value 'no spaces!' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+` });
});

test("targets are put, replaced by their id, listed and removed", async () => {
  await t.events.putRule({ Name: "aimed", EventPattern: PATTERN });
  const put = (...Targets: object[]) => t.events.putTargets({ Rule: "aimed", Targets: Targets as never });
  const { FailedEntryCount, FailedEntries } = await put({ Id: "b", Arn: queueArn("b") }, { Id: "a", Arn: lambdaArn("a") });
  assert.deepEqual([FailedEntryCount, FailedEntries], [0, []]);
  await put({ Id: "b", Arn: queueArn("b"), InputPath: "$.detail" });
  assert.deepEqual((await t.events.listTargetsByRule({ Rule: "aimed" })).Targets, [{ Id: "a", Arn: lambdaArn("a") }, { Id: "b", Arn: queueArn("b"), InputPath: "$.detail" }]);
  const page = await t.events.listTargetsByRule({ Rule: "aimed", Limit: 1 });
  assert.deepEqual((await t.events.listTargetsByRule({ Rule: "aimed", NextToken: page.NextToken })).Targets!.map(({ Id }) => Id), ["b"]);
  assert.deepEqual((await t.events.listRuleNamesByTarget({ TargetArn: queueArn("b") })).RuleNames, ["aimed"]);
  await refused(t.events.deleteRule({ Name: "aimed" }), "ValidationException", "Rule can't be deleted since it has targets.");
  await refused(put(...["c", "d", "e", "f"].map((Id) => ({ Id, Arn: queueArn(Id) }))), "LimitExceededException", "The requested resource exceeds the maximum number allowed.");
  const removed = await t.events.removeTargets({ Rule: "aimed", Ids: ["a", "b", "z"] });
  assert.deepEqual(removed.FailedEntries, [{ TargetId: "z", ErrorCode: "ResourceNotFoundException", ErrorMessage: "Rule 'aimed' does not have a target with the Id 'z'." }]);
  await t.events.deleteRule({ Name: "aimed" });
  await refused(put({ Id: "a", Arn: queueArn("a") }), "ResourceNotFoundException", "Rule aimed does not exist on EventBus default.");
});

test("a target that could not be delivered to is refused, and nothing of the call is done", async () => {
  await t.events.putRule({ Name: "picky", EventPattern: PATTERN });
  const put = (target: object) => t.events.putTargets({ Rule: "picky", Targets: [{ Id: "good", Arn: queueArn("good") }, { Id: "x", Arn: queueArn("x"), ...target }] as never });
  const invalid = (target: object, message: string | RegExp) => assert.rejects(put(target), { name: "ValidationException", message });
  await invalid({ Arn: "nonsense" }, "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.");
  await invalid({ Arn: "arn:aws:kinesis:eu-west-1:000000000000:stream/s" }, /^Evoke does not support targets of the service kinesis/);
  await invalid({ KinesisParameters: { PartitionKeyPath: "$.id" } }, /KinesisParameters is not valid for target x. Reason: it belongs to targets of another kind/);
  await invalid({ Arn: "arn:aws:ecs:eu-west-1:000000000000:cluster/c", RoleArn: "arn:aws:iam::000000000000:role/r", EcsParameters: { TaskDefinitionArn: "arn:aws:ecs:eu-west-1:000000000000:task-definition/t:1" } }, /^Evoke does not support targets of the service ecs/);
  await invalid({ Input: "{}", InputPath: "$.detail" }, "Only one of Input, InputPath, or InputTransformer must be provided for target x.");
  await invalid({ Input: "not json" }, "JSON syntax error in input for target x.");
  await invalid({ InputPath: "detail" }, /detail is not a JSON path/);
  await invalid({ InputTransformer: { InputTemplate: `"<unknown>"` } }, "InputTemplate for target x contains invalid placeholder unknown.");
  await invalid({ InputTransformer: { InputTemplate: `"<a>"`, InputPathsMap: { a: "id" } } }, /id is not a JSON path/);
  await invalid({ Arn: "arn:aws:events:eu-west-1:111122223333:event-bus/other", InputTransformer: { InputTemplate: "{}" } }, "Modifying the input for target x is not supported.");
  const foreign = queueArn("q").replace(":000000000000:", ":111122223333:");
  await invalid({ Arn: foreign }, `RoleArn is required for target ${foreign}.`);
  await invalid({ Arn: queueArn("x.fifo") }, "Parameter(s) SqsParameters must be specified for target: x.");
  await invalid({ Arn: lambdaArn("f"), SqsParameters: { MessageGroupId: "g" } }, /SqsParameters is not valid for target x/);
  await invalid({ DeadLetterConfig: { Arn: queueArn("d.fifo") } }, /DeadLetterConfig.Arn is not valid for target x/);
  await invalid({ Arn: busArn("default") }, /cannot be a target of its own rules/);
  await invalid({ RetryPolicy: { MaximumRetryAttempts: 186 } }, /maximumRetryAttempts/);
  assert.deepEqual((await t.events.listTargetsByRule({ Rule: "picky" })).Targets, []);
  await t.events.deleteRule({ Name: "picky" });
});

test("rules and buses have tags", async () => {
  const ResourceARN = busArn("orders");
  await t.events.tagResource({ ResourceARN, Tags: [{ Key: "stage", Value: "dev" }] });
  await t.events.untagResource({ ResourceARN, TagKeys: ["team"] });
  assert.deepEqual((await t.events.listTagsForResource({ ResourceARN })).Tags, [{ Key: "stage", Value: "dev" }]);
  const none = "arn:aws:events:eu-west-1:000000000000:rule/none";
  for (const call of [() => t.events.tagResource({ ResourceARN: none, Tags: [] }), () => t.events.untagResource({ ResourceARN: none, TagKeys: ["a"] }), () => t.events.listTagsForResource({ ResourceARN: none })]) await refused(call(), "ResourceNotFoundException", "Rule none does not exist on EventBus default.");
  await refused(t.events.tagResource({ ResourceARN, Tags: [{ Key: "a", Value: "1" }, { Key: "a", Value: "2" }] }), "ValidationException", "Invalid parameter: Duplicated keys are not allowed.");
});

test("a bus goes with its rules, when these have no targets", async () => {
  await t.events.createEventBus({ Name: "short" });
  await t.events.putRule({ Name: "r", EventBusName: "short", EventPattern: PATTERN });
  await t.events.putTargets({ Rule: "r", EventBusName: "short", Targets: [{ Id: "a", Arn: queueArn("a") }] });
  await assert.rejects(t.events.deleteEventBus({ Name: "short" }), { name: "ValidationException" });
  await t.events.removeTargets({ Rule: "r", EventBusName: "short", Ids: ["a"] });
  await t.events.deleteEventBus({ Name: "short" });
  await t.events.createEventBus({ Name: "short" });
  assert.deepEqual((await t.events.listRules({ EventBusName: "short" })).Rules, []);
});

test("a pattern can be tried on an event", async () => {
  const event = { id: "1", "detail-type": "order", source: "my.app", account: "0", time: "2026-01-01T00:00:00Z", region: "r", resources: [], detail: { total: 12 } };
  const pattern = (total: unknown) => JSON.stringify({ detail: { total: [total] } });
  assert.equal((await t.events.testEventPattern({ EventPattern: pattern({ numeric: [">", 10] }), Event: JSON.stringify(event) })).Result, true);
  assert.equal((await t.events.testEventPattern({ EventPattern: pattern(11), Event: JSON.stringify(event) })).Result, false);
  for (const Event of ["text", "[]", "{}"]) await refused(t.events.testEventPattern({ EventPattern: PATTERN, Event }), "ValidationException", "Parameter Event is not valid.");
  await assert.rejects(t.events.testEventPattern({ EventPattern: "[]", Event: JSON.stringify(event) }), { name: "InvalidEventPatternException" });
});

test("PutEvents answers entry by entry", async () => {
  const entry = { Source: "my.app", DetailType: "order", Detail: "{}" };
  const { FailedEntryCount, Entries } = await t.events.putEvents({ Entries: [entry, { ...entry, Source: undefined }, { ...entry, DetailType: "" }, { DetailType: "x", Source: "y" }, { ...entry, Detail: "[]" }, { ...entry, Detail: `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}` }, { ...entry, Source: "aws.s3" }, { ...entry, EventBusName: "nowhere" }] });
  assert.equal(FailedEntryCount, 6);
  assert.deepEqual(Entries!.map(({ ErrorCode }) => ErrorCode), [undefined, "InvalidArgument", "InvalidArgument", "InvalidArgument", "MalformedDetail", "MalformedDetail", "NotAuthorizedForSourceException", undefined]);
  assert.equal(Entries![1]!.ErrorMessage, "Parameter Source is not valid. Reason: Source is a required argument.");
  assert.match(Entries![7]!.EventId!, /^[\da-f-]{36}$/, "an event for a bus that is not there is accepted, too");
  await refused(t.events.putEvents({ Entries: [{ ...entry, Detail: JSON.stringify({ x: "x".repeat(1_048_576) }) }] }), "ValidationException", "Total size of the entries in the request is over the limit.");
  await assert.rejects(t.events.putEvents({ Entries: Array.from({ length: 11 }, () => entry) }), { name: "ValidationException", message: /Member must have length less than or equal to 10$/ });
});

test("a rule that is put while its bus is deleted is with the bus or not at all", async () => {
  const rule = (Name: string) => t.events.putRule({ Name, EventBusName: "brief", EventPattern: PATTERN }).catch((error: Error) => assert.equal(error.name, "ResourceNotFoundException"));
  for (let round = 0; round < 20; round++) {
    await t.events.createEventBus({ Name: "brief" });
    await Promise.all([rule("a"), t.events.deleteEventBus({ Name: "brief" }), rule("b"), rule("c")]);
    assert.deepEqual(await t.stores.documents("events/rule").list({ prefix: `${ACCOUNT}/eu-west-1/brief/`, limit: 10 }), []);
  }
});
