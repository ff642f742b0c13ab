// Publishing through the real client: what is accepted, what is refused and with which words, and what queues and functions get of it.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { lambdaArn, openTestSns, queueArn, type TestSns } from "../../../test/support/sns.ts";

let t: TestSns;
before(async () => { t = await openTestSns(); });
after(() => t.close());
beforeEach(() => { t.queued.length = 0; t.invoked.length = 0; });

test("a queue gets the message in JSON, laid out as AWS lays it out", async () => {
  const TopicArn = await t.topic("plain");
  const subscription = await t.subscribe(TopicArn, "sqs", queueArn("plain"));
  const { MessageId } = await t.sns.publish({ TopicArn, Message: "hello \"you\"", Subject: "Greetings", MessageAttributes: { a: { DataType: "String", StringValue: "x" }, b: { DataType: "Binary", BinaryValue: Buffer.from([2, 3, 4]) } } });
  await t.until(() => t.queued.length === 1);
  const [{ message, from, arn }] = t.queued as [TestSns["queued"][0]];
  const { Timestamp, Signature, SigningCertURL } = JSON.parse(message.body) as Record<string, string>;
  assert.equal(message.body, `{
  "Type" : "Notification",
  "MessageId" : "${MessageId}",
  "TopicArn" : "${TopicArn}",
  "Subject" : "Greetings",
  "Message" : "hello \\"you\\"",
  "Timestamp" : "${Timestamp}",
  "SignatureVersion" : "1",
  "Signature" : "${Signature}",
  "SigningCertURL" : "${SigningCertURL}",
  "UnsubscribeURL" : "http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=${subscription}",
  "MessageAttributes" : {
    "a" : {"Type":"String","Value":"x"},
    "b" : {"Type":"Binary","Value":"AgME"}
  }
}`);
  assert.match(Timestamp!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.match(SigningCertURL!, /^http:\/\/127\.0\.0\.1:4566\/SimpleNotificationService-[0-9a-f]{32}\.pem$/);
  assert.deepEqual([arn, from], [queueArn("plain"), { account: "000000000000", region: "eu-west-1", service: "sns.amazonaws.com", sourceArn: TopicArn }]);
  assert.deepEqual(Object.keys(message), ["body"]);
});

test("with raw delivery a queue gets the message itself and its attributes", async () => {
  const TopicArn = await t.topic("raw");
  await t.subscribe(TopicArn, "sqs", queueArn("raw"), { RawMessageDelivery: "true" });
  await t.sns.publish({ TopicArn, Message: "as it is", MessageGroupId: "tenant-1", MessageAttributes: { n: { DataType: "Number", StringValue: "99.12" } } });
  await t.until(() => t.queued.length === 1);
  assert.deepEqual(t.queued[0]!.message, { body: "as it is", attributes: { n: { type: "Number", value: "99.12" } }, group: "tenant-1" });
});

test("a function is invoked with one record, without a subject when there is none", async () => {
  const TopicArn = await t.topic("functions");
  const subscription = await t.subscribe(TopicArn, "lambda", lambdaArn("handler"));
  const { MessageId } = await t.sns.publish({ TopicArn, Message: "text", MessageAttributes: { a: { DataType: "String.Array", StringValue: "[1]" } } });
  await t.until(() => t.invoked.length === 1);
  const { payload, source, functionArn } = t.invoked[0]!;
  const event = JSON.parse(Buffer.from(payload).toString());
  const { Timestamp, Signature, SigningCertUrl } = event.Records[0].Sns;
  assert.deepEqual(event, { Records: [{
    EventSource: "aws:sns", EventVersion: "1.0", EventSubscriptionArn: subscription,
    Sns: {
      Type: "Notification", MessageId, TopicArn, Subject: null, Message: "text", Timestamp, SignatureVersion: "1", Signature, SigningCertUrl,
      UnsubscribeUrl: `http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=${subscription}`, MessageAttributes: { a: { Type: "String.Array", Value: "[1]" } },
    },
  }] });
  assert.deepEqual([functionArn, source], [lambdaArn("handler"), { service: "sns.amazonaws.com", arn: TopicArn, account: "000000000000" }]);
});

test("each protocol gets its own text of a structured message, or the default", async () => {
  const TopicArn = await t.topic("structured");
  await Promise.all([t.subscribe(TopicArn, "sqs", queueArn("structured"), { RawMessageDelivery: "true" }), t.subscribe(TopicArn, "lambda", lambdaArn("structured"))]);
  await t.sns.publish({ TopicArn, MessageStructure: "json", Message: JSON.stringify({ default: "for all", sqs: "for queues", lambda: { ignored: true } }) });
  await t.until(() => t.queued.length + t.invoked.length === 2);
  assert.equal(t.queued[0]!.message.body, "for queues");
  assert.equal(JSON.parse(Buffer.from(t.invoked[0]!.payload).toString()).Records[0].Sns.Message, "for all");
});

test("subscriptions get what their filter policies want, by attributes or by body", async () => {
  const TopicArn = await t.topic("filtered");
  const raw = { RawMessageDelivery: "true" };
  await t.subscribe(TopicArn, "sqs", queueArn("all"), raw);
  await t.subscribe(TopicArn, "sqs", queueArn("red"), { ...raw, FilterPolicy: '{"colour":["red"]}' });
  await t.subscribe(TopicArn, "sqs", queueArn("cheap"), { ...raw, FilterPolicy: '{"price":[{"numeric":["<",10]}]}', FilterPolicyScope: "MessageBody" });
  const publish = (Message: string, colour?: string) => t.sns.publish({ TopicArn, Message, ...(colour && { MessageAttributes: { colour: { DataType: "String.Array", StringValue: JSON.stringify([colour]) } } }) });
  await publish('{"price":5}', "red");
  await publish('{"price":50}', "blue");
  await publish("no json");
  await t.until(() => t.queued.length === 5);
  await t.clock.advance(100);
  const got = t.queued.map(({ arn, message }) => `${arn.split(":").at(-1)} ${message.body}`).sort();
  assert.deepEqual(got, ["all no json", 'all {"price":50}', 'all {"price":5}', 'cheap {"price":5}', 'red {"price":5}'].sort());
  assert.equal(t.metrics.get("NumberOfNotificationsFilteredOut"), 4);
  assert.deepEqual(["MessageAttributes", "NoMessageAttributes", "MessageBody", "InvalidMessageBody"].map((why) => t.metrics.get(`NumberOfNotificationsFilteredOut-${why}`)), [1, 1, 1, 1]);
});

test("what cannot be published is refused with AWS's words", async () => {
  const TopicArn = await t.topic("refusing");
  const refused = (input: Partial<Parameters<TestSns["sns"]["publish"]>[0]>, name: string, message: string) => assert.rejects(t.sns.publish({ TopicArn, Message: "m", ...input }), { name, message });
  const invalid = (input: Parameters<typeof refused>[0], message: string) => refused(input, "InvalidParameterException", `Invalid parameter: ${message}`);
  await invalid({ Message: "" }, "Empty message");
  await invalid({ Message: "x".repeat(262_145) }, "Message too long");
  await invalid({ Message: "x".repeat(262_144), MessageAttributes: { a: { DataType: "String", StringValue: "x" } } }, "Message too long");
  for (const Subject of ["", "two\nlines", "x".repeat(101)]) await invalid({ Subject }, "Subject");
  await invalid({ MessageStructure: "json" }, "Message Structure - JSON message body failed to parse");
  for (const Message of ["{}", '{"default":{}}']) await invalid({ MessageStructure: "json", Message }, "Message Structure - No default entry in JSON message body");
  await invalid({ MessageDeduplicationId: "d" }, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type");
  await invalid({ TopicArn: undefined }, "TopicArn or TargetArn Reason: no value for required parameter");
  await invalid({ TopicArn: "nonsense" }, "TopicArn Reason: An ARN must have at least 6 elements, not 1");
  await invalid({ TopicArn: "arn:aws:sns:us-east-1:000000000000:refusing" }, "TopicArn");
  await invalid({ TopicArn: undefined, PhoneNumber: "+1a234" }, "PhoneNumber Reason: +1a234 is not valid to publish to");
  await invalid({ TopicArn: undefined, TargetArn: "arn:aws:sns:eu-west-1:000000000000:endpoint/APNS/app/00000000-0000-0000-0000-000000000000" }, "TargetArn Reason: No endpoint found for the target arn specified");
  await refused({ TopicArn: "arn:aws:sns:eu-west-1:000000000000:nowhere" }, "NotFoundException", "Topic does not exist");
});

test("how much a message may weigh is its topic's to say", async () => {
  const small = await t.topic("small", { MaximumMessageSize: "1024" });
  await assert.rejects(t.sns.publish({ TopicArn: small, Message: "x".repeat(1025) }), { message: "Invalid parameter: Message too long" });
  const large = await t.topic("large", { MaximumMessageSize: "1048576" });
  await t.subscribe(large, "sqs", queueArn("large"), { RawMessageDelivery: "true" });
  await t.subscribe(large, "lambda", lambdaArn("large"));
  await t.sns.publish({ TopicArn: large, Message: "x".repeat(1_048_576) });
  await t.until(() => t.queued.length === 1);
  assert.equal(t.queued[0]!.message.body.length, 1_048_576);
  assert.equal(t.invoked.length, 0, "more than Lambda takes, with what is around it");
  await assert.rejects(t.sns.publishBatch({ TopicArn: large, PublishBatchRequestEntries: [{ Id: "1", Message: "x".repeat(1_048_576) }, { Id: "2", Message: "x" }] }), { name: "BatchRequestTooLongException" });
  await assert.rejects(t.sns.publish({ PhoneNumber: "+15551234567", Message: "x".repeat(1601) }), { message: "Invalid parameter: Message too long" });
});

test("message attributes that are wrong are refused with AWS's words", async () => {
  const TopicArn = await t.topic("attributes");
  const cases: [name: string, value: object, message: string][] = [
    ["attr1", { DataType: "String", StringValue: "" }, "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'."],
    ["attr1", { DataType: "String" }, "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'."],
    ["attr1", { DataType: "Binary", BinaryValue: Buffer.alloc(0) }, "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'Binary'."],
    ["attr1", { DataType: "Number", BinaryValue: Buffer.from("1") }, "The message attribute 'attr1' with type 'Number' must use field 'String'."],
    ["attr1", { DataType: "Binary", StringValue: "123" }, "The message attribute 'attr1' with type 'Binary' must use field 'Binary'."],
    ["attr1", { DataType: "Number", StringValue: "one" }, "Could not cast message attribute 'attr1' value to number."],
    ["attr1", { DataType: "String.", StringValue: "x" }, "The message attribute 'attr1' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."],
    ["", { DataType: "String", StringValue: "x" }, "The request must contain non-empty message attribute name."],
    ["a".repeat(257), { DataType: "String", StringValue: "x" }, "Length of message attribute name must be less than 256 bytes."],
    ["a^*?", { DataType: "String", StringValue: "x" }, "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."],
    [".abc", { DataType: "String", StringValue: "x" }, "Invalid message attribute name starting with character '.' was found."],
    ["abc.", { DataType: "String", StringValue: "x" }, "Invalid message attribute name ending with character '.' was found."],
    ["a..bc", { DataType: "String", StringValue: "x" }, "Message attribute name can not have successive '.' character."],
  ];
  for (const [name, value, message] of cases) {
    const MessageAttributes = { [name]: value as never };
    await assert.rejects(t.sns.publish({ TopicArn, Message: "m", MessageAttributes }), { name: "InvalidParameterValueException", message });
    await assert.rejects(t.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: [{ Id: "1", Message: "m", MessageAttributes }] }), { message });
  }
  await assert.rejects(t.sns.publish({ TopicArn, Message: "m", MessageAttributes: { attr1: { StringValue: "x" } as never } }), /Value null at 'messageAttributes\.attr1\.member\.dataType' failed to satisfy constraint: Member must not be null/);
  await t.sns.publish({ TopicArn, Message: "m", MessageAttributes: { ["__proto__"]: { DataType: "String.  any label.", StringValue: "x" } } });
});

