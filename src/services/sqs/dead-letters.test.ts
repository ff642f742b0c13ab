// Dead-letter queues, who may use which, and moving messages back; with the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openStores } from "../../storage/open.ts";
import { silentLog } from "../../kernel/log.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { arn, openQueueRoom } from "../../../test/support/queue-room.ts";

const { sqs, clock, queue, receive, bodies, close } = await openQueueRoom();
after(close);

const redrive = (name: string, maxReceiveCount = 1) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(name), maxReceiveCount }) });
const name = (url: string) => url.split("/").at(-1)!;

test("a message received too often is moved, with all it carries, when it would be received once more", async () => {
  const dead = await queue();
  const QueueUrl = await queue({ ...redrive(name(dead), 2), VisibilityTimeout: "10" });
  const { MessageId } = await sqs.sendMessage({ QueueUrl, MessageBody: "poison", MessageAttributes: { a: { DataType: "String", StringValue: "x" } } });
  const sentMs = clock.now();
  for (let n = 0; n < 2; n++) {
    assert.deepEqual(await bodies(QueueUrl), ["poison"]);
    await clock.advance(10_000);
  }
  assert.deepEqual(await bodies(dead), []);
  assert.deepEqual(await bodies(QueueUrl), []);
  const [moved] = await receive(dead, { MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] });
  assert.equal(moved!.MessageId, MessageId);
  assert.deepEqual(moved!.MessageAttributes, { a: { DataType: "String", StringValue: "x" } });
  // The count goes on, and the time of sending stays (recorded).
  assert.deepEqual(moved!.Attributes, { ApproximateReceiveCount: "3", SentTimestamp: String(sentMs), SenderId: "000000000000", ApproximateFirstReceiveTimestamp: String(sentMs), DeadLetterQueueSourceArn: arn(name(QueueUrl)) });
});

test("one poisoned message holds up neither its FIFO group nor a waiting receiver", async () => {
  const dead = await queue({ FifoQueue: "true" });
  const QueueUrl = await queue({ FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "0", ...redrive(name(dead)) });
  for (const MessageBody of ["1", "2"]) await sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId: "g" });
  assert.deepEqual(await bodies(QueueUrl, { MaxNumberOfMessages: 1 }), ["1"]);
  assert.deepEqual(await bodies(QueueUrl, { MaxNumberOfMessages: 1 }), ["2"], "1 has gone");
  await clock.advance(5);
  const [moved] = await receive(dead, { MessageSystemAttributeNames: ["All"] });
  assert.deepEqual([moved!.Body, moved!.Attributes!["MessageGroupId"], moved!.Attributes!["DeadLetterQueueSourceArn"]], ["1", "g", arn(name(QueueUrl))]);
});

test("a message whose dead-letter queue is gone stays where it is", async () => {
  const dead = await queue();
  const QueueUrl = await queue({ ...redrive(name(dead)), VisibilityTimeout: "0" });
  await sqs.sendMessage({ QueueUrl, MessageBody: "m" });
  await sqs.deleteQueue({ QueueUrl: dead });
  for (let n = 0; n < 3; n++) assert.deepEqual(await bodies(QueueUrl), ["m"]);
});

test("a redrive policy names a queue that is there, of the same kind, and that lets this one", async () => {
  const dead = await queue({ RedriveAllowPolicy: JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [arn("friend")] }) });
  const attempt = (policy: object | string, more: Record<string, string> = {}, QueueName = "source") => sqs.createQueue({ QueueName, Attributes: { ...more, RedrivePolicy: typeof policy === "string" ? policy : JSON.stringify(policy) } });
  const refused = async (policy: object, reason: string, more?: Record<string, string>, as?: string) =>
    assert.rejects(attempt(policy, more, as), { message: `Value ${JSON.stringify(policy)} for parameter RedrivePolicy is invalid. Reason: ${reason}` });
  await assert.rejects(attempt("[]"), { name: "InvalidAttributeValue", message: "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map." });
  await refused({}, "Redrive policy does not contain mandatory attribute: maxReceiveCount.");
  await refused({ maxReceiveCount: 1 }, "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.");
  await refused({ deadLetterTargetArn: arn("x"), maxReceiveCount: 1001 }, "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.");
  await refused({ deadLetterTargetArn: "x", maxReceiveCount: 1 }, "Dead-letter target ARN should be fully qualified ARN.");
  await refused({ deadLetterTargetArn: "arn:aws:sns:eu-west-1:000000000000:t", maxReceiveCount: 1 }, "Only SQS queues are valid resources for deadLetterTargetArn.");
  await refused({ deadLetterTargetArn: arn("none"), maxReceiveCount: 1 }, "Dead letter target does not exist.");
  await refused({ deadLetterTargetArn: arn("none"), maxReceiveCount: 1, colour: 1 }, "Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].");
  await refused({ deadLetterTargetArn: arn(name(dead)), maxReceiveCount: 1 }, "Dead-letter queue must be same type of queue as the source..", { FifoQueue: "true" }, "source.fifo");
  await assert.rejects(attempt({ deadLetterTargetArn: arn(name(dead)), maxReceiveCount: 1 }), /does not allow this queue as its source/);
  const friend = (await attempt({ deadLetterTargetArn: arn(name(dead)), maxReceiveCount: "1" }, {}, "friend")).QueueUrl!;
  assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: dead })).queueUrls, [friend]);
  await sqs.setQueueAttributes({ QueueUrl: friend, Attributes: { RedrivePolicy: "" } });
  assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: dead })).queueUrls ?? [], []);
});

