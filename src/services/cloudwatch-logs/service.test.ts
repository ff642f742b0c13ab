// The room as a user sees it: the real SDK client, the wire layer and real stores.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as sdk from "@aws-sdk/client-cloudwatch-logs";
import { virtualClock, type VirtualClock } from "../../kernel/clock.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { sweep } from "./retention.ts";
import { cloudwatchLogs } from "./service.ts";

const DAY_MS = 86_400_000;
let clock: VirtualClock;
let room: OpenRoom;
let client: sdk.CloudWatchLogsClient;

before(async () => {
  clock = virtualClock();
  room = await openRoom(cloudwatchLogs, { clock });
  client = new sdk.CloudWatchLogsClient(room.clientConfig);
});
after(() => room.close());

const refusal = (code: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, code);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
const createGroup = (logGroupName: string, tags?: Record<string, string>) => client.send(new sdk.CreateLogGroupCommand({ logGroupName, ...(tags && { tags }) }));
const createStream = (logGroupName: string, logStreamName: string) => client.send(new sdk.CreateLogStreamCommand({ logGroupName, logStreamName }));
const put = (logGroupName: string, logStreamName: string, ...events: [offsetMs: number, message: string][]) =>
  client.send(new sdk.PutLogEventsCommand({ logGroupName, logStreamName, logEvents: events.map(([offsetMs, message]) => ({ timestamp: clock.now() + offsetMs, message })) }));
const get = (logGroupName: string, logStreamName: string, more: Partial<sdk.GetLogEventsCommandInput> = {}) => client.send(new sdk.GetLogEventsCommand({ logGroupName, logStreamName, ...more }));
const filter = (logGroupName: string, more: Partial<sdk.FilterLogEventsCommandInput> = {}) => client.send(new sdk.FilterLogEventsCommand({ logGroupName, ...more }));
const messages = (output: { events?: { message?: string }[] | undefined }) => output.events!.map((event) => event.message);
const group = async (logGroupName: string) => (await client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }))).logGroups![0]!;

describe("log groups", () => {
  it("are created once, described, and deleted with everything in them", async () => {
    await createGroup("/a/one");
    await assert.rejects(createGroup("/a/one"), refusal("ResourceAlreadyExistsException", "The specified log group already exists"));
    await createStream("/a/one", "s");
    await put("/a/one", "s", [0, "hello"]);
    assert.deepEqual(await group("/a/one"), {
      logGroupName: "/a/one", creationTime: clock.now(), metricFilterCount: 0, arn: "arn:aws:logs:eu-west-1:000000000000:log-group:/a/one:*",
      logGroupArn: "arn:aws:logs:eu-west-1:000000000000:log-group:/a/one", logGroupClass: "STANDARD", deletionProtectionEnabled: false, storedBytes: 31,
    });
    await client.send(new sdk.DeleteLogGroupCommand({ logGroupName: "/a/one" }));
    await assert.rejects(client.send(new sdk.DeleteLogGroupCommand({ logGroupName: "/a/one" })), refusal("ResourceNotFoundException", "The specified log group does not exist."));
    await createGroup("/a/one");
    await createStream("/a/one", "s");
    assert.deepEqual(messages(await get("/a/one", "s", { startFromHead: true })), []);
  });

  it("are listed by prefix or pattern, in pages", async () => {
    for (const name of ["/list/a", "/list/b", "/list/C", "/other/list"]) await createGroup(name);
    const pages: string[][] = [];
    for await (const page of sdk.paginateDescribeLogGroups({ client, pageSize: 2 }, { logGroupNamePrefix: "/list/" })) pages.push(page.logGroups!.map((one) => one.logGroupName!));
    assert.deepEqual(pages, [["/list/C", "/list/a"], ["/list/b"]]);
    const found = await client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePattern: "LIST" }));
    assert.equal(found.logGroups!.length, 4);
    await assert.rejects(client.send(new sdk.DescribeLogGroupsCommand({ logGroupNamePattern: "a", logGroupNamePrefix: "b" })),
      refusal("InvalidParameterException", "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    await assert.rejects(client.send(new sdk.DescribeLogGroupsCommand({ nextToken: "x" })), refusal("InvalidParameterException", "The specified nextToken is invalid."));
  });

  it("refuse by name what would do nothing", async () => {
    await assert.rejects(client.send(new sdk.CreateLogGroupCommand({ logGroupName: "g", kmsKeyId: "arn:aws:kms:eu-west-1:000000000000:key/x" })), refusal("InvalidParameterException", /kmsKeyId/));
    await assert.rejects(client.send(new sdk.CreateLogGroupCommand({ logGroupName: "g", logGroupClass: "INFREQUENT_ACCESS" })), refusal("InvalidParameterException", /logGroupClass/));
    await assert.rejects(client.send(new sdk.CreateLogGroupCommand({ logGroupName: "g", deletionProtectionEnabled: true })), refusal("InvalidParameterException", /deletionProtectionEnabled/));
  });

  it("carry tags, through the new operations and the old ones", async () => {
    await createGroup("/tags", { env: "testing1" });
    const resourceArn = "arn:aws:logs:eu-west-1:000000000000:log-group:/tags";
    await client.send(new sdk.TagResourceCommand({ resourceArn, tags: { a: "1", b: "2" } }));
    await client.send(new sdk.TagLogGroupCommand({ logGroupName: "/tags", tags: { c: "3" } }));
    await client.send(new sdk.UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    await client.send(new sdk.UntagLogGroupCommand({ logGroupName: "/tags", tags: ["b"] }));
    assert.deepEqual((await client.send(new sdk.ListTagsForResourceCommand({ resourceArn }))).tags, { env: "testing1", c: "3" });
    assert.deepEqual((await client.send(new sdk.ListTagsLogGroupCommand({ logGroupName: "/tags" }))).tags, { env: "testing1", c: "3" });
    await assert.rejects(client.send(new sdk.ListTagsForResourceCommand({ resourceArn: `${resourceArn}-not` })), refusal("ResourceNotFoundException", "The specified resource does not exist."));
  });
});

