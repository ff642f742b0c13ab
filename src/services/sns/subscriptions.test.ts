// Subscriptions from asking to ending, driven by the real SDK client. Sentences recorded from AWS unless errors.ts says otherwise.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { paginateListSubscriptions, paginateListSubscriptionsByTopic, SNS } from "@aws-sdk/client-sns";
import { openTestDelivery } from "../../../test/support/delivery.ts";
import { openRoom } from "../../../test/support/room.ts";
import { openTargets } from "../../delivery/targets.ts";
import { readOutbox } from "./outbox.ts";
import { sns as service } from "./service.ts";
import { openSubscriptions } from "./subscription.ts";
import { findTopic } from "./topic.ts";

const delivery = await openTestDelivery();
const { stores, clock } = delivery;
const room = await openRoom(service, { stores, clock, lanes: delivery.delivery.lanes, targets: openTargets({ mode: "off", check: async () => undefined, decide: async () => ({ allowed: true }) }), outgoingHttp: { send: async () => ({ status: 200, headers: {}, body: new Uint8Array() }) } });
const sns = new SNS(room.clientConfig);
after(async () => {
  await room.close();
  await delivery.close();
});

const OWN = "000000000000";
const queueArn = (name: string, account = OWN) => `arn:aws:sqs:eu-west-1:${account}:${name}`;
const made = async (Name: string, Attributes?: Record<string, string>) => (await sns.createTopic({ Name, ...(Attributes && { Attributes }) })).TopicArn!;
const subscribed = async (TopicArn: string, Protocol: string, Endpoint: string, Attributes?: Record<string, string>) => (await sns.subscribe({ TopicArn, Protocol, Endpoint, ReturnSubscriptionArn: true, ...(Attributes && { Attributes }) })).SubscriptionArn!;
const attributesOf = async (SubscriptionArn: string) => (await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes!;
const counts = async (TopicArn: string) => {
  const { SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted } = (await sns.getTopicAttributes({ TopicArn })).Attributes!;
  return [SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted].map(Number);
};
const mailTo = async (address: string) => (await readOutbox(stores.logs, OWN)).filter(({ to }) => to === address);
const tokenIn = (text: string | undefined) => /Token=([0-9a-f]+)/.exec(text ?? "")![1]!;
const invalid = (message: string) => ({ name: "InvalidParameterException", message: `Invalid parameter: ${message}` });
const NOT_FOUND = { name: "NotFoundException", message: "Subscription does not exist" };

test("a queue of the same account is subscribed at once", async () => {
  const TopicArn = await made("own-queue");
  const arn = await subscribed(TopicArn, "sqs", queueArn("q"), { RawMessageDelivery: "True" });
  assert.match(arn, /^arn:aws:sns:eu-west-1:000000000000:own-queue:[0-9a-f-]{36}$/);
  assert.deepEqual(await attributesOf(arn), { SubscriptionArn: arn, TopicArn, Owner: OWN, Protocol: "sqs", Endpoint: queueArn("q"), PendingConfirmation: "false", ConfirmationWasAuthenticated: "true", RawMessageDelivery: "true", SubscriptionPrincipal: "arn:aws:iam::000000000000:root" });
  assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions, [{ SubscriptionArn: arn, Owner: OWN, Protocol: "sqs", Endpoint: queueArn("q"), TopicArn }]);
  assert.deepEqual(await counts(TopicArn), [1, 0, 0]);
});

test("subscribing once more is the same subscription, unless it asks for something else", async () => {
  const TopicArn = await made("once");
  const arn = await subscribed(TopicArn, "sqs", queueArn("q"), { RawMessageDelivery: "true", FilterPolicy: '{"a": ["b"]}' });
  for (const Attributes of [{ RawMessageDelivery: "true" }, { RawMessageDelivery: "True", FilterPolicyScope: "MessageAttributes" }, {}, undefined, { FilterPolicy: '{"a":["b"]}' }]) assert.equal(await subscribed(TopicArn, "sqs", queueArn("q"), Attributes as never), arn);
  await assert.rejects(subscribed(TopicArn, "sqs", queueArn("q"), { RawMessageDelivery: "false", FilterPolicyScope: "MessageBody" }), invalid("Attributes Reason: Subscription already exists with different attributes"));
  assert.notEqual(await subscribed(TopicArn, "sqs", queueArn("q2")), arn);
});

