// Queues made, listed, changed and deleted, and everything that is refused; with the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { readServiceModel } from "../../wire/service-model.ts";
import { arn, openQueueRoom } from "../../../test/support/queue-room.ts";
import { sqs as service } from "./service.ts";

const { sqs, clock, queue, bodies, receive, close } = await openQueueRoom();
after(close);

test("the room carries the name its clients sign with", async () => {
  assert.equal((await readServiceModel(service.client)).signingName, service.name);
});

test("a queue has AWS's defaults, and its URL begins with the name the caller reached this endpoint by", async () => {
  const QueueUrl = await queue({}, "plain");
  assert.equal(QueueUrl, "http://localhost:4566/000000000000/plain");
  assert.equal((await sqs.getQueueUrl({ QueueName: "plain" })).QueueUrl, QueueUrl);
  const created = String(Math.trunc(clock.now() / 1000));
  assert.deepEqual((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes, {
    QueueArn: arn("plain"), CreatedTimestamp: created, LastModifiedTimestamp: created, DelaySeconds: "0", MaximumMessageSize: "1048576", MessageRetentionPeriod: "345600", ReceiveMessageWaitTimeSeconds: "0",
    VisibilityTimeout: "30", SqsManagedSseEnabled: "true", ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesDelayed: "0", ApproximateNumberOfMessagesNotVisible: "0",
  });
  assert.equal((await sqs.getQueueAttributes({ QueueUrl })).Attributes, undefined);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: await queue({ FifoQueue: "true" }, "plain.fifo"), AttributeNames: ["FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"] });
  assert.deepEqual(Attributes, { FifoQueue: "true", ContentBasedDeduplication: "false", DeduplicationScope: "queue", FifoThroughputLimit: "perQueue" });
});

test("every URL that ends in account and name is understood, but not one of another region", async () => {
  await queue({}, "urls");
  for (const QueueUrl of ["https://sqs.eu-west-1.amazonaws.com/000000000000/urls", "https://eu-west-1.queue.amazonaws.com/000000000000/urls", "http://localhost:9324/000000000000/urls/", "/000000000000/urls", "urls"]) {
    assert.equal((await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] })).Attributes!["QueueArn"], arn("urls"), QueueUrl);
  }
  for (const QueueUrl of ["https://sqs.eu-west-2.amazonaws.com/000000000000/urls", "http://localhost/urls", "nothing", "", "http://localhost/000000000000/", "\0", "http://localhost/000000000000/a\0b", "http://localhost/000000000000/\ud800", "x".repeat(5000)]) {
    await assert.rejects(sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] }), { name: "QueueDoesNotExist", message: "The specified queue does not exist." }, QueueUrl);
  }
  await assert.rejects(sqs.sendMessage({ QueueUrl: "http://localhost/111122223333/urls", MessageBody: "m" }), /is not authorized to perform: sqs:sendmessage/);
  await assert.rejects(sqs.deleteQueue({ QueueUrl: "http://localhost/111122223333/urls" }), /is not authorized/);
});

test("creating a queue again is no error, unless an attribute differs", async () => {
  const Attributes = { DelaySeconds: "1", Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:*", Resource: "*" }] }) };
  const QueueUrl = await queue(Attributes, "twice");
  assert.equal(await queue(Attributes, "twice"), QueueUrl);
  assert.equal(await queue({}, "twice"), QueueUrl);
  await assert.rejects(queue({ DelaySeconds: "2" }, "twice"), { name: "QueueNameExists", message: "A queue already exists with the same name and a different value for attribute DelaySeconds" });
  await assert.rejects(queue({ VisibilityTimeout: "1" }, "twice"), /attribute VisibilityTimeout$/);
});

test("a name is free again a minute after its queue was deleted, and nothing of the old queue is in the new one", async () => {
  const QueueUrl = await queue({}, "again");
  await sqs.sendMessage({ QueueUrl, MessageBody: "old" });
  const [held] = await receive(QueueUrl, { VisibilityTimeout: 0 });
  await sqs.deleteQueue({ QueueUrl });
  await assert.rejects(sqs.deleteQueue({ QueueUrl }), { name: "QueueDoesNotExist" });
  await assert.rejects(queue({}, "again"), { name: "QueueDeletedRecently", message: "You must wait 60 seconds after deleting a queue before you can create another with the same name." });
  await clock.advance(60_000);
  await queue({}, "again");
  assert.deepEqual(await bodies(QueueUrl), []);
  await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle: held!.ReceiptHandle }), { name: "ReceiptHandleIsInvalid" });
});