describe("log streams", () => {
  it("are created once, ordered by name or by time, and deleted", async () => {
    await createGroup("/streams");
    await assert.rejects(createStream("/nowhere", "s"), refusal("ResourceNotFoundException", "The specified log group does not exist."));
    for (const name of ["a", "b", "c"]) await createStream("/streams", name);
    await assert.rejects(createStream("/streams", "a"), refusal("ResourceAlreadyExistsException", "The specified log stream already exists"));
    await put("/streams", "b", [-10, "old"]);
    await put("/streams", "a", [0, "new"]);
    const list = async (more: Partial<sdk.DescribeLogStreamsCommandInput>) => {
      const names: string[] = [];
      for await (const page of sdk.paginateDescribeLogStreams({ client, pageSize: 2 }, { logGroupName: "/streams", ...more })) names.push(...page.logStreams!.map((one) => one.logStreamName!));
      return names.join("");
    };
    assert.equal(await list({}), "abc");
    assert.equal(await list({ descending: true }), "cba");
    assert.equal(await list({ orderBy: "LastEventTime", descending: true }), "abc");
    assert.equal(await list({ orderBy: "LastEventTime" }), "cba");
    assert.equal(await list({ logStreamNamePrefix: "b" }), "b");
    const { logStreams } = await client.send(new sdk.DescribeLogStreamsCommand({ logGroupIdentifier: "arn:aws:logs:eu-west-1:000000000000:log-group:/streams", logStreamNamePrefix: "a" }));
    assert.equal(logStreams![0]!.arn, "arn:aws:logs:eu-west-1:000000000000:log-group:/streams:log-stream:a");
    assert.equal(logStreams![0]!.lastEventTimestamp, clock.now());
    await assert.rejects(client.send(new sdk.DescribeLogStreamsCommand({ logGroupName: "/streams", logGroupIdentifier: "/streams" })),
      refusal("ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."));
    await client.send(new sdk.DeleteLogStreamCommand({ logGroupName: "/streams", logStreamName: "a" }));
    await assert.rejects(get("/streams", "a"), refusal("ResourceNotFoundException", "The specified log stream does not exist."));
    assert.equal((await group("/streams")).storedBytes, 29);
  });
});

describe("PutLogEvents", () => {
  before(async () => { await createGroup("/put"); await createStream("/put", "s"); });

  it("takes what is neither too old nor too new, and says what it left out", async () => {
    const output = await put("/put", "s", [-15 * DAY_MS, "too old"], [0, "good"], [3 * 3_600_000, "too new"]);
    assert.deepEqual(output.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 2 });
    assert.match(output.nextSequenceToken!, /^\d{56}$/);
    assert.deepEqual(messages(await get("/put", "s")), ["good"]);
  });

  it("refuses batches out of order, too long, or too large", async () => {
    await assert.rejects(put("/put", "s", [0, "b"], [-1, "a"]), refusal("InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."));
    await assert.rejects(put("/put", "s", [-DAY_MS - 1, "a"], [0, "b"]), refusal("InvalidParameterException", /cannot span more than 24 hours/));
    await assert.rejects(put("/put", "s", [0, "x".repeat(1_048_551)]), refusal("InvalidParameterException", "Log event too large: 1048577 bytes exceeds limit of 1048576"));
    await assert.rejects(put("/put", "s", [0, "x".repeat(600_000)], [0, "x".repeat(600_000)]), refusal("InvalidParameterException", "Upload too large: 1200052 bytes exceeds limit of 1048576"));
    await assert.rejects(put("/put", "nobody", [0, "x"]), refusal("ResourceNotFoundException", "The specified log stream does not exist."));
  });

  it("keeps every character, NUL too", async () => {
    await createStream("/put", "odd");
    await put("/put", "odd", [0, "a\u0000b \u{1F600}\nsecond line"]);
    assert.deepEqual(messages(await get("/put", "odd")), ["a\u0000b \u{1F600}\nsecond line"]);
  });
});