test("endpoints have the form of their protocol", async () => {
  const TopicArn = await made("forms");
  const fifo = await made("forms.fifo", { FifoTopic: "true" });
  const bad: [string, string, string, string?][] = [
    ["test-protocol", "x", "Amazon SNS does not support this protocol string: test-protocol"], ["http", "https://e.example", "Endpoint must match the specified protocol"], ["https", "e.example", "Endpoint must match the specified protocol"],
    ["sqs", "http://localhost/000000000000/q", "SQS endpoint ARN"], ["lambda", queueArn("q"), "Lambda endpoint ARN"], ["lambda", "arn:aws:lambda:eu-west-1:000000000000:layer:f", "Lambda endpoint ARN"], ["firehose", "x", "Firehose endpoint ARN"],
    ["application", "x", "Application endpoint arn invalid"], ["application", `arn:aws:sns:eu-west-1:${OWN}:endpoint/GCM/a/b`, `Endpoint Reason: Endpoint does not exist for endpoint arnarn:aws:sns:eu-west-1:${OWN}:endpoint/GCM/a/b`],
    ["email", "nobody", "Email address"], ["email-json", "a b@c", "Email address"], ["sqs", queueArn("q.fifo"), "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics"],
    ["lambda", "arn:aws:lambda:eu-west-1:000000000000:function:f", "Invalid protocol type: lambda", fifo],
  ];
  for (const [protocol, endpoint, message, topic = TopicArn] of bad) await assert.rejects(subscribed(topic, protocol, endpoint), invalid(message), endpoint);
  for (const number of ["invalid-number", "+15--551234567", "NAA+15551234567", "+15551234567.", "/+15551234567"]) await assert.rejects(subscribed(TopicArn, "sms", number), { name: "InvalidParameterException", message: `Invalid SMS endpoint: ${number}` });
  assert.equal((await attributesOf(await subscribed(TopicArn, "sms", "+12/34-567.890")))["Endpoint"], "+1234567890");
  assert.match(await subscribed(TopicArn, "lambda", "arn:aws:lambda:eu-west-1:000000000000:function:f:prod"), /^arn:/);
  for (const queue of ["q", "q.fifo"]) assert.match(await subscribed(fifo, "sqs", queueArn(queue)), /^arn:/);
  await assert.rejects(subscribed(TopicArn, "firehose", "arn:aws:firehose:eu-west-1:000000000000:deliverystream/s"), /Evoke does not support subscriptions of Firehose streams yet/);
  await assert.rejects(subscribed(`${TopicArn}-no`, "sms", "+1234567890"), { name: "NotFoundException", message: "Topic does not exist" });
  await assert.rejects(subscribed("arn:aws:sns:us-east-1:random", "sms", "+1234567890"), invalid("TopicArn Reason: An ARN must have at least 6 elements, not 5"));
});

