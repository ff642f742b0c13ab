// Topics, their attributes, policies and tags, driven by the real SDK client. Sentences recorded from AWS unless errors.ts says otherwise.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type CreateTopicCommandInput, paginateListTopics, SNS } from "@aws-sdk/client-sns";
import { openTestDelivery } from "../../../test/support/delivery.ts";
import { openRoom } from "../../../test/support/room.ts";
import { sns as service } from "./service.ts";

const delivery = await openTestDelivery();
const { stores, clock } = delivery;
const room = await openRoom(service, { stores, clock, lanes: delivery.delivery.lanes });
const sns = new SNS(room.clientConfig);
after(async () => {
  await room.close();
  await delivery.close();
});

const arnOf = (name: string) => `arn:aws:sns:eu-west-1:000000000000:${name}`;
const attributesOf = async (arn: string) => (await sns.getTopicAttributes({ TopicArn: arn })).Attributes!;
const invalid = (message: string) => ({ name: "InvalidParameterException", message: `Invalid parameter: ${message}` });
const DIFFERENT = invalid("Attributes Reason: Topic already exists with different attributes");

test("an account has room for so many topics in a region, FIFO topics counted apart, and what is deleted makes room", async () => {
  const apart = await openTestDelivery();
  const own = await openRoom(service, { stores: apart.stores, clock: apart.clock, lanes: apart.delivery.lanes });
  const full = new SNS(own.clientConfig);
  const usages = apart.stores.documents("sns/usage");
  try {
    const made = (Name: string, Attributes = {}) => full.createTopic({ Name, Attributes });
    const arns = [];
    for (let n = 0; n < 1000; n++) arns.push((await made(`t${n}.fifo`, { FifoTopic: "true" })).TopicArn!);
    const isRefusal = ({ name, $metadata }: Error & { $metadata: { httpStatusCode: number } }) => name === "TopicLimitExceededException" && $metadata.httpStatusCode === 403;
    await assert.rejects(made("more.fifo", { FifoTopic: "true" }), isRefusal);
    await assert.rejects(full.getTopicAttributes({ TopicArn: arns[0]!.replace("t0", "more") }), { name: "NotFoundException" });
    await made("t0.fifo", { FifoTopic: "true" });
    await made("standard");
    await full.deleteTopic({ TopicArn: arns[0]! });
    await full.deleteTopic({ TopicArn: arns[0]! });
    await made("more.fifo", { FifoTopic: "true" });
    await assert.rejects(made("again.fifo", { FifoTopic: "true" }), isRefusal);
    assert.deepEqual(await usages.get("000000000000/eu-west-1"), { standard: 1, fifo: 1000 });
    await usages.delete("000000000000/eu-west-1"); // as by a version that did not count
    await assert.rejects(made("again.fifo", { FifoTopic: "true" }), isRefusal);
  } finally {
    full.destroy();
    await own.close();
    await apart.close();
  }
});

