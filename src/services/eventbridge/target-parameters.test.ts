// Parameters of targets: message groups and requests made of the event, and kinds of targets that are there because something delivers to them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ACCOUNT, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";
import { resolved } from "./target-parameters.ts";

const PATTERN = { source: ["my.app"] };
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/r`;
const stream = `arn:aws:kinesis:eu-west-1:${ACCOUNT}:stream/s`;
const cluster = `arn:aws:ecs:eu-west-1:${ACCOUNT}:cluster/c`;
let t: TestEvents;
before(async () => { t = await openTestEvents({ serving: ["kinesis", "ecs"] }); });
after(() => t.close());

/** What comes to a rule's only target. */
async function sent(name: string, target: object, detail: object) {
  await t.rule(name, PATTERN, [{ Id: "t", ...target }]);
  const before = t.sent.length;
  const id = await t.put(detail);
  await t.settled();
  await t.events.removeTargets({ Rule: name, Ids: ["t"] });
  return { id, ...t.sent[before]! };
}

test("a message group may be a path into the event", async () => {
  const fifo = { Arn: queueArn("a.fifo"), SqsParameters: { MessageGroupId: "$.detail.customer" } };
  assert.equal((await sent("fifo", fifo, { customer: "c-7" })).message.group, "c-7");
  assert.equal((await sent("number", fifo, { customer: 7 })).message.group, "7");
  assert.equal((await sent("text", { ...fifo, SqsParameters: { MessageGroupId: "$7" } }, {})).message.group, "$7");
  assert.equal((await sent("whole", { ...fifo, InputPath: "$.detail.customer" }, { customer: "c" })).message.group, "c", "of the event, whatever is sent of it");
});

test("a stream is a target where something delivers to streams; its partition key is a path into the event, or the event's id", async () => {
  const keyed = await sent("keyed", { Arn: stream, RoleArn, KinesisParameters: { PartitionKeyPath: "$.detail.user.id" } }, { user: { id: "u-1" } });
  assert.deepEqual([keyed.arn, keyed.message.partitionKey, keyed.from.roleArn], [stream, "u-1", RoleArn]);
  for (const more of [{}, { KinesisParameters: { PartitionKeyPath: "$.detail.none" } }]) {
    const { id, message } = await sent("by-id", { Arn: stream, RoleArn, ...more }, {});
    assert.equal(message.partitionKey, id);
  }
  const put = (target: object) => t.events.putTargets({ Rule: "keyed", Targets: [{ Id: "t", Arn: stream, ...target }] });
  await assert.rejects(put({}), { name: "ValidationException", message: `RoleArn is required for target ${stream}.` });
  await assert.rejects(put({ RoleArn, KinesisParameters: { PartitionKeyPath: "user" } }), { name: "ValidationException", message: /user is not a JSON path/ });
  await assert.rejects(put({ RoleArn, SqsParameters: { MessageGroupId: "g" } }), { name: "ValidationException", message: /SqsParameters is not valid for target t/ });
});

test("what runs something gets its parameters with the event's data in them", async () => {
  const EcsParameters = { TaskDefinitionArn: "$.detail.task", TaskCount: 2, NetworkConfiguration: { awsvpcConfiguration: { Subnets: ["$.detail.subnet", "subnet-2"] } } };
  const { message } = await sent("task", { Arn: cluster, RoleArn, EcsParameters }, { task: "arn:t", subnet: "subnet-1" });
  assert.deepEqual(message.parameters, { TaskDefinitionArn: "arn:t", TaskCount: 2, NetworkConfiguration: { awsvpcConfiguration: { Subnets: ["subnet-1", "subnet-2"] } } });
});

test("only a whole value is a path, and keys are none", () => {
  const event = JSON.stringify({ detail: { a: "1", b: { c: 2.50 } } });
  assert.deepEqual(resolved({ "$.detail.a": "$.detail.a", x: "at $.detail.a", y: "$.detail.b", z: "$.detail.none", n: 3 }, event), { "$.detail.a": "1", x: "at $.detail.a", y: `{"c":2.5}`, z: "", n: 3 });
  assert.equal(resolved(undefined, event), undefined);
});