test("attributes are checked at Subscribe and when they are set", async () => {
  const TopicArn = await made("checked");
  const fifo = await made("checked.fifo", { FifoTopic: "true" });
  const arn = await subscribed(TopicArn, "sqs", queueArn("q"));
  const function_ = await subscribed(TopicArn, "lambda", "arn:aws:lambda:eu-west-1:000000000000:function:f");
  const ofFifo = await subscribed(fifo, "sqs", queueArn("q.fifo"));
  const set = (AttributeName: string, AttributeValue?: string, SubscriptionArn = arn) => sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue });
  const dlq = (target: unknown) => JSON.stringify({ deadLetterTargetArn: target });
  const bad: [string, string, string, string?][] = [
    ["RawMessageDelivery", "test-ValUe", "RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false."], ["RawMessageDelivery", "", "RawMessageDelivery: Invalid value []. Must be true or false."], ["RawMessageDelivery", "true", "Delivery protocol [lambda] does not support raw message delivery.", function_],
    ["FilterPolicyScope", "RandomValue", "FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes"], ["FilterPolicy", '{"a":{"b":["c"]}}', "Filter policy scope MessageAttributes does not support nested filter policy"],
    ["RedrivePolicy", dlq("fake-arn"), "RedrivePolicy: deadLetterTargetArn is an invalid arn"], ["RedrivePolicy", "{}", "RedrivePolicy: Missing deadLetterTargetArn attribute"], ["RedrivePolicy", dlq(TopicArn), "RedrivePolicy: deadLetterTargetArn must be a SQS queue"],
    ["RedrivePolicy", dlq("arn:aws:sqs:us-east-1:000000000000:q"), "RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription"], ["RedrivePolicy", dlq(queueArn("q")), "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.", ofFifo],
  ];
  for (const [name, value, message, subscription = arn] of bad) await assert.rejects(set(name, value, subscription), invalid(message), message);
  await assert.rejects(set("fake", "x"), invalid("AttributeName"));
  for (const name of ["FilterPolicy", "RedrivePolicy"]) await assert.rejects(set(name, "{invalidjson}"), invalid(`${name}: failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: 2]`));
  await assert.rejects(subscribed(TopicArn, "sqs", queueArn("w"), { RawMessageDelivery: "wrongvalue" }), invalid("Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false."));
  await assert.rejects(subscribed(TopicArn, "sqs", queueArn("w"), { FilterPolicy: '{"a":"b"}' }), /^InvalidParameterException: Invalid parameter: Attributes Reason: FilterPolicy: /);
  assert.deepEqual((await attributesOf(arn))["FilterPolicy"], undefined);

  await set("FilterPolicyScope", "MessageBody");
  assert.equal((await attributesOf(arn))["FilterPolicyScope"], undefined, "not shown without a policy");
  await set("FilterPolicy", '{"a":{"b":["c"]}}');
  assert.equal((await attributesOf(arn))["FilterPolicyScope"], "MessageBody");
  await assert.rejects(set("FilterPolicyScope", "MessageAttributes"), invalid("Filter policy scope MessageAttributes does not support nested filter policy"));
  await set("FilterPolicy", "{}");
  await set("RedrivePolicy", dlq(queueArn("dlq")));
  assert.equal((await attributesOf(arn))["RedrivePolicy"], dlq(queueArn("dlq")));
  await set("RedrivePolicy");
  const { FilterPolicy, RedrivePolicy } = await attributesOf(arn);
  assert.deepEqual([FilterPolicy, RedrivePolicy], [undefined, undefined]);
});

test("an HTTP endpoint waits for its token, shows what its policy comes to, and is listed as pending", async () => {
  const TopicArn = await made("web");
  const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: "https", Endpoint: "https://e.example/hook" });
  assert.equal(SubscriptionArn, "pending confirmation");
  const arn = await subscribed(TopicArn, "https", "https://e.example/hook");
  assert.equal((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions![0]!.SubscriptionArn, "PendingConfirmation");
  assert.deepEqual(await counts(TopicArn), [0, 1, 0]);
  await sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "DeliveryPolicy", AttributeValue: '{"healthyRetryPolicy":{"numRetries":5},"throttlePolicy":{"maxReceivesPerSecond":10}}' });
  const { EffectiveDeliveryPolicy, PendingConfirmation, ConfirmationWasAuthenticated } = await attributesOf(arn);
  assert.deepEqual([PendingConfirmation, ConfirmationWasAuthenticated], ["true", "false"]);
  assert.equal(EffectiveDeliveryPolicy, '{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":5,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":10},"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}');
  const topic = (await findTopic(stores, TopicArn))!;
  for await (const page of openSubscriptions(stores).of(topic)) assert.deepEqual(page, [], "nothing is delivered to what is pending");
});