test("a topic shows AWS's defaults: policy, delivery policy, counts", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "plain" });
  assert.equal(TopicArn, arnOf("plain"));
  const { Policy, EffectiveDeliveryPolicy, ...rest } = await attributesOf(TopicArn!);
  assert.deepEqual(rest, { TopicArn, Owner: "000000000000", DisplayName: "", SubscriptionsConfirmed: "0", SubscriptionsPending: "0", SubscriptionsDeleted: "0" });
  assert.equal(Policy, `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"${TopicArn}","Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]}`);
  assert.deepEqual(JSON.parse(EffectiveDeliveryPolicy!), { http: { defaultHealthyRetryPolicy: { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numMaxDelayRetries: 0, numNoDelayRetries: 0, numMinDelayRetries: 0, backoffFunction: "linear" }, disableSubscriptionOverrides: false, defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" } } });
});

test("a topic made again with the same, or less of the same, is the same topic; with anything else it is refused", async () => {
  const TopicArn = arnOf("again");
  await sns.createTopic({ Name: "again", Attributes: { DisplayName: "Value1" }, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
  for (const same of [{}, { Attributes: { DisplayName: "Value1" } }, { Attributes: { FifoTopic: "false" } }, { Tags: [{ Key: "b", Value: "2" }] }] as Omit<CreateTopicCommandInput, "Name">[]) assert.equal((await sns.createTopic({ Name: "again", ...same })).TopicArn, TopicArn);
  for (const Attributes of [{ DisplayName: "Value2" }, { SignatureVersion: "2" }, { SignatureVersion: "2", DisplayName: "Value1" }] as Record<string, string>[]) await assert.rejects(sns.createTopic({ Name: "again", Attributes }), DIFFERENT);
  await assert.rejects(sns.createTopic({ Name: "again", Attributes: { FifoTopic: "true" } }), invalid("Topic Name"));
  await assert.rejects(sns.createTopic({ Name: "again", Tags: [{ Key: "c", Value: "3" }] }), invalid("Tags Reason: Topic already exists with different tags"));
});

test("names are checked, and .fifo goes with FifoTopic", async () => {
  for (const Name of ["", "a".repeat(257), "test.fifo", "bad:name", "bad name", "bad@name"]) await assert.rejects(sns.createTopic({ Name }), invalid("Topic Name"));
  await assert.rejects(sns.createTopic({ Name: "test", Attributes: { FifoTopic: "true" } }), invalid("Topic Name"));
  await sns.createTopic({ Name: "a".repeat(256) });
  const { TopicArn } = await sns.createTopic({ Name: "orders.fifo", Attributes: { FifoTopic: "true" } });
  const { FifoTopic, ContentBasedDeduplication } = await attributesOf(TopicArn!);
  assert.deepEqual({ FifoTopic, ContentBasedDeduplication }, { FifoTopic: "true", ContentBasedDeduplication: "false" });
});

test("every attribute is checked, kept and shown; setting it to nothing takes it away", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "attributes.fifo", Attributes: { FifoTopic: "true", ContentBasedDeduplication: "True" } });
  const set = (AttributeName: string, AttributeValue?: string) => sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue });
  const good = {
    DisplayName: "Orders", SignatureVersion: "2", TracingConfig: "PassThrough", ContentBasedDeduplication: "true", FifoThroughputScope: "MessageGroup", MaximumMessageSize: "1024",
    LambdaSuccessFeedbackRoleArn: "arn:aws:iam::000000000000:role/r", LambdaSuccessFeedbackSampleRate: "10", SQSFailureFeedbackRoleArn: "arn:aws:iam::000000000000:role/r", HTTPSuccessFeedbackSampleRate: "100",
  };
  for (const [name, value] of Object.entries(good)) await set(name, value);
  const shown = await attributesOf(TopicArn!);
  for (const [name, value] of Object.entries(good)) assert.equal(shown[name], value, name);
  for (const name of Object.keys(good)) await set(name, "");
  assert.deepEqual(Object.keys(await attributesOf(TopicArn!)).sort(), ["ContentBasedDeduplication", "DisplayName", "EffectiveDeliveryPolicy", "FifoTopic", "Owner", "Policy", "SubscriptionsConfirmed", "SubscriptionsDeleted", "SubscriptionsPending", "TopicArn"]);

  const bad: [string, string, string][] = [
    ["DisplayName", "x".repeat(101), "DisplayName"], ["SignatureVersion", "0", "SignatureVersion: Invalid value. Must be 1 or 2."], ["TracingConfig", "Foo", "Invalid tracing config value: Foo"],
    ["FifoTopic", "false", "AttributeName"], ["Nonsense", "x", "AttributeName"], ["SubscriptionsPending", "3", "AttributeName"], ["toString", "3", "AttributeName"],
    ["ContentBasedDeduplication", "maybe", "ContentBasedDeduplication: Invalid value [maybe]. Must be true or false."], ["SQSSuccessFeedbackSampleRate", "101", "SQSSuccessFeedbackSampleRate: Invalid value. Must be an integer from 0 to 100."],
    ["MaximumMessageSize", "1023", "MaximumMessageSize: Invalid value. Must be an integer from 1024 to 1048576."], ["LambdaFailureFeedbackRoleArn", "me", "LambdaFailureFeedbackRoleArn: Invalid value. Must be the ARN of a role."],
  ];
  for (const [name, value, message] of bad) await assert.rejects(set(name, value), invalid(message), name);
  const standard = (await sns.createTopic({ Name: "standard" })).TopicArn;
  await assert.rejects(sns.setTopicAttributes({ TopicArn: standard, AttributeName: "FifoThroughputScope", AttributeValue: "Topic" }), invalid("Unknown attribute FifoThroughputScope"));
  await assert.rejects(sns.createTopic({ Name: "made", Attributes: { ContentBasedDeduplication: "true" } }), invalid("Attributes Reason: Unknown attribute ContentBasedDeduplication"));
  await assert.rejects(sns.createTopic({ Name: "made", Attributes: { Nonsense: "1" } }), invalid("Attributes Reason: Unknown attribute Nonsense"));
  await assert.rejects(attributesOf(arnOf("made")), { name: "NotFoundException", message: "Topic does not exist" });
});