test("queues are listed by prefix and page by page", async () => {
  for (let n = 0; n < 5; n++) await queue({}, `list-${n}`);
  const names = (urls: string[] = []) => urls.map((url) => url.split("/").at(-1));
  assert.deepEqual(names((await sqs.listQueues({ QueueNamePrefix: "list-" })).QueueUrls), ["list-0", "list-1", "list-2", "list-3", "list-4"]);
  const first = await sqs.listQueues({ QueueNamePrefix: "list-", MaxResults: 3 });
  const second = await sqs.listQueues({ QueueNamePrefix: "list-", MaxResults: 3, NextToken: first.NextToken });
  assert.deepEqual([names(first.QueueUrls), names(second.QueueUrls), second.NextToken], [["list-0", "list-1", "list-2"], ["list-3", "list-4"], undefined]);
  assert.equal((await sqs.listQueues({ QueueNamePrefix: "none" })).QueueUrls, undefined);
  await assert.rejects(sqs.listQueues({ MaxResults: 1001 }), /MaxResults/);
  await assert.rejects(sqs.listQueues({ NextToken: "mine" }), { message: "Invalid or expired next token." });
});

test("attributes are changed, all or none, and only to what they may be", async () => {
  const QueueUrl = await queue({}, "changed");
  await clock.advance(5_000);
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { VisibilityTimeout: "69", MaximumMessageSize: "2048", DelaySeconds: "420" } });
  const shown = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] })).Attributes!;
  const before = await shown();
  assert.deepEqual([before["VisibilityTimeout"], before["MaximumMessageSize"], before["DelaySeconds"]], ["69", "2048", "420"]);
  assert.equal(Number(before["LastModifiedTimestamp"]) - Number(before["CreatedTimestamp"]), 5);
  const refused = (Attributes: Record<string, string>, name: string, message: string) => assert.rejects(sqs.setQueueAttributes({ QueueUrl, Attributes }), { name, message });
  for (const [name, ...values] of [["DelaySeconds", "-1", "901", "", " 2", "1.5", "x"], ["MaximumMessageSize", "1023", "1048577"], ["MessageRetentionPeriod", "59", "1209601"], ["ReceiveMessageWaitTimeSeconds", "21"], ["VisibilityTimeout", "43201"], ["SqsManagedSseEnabled", "yes"], ["KmsDataKeyReusePeriodSeconds", "59"]]) {
    for (const value of values) await refused({ VisibilityTimeout: "1", [name!]: value }, "InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
  }
  for (const policy of ["text", "[]", "{}", '{"Version":"2001-01-01","Statement":[]}', '{"Statement":{"Effect":"Perhaps","Principal":"*","Action":"*","Resource":"*"}}', '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}']) await refused({ Policy: policy }, "InvalidAttributeValue", "Invalid value for the parameter Policy.");
  for (const name of ["Colour", "QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication", "All", "constructor"]) await refused({ [name]: "true" }, "InvalidAttributeName", `Unknown Attribute ${name}.`);
  for (const name of ["DeduplicationScope", "FifoThroughputLimit"]) await refused({ [name]: "queue" }, "InvalidAttributeName", `You can specify the ${name} only when FifoQueue is set to true.`);
  assert.deepEqual(await shown(), before);
  await assert.rejects(sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["Colour" as never] }), { name: "InvalidAttributeName", message: "Unknown Attribute Colour." });
  const fifo = await queue({ FifoQueue: "true" }, "changed.fifo");
  await assert.rejects(sqs.setQueueAttributes({ QueueUrl: fifo, Attributes: { FifoQueue: "false" } }), { name: "InvalidAttributeValue", message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported." });
  await assert.rejects(sqs.setQueueAttributes({ QueueUrl: fifo, Attributes: { FifoThroughputLimit: "perMessageGroupId" } }), /only when the value for DeduplicationScope is messageGroup/);
});

