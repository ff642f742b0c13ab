// Archives, and replays of them, driven by @aws-sdk/client-eventbridge.
import assert from "node:assert/strict";
import { test } from "node:test";
import { busArn, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";
import { trimArchive } from "./archiving.ts";

const DAY = 86_400_000;
const ARCHIVE = "arn:aws:events:eu-west-1:000000000000:archive/kept";
const PATTERN = { source: ["my.app"] };
const refused = (call: Promise<unknown>, name: string, message: string) => assert.rejects(call, { name, message });

async function using(work: (t: TestEvents) => Promise<void>): Promise<void> {
  const t = await openTestEvents();
  try {
    await work(t);
  } finally {
    await t.close();
  }
}

const archive = (t: TestEvents, more: object = {}) => t.events.createArchive({ ArchiveName: "kept", EventSourceArn: busArn("default"), ...more });
const replay = (t: TestEvents, ReplayName: string, more: object = {}) => t.events.startReplay({ ReplayName, EventSourceArn: ARCHIVE, EventStartTime: new Date(0), EventEndTime: new Date(4e12), Destination: { Arn: busArn("default") }, ...more });
const state = async (t: TestEvents, ReplayName: string) => (await t.events.describeReplay({ ReplayName })).State;
const bodies = (t: TestEvents, name: string) => t.sent.filter(({ arn }) => arn === queueArn(name)).map(({ message }) => JSON.parse(message.body));

test("an archive is made, described, listed, changed and deleted", () => using(async (t) => {
  const { ArchiveArn, State } = await archive(t, { Description: "d", RetentionDays: 1, EventPattern: JSON.stringify(PATTERN) });
  assert.deepEqual([ArchiveArn, State], [ARCHIVE, "ENABLED"]);
  const { $metadata: _, CreationTime, ...described } = await t.events.describeArchive({ ArchiveName: "kept" });
  assert.ok(CreationTime);
  assert.deepEqual(described, { ArchiveArn: ARCHIVE, ArchiveName: "kept", EventSourceArn: busArn("default"), State: "ENABLED", RetentionDays: 1, SizeBytes: 0, EventCount: 0, Description: "d", EventPattern: JSON.stringify(PATTERN) });
  const names = async (filter: object) => (await t.events.listArchives(filter)).Archives!.map(({ ArchiveName }) => ArchiveName);
  assert.deepEqual([await names({}), await names({ NamePrefix: "x" }), await names({ EventSourceArn: busArn("default") }), await names({ State: "ENABLED" }), await names({ State: "DISABLED" })], [["kept"], [], ["kept"], ["kept"], []]);
  await t.events.updateArchive({ ArchiveName: "kept", Description: "e", RetentionDays: 0 });
  assert.equal((await t.events.describeArchive({ ArchiveName: "kept" })).RetentionDays, 0);
  await refused(archive(t), "ResourceAlreadyExistsException", "Archive kept already exists.");
  await refused(archive(t, { EventSourceArn: busArn("none") }), "ResourceNotFoundException", "Event bus none does not exist.");
  await refused(t.events.updateArchive({ ArchiveName: "none" }), "ValidationException", "At least one of EventPattern, RetentionDays or Description must be provided.");
  await refused(t.events.listArchives({ NamePrefix: "k", State: "ENABLED" }), "ValidationException", "At most one filter is allowed for ListArchives. Use either : State, EventSourceArn, or NamePrefix.");
  await t.put({});
  await t.settled();
  assert.equal((await t.events.describeArchive({ ArchiveName: "kept" })).EventCount, 1);
  const [[, { log }]] = await t.stores.documents<{ log: string }>("events/archive").list({ limit: 1 }) as [[string, { log: string }]];
  await t.events.deleteArchive({ ArchiveName: "kept" });
  assert.deepEqual([await t.stores.logs.last(log), await t.stores.documents("events/unused-archive-log").count()], [undefined, 0]);
  await refused(t.events.describeArchive({ ArchiveName: "kept" }), "ResourceNotFoundException", "Archive kept does not exist.");
  await refused(t.events.deleteArchive({ ArchiveName: "kept" }), "ResourceNotFoundException", "Archive kept does not exist.");
}));

test("an archive keeps what its pattern matches, and counts it, until its retention is over", () => using(async (t) => {
  await archive(t, { EventPattern: JSON.stringify({ detail: { keep: [true] } }), RetentionDays: 2 });
  for (let n = 0; n < 5; n++) await t.put({ keep: n < 3 });
  await t.settled();
  const { EventCount, SizeBytes } = await t.events.describeArchive({ ArchiveName: "kept" });
  assert.deepEqual([EventCount, SizeBytes! > 500], [3, true]);
  await t.clock.advance(DAY);
  await t.put({ keep: true });
  await t.clock.advance(1.5 * DAY);
  assert.equal((await t.events.describeArchive({ ArchiveName: "kept" })).EventCount, 1);
}));

test("what is too old goes by the page, and is counted to the last", () => using(async (t) => {
  const id = "000000000000/eu-west-1/large";
  await t.stores.documents("events/archive-size").create(id, { events: 3_500, bytes: 7_000 });
  await t.stores.logs.append("large", Array.from({ length: 3_500 }, (_, n) => ({ atMs: n < 1_500 ? 7 : n, body: "{}" })));
  await trimArchive(t.stores, id, "large", 3_000);
  assert.deepEqual(await t.stores.documents("events/archive-size").get(id), { events: 500, bytes: 1_000 });
  assert.deepEqual((await t.stores.logs.read("large", { limit: 1 })).map(({ seq }) => seq), [3_001]);
}));

test("a replay puts what is archived on the bus again, with its name, once, and not into the archive", () => using(async (t) => {
  await archive(t);
  await t.rule("live", PATTERN, [{ Id: "q", Arn: queueArn("live") }]);
  const ids = [];
  for (let n = 0; n < 50; n++) ids.push(await t.put({ n }));
  await t.settled();
  const { ReplayArn, State } = await replay(t, "again");
  assert.deepEqual([ReplayArn, State], ["arn:aws:events:eu-west-1:000000000000:replay/again", "STARTING"]);
  await t.until(async () => (await state(t, "again")) === "COMPLETED");
  await t.settled();
  const replayed = bodies(t, "live").slice(50);
  assert.deepEqual(replayed.map(({ id }) => id).sort(), ids.sort());
  assert.deepEqual(Object.keys(replayed[0]), ["version", "id", "detail-type", "source", "account", "time", "region", "replay-name", "resources", "detail"]);
  assert.equal(replayed[0]["replay-name"], "again");
  assert.equal((await t.events.describeArchive({ ArchiveName: "kept" })).EventCount, 50);
  const { Replays } = await t.events.listReplays({ State: "COMPLETED" });
  assert.deepEqual(Replays!.map(({ ReplayName, EventSourceArn, EventLastReplayedTime, ReplayEndTime }) => [ReplayName, EventSourceArn, EventLastReplayedTime !== undefined, ReplayEndTime !== undefined]), [["again", ARCHIVE, true, true]]);
}));

test("a replay is of a time, and for some rules when it says so", () => using(async (t) => {
  await archive(t);
  const one = await t.rule("one", PATTERN, [{ Id: "q", Arn: queueArn("one") }]);
  await t.rule("two", PATTERN, [{ Id: "q", Arn: queueArn("two") }]);
  for (let n = 0; n < 5; n++) await t.put({ n }, { Time: new Date(n * 60_000) });
  await t.settled();
  await replay(t, "some", { EventStartTime: new Date(60_000), EventEndTime: new Date(180_000), Destination: { Arn: busArn("default"), FilterArns: [one] } });
  await t.until(async () => (await state(t, "some")) === "COMPLETED");
  await t.settled();
  assert.deepEqual([bodies(t, "one").slice(5).map(({ detail: { n } }) => n).sort(), bodies(t, "two").length], [[1, 2, 3], 5]);
}));

test("a replay that is cancelled ends", () => using(async (t) => {
  await archive(t);
  for (let n = 0; n < 5; n++) await t.put({ n });
  await t.settled();
  await replay(t, "stopped");
  assert.equal((await t.events.cancelReplay({ ReplayName: "stopped" })).State, "CANCELLING");
  await t.until(async () => (await state(t, "stopped")) === "CANCELLED");
  await refused(t.events.cancelReplay({ ReplayName: "stopped" }), "IllegalStatusException", "Replay stopped is not in a valid state for this operation.");
}));

test("a replay that cannot be is refused", () => using(async (t) => {
  await archive(t);
  await t.events.createEventBus({ Name: "other" });
  await refused(replay(t, "x", { Destination: { Arn: busArn("none") } }), "ResourceNotFoundException", "Event bus none does not exist.");
  await refused(replay(t, "x", { Destination: { Arn: busArn("other") } }), "ValidationException", "Parameter Destination.Arn is not valid. Reason: Cross event bus replay is not permitted.");
  await refused(replay(t, "x", { EventSourceArn: `${ARCHIVE}x` }), "ValidationException", "Parameter EventSourceArn is not valid. Reason: Archive keptx does not exist.");
  await refused(replay(t, "x", { EventEndTime: new Date(0) }), "ValidationException", "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.");
  await refused(t.events.describeReplay({ ReplayName: "x" }), "ResourceNotFoundException", "Replay x does not exist.");
  const names = Array.from({ length: 10 }, (_, n) => `r${n}`);
  for (const name of names) await replay(t, name);
  await t.until(async () => (await Promise.all(names.map((name) => state(t, name)))).every((one) => one === "COMPLETED"));
  for (const name of names) await t.stores.documents<object>("events/replay").update(`000000000000/eu-west-1/${name}`, (one) => ({ ...one, state: "RUNNING" }));
  await refused(replay(t, "r1"), "ResourceAlreadyExistsException", "Replay r1 already exists.");
  await refused(replay(t, "r10"), "LimitExceededException", "The requested resource exceeds the maximum number allowed.");
}));