test("what does not act is refused by name", async () => {
  const TopicArn = (await sns.createTopic({ Name: "refusing.fifo", Attributes: { FifoTopic: "true" } })).TopicArn;
  for (const [AttributeName, AttributeValue] of [["KmsMasterKeyId", "alias/mine"], ["TracingConfig", "Active"]]) await assert.rejects(sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue }), new RegExp(`^InvalidParameterException: Evoke does not support ${AttributeName}`));
  await sns.setTopicAttributes({ TopicArn, AttributeName: "ArchivePolicy", AttributeValue: "{}" });
  await assert.rejects(sns.createTopic({ Name: "data", DataProtectionPolicy: "{}" }), /Evoke does not support DataProtectionPolicy yet/);
  await assert.rejects(sns.putDataProtectionPolicy({ ResourceArn: TopicArn, DataProtectionPolicy: "{}" }), /PutDataProtectionPolicy is not served/);
});

test("encryption with the key that AWS keeps is accepted and shown", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "encrypted", Attributes: { KmsMasterKeyId: "alias/aws/sns" } });
  const shown = async () => (await sns.getTopicAttributes({ TopicArn })).Attributes!["KmsMasterKeyId"];
  assert.equal(await shown(), "alias/aws/sns");
  await sns.setTopicAttributes({ TopicArn, AttributeName: "KmsMasterKeyId", AttributeValue: "" });
  assert.equal(await shown(), undefined);
});

test("a delivery policy counts over AWS's, and a wrong one is refused with its place", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "patient" });
  const set = (policy: unknown) => sns.setTopicAttributes({ TopicArn, AttributeName: "DeliveryPolicy", AttributeValue: typeof policy === "string" ? policy : JSON.stringify(policy) });
  const policy = { http: { defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 }, disableSubscriptionOverrides: false } };
  await set(policy);
  const shown = await attributesOf(TopicArn!);
  assert.deepEqual(JSON.parse(shown["DeliveryPolicy"]!), policy);
  assert.equal(shown["EffectiveDeliveryPolicy"], '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}');
  const retry = (members: object) => ({ http: { defaultHealthyRetryPolicy: members } });
  for (const [bad, message] of [
    ["nonsense", "failed to parse JSON."], [retry({ numRetries: 101 }), "http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100"], [retry({ minDelayTarget: 0 }), "http.defaultHealthyRetryPolicy.minDelayTarget must be greater than or equal to 1"],
    [retry({ minDelayTarget: 30, maxDelayTarget: 20 }), "http.defaultHealthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget"], [retry({ numNoDelayRetries: 4 }), "http.defaultHealthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries"],
    [retry({ backoffFunction: "x" }), "http.defaultHealthyRetryPolicy.backoffFunction: the value [x] is not a valid backoff function"], [{ http: { defaultThrottlePolicy: { maxReceivesPerSecond: 0 } } }, "throttlePolicy.maxReceivesPerSecond must be >= 1"],
    [{ http: { defaultRequestPolicy: { headerContentType: "a\r\nb" } } }, "http.defaultRequestPolicy.headerContentType is not a valid content type"], [{ ftp: {} }, "unrecognized member ftp"], [{ http: [] }, "http must be a JSON object"],
  ] as [unknown, string][]) await assert.rejects(set(bad), invalid(`DeliveryPolicy: ${message}`), message);
});