// What is shown after each step: recorded (LocalStack's snapshots test_set_queue_attributes_default_values, test_sse_queue_attributes, test_sse_kms_and_sqs_are_mutually_exclusive).
test("encryption is shown as AWS shows it, with the keys that AWS keeps, and a key of one's own is refused", async () => {
  const QueueUrl = await queue({ SqsManagedSseEnabled: "true" }, "secret");
  const shown = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"] })).Attributes;
  const set = (Attributes: Record<string, string>) => sqs.setQueueAttributes({ QueueUrl, Attributes });
  assert.deepEqual(await shown(), { SqsManagedSseEnabled: "true" });
  assert.equal(await queue({}, "secret"), QueueUrl);
  await set({ KmsMasterKeyId: "alias/aws/sqs", KmsDataKeyReusePeriodSeconds: "6000" });
  assert.deepEqual(await shown(), { KmsMasterKeyId: "alias/aws/sqs", KmsDataKeyReusePeriodSeconds: "6000", SqsManagedSseEnabled: "false" });
  await assert.rejects(set({ KmsMasterKeyId: "alias/aws/sqs", SqsManagedSseEnabled: "true" }), { name: "InvalidAttributeName", message: "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE." });
  for (const KmsMasterKeyId of ["alias/mine", "1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/aws/sns"]) {
    await assert.rejects(set({ KmsMasterKeyId }), { name: "InvalidAttributeValue", message: "Evoke does not support KmsMasterKeyId with a key of your own, only the AWS managed key alias/aws/sqs: there is no KMS here." });
  }
  await set({ KmsMasterKeyId: "", KmsDataKeyReusePeriodSeconds: "300" });
  assert.deepEqual(await shown(), { SqsManagedSseEnabled: "false" });
  await set({ KmsMasterKeyId: "arn:aws:kms:eu-west-1:000000000000:alias/aws/sqs" });
  assert.equal((await shown())!["KmsDataKeyReusePeriodSeconds"], "300");
  await set({ SqsManagedSseEnabled: "true" });
  assert.deepEqual(await shown(), { SqsManagedSseEnabled: "true" });
});

test("names are checked, and the suffix belongs to FIFO queues", async () => {
  for (const name of ["", "a b", "a".repeat(81), "x.fifo", "é"]) await assert.rejects(sqs.createQueue({ QueueName: name }), /Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length|QueueName/);
  for (const name of ["x", ".fifo", `${"a".repeat(76)}.fifo`]) await assert.rejects(sqs.createQueue({ QueueName: name, Attributes: { FifoQueue: "true" } }), /must end with .fifo suffix and be 1 to 80 in length/);
  await assert.rejects(sqs.createQueue({ QueueName: "x", Attributes: { FifoQueue: "false" } }), { name: "InvalidAttributeName", message: "Unknown Attribute FifoQueue." });
  await queue({ FifoQueue: "true" }, `${"a".repeat(75)}.fifo`);
});

test("a name, account or ARN that no queue can have is not there", async () => {
  for (const name of ["\0", "\ud800", "x".repeat(5000), "a/b"]) {
    await assert.rejects(sqs.getQueueUrl({ QueueName: name }), { name: "QueueDoesNotExist" });
    await assert.rejects(sqs.getQueueUrl({ QueueName: "q", QueueOwnerAWSAccountId: name }), { name: "QueueDoesNotExist" });
    assert.deepEqual((await sqs.listQueues({ QueueNamePrefix: name })).QueueUrls, undefined);
    await assert.rejects(sqs.listMessageMoveTasks({ SourceArn: `arn:aws:sqs:${name}:000000000000:q` }), /You must use this format/);
    await assert.rejects(sqs.listMessageMoveTasks({ SourceArn: `arn:${name}:sqs:eu-west-1:000000000000:q` }), /You must use this format/);
  }
});

test("a policy of a queue is not kept with a megabyte of spaces", async () => {
  const QueueUrl = await queue({}, "spacious");
  for (const name of ["RedrivePolicy", "RedriveAllowPolicy"]) {
    const value = name === "RedrivePolicy" ? { maxReceiveCount: 1, deadLetterTargetArn: arn("spacious") } : { redrivePermission: "allowAll" };
    await sqs.setQueueAttributes({ QueueUrl, Attributes: { [name]: JSON.stringify(value) } });
    await assert.rejects(sqs.setQueueAttributes({ QueueUrl, Attributes: { [name]: JSON.stringify(value) + " ".repeat(8192) } }), { name: "InvalidAttributeValue" });
  }
});

test("a purge removes everything, once a minute", async () => {
  const QueueUrl = await queue({}, "purged");
  for (let n = 0; n < 3; n++) await sqs.sendMessage({ QueueUrl, MessageBody: "m", DelaySeconds: n });
  await bodies(QueueUrl);
  await sqs.purgeQueue({ QueueUrl });
  await assert.rejects(sqs.purgeQueue({ QueueUrl }), { name: "PurgeQueueInProgress", message: "Only one PurgeQueue operation on purged is allowed every 60 seconds." });
  await sqs.sendMessage({ QueueUrl, MessageBody: "after" });
  await clock.advance(60_000);
  assert.deepEqual(await bodies(QueueUrl), ["after"]);
  await sqs.purgeQueue({ QueueUrl });
});