test("a redrive allow policy of another form is refused", async () => {
  const refused = (policy: unknown, message: RegExp | string) => assert.rejects(sqs.createQueue({ QueueName: "allow", Attributes: { RedriveAllowPolicy: JSON.stringify(policy) } }), { message });
  for (const policy of [[], {}, { redrivePermission: "dummy" }, { redrivePermission: "allowAll", dummy: 1 }, { redrivePermission: "byQueue", sourceQueueArns: "arn" }]) await refused(policy, "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.");
  await refused({ redrivePermission: "byQueue" }, /When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values\.$/);
  await refused({ redrivePermission: "denyAll", sourceQueueArns: ["a"] }, /To specify one or more source queue ARNs, you must set redrivePermission to byQueue\.$/);
  await refused({ redrivePermission: "byQueue", sourceQueueArns: Array.from({ length: 11 }, (_, n) => arn(`s${n}`)) }, /The maximum number of source queue ARNs you can specify is 10\.$/);
});

async function deadLetters(count: number) {
  const dead = await queue();
  const source = await queue({ ...redrive(name(dead)), VisibilityTimeout: "0" });
  for (let n = 0; n < count; n++) await sqs.sendMessage({ QueueUrl: source, MessageBody: String(n) });
  await bodies(source);
  await bodies(source);
  return { dead, source, SourceArn: arn(name(dead)) };
}

test("a move task takes messages back to where they came from, as new ones", async () => {
  const { source, SourceArn } = await deadLetters(3);
  await sqs.setQueueAttributes({ QueueUrl: source, Attributes: { VisibilityTimeout: "30" } });
  const { TaskHandle } = await sqs.startMessageMoveTask({ SourceArn });
  assert.deepEqual(JSON.parse(Buffer.from(TaskHandle!, "base64").toString())["sourceArn"], SourceArn);
  await clock.advance(1);
  const { Results } = await sqs.listMessageMoveTasks({ SourceArn });
  assert.deepEqual(Results, [{ Status: "COMPLETED", SourceArn, ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: 3, StartedTimestamp: Results![0]!.StartedTimestamp }]);
  const back = await receive(source, { MessageSystemAttributeNames: ["All"] });
  assert.deepEqual(back.map(({ Body, Attributes }) => [Body, Attributes!["ApproximateReceiveCount"], Attributes!["DeadLetterQueueSourceArn"]]), [["0", "1", undefined], ["1", "1", undefined], ["2", "1", undefined]]);
});

test("a move task keeps to its rate, alone in its queue, and can be cancelled", async () => {
  const { SourceArn } = await deadLetters(10);
  const destination = await queue();
  const DestinationArn = arn(name(destination));
  const { TaskHandle } = await sqs.startMessageMoveTask({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 2 });
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn }), { message: "There is already a task running. Only one active task is allowed for a source queue arn at a given time." });
  await clock.advance(1_500);
  const { Results } = await sqs.listMessageMoveTasks({ SourceArn });
  assert.deepEqual({ ...Results![0], StartedTimestamp: 0 }, { TaskHandle, Status: "RUNNING", SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 2, ApproximateNumberOfMessagesMoved: 4, ApproximateNumberOfMessagesToMove: 10, StartedTimestamp: 0 });
  assert.deepEqual(await sqs.cancelMessageMoveTask({ TaskHandle }).then(({ ApproximateNumberOfMessagesMoved }) => ApproximateNumberOfMessagesMoved), 4);
  await clock.advance(2_000);
  const [task] = (await sqs.listMessageMoveTasks({ SourceArn, MaxResults: 10 })).Results!;
  assert.deepEqual([task!.Status, task!.ApproximateNumberOfMessagesMoved, task!.TaskHandle], ["CANCELLED", 4, undefined]);
  await assert.rejects(sqs.cancelMessageMoveTask({ TaskHandle }), /Only active tasks/);
  assert.equal((await bodies(destination)).length, 4);
});