describe("GetLogEvents", () => {
  before(async () => {
    await createGroup("/get");
    await createStream("/get", "s");
    await put("/get", "s", ...Array.from({ length: 10 }, (_, index): [number, string] => [index, `m${index}`]));
    await createStream("/get", "mixed");
    for (const offset of [5, 1, 3, 2, 4]) await put("/get", "mixed", [offset, `m${offset}`]);
  });

  for (const [stream, all] of [["s", ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"]], ["mixed", ["m1", "m2", "m3", "m4", "m5"]]] as const) {
    it(`walks a stream forth and back, and gives the same token at both ends (${stream})`, async () => {
      const forth: (string | undefined)[] = [];
      let output = await get("/get", stream, { startFromHead: true, limit: 3 });
      const first = output;
      for (let token = ""; token !== output.nextForwardToken; output = await get("/get", stream, { nextToken: token, limit: 3 })) {
        forth.push(...messages(output));
        token = output.nextForwardToken!;
      }
      assert.deepEqual(forth, all);
      assert.deepEqual(messages(await get("/get", stream, { nextToken: output.nextBackwardToken!, limit: 3 })), all.slice(-3));
      const atStart = await get("/get", stream, { nextToken: first.nextBackwardToken! });
      assert.deepEqual([messages(atStart), atStart.nextBackwardToken], [[], first.nextBackwardToken]);
      assert.deepEqual(messages(await get("/get", stream, { limit: 2 })), all.slice(-2), "the newest come first when nothing is said");
    });
  }

  it("goes on with what was written after the end was reached", async () => {
    await createStream("/get", "growing");
    const { nextForwardToken } = await get("/get", "growing", { startFromHead: true });
    await put("/get", "growing", [0, "later"]);
    assert.deepEqual(messages(await get("/get", "growing", { nextToken: nextForwardToken! })), ["later"]);
  });

  it("keeps to a range of time whose end is not in it", async () => {
    assert.deepEqual(messages(await get("/get", "s", { startTime: clock.now() + 2, endTime: clock.now() + 5, startFromHead: true })), ["m2", "m3", "m4"]);
  });

  it("refuses a strange token and a strange limit", async () => {
    await assert.rejects(get("/get", "s", { nextToken: "f/1/s" }), refusal("InvalidParameterException", "The specified nextToken is invalid."));
    await assert.rejects(get("/get", "s", { limit: 10_001 }), refusal("InvalidParameterException", /Value '10001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 10000/));
  });
});

describe("FilterLogEvents", () => {
  before(async () => {
    await createGroup("/filter");
    for (const stream of ["a1", "a2", "b1"]) await createStream("/filter", stream);
    for (let index = 0; index < 30; index++) await put("/filter", ["a1", "a2", "b1"][index % 3]!, [Math.floor(index / 2), `${index % 5 === 0 ? "ERROR" : "INFO"} ${index}`]);
  });

  it("merges the streams in order of time", async () => {
    const { events } = await filter("/filter");
    assert.equal(events!.length, 30);
    assert.deepEqual(events!.map((event) => event.timestamp), events!.map((event) => event.timestamp!).toSorted((a, b) => a - b));
    assert.equal(new Set(events!.map((event) => event.eventId)).size, 30);
  });

  it("goes on in the direction of its token, whatever is asked for later", async () => {
    const ask = { logGroupName: "/filter", filterPattern: "ERROR", limit: 2 };
    const first = await client.send(new sdk.FilterLogEventsCommand({ ...ask, startFromHead: false }));
    const second = await client.send(new sdk.FilterLogEventsCommand({ ...ask, nextToken: first.nextToken }));
    assert.deepEqual([...first.events!, ...second.events!].map((event) => event.message), [25, 20, 15, 10].map((index) => `ERROR ${index}`));
  });

  it("finds what matches, page by page, each once", async () => {
    for (const startFromHead of [true, false]) {
      const found: string[] = [];
      for await (const page of sdk.paginateFilterLogEvents({ client, pageSize: 2 }, { logGroupName: "/filter", filterPattern: "ERROR", startFromHead })) found.push(...page.events!.map((event) => event.message!));
      const expected = [0, 5, 10, 15, 20, 25].map((index) => `ERROR ${index}`);
      assert.deepEqual(found, startFromHead ? expected : expected.toReversed());
    }
  });

  it("keeps to streams by name or prefix, and to a range of time whose end is in it", async () => {
    assert.equal((await filter("/filter", { logStreamNamePrefix: "a" })).events!.length, 20);
    assert.equal((await filter("/filter", { logStreamNames: ["b1", "nobody"] })).events!.length, 10);
    assert.equal((await filter("/filter", { startTime: clock.now() + 1, endTime: clock.now() + 2 })).events!.length, 4);
    await assert.rejects(filter("/filter", { logStreamNames: ["a"], logStreamNamePrefix: "a" }), refusal("InvalidParameterException", /mutually exclusive/));
  });

  it("refuses a bad pattern and a strange token", async () => {
    await assert.rejects(filter("/filter", { filterPattern: "{ $.a" }), refusal("InvalidParameterException", "Invalid filter pattern"));
    await assert.rejects(filter("/filter", { nextToken: "x" }), refusal("InvalidParameterException", "The specified nextToken is invalid."));
  });

  it("shows what a pattern would extract", async () => {
    const { matches } = await client.send(new sdk.TestMetricFilterCommand({ filterPattern: '{ $.code > 399 && $.user.id = "u" }', logEventMessages: ['{"code":200}', '{"code":404,"user":{"id":"u"}}'] }));
    assert.deepEqual(matches, [{ eventNumber: 2, eventMessage: '{"code":404,"user":{"id":"u"}}', extractedValues: { "$.code": "404", "$.user.id": "u" } }]);
  });
});

describe("retention", () => {
  it("hides expired events at once, and sweeps them away", async () => {
    await createGroup("/kept");
    await createStream("/kept", "s");
    await put("/kept", "s", [0, "old"]);
    await client.send(new sdk.PutRetentionPolicyCommand({ logGroupName: "/kept", retentionInDays: 3 }));
    assert.equal((await group("/kept")).retentionInDays, 3);
    await clock.advance(2 * DAY_MS);
    await put("/kept", "s", [0, "young"]);
    await clock.advance(2 * DAY_MS);
    assert.deepEqual(messages(await get("/kept", "s")), ["young"]);
    assert.deepEqual(messages(await filter("/kept")), ["young"]);
    await sweep(room.ports.stores, clock.now());
    assert.equal((await group("/kept")).storedBytes, 31);
    assert.deepEqual((await put("/kept", "s", [-4 * DAY_MS, "expired"])).rejectedLogEventsInfo, { expiredLogEventEndIndex: 1 });
    await client.send(new sdk.DeleteRetentionPolicyCommand({ logGroupName: "/kept" }));
    assert.deepEqual(messages(await get("/kept", "s")), ["young"], "what was swept does not come back");
    await assert.rejects(client.send(new sdk.PutRetentionPolicyCommand({ logGroupName: "/kept", retentionInDays: 10 })), refusal("InvalidParameterException", /'10' at 'retentionInDays'/));
  });
});

describe("StartLiveTail", () => {
  it("shows what arrives, once a second", async () => {
    await createGroup("/tail");
    await createStream("/tail", "s");
    await put("/tail", "s", [0, "ERROR before"]);
    const { responseStream } = await client.send(new sdk.StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:eu-west-1:000000000000:log-group:/tail"], logEventFilterPattern: "ERROR" }));
    const events = responseStream![Symbol.asyncIterator]();
    const start = (await events.next()).value!;
    assert.deepEqual(start.sessionStart!.logGroupIdentifiers, ["arn:aws:logs:eu-west-1:000000000000:log-group:/tail"]);
    const updates: string[][] = [];
    await put("/tail", "s", [0, "ERROR one"], [0, "INFO two"]);
    await createStream("/tail", "t");
    for (let second = 0; second < 2; second++) {
      const next = events.next();
      await clock.advance(1000);
      updates.push((await next).value!.sessionUpdate!.sessionResults!.map((event: sdk.LiveTailSessionLogEvent) => `${event.logStreamName} ${event.message}`));
      await put("/tail", "t", [0, "ERROR three"]);
    }
    await events.return!();
    assert.deepEqual(updates[0], ["s ERROR one"]);
    assert.ok(updates[1]!.every((line) => line === "t ERROR three"));
  });

  it("wants ARNs of groups that exist", async () => {
    const start = (input: sdk.StartLiveTailCommandInput) => client.send(new sdk.StartLiveTailCommand(input));
    await assert.rejects(start({ logGroupIdentifiers: ["/tail"] }), refusal("InvalidParameterException", /Invalid log group ARN/));
    await assert.rejects(start({ logGroupIdentifiers: ["arn:aws:logs:eu-west-1:000000000000:log-group:/nowhere"] }), refusal("ResourceNotFoundException", "The specified log group does not exist."));
  });
});
