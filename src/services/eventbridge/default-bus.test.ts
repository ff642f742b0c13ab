// Events of services themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCOUNT, openTestEvents, queueArn } from "../../../test/support/eventbridge.ts";
import { openDefaultBus } from "./default-bus.ts";

const EVENT = { account: ACCOUNT, region: "eu-west-1", source: "aws.s3", detailType: "Object Created", resources: ["arn:aws:s3:::b"], detail: { bucket: { name: "b" } } };

test("a service's event is stored with the change it tells of, and reaches who listens", async () => {
  const t = await openTestEvents();
  const bus = openDefaultBus(t.ports);
  assert.deepEqual(await bus.sends(EVENT), [], "nobody listens");
  await t.rule("objects", { source: ["aws.s3"], "detail-type": ["Object Created"] }, [{ Id: "q", Arn: queueArn("q") }]);
  const sends = await bus.sends({ ...EVENT, timeMs: 1_000 });
  await assert.rejects(t.ports.lanes.transaction(async (_tx, send) => {
    for (const one of sends) await send(one);
    throw new Error("the change failed");
  }), /the change failed/);
  await t.clock.advance(100);
  assert.equal(t.sent.length, 0, "neither the change nor its event");
  await t.ports.lanes.transaction(async (_tx, send) => { for (const one of sends) await send(one); });
  await t.settled();
  const { id: _, ...event } = JSON.parse(t.sent[0]!.message.body);
  assert.deepEqual(event, { version: "0", "detail-type": "Object Created", source: "aws.s3", account: ACCOUNT, time: "1970-01-01T00:00:01Z", region: "eu-west-1", resources: ["arn:aws:s3:::b"], detail: { bucket: { name: "b" } } });
  await bus.emit(EVENT);
  await t.settled();
  assert.equal(t.sent.length, 2);
  await t.close();
});