test("permissions are statements of the topic's policy", async () => {
  const { TopicArn } = await sns.createTopic({ Name: "shared" });
  const statements = async () => JSON.parse((await attributesOf(TopicArn!))["Policy"]!).Statement;
  await sns.addPermission({ TopicArn, Label: "one", AWSAccountId: ["111122223333"], ActionName: ["Publish"] });
  assert.deepEqual((await statements())[1], { Sid: "one", Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "SNS:Publish", Resource: TopicArn });
  await sns.addPermission({ TopicArn, Label: "two", AWSAccountId: ["111122223333", "444455556666"], ActionName: ["Publish", "Subscribe"] });
  assert.deepEqual((await statements())[2].Action, ["SNS:Publish", "SNS:Subscribe"]);
  await assert.rejects(sns.addPermission({ TopicArn, Label: "one", AWSAccountId: ["111122223333"], ActionName: ["Publish"] }), invalid("Statement already exists"));
  await assert.rejects(sns.addPermission({ TopicArn, Label: "three", AWSAccountId: ["111122223333"], ActionName: ["CreateTopic"] }), invalid("Policy statement action out of service scope!"));
  await assert.rejects(sns.addPermission({ TopicArn: arnOf("none"), Label: "x", AWSAccountId: ["111122223333"], ActionName: ["Publish"] }), { name: "NotFoundException", message: "Topic does not exist" });
  await sns.removePermission({ TopicArn, Label: "one" });
  await sns.removePermission({ TopicArn, Label: "never there" });
  assert.deepEqual((await statements()).map(({ Sid }: { Sid: string }) => Sid), ["__default_statement_ID", "two"]);
  const own = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sns:Publish", Resource: TopicArn }] });
  await sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: own });
  assert.equal((await attributesOf(TopicArn!))["Policy"], own);
  for (const bad of ["x", "[]", "{}", own.replace("Allow", "Perhaps"), own.replace("sns:Publish", "sqs:SendMessage"), own.replace(TopicArn!, arnOf("other")), own.replace(/"Principal":\{[^}]*\},/, "")]) await assert.rejects(sns.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: bad }), { name: "InvalidParameterException" }, bad);
});

test("tags are added, replaced, listed and removed, and go with the topic", async () => {
  const { TopicArn: ResourceArn } = await sns.createTopic({ Name: "tagged", Tags: [{ Key: "k1", Value: "v1" }, { Key: "k2", Value: "v2" }] });
  const tags = async () => (await sns.listTagsForResource({ ResourceArn })).Tags;
  assert.deepEqual(await tags(), [{ Key: "k1", Value: "v1" }, { Key: "k2", Value: "v2" }]);
  await assert.rejects(sns.tagResource({ ResourceArn, Tags: [{ Key: "k", Value: "1" }, { Key: "k", Value: "2" }] }), invalid("Duplicated keys are not allowed."));
  await sns.untagResource({ ResourceArn, TagKeys: ["k1"] });
  await sns.tagResource({ ResourceArn, Tags: [{ Key: "k2", Value: "v2b" }] });
  assert.deepEqual(await tags(), [{ Key: "k2", Value: "v2b" }]);
  await assert.rejects(sns.tagResource({ ResourceArn, Tags: Array.from({ length: 50 }, (_, n) => ({ Key: `n${n}`, Value: "" })) }), { name: "TagLimitExceededException" });
  await sns.deleteTopic({ TopicArn: ResourceArn });
  await assert.rejects(tags(), { name: "ResourceNotFoundException" });
  await sns.createTopic({ Name: "tagged" });
  assert.deepEqual(await tags() ?? [], []);
});

test("topics are listed page by page, and deleting one twice is no error", async () => {
  for (let n = 0; n < 101; n++) await sns.createTopic({ Name: `z${String(n).padStart(3, "0")}` });
  const all: string[] = [];
  for await (const { Topics } of paginateListTopics({ client: sns }, {})) all.push(...Topics!.map(({ TopicArn }) => TopicArn!));
  assert.equal(all.filter((arn) => /:z\d{3}$/.test(arn)).length, 101);
  assert.equal(new Set(all).size, all.length);
  for (let n = 0; n < 2; n++) await sns.deleteTopic({ TopicArn: arnOf("z000") });
  await assert.rejects(sns.listTopics({ NextToken: "mine" }), invalid("NextToken"));
});

test("an ARN that is none, of another region or of another account is told apart", async () => {
  await assert.rejects(attributesOf("randomstring"), invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"));
  await assert.rejects(attributesOf("arn:aws:sns:us-east-1:000000000000:plain"), invalid("TopicArn"));
  await assert.rejects(attributesOf("arn:aws:sqs:eu-west-1:000000000000:plain"), invalid("TopicArn"));
  await assert.rejects(attributesOf(arnOf("nobody")), { name: "NotFoundException", message: "Topic does not exist" });
  await assert.rejects(attributesOf("arn:aws:sns:eu-west-1:111122223333:plain"), { name: "AuthorizationErrorException", message: /is not authorized to perform: SNS:GetTopicAttributes/ });
});
