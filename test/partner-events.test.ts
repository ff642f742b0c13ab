// A partner's events in a customer's account: two accounts, a bus, a rule, a queue.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
import { openTestPlatform } from "./support/platform.ts";

const PARTNER = "111111111111";
const CUSTOMER = "222222222222";
const STRANGER = "333333333333";
const NAME = "aws.partner/example.com/222222222222/app";

test("a partner's events come to the account that its source was offered to, and to no other", async (t) => {
  const platform = await openTestPlatform();
  const events = (account: string) => new EventBridge({ ...platform.clientConfig, credentials: { accessKeyId: account, secretAccessKey: "x" } });
  const sqs = new SQS({ ...platform.clientConfig, credentials: { accessKeyId: CUSTOMER, secretAccessKey: "x" } });
  const [partner, customer, stranger] = [events(PARTNER), events(CUSTOMER), events(STRANGER)];
  t.after(async () => {
    for (const client of [partner, customer, stranger, sqs]) client.destroy();
    await platform.close();
  });

  await partner.createPartnerEventSource({ Name: NAME, Account: CUSTOMER });
  assert.deepEqual((await stranger.listEventSources()).EventSources, []);
  await assert.rejects(stranger.createEventBus({ Name: NAME, EventSourceName: NAME }), { name: "ResourceNotFoundException" });
  await assert.rejects(stranger.createPartnerEventSource({ Name: NAME, Account: STRANGER }), { name: "ResourceAlreadyExistsException" });
  await customer.createEventBus({ Name: NAME, EventSourceName: NAME });
  const { QueueUrl } = await sqs.createQueue({ QueueName: "partner" });
  const Arn = `arn:aws:sqs:eu-west-1:${CUSTOMER}:partner`;
  const { RuleArn } = await customer.putRule({ Name: "all", EventBusName: NAME, EventPattern: JSON.stringify({ account: [CUSTOMER] }) });
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Arn, Condition: { ArnEquals: { "aws:SourceArn": RuleArn } } }] }) } });
  await customer.putTargets({ Rule: "all", EventBusName: NAME, Targets: [{ Id: "q", Arn }] });

  const Entries = [{ Source: NAME, DetailType: "Order placed", Detail: "{}" }];
  for (const other of [stranger, customer]) assert.equal((await other.putPartnerEvents({ Entries })).Entries![0]!.ErrorCode, "NotAuthorizedForSourceException");
  await partner.putPartnerEvents({ Entries });
  const { Messages } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10, MaxNumberOfMessages: 10 });
  assert.deepEqual(Messages!.map(({ Body }) => { const { source, account, "detail-type": type } = JSON.parse(Body!); return [source, account, type]; }), [[NAME, CUSTOMER, "Order placed"]]);
});