test("a move task that cannot go on says why, and loses nothing", async () => {
  const { dead, source, SourceArn } = await deadLetters(2);
  await sqs.deleteQueue({ QueueUrl: source });
  const other = await queue(redrive(name(dead)));
  await sqs.startMessageMoveTask({ SourceArn });
  await clock.advance(1);
  const [task] = (await sqs.listMessageMoveTasks({ SourceArn })).Results!;
  assert.deepEqual([task!.Status, task!.FailureReason, task!.ApproximateNumberOfMessagesMoved], ["FAILED", "AWS.SimpleQueueService.NonExistentQueue", 0]);
  const held = await receive(dead);
  assert.equal(held.length, 2);
  await sqs.deleteMessageBatch({ QueueUrl: dead, Entries: held.map(({ ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle })) });
  await sqs.sendMessage({ QueueUrl: dead, MessageBody: "by hand" });
  await sqs.startMessageMoveTask({ SourceArn });
  await clock.advance(1);
  assert.equal((await sqs.listMessageMoveTasks({ SourceArn })).Results![0]!.FailureReason, "CouldNotDetermineMessageSource");
  await sqs.deleteQueue({ QueueUrl: other });
});

test("what cannot be moved is refused", async () => {
  const { SourceArn } = await deadLetters(0);
  const plain = arn(name(await queue()));
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn: plain }), { message: "Source queue must be configured as a Dead Letter Queue." });
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn: arn("none") }), { name: "ResourceNotFoundException", message: "The resource that you specified for the SourceArn parameter doesn't exist." });
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn, DestinationArn: arn("none") }), { name: "ResourceNotFoundException", message: "The resource that you specified for the DestinationArn parameter doesn't exist." });
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn, DestinationArn: arn("theirs").replace("000000000000", "111122223333") }), /is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:eu-west-1:111122223333:theirs/);
  await assert.rejects(sqs.startMessageMoveTask({ SourceArn, MaxNumberOfMessagesPerSecond: 501 }), /MaxNumberOfMessagesPerSecond/);
  await assert.rejects(sqs.listMessageMoveTasks({ SourceArn: "here" }), /You must use this format/);
  await assert.rejects(sqs.listMessageMoveTasks({ SourceArn, MaxResults: 11 }), /MaxResults/);
  await assert.rejects(sqs.cancelMessageMoveTask({ TaskHandle: "mine" }), { message: "Value for parameter TaskHandle is invalid." });
  const handle = (task: object) => Buffer.from(JSON.stringify(task)).toString("base64");
  await assert.rejects(sqs.cancelMessageMoveTask({ TaskHandle: handle({ taskId: "x", sourceArn: SourceArn }) }), { message: "Task does not exist." });
  await assert.rejects(sqs.cancelMessageMoveTask({ TaskHandle: handle({ taskId: "x", sourceArn: arn("none") }) }), { message: "The resource that you specified for the SourceArn parameter doesn't exist." });
});

test("a move task goes on after a restart", async () => {
  const again = virtualClock();
  const stores = await openStores({ ephemeral: true, clock: again, log: silentLog });
  const first = await openQueueRoom({ clock: again, stores });
  const dead = await first.queue({}, "dead");
  await first.queue(redrive("dead"), "source");
  const target = await first.queue({}, "target");
  for (let n = 0; n < 6; n++) await first.sqs.sendMessage({ QueueUrl: dead, MessageBody: String(n) });
  await first.sqs.startMessageMoveTask({ SourceArn: arn("dead"), DestinationArn: arn("target"), MaxNumberOfMessagesPerSecond: 1 });
  await again.advance(1_500);
  await first.close();
  const second = await openQueueRoom({ clock: again, stores });
  await again.advance(20_000);
  assert.deepEqual((await second.sqs.listMessageMoveTasks({ SourceArn: arn("dead") })).Results!.map(({ Status, ApproximateNumberOfMessagesMoved }) => [Status, ApproximateNumberOfMessagesMoved]), [["COMPLETED", 6]]);
  assert.equal((await second.bodies(target)).length, 6);
  await second.close();
  await stores.close();
});

test("a queue made again under the name of another has had no move tasks, and none runs", async () => {
  const { dead, SourceArn } = await deadLetters(10);
  await sqs.startMessageMoveTask({ SourceArn, MaxNumberOfMessagesPerSecond: 1 });
  await sqs.deleteQueue({ QueueUrl: dead });
  await clock.advance(60_000);
  await queue({}, name(dead));
  assert.deepEqual((await sqs.listMessageMoveTasks({ SourceArn })).Results ?? [], []);
  const { TaskHandle } = await sqs.startMessageMoveTask({ SourceArn });
  assert.ok(TaskHandle);
});
