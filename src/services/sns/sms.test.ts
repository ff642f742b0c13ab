// Settings of text messages, the sandbox and phones that said STOP, driven by the real SDK client; and the outbox that keeps what was sent.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { paginateListPhoneNumbersOptedOut, paginateListSMSSandboxPhoneNumbers, SNS } from "@aws-sdk/client-sns";
import { openTestDelivery } from "../../../test/support/delivery.ts";
import { openRoom } from "../../../test/support/room.ts";
import { readOutbox, readOutboxEntry, record } from "./outbox.ts";
import { optOut } from "./phone-numbers.ts";
import { sns as service } from "./service.ts";

const delivery = await openTestDelivery();
const { stores, clock } = delivery;
const room = await openRoom(service, { stores, clock, lanes: delivery.delivery.lanes });
const sns = new SNS(room.clientConfig);
after(async () => {
  await room.close();
  await delivery.close();
});

const OWN = "000000000000";

test("settings are checked, kept and read back, some or all", async () => {
  assert.deepEqual((await sns.getSMSAttributes({})).attributes, { MonthlySpendLimit: "1" });
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: "Promotional", DefaultSenderID: "LSTest" } });
  await sns.setSMSAttributes({ attributes: { DeliveryStatusSuccessSamplingRate: "100" } });
  assert.deepEqual((await sns.getSMSAttributes({})).attributes, { MonthlySpendLimit: "1", DefaultSMSType: "Promotional", DefaultSenderID: "LSTest", DeliveryStatusSuccessSamplingRate: "100" });
  assert.deepEqual((await sns.getSMSAttributes({ attributes: ["DefaultSMSType"] })).attributes, { DefaultSMSType: "Promotional" });
  await sns.publish({ PhoneNumber: "+4915112345678", Message: "hello", MessageAttributes: { "AWS.SNS.SMS.SenderID": { DataType: "String", StringValue: "Other" } } });
  assert.deepEqual((await readOutbox(stores.logs, OWN, 1))[0]!.attributes, { "AWS.SNS.SMS.SMSType": "Promotional", "AWS.SNS.SMS.SenderID": "Other" });
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: "", DefaultSenderID: "", UsageReportS3Bucket: "" } });
  assert.deepEqual((await sns.getSMSAttributes({})).attributes, { MonthlySpendLimit: "1", DeliveryStatusSuccessSamplingRate: "100" });
  for (const [attributes, message] of [
    [{ InvalidAttribute: "x" }, "InvalidAttribute is not a valid attribute"], [{ DefaultSenderID: "111111111111" }, "DefaultSendID is not a valid attribute"], [{ DefaultSenderID: "1111" }, "DefaultSendID is not a valid attribute"], [{ DefaultSMSType: "Invalid" }, "DefaultSMSType is invalid"],
    [{ DeliveryStatusSuccessSamplingRate: "101" }, "DeliveryStatusSuccessSamplingRate is invalid"], [{ DeliveryStatusIAMRole: "arn:aws:iam::000000000000:role/r" }, "Evoke does not support DeliveryStatusIAMRole (logs about SMS deliveries) yet."], [{ UsageReportS3Bucket: "b" }, "Evoke does not support UsageReportS3Bucket (daily reports of usage) yet."],
  ] as [Record<string, string>, string][]) await assert.rejects(sns.setSMSAttributes({ attributes }), { name: "InvalidParameterException", message });
});

test("a phone that said STOP is opted out until it is opted in again", async () => {
  const number = "+4915112345678";
  assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: number })).isOptedOut, false);
  for (let n = 0; n < 101; n++) await optOut(stores, OWN, "eu-west-1", `+49151${String(n).padStart(8, "0")}`);
  await optOut(stores, OWN, "eu-west-1", number);
  assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: number })).isOptedOut, true);
  const all: string[] = [];
  for await (const page of paginateListPhoneNumbersOptedOut({ client: sns }, {})) all.push(...page.phoneNumbers!);
  assert.equal(all.length, 102);
  await assert.rejects(sns.publish({ PhoneNumber: number, Message: "m" }), { name: "OptedOutException" });
  await sns.optInPhoneNumber({ phoneNumber: number });
  await sns.optInPhoneNumber({ phoneNumber: number });
  assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: number })).isOptedOut, false);
  await assert.rejects(sns.optInPhoneNumber({ phoneNumber: "no-number" }), { name: "InvalidParameterException", message: "Invalid parameter: PhoneNumber Reason: input incorrectly formatted" });
  assert.deepEqual((await sns.listOriginationNumbers({})).PhoneNumbers ?? [], []);
});