test("a mailbox gets a link, and its token confirms once and for all", async () => {
  const TopicArn = await made("mail");
  const arn = await subscribed(TopicArn, "email", "ada@e.example");
  const [mail] = await mailTo("ada@e.example");
  assert.equal(mail!.subject, "AWS Notification - Subscription Confirmation");
  assert.ok(mail!.body.includes(mail!.links!.confirm!));
  const Token = tokenIn(mail!.links!.confirm);
  assert.equal(Token.length, 288);
  await assert.rejects(sns.confirmSubscription({ TopicArn, Token: "randomtoken" }), { name: "InvalidParameterException", message: "Invalid token" });
  await assert.rejects(sns.confirmSubscription({ TopicArn, Token: "0".repeat(288) }), invalid("Token"));
  await assert.rejects(sns.confirmSubscription({ TopicArn: "x", Token }), invalid("Topic"));
  await assert.rejects(sns.confirmSubscription({ TopicArn: TopicArn.replace("eu-west-1", "us-east-1"), Token }), invalid("Topic"));
  for (let n = 0; n < 2; n++) assert.equal((await sns.confirmSubscription({ TopicArn, Token, AuthenticateOnUnsubscribe: "true" })).SubscriptionArn, arn);
  const { PendingConfirmation, ConfirmationWasAuthenticated } = await attributesOf(arn);
  assert.deepEqual([PendingConfirmation, ConfirmationWasAuthenticated], ["false", "true"]);
  assert.deepEqual(await counts(TopicArn), [1, 0, 0]);
});

test("a mailbox for programs gets the same in JSON, signed", async () => {
  const TopicArn = await made("mail-json");
  await subscribed(TopicArn, "email-json", "machine@e.example");
  await delivery.settle();
  for (const end = Date.now() + 20_000; (await mailTo("machine@e.example")).length === 0;) {
    assert.ok(Date.now() < end, "the first signature waits for its key to be made");
    await sleep(20);
  }
  const [mail] = await mailTo("machine@e.example");
  const { Type, Token, SubscribeURL, Signature } = JSON.parse(mail!.body);
  assert.deepEqual([Type, SubscribeURL, typeof Signature], ["SubscriptionConfirmation", mail!.links!.confirm, "string"]);
  assert.match((await sns.confirmSubscription({ TopicArn, Token })).SubscriptionArn!, /^arn:/);
});

test("asking a mailbox again sends the link again, and two days later it is worth nothing", async () => {
  const TopicArn = await made("late");
  for (let n = 0; n < 2; n++) await subscribed(TopicArn, "email", "late@e.example");
  const mails = await mailTo("late@e.example");
  assert.equal(mails.length, 2);
  const Token = tokenIn(mails[0]!.links!.confirm);
  assert.equal(tokenIn(mails[1]!.links!.confirm), Token);
  const confirmed = await subscribed(TopicArn, "email", "early@e.example");
  await sns.confirmSubscription({ TopicArn, Token: tokenIn((await mailTo("early@e.example"))[0]!.links!.confirm) });
  await clock.advance(2 * 86_400_000 + 60_000);
  await assert.rejects(sns.confirmSubscription({ TopicArn, Token }), invalid("Token"));
  assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions!.map(({ SubscriptionArn }) => SubscriptionArn), [confirmed]);
});

test("a resource of another account has to confirm", async () => {
  const TopicArn = await made("abroad");
  for (const [protocol, endpoint] of [["sqs", queueArn("q", "111122223333")], ["lambda", "arn:aws:lambda:eu-west-1:111122223333:function:f"]] as const) {
    assert.equal((await sns.subscribe({ TopicArn, Protocol: protocol, Endpoint: endpoint })).SubscriptionArn, "pending confirmation");
  }
});

test("ending a subscription twice is no error, and ARNs that are none are told apart", async () => {
  const TopicArn = await made("ended");
  const arn = await subscribed(TopicArn, "sqs", queueArn("q"), { FilterPolicy: '{"a":["b"]}' });
  for (let n = 0; n < 2; n++) await sns.unsubscribe({ SubscriptionArn: arn });
  assert.deepEqual(await counts(TopicArn), [0, 0, 1]);
  assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions ?? [], []);
  await assert.rejects(attributesOf(arn), NOT_FOUND);
  await assert.rejects(sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "RawMessageDelivery", AttributeValue: "true" }), NOT_FOUND);
  await assert.rejects(sns.unsubscribe({ SubscriptionArn: "randomstring" }), invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"));
  await assert.rejects(sns.unsubscribe({ SubscriptionArn: "arn:aws:sns:us-east-1:random" }), invalid("SubscriptionArn Reason: An ARN must have at least 6 elements, not 5"));
  await assert.rejects(sns.unsubscribe({ SubscriptionArn: "arn:aws:sns:us-east-1:111111111111:random" }), invalid("SubscriptionId"));
  assert.notEqual(await subscribed(TopicArn, "sqs", queueArn("q")), arn, "and it can be subscribed again");
});