test("a batch is stored as one, and one wrong entry fails it", async () => {
  const TopicArn = await t.topic("batches");
  await t.subscribe(TopicArn, "sqs", queueArn("batches"), { RawMessageDelivery: "true" });
  const [published, size] = [t.metrics.get("NumberOfMessagesPublished") ?? 0, t.metrics.get("PublishSize") ?? 0];
  const entries = (...texts: string[]) => texts.map((Message, n) => ({ Id: `id-${n}`, Message }));
  const { Successful, Failed } = await t.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries(..."abcdefghij") });
  assert.deepEqual([Successful!.map(({ Id }) => Id), Failed], [Array.from({ length: 10 }, (_, n) => `id-${n}`), []]);
  await t.until(() => t.queued.length === 10);
  assert.deepEqual(t.queued.map(({ message }) => message.body).sort(), [..."abcdefghij"]);
  assert.deepEqual([t.metrics.get("NumberOfMessagesPublished")! - published, t.metrics.get("PublishSize")! - size], [10, 10]);
  const refused = (PublishBatchRequestEntries: object[], name: string, message: string) => assert.rejects(t.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: PublishBatchRequestEntries as never }), { name, message });
  await refused([], "EmptyBatchRequestException", "The batch request doesn't contain any entries.");
  await refused(entries(..."abcdefghijk"), "TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");
  await refused([{ Id: "1", Message: "a" }, { Id: "1", Message: "b" }], "BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");
  await refused([{ Id: "message.id", Message: "a" }], "InvalidBatchEntryIdException", "The Id of a batch entry in the batch request contains an impermissible character: message.id");
  await refused([{ Id: "a".repeat(81), Message: "a" }], "InvalidBatchEntryIdException", `The Id of a batch entry in the batch request is too long: ${"a".repeat(81)}`);
  await refused(entries("x".repeat(200_000), "x".repeat(62_145)), "BatchRequestTooLongException", "The length of all the messages put together is more than the limit.");
  await refused([{ Id: "1", Message: "good" }, { Id: "2", Message: '{"no":"default"}', MessageStructure: "json" }], "InvalidParameterException", "Invalid parameter: Message Structure - No default entry in JSON message body");
  await t.clock.advance(100);
  assert.equal(t.queued.length, 10);
});