test("a sandbox number is verified by the code that was sent to it, tried five times at most and for a quarter of an hour", async () => {
  assert.equal((await sns.getSMSSandboxAccountStatus({})).IsInSandbox, false);
  const PhoneNumber = "+4915187654321";
  const code = async () => /(\d{6})$/.exec((await readOutbox(stores.logs, OWN, 1))[0]!.body)![1]!;
  const verify = (OneTimePassword: string) => sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword });
  const wrong = async () => String((Number(await code()) + 1) % 1_000_000).padStart(6, "0");
  const status = async () => (await sns.listSMSSandboxPhoneNumbers({})).PhoneNumbers;
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber });
  for (let n = 0; n < 5; n++) await assert.rejects(verify(await wrong()), { name: "VerificationException" });
  await assert.rejects(verify(await code()), { name: "VerificationException" }, "too many tries");
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber });
  await clock.advance(16 * 60_000);
  await assert.rejects(verify(await code()), { name: "VerificationException" }, "too late");
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber });
  assert.deepEqual(await status(), [{ PhoneNumber, Status: "Pending" }]);
  await verify(await code());
  assert.deepEqual(await status(), [{ PhoneNumber, Status: "Verified" }]);
  await sns.deleteSMSSandboxPhoneNumber({ PhoneNumber });
  await assert.rejects(sns.deleteSMSSandboxPhoneNumber({ PhoneNumber }), { name: "ResourceNotFoundException" });
  for (let n = 0; n < 10; n++) await sns.createSMSSandboxPhoneNumber({ PhoneNumber: `+4915100000${n}00` });
  await assert.rejects(sns.createSMSSandboxPhoneNumber({ PhoneNumber }), { name: "UserErrorException" });
  const all: string[] = [];
  for await (const page of paginateListSMSSandboxPhoneNumbers({ client: sns, pageSize: 3 }, {})) all.push(...page.PhoneNumbers!.map((one) => one.PhoneNumber!));
  assert.equal(new Set(all).size, 10);
});

test("the outbox keeps the newest thousand of each account, the newest first", async () => {
  for (let n = 1; n <= 1100; n++) await record(stores.logs, "111122223333", n, { protocol: "sms", to: "+491", region: "eu-west-1", messageId: String(n), body: `message ${n}` });
  await record(stores.logs, "444455556666", 1, { protocol: "sms", to: "+492", region: "eu-west-1", messageId: "a", body: "alone" });
  const kept = await readOutbox(stores.logs, "111122223333");
  assert.equal(kept.length, 1000);
  assert.deepEqual([kept[0]!.number, kept[0]!.body, kept.at(-1)!.body], [1100, "message 1100", "message 101"]);
  assert.ok((await stores.logs.read("sns/outbox/111122223333", { limit: 2000 })).length < 1051);
  assert.equal((await readOutbox(stores.logs, "444455556666")).length, 1);
  assert.deepEqual([(await readOutboxEntry(stores.logs, "111122223333", 500))?.body, await readOutboxEntry(stores.logs, "111122223333", 10), await readOutboxEntry(stores.logs, "111122223333", 1101)], ["message 500", undefined, undefined]);
});

test("an answer about the outbox holds no more than memory bears", async () => {
  for (let n = 1; n <= 30; n++) await record(stores.logs, "555566667777", n, { protocol: "sms", to: "+491", region: "eu-west-1", messageId: String(n), body: `${n} ${"x".repeat(1_000_000)}` });
  const shown = await readOutbox(stores.logs, "555566667777");
  assert.deepEqual(shown.map(({ number }) => number), Array.from({ length: 16 }, (_, n) => 30 - n));
});
