// Partner event sources: offered, accepted with a bus, put to rest, taken back. Partner and customer are one account here; two are in test/partner-events.test.ts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { PutPartnerEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { newSource, PARTNER_SOURCES, type PartnerSource, sourceId } from "./partner-source.ts";
import { ACCOUNT, busArn, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";

const NAME = "aws.partner/example.com/shop/orders";
const ARN = `arn:aws:events:eu-west-1::event-source/${NAME}`;
const TWO_WEEKS_MS = 14 * 86_400_000;
let t: TestEvents;
before(async () => { t = await openTestEvents(); });
after(() => t.close());

const refused = (call: Promise<unknown>, name: string, message: string | RegExp) => assert.rejects(call, { name, message });
const state = async (Name = NAME) => (await t.events.describeEventSource({ Name })).State;
const entry: PutPartnerEventsRequestEntry = { Source: NAME, DetailType: "order", Detail: `{"total":1.0}` };

test("a source is offered, and its events reach the rules of the bus that accepts it", async () => {
  assert.equal((await t.events.createPartnerEventSource({ Name: NAME, Account: ACCOUNT })).EventSourceArn, ARN);
  await refused(t.events.createPartnerEventSource({ Name: NAME, Account: ACCOUNT }), "ResourceAlreadyExistsException", `Event source ${NAME} already exists.`);
  const { $metadata: _, CreationTime, ExpirationTime, ...shown } = await t.events.describeEventSource({ Name: NAME });
  assert.deepEqual(shown, { Arn: ARN, CreatedBy: "example.com", Name: NAME, State: "PENDING" });
  assert.equal(ExpirationTime!.getTime() - CreationTime!.getTime(), TWO_WEEKS_MS);
  await t.events.putPartnerEvents({ Entries: [entry] });

  assert.equal((await t.events.createEventBus({ Name: NAME, EventSourceName: NAME })).EventBusArn, busArn(NAME));
  assert.equal(await state(), "ACTIVE");
  const arn = await t.rule("orders", { account: [ACCOUNT] }, [{ Id: "q", Arn: queueArn("q") }], NAME);
  assert.equal(arn, `arn:aws:events:eu-west-1:${ACCOUNT}:rule/${NAME}/orders`);
  const { Entries, FailedEntryCount } = await t.events.putPartnerEvents({ Entries: [entry, { ...entry, Source: "aws.partner/example.com/shop/none" }, { ...entry, Detail: "no" }, { Source: NAME }] });
  await t.settled();
  assert.equal(FailedEntryCount, 3);
  assert.deepEqual(Entries!.map(({ ErrorCode }) => ErrorCode), [undefined, "NotAuthorizedForSourceException", "MalformedDetail", "InvalidArgument"]);
  assert.equal(t.sent.length, 1, "what was put before there was a bus is gone");
  const { time: _time, ...event } = JSON.parse(t.sent[0]!.message.body);
  assert.deepEqual(event, { version: "0", id: Entries![0]!.EventId, "detail-type": "order", source: NAME, account: ACCOUNT, region: "eu-west-1", resources: [], detail: { total: 1 } });
  assert.match(t.sent[0]!.message.body, /"total":1\.0/);
  assert.deepEqual([t.metrics.get("PutPartnerEventsEntriesCount"), t.metrics.get("PutPartnerEventsFailedEntriesCount")], [5, 3]);
  await refused(t.events.putEvents({ Entries: [{ ...entry, EventBusName: NAME }] }), "ValidationException", /failed to satisfy constraint/);
});

test("a rule of a partner's bus is found by its ARN", async () => {
  const ResourceARN = `arn:aws:events:eu-west-1:${ACCOUNT}:rule/${NAME}/orders`;
  await t.events.tagResource({ ResourceARN, Tags: [{ Key: "a", Value: "b" }] });
  assert.deepEqual((await t.events.listTagsForResource({ ResourceARN })).Tags, [{ Key: "a", Value: "b" }]);
});

test("the bus of a source whose name begins with another's is another bus", async () => {
  const Name = `${NAME}/eu`;
  await t.events.createPartnerEventSource({ Name, Account: ACCOUNT });
  await t.events.createEventBus({ Name, EventSourceName: Name });
  await t.events.putRule({ Name: "eu", EventBusName: Name, EventPattern: `{"account":["${ACCOUNT}"]}` });
  assert.deepEqual((await t.events.listRules({ EventBusName: NAME })).Rules!.map((rule) => rule.Name), ["orders"]);
  assert.deepEqual((await t.events.listEventBuses({ NamePrefix: "aws.partner/example.com/" })).EventBuses!.map((bus) => bus.Name), [NAME, Name]);
  assert.deepEqual((await t.events.listEventSources({ NamePrefix: "aws.partner/example" })).EventSources!.map((source) => source.Name), [NAME, Name]);
  const { PartnerEventSources, NextToken } = await t.events.listPartnerEventSources({ NamePrefix: "aws.partner/example.com/", Limit: 1 });
  assert.deepEqual(PartnerEventSources, [{ Arn: ARN, Name: NAME }]);
  assert.deepEqual((await t.events.listPartnerEventSources({ NamePrefix: "aws.partner/example.com/", NextToken })).PartnerEventSources!.map((source) => source.Name), [Name]);
  await t.events.deleteEventBus({ Name });
  assert.deepEqual([await state(Name), await state()], ["PENDING", "ACTIVE"]);
  await t.events.deletePartnerEventSource({ Name, Account: ACCOUNT });
  await refused(t.events.describeEventSource({ Name }), "ResourceNotFoundException", `Event source ${Name} does not exist.`);
});

test("a source that is deactivated brings nothing, and ends after two weeks", async () => {
  await t.events.deactivateEventSource({ Name: NAME });
  assert.equal(await state(), "PENDING");
  await t.events.putPartnerEvents({ Entries: [entry] });
  await t.events.activateEventSource({ Name: NAME });
  assert.deepEqual([await state(), (await t.events.describeEventSource({ Name: NAME })).ExpirationTime], ["ACTIVE", undefined]);
  await t.events.deactivateEventSource({ Name: NAME });
  await t.clock.advance(TWO_WEEKS_MS - 1000);
  assert.equal(await state(), "PENDING");
  await t.clock.advance(1000);
  assert.equal(await state(), "DELETED");
  await refused(t.events.activateEventSource({ Name: NAME }), "InvalidStateException", /DELETED/);
  assert.equal(t.sent.length, 1);
});

test("a source that its partner deletes is shown as deleted until its bus is", async () => {
  const Name = "aws.partner/example.com/gone";
  await t.events.createPartnerEventSource({ Name, Account: ACCOUNT });
  assert.equal((await t.events.describePartnerEventSource({ Name })).Name, Name);
  await t.events.createEventBus({ Name, EventSourceName: Name });
  const [account] = (await t.events.listPartnerEventSourceAccounts({ EventSourceName: Name })).PartnerEventSourceAccounts!;
  assert.deepEqual([account!.Account, account!.State, account!.ExpirationTime], [ACCOUNT, "ACTIVE", undefined]);
  await t.events.deletePartnerEventSource({ Name, Account: ACCOUNT });
  await refused(t.events.describePartnerEventSource({ Name }), "ResourceNotFoundException", `Event source ${Name} does not exist.`);
  assert.equal(await state(Name), "DELETED");
  assert.equal((await t.events.putPartnerEvents({ Entries: [{ ...entry, Source: Name }] })).FailedEntryCount, 1);
  await t.events.deleteEventBus({ Name });
  await refused(t.events.describeEventSource({ Name }), "ResourceNotFoundException", `Event source ${Name} does not exist.`);
});

test("what a partner's bus and its source must be called", async () => {
  const none = "aws.partner/example.com/none";
  await refused(t.events.createEventBus({ Name: none }), "ValidationException", "EventBus name starting with 'aws.' is not valid.");
  await refused(t.events.createEventBus({ Name: "mine", EventSourceName: none }), "ValidationException", /must be the name of its event source/);
  await refused(t.events.createEventBus({ Name: none, EventSourceName: none }), "ResourceNotFoundException", `Event source ${none} does not exist.`);
  await refused(t.events.activateEventSource({ Name: none }), "ResourceNotFoundException", `Event source ${none} or event bus ${none} does not exist.`);
  await refused(t.events.createPartnerEventSource({ Name: "example.com/none", Account: ACCOUNT }), "ValidationException", /failed to satisfy constraint/);
  await refused(t.events.createPartnerEventSource({ Name: none, Account: "1" }), "ValidationException", /failed to satisfy constraint/);
});

test("a partner has room for so many sources, whatever others have, and those that nobody accepted in time go", async () => {
  const sources = t.stores.documents<PartnerSource>(PARTNER_SOURCES);
  for (const [id] of await sources.list({ limit: 1000 })) await sources.delete(id);
  const nowMs = t.clock.now();
  const put = (from: number, count: number, partner: string, createdMs: number) => Promise.all(Array.from({ length: count }, (_, n) => {
    const source = newSource({ name: `aws.partner/example.com/many/${from + n}`, region: "eu-west-1", partner, account: ACCOUNT }, createdMs);
    return sources.put(sourceId(source), source);
  }));
  await put(0, 3_000, ACCOUNT, nowMs - TWO_WEEKS_MS);
  await put(3_000, 4_000, "111111111111", nowMs);
  await put(7_000, 10_000, ACCOUNT, nowMs);
  const create = (Name: string) => t.events.createPartnerEventSource({ Name, Account: ACCOUNT });
  await refused(create("aws.partner/example.com/one/more"), "LimitExceededException", /exceeds the maximum/);
  assert.equal(await sources.get("eu-west-1/aws.partner/example.com/many/0"), undefined);
  await t.events.deletePartnerEventSource({ Name: "aws.partner/example.com/many/7000", Account: ACCOUNT });
  await create("aws.partner/example.com/one/more");
  await refused(create("aws.partner/example.com/two/more"), "LimitExceededException", /exceeds the maximum/);
});