test("subscriptions are listed page by page, of a topic and of an account, and go with their topic", async () => {
  const TopicArn = await made("many");
  for (let n = 0; n < 101; n++) await subscribed(TopicArn, "sqs", queueArn(`q${n}`));
  const endpoints = new Set<string>();
  for await (const { Subscriptions } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn })) for (const { Endpoint } of Subscriptions!) endpoints.add(Endpoint!);
  assert.equal(endpoints.size, 101);
  const mine = async () => {
    const found: string[] = [];
    for await (const { Subscriptions } of paginateListSubscriptions({ client: sns }, {})) found.push(...Subscriptions!.filter((one) => one.TopicArn === TopicArn).map(({ Endpoint }) => Endpoint!));
    return found.length;
  };
  assert.equal(await mine(), 101);
  await sns.deleteTopic({ TopicArn });
  assert.equal(await mine(), 0);
  const again = await made("many");
  assert.deepEqual(await counts(again), [0, 0, 0]);
  assert.match(await subscribed(again, "sqs", queueArn("q0")), /^arn:/);
});

test("what publishing reads of a topic's subscriptions is kept while nothing changes, and no longer", async () => {
  const TopicArn = await made("kept");
  const subscriptions = openSubscriptions(stores);
  const read = async () => {
    const all = [];
    for await (const page of subscriptions.of((await findTopic(stores, TopicArn))!)) all.push(...page);
    return all;
  };
  const arn = await subscribed(TopicArn, "sqs", queueArn("q"));
  const [first] = await read();
  assert.equal((await read())[0], first, "the same object: what is worked out from it can be kept by it");
  await sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "RawMessageDelivery", AttributeValue: "true" });
  assert.equal((await read())[0]!.attributes["RawMessageDelivery"], "true");
  await sns.unsubscribe({ SubscriptionArn: arn });
  assert.deepEqual(await read(), []);
});

test("a topic has room for so many subscriptions and filter policies", async () => {
  const fifo = await made("full.fifo", { FifoTopic: "true" });
  for (let n = 0; n < 100; n++) await subscribed(fifo, "sqs", queueArn(`q${n}`));
  await assert.rejects(subscribed(fifo, "sqs", queueArn("one-more")), { name: "SubscriptionLimitExceededException" });
  const TopicArn = await made("filtering");
  const FilterPolicy = '{"a":["b"]}';
  for (let n = 0; n < 200; n++) await subscribed(TopicArn, "sqs", queueArn(`q${n}`), { FilterPolicy });
  await assert.rejects(subscribed(TopicArn, "sqs", queueArn("one-more"), { FilterPolicy }), { name: "FilterPolicyLimitExceededException" });
  const arn = await subscribed(TopicArn, "sqs", queueArn("unfiltered"));
  await assert.rejects(sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: "FilterPolicy", AttributeValue: FilterPolicy }), { name: "FilterPolicyLimitExceededException" });
  const large = await made("large", { MaximumMessageSize: "1048576" });
  await assert.rejects(subscribed(large, "email", "a@e.example"), /MaximumMessageSize: above 262144 bytes/);
  const mailing = await made("mailing");
  await subscribed(mailing, "email", "a@e.example");
  const enlarge = (AttributeValue: string) => sns.setTopicAttributes({ TopicArn: mailing, AttributeName: "MaximumMessageSize", AttributeValue });
  await assert.rejects(enlarge("262145"), /MaximumMessageSize: above 262144 bytes/);
  await enlarge("262144");
});