test("tags are added, read and taken away", async () => {
  const { QueueUrl } = await sqs.createQueue({ QueueName: "tagged", tags: { a: "1" } });
  await sqs.tagQueue({ QueueUrl, Tags: { b: "2", c: "" } });
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { a: "1", b: "2", c: "" });
  await sqs.untagQueue({ QueueUrl, TagKeys: ["a", "c", "none"] });
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { b: "2" });
  await assert.rejects(sqs.tagQueue({ QueueUrl, Tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${n}`, ""])) }), { message: "Too many tags added for queue tagged." });
  for (const Tags of [{ "": "x" }, { "aws:x": "x" }, { k: "v".repeat(257) }] as Record<string, string>[]) await assert.rejects(sqs.tagQueue({ QueueUrl, Tags }), { name: "InvalidParameterValue" });
  await sqs.untagQueue({ QueueUrl, TagKeys: ["b"] });
  assert.equal((await sqs.listQueueTags({ QueueUrl })).Tags, undefined);
});

test("permissions are statements of the queue's policy, in AWS's form", async () => {
  const QueueUrl = await queue({}, "open");
  const policy = async () => (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ["Policy"] })).Attributes?.["Policy"];
  await sqs.addPermission({ QueueUrl, Label: "cross", AWSAccountIds: ["111122223333"], Actions: ["ReceiveMessage"] });
  await assert.rejects(sqs.addPermission({ QueueUrl, Label: "cross", AWSAccountIds: ["444455556666"], Actions: ["*"] }), { message: "Value cross for parameter Label is invalid. Reason: Already exists." });
  await sqs.addPermission({ QueueUrl, Label: "two", AWSAccountIds: ["111122223333", "444455556666"], Actions: ["SendMessage", "GetQueueUrl"] });
  assert.deepEqual(JSON.parse((await policy())!), {
    Version: "2008-10-17", Id: `${arn("open")}/SQSDefaultPolicy`,
    Statement: [
      { Sid: "cross", Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "SQS:ReceiveMessage", Resource: arn("open") },
      { Sid: "two", Effect: "Allow", Principal: { AWS: ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"] }, Action: ["SQS:SendMessage", "SQS:GetQueueUrl"], Resource: arn("open") },
    ],
  });
  for (const Label of ["cross", "two"]) await sqs.removePermission({ QueueUrl, Label });
  assert.equal(await policy(), undefined);
  await assert.rejects(sqs.removePermission({ QueueUrl, Label: "two" }), { message: "Value two for parameter Label is invalid. Reason: can't find label." });
  const one = { QueueUrl, Label: "x", AWSAccountIds: ["111122223333"], Actions: ["SendMessage"] };
  await assert.rejects(sqs.addPermission({ ...one, Actions: ["Fly"] }), /Value SQS:Fly for parameter ActionName is invalid/);
  await assert.rejects(sqs.addPermission({ ...one, Actions: Array.from({ length: 8 }, () => "SendMessage") }), { name: "OverLimit", message: "8 Actions were found, maximum allowed is 7." });
  await assert.rejects(sqs.addPermission({ ...one, AWSAccountIds: ["me"] }), { message: "Value [me] for parameter PrincipalId is invalid. Reason: Unable to verify." });
});

test("what a message may not be is refused in AWS's words, and nothing is sent", async () => {
  const QueueUrl = await queue({ MaximumMessageSize: "1024" }, "strict");
  const refused = async (more: object, name: string, message?: string | RegExp) => assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: "m", ...more }), { name, ...(message !== undefined && { message }) });
  const attributes = (value: object, name = "a") => ({ MessageAttributes: { [name]: value } });
  await refused({ MessageBody: "" }, "MissingParameter", "The request must contain the parameter MessageBody.");
  for (const text of ["\u0000", "\u0008", "\u001a", "\uffff", "a\ud800"]) await refused({ MessageBody: text }, "InvalidMessageContents", /^Invalid binary character '#x(0|8|1A|FFFF|D800)' was found in the message body, the set of allowed characters is #x9 \| #xA \| #xD \| \[#x20-#xD7FF\] \| \[#xE000-#xFFFD\] \| \[#x10000-#x10FFFF\]\.$/);
  await refused({ MessageBody: "é".repeat(513) }, "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
  await refused({ MessageBody: "a".repeat(1013), ...attributes({ DataType: "String", StringValue: "12345" }) }, "InvalidParameterValue", /shorter than 1024 bytes/);
  await refused(attributes({ DataType: "String", StringValue: "" }), "InvalidParameterValue", "Message (user) attribute 'a' must contain a non-empty value of type 'String'.");
  await refused(attributes({ DataType: "Colour", StringValue: "x" }), "InvalidParameterValue", 'Type for parameter MessageAttributes.Attribute_name.DataType must be prefixed with "String", "Binary", or "Number", but was: Colour');
  await refused(attributes({ DataType: "Number", StringValue: "five" }), "InvalidParameterValue");
  await refused(attributes({ DataType: "String", StringValue: "\u0001" }), "InvalidParameterValue");
  await refused(attributes({ DataType: "String", StringListValues: ["x"] }), "UnsupportedOperation");
  for (const name of ["AWS.x", "amazon.x", ".x", "x.", "a b"]) await refused(attributes({ DataType: "String", StringValue: "x" }, name), "InvalidParameterValue");
  await refused({ MessageAttributes: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, { DataType: "String", StringValue: "x" }])) }, "InvalidParameterValue", "Number of message attributes [11] exceeds the allowed maximum [10].");
  await refused({ MessageSystemAttributes: { Colour: { DataType: "String", StringValue: "x" } } }, "InvalidParameterValue");
  await refused({ DelaySeconds: 901 }, "InvalidParameterValue", "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.");
  for (const MessageGroupId of ["", "group 123", "a".repeat(129)]) await refused({ MessageGroupId }, "InvalidParameterValue", `Value ${MessageGroupId} for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.`);
  await refused({ MessageDeduplicationId: "x" }, "InvalidParameterValue", "Value x for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type.");
  const batch = (Entries: object[]) => sqs.sendMessageBatch({ QueueUrl, Entries: Entries as never });
  await assert.rejects(batch([]), { name: "EmptyBatchRequest", message: "There should be at least one SendMessageBatchRequestEntry in the request." });
  await assert.rejects(batch(Array.from({ length: 11 }, (_, n) => ({ Id: `e${n}`, MessageBody: "m" }))), { name: "TooManyEntriesInBatchRequest", message: "Maximum number of entries per request are 10. You have sent 11." });
  for (const Id of ["", "a:b", "a".repeat(81)]) await assert.rejects(batch([{ Id, MessageBody: "m" }]), { name: "InvalidBatchEntryId" });
  await assert.rejects(batch([{ Id: "a", MessageBody: "m" }, { Id: "a", MessageBody: "m" }]), { name: "BatchEntryIdsNotDistinct", message: "Id a repeated." });
  await assert.rejects(batch(Array.from({ length: 2 }, (_, n) => ({ Id: `e${n}`, MessageBody: "m".repeat(524_289) }))), { name: "BatchRequestTooLong", message: "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes." });
  const { Failed } = await batch([{ Id: "big", MessageBody: "m".repeat(1025) }]);
  assert.deepEqual(Failed, [{ Id: "big", SenderFault: true, Code: "InvalidParameterValue", Message: "One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes." }]);
  const receiving = (more: object) => sqs.receiveMessage({ QueueUrl, ...more });
  await assert.rejects(receiving({ MaxNumberOfMessages: 11 }), { message: "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided." });
  for (const WaitTimeSeconds of [21, -1]) await assert.rejects(receiving({ WaitTimeSeconds }), { message: `Value ${WaitTimeSeconds} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.` });
  await assert.rejects(receiving({ VisibilityTimeout: 43_201 }), /VisibilityTimeout/);
  await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle: "garbage" }), { name: "ReceiptHandleIsInvalid", message: 'The input receipt handle "garbage" is not a valid receipt handle.' });
  assert.deepEqual(await bodies(QueueUrl), []);
});

test("a message of one mebibyte is carried whole, whatever characters it has", async () => {
  const QueueUrl = await queue({}, "large");
  const MessageBody = `${"\t\n\"\\é𝄞".repeat(100_000)}${"x".repeat(48_576)}`;
  assert.equal(Buffer.byteLength(MessageBody), 1_048_576);
  await sqs.sendMessage({ QueueUrl, MessageBody });
  assert.equal((await bodies(QueueUrl))[0] === MessageBody, true);
  await assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: `${MessageBody}x` }), { message: "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes." });
});

test("no tenant of a standard queue keeps the others from being served", async () => {
  const QueueUrl = await queue({}, "fair");
  for (let n = 0; n < 40; n++) await sqs.sendMessageBatch({ QueueUrl, Entries: Array.from({ length: 10 }, (_, i) => ({ Id: `e${i}`, MessageBody: "noisy", MessageGroupId: "noisy" })) });
  for (let n = 0; n < 20; n++) await receive(QueueUrl);
  await sqs.sendMessage({ QueueUrl, MessageBody: "quiet", MessageGroupId: "quiet" });
  assert.ok((await bodies(QueueUrl)).includes("quiet"));
});