test("a message to a phone number or a disabled endpoint goes to no topic", async () => {
  const { MessageId } = await t.sns.publish({ PhoneNumber: "+15551234567", Message: "your code is 1234" });
  assert.match(MessageId!, /^[0-9a-f-]{36}$/);
  const { PlatformApplicationArn } = await t.sns.createPlatformApplication({ Name: "app", Platform: "GCM", Attributes: { PlatformCredential: "key" } });
  const { EndpointArn: TargetArn } = await t.sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "token" });
  await t.sns.publish({ TargetArn, MessageStructure: "json", Message: JSON.stringify({ GCM: '{"notification":{"title":"hi"}}' }) });
  const records = (await t.stores.logs.read("sns/outbox/000000000000", { limit: 10 })).map(({ body }) => JSON.parse(body));
  assert.deepEqual(records.map(({ protocol, to, body }) => [protocol, to, body]), [["sms", "+15551234567", "your code is 1234"], ["application", TargetArn, '{"notification":{"title":"hi"}}']]);
  await t.sns.setEndpointAttributes({ EndpointArn: TargetArn, Attributes: { Enabled: "false" } });
  await assert.rejects(t.sns.publish({ TargetArn, Message: "m" }), { name: "EndpointDisabledException", message: "Endpoint is disabled" });
});

