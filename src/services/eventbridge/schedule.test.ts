// Rules that go by the clock.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";
import { type VirtualClock, virtualClock, waitWith } from "../../kernel/clock.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";

const HOUR = 3_600_000;
const times = (t: TestEvents) => t.sent.map(({ message }) => JSON.parse(message.body).time as string);

async function scheduled(t: TestEvents, Name: string, ScheduleExpression: string): Promise<string> {
  const { RuleArn } = await t.events.putRule({ Name, ScheduleExpression });
  await t.events.putTargets({ Rule: Name, Targets: [{ Id: "q", Arn: queueArn(Name) }] });
  return RuleArn!;
}

test("a rate fires from the rule's creation on, with the Scheduled Event", async () => {
  const t = await openTestEvents();
  const arn = await scheduled(t, "rate", "rate(5 minutes)");
  await t.clock.advance(HOUR);
  assert.equal(t.sent.length, 12);
  const { id, ...event } = JSON.parse(t.sent[0]!.message.body);
  assert.match(id, /^[\da-f-]{36}$/);
  assert.deepEqual(event, { version: "0", "detail-type": "Scheduled Event", source: "aws.events", account: ACCOUNT, time: "2026-01-01T00:05:00Z", region: "eu-west-1", resources: [arn], detail: {} });
  assert.equal(new Set(t.sent.map(({ message }) => JSON.parse(message.body).id)).size, 12);
  await t.events.disableRule({ Name: "rate" });
  await t.clock.advance(HOUR);
  assert.equal(t.sent.length, 12, "a disabled rule does not fire");
  await t.events.enableRule({ Name: "rate" });
  await t.clock.advance(5 * 60_000 + 1_000);
  assert.equal(t.sent.length, 13);
  await t.events.removeTargets({ Rule: "rate", Ids: ["q"] });
  await t.events.deleteRule({ Name: "rate" });
  await t.clock.advance(HOUR);
  assert.deepEqual([t.sent.length, await t.stores.queues.nextDueMs("events/schedules")], [13, undefined]);
  await t.close();
});

test("a cron expression fires when it says, in UTC", async () => {
  const t = await openTestEvents();
  await scheduled(t, "cron", "cron(30 9 ? * MON-FRI *)");
  for (let hour = 0; hour < 24 * 7; hour++) await t.clock.advance(HOUR);
  assert.deepEqual(times(t), ["2026-01-01T09:30:00Z", "2026-01-02T09:30:00Z", "2026-01-05T09:30:00Z", "2026-01-06T09:30:00Z", "2026-01-07T09:30:00Z"]);
  await t.events.putRule({ Name: "cron", ScheduleExpression: "cron(0 0 1 2 ? *)" });
  await t.clock.advance(24 * HOUR);
  assert.equal(times(t).length, 5, "changed, it goes by what it says now");
  await t.close();
});

test("one whose next time is beyond all dates holds no other up", async () => {
  const t = await openTestEvents();
  await scheduled(t, "never", "rate(104249991 days)");
  await scheduled(t, "hourly", "rate(1 hour)");
  await t.clock.advance(HOUR + 1_000);
  assert.deepEqual(times(t), ["2026-01-01T01:00:00Z"]);
  await t.close();
});

/** A machine that can sleep: its date goes on, and its timers do not. */
function sleepyClock(): VirtualClock & { sleepFor(ms: number): void } {
  const machine = virtualClock();
  let sleptMs = 0;
  const now = () => machine.now() + sleptMs;
  const at = (dateMs: number, work: () => void) => machine.at(dateMs - sleptMs, work);
  return { ...machine, now, machineNow: now, at, until: waitWith(at), sleepFor(ms) { sleptMs += ms; } };
}

test("what was due while the machine slept is not made up for", async () => {
  const clock = sleepyClock();
  const t = await openTestEvents({ clock });
  await scheduled(t, "minutely", "rate(1 minute)");
  await clock.advance(2 * 60_000 + 1_000);
  assert.equal(t.sent.length, 2);
  clock.sleepFor(8 * HOUR);
  await clock.advance(60_000);
  assert.ok(t.sent.length <= 4, `${t.sent.length} times`);
  await clock.advance(10 * 60_000);
  assert.ok(t.sent.length >= 12 && t.sent.length <= 14, `${t.sent.length} times`);
  await t.close();
});

test("a year that is over never fires", async () => {
  const t = await openTestEvents();
  await scheduled(t, "over", "cron(15 10 ? * 6L 2002-2005)");
  assert.equal(await t.stores.queues.nextDueMs("events/schedules"), undefined);
  await t.close();
});

test("a schedule fires once however many processes run, and what was due while none did is not made up for", async () => {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const first = await openTestEvents({ stores, clock });
  const second = await openTestEvents({ stores, clock });
  await scheduled(first, "hourly", "rate(1 hour)");
  await clock.advance(3 * HOUR + 1_000);
  assert.equal(first.sent.length + second.sent.length, 3);
  await Promise.all([first.close(), second.close()]);
  await clock.advance(10 * HOUR + 10 * 60_000);
  const third = await openTestEvents({ stores, clock });
  await clock.advance(60_000);
  assert.deepEqual(third.sent, []);
  await clock.advance(HOUR);
  assert.deepEqual(times(third), ["2026-01-01T14:00:00Z"], "the rate goes on counting from where it began");
  await third.close();
  await stores.close();
});