test("e-mail, SMS and push subscriptions are recorded where a person can read them", async () => {
  const TopicArn = await t.topic("people");
  const { PlatformApplicationArn } = await t.sns.createPlatformApplication({ Name: "people", Platform: "APNS", Attributes: { PlatformCredential: "key", PlatformPrincipal: "certificate" } });
  const { EndpointArn } = await t.sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "token" });
  await t.subscribe(TopicArn, "sms", "+15550001111");
  await t.subscribe(TopicArn, "application", EndpointArn!);
  for (const protocol of ["email", "email-json"]) {
    await t.subscribe(TopicArn, protocol, `${protocol}@example.com`);
    const asked = async () => JSON.parse((await t.stores.logs.last("sns/outbox/000000000000"))?.body ?? "{}");
    await t.until(async () => (await asked()).to === `${protocol}@example.com`);
    const link = new URL((await asked()).links.confirm);
    await t.sns.confirmSubscription({ TopicArn, Token: link.searchParams.get("Token")! });
  }
  const { seq } = (await t.stores.logs.last("sns/outbox/000000000000"))!;
  await t.sns.publish({ TopicArn, Message: "news" });
  const read = async () => (await t.stores.logs.read("sns/outbox/000000000000", { after: seq, limit: 10 })).map(({ body }) => JSON.parse(body));
  await t.until(async () => (await read()).length === 4);
  const records = new Map((await read()).map((record) => [record.protocol, record]));
  assert.deepEqual(["sms", "application", "email"].map((protocol) => records.get(protocol).body), ["news", "news", "news"]);
  assert.equal(JSON.parse(records.get("email-json").body).Message, "news");
  assert.equal(records.get("email").subject, "AWS Notification Message");
  assert.match(records.get("email").links.unsubscribe, /Action=Unsubscribe/);
});
