// The limit of messages in flight, with a small one. Messages come from the real client (@aws-sdk/client-sqs).
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openQueueRoom, arn } from "../../../test/support/queue-room.ts";
import { partsOf } from "./parts.ts";
import { openTaking } from "./take.ts";

const { sqs, clock, queue, room, close } = await openQueueRoom();
after(close);

test("with as many messages in flight as there may be, a caller is refused or waits, until some are done with", async () => {
  const QueueUrl = await queue({}, "busy");
  for (let n = 0; n < 10; n++) await sqs.sendMessage({ QueueUrl, MessageBody: String(n) });
  const parts = partsOf(room.ports);
  const take = openTaking(parts, 5);
  const busy = (await parts.lookup.byArn(arn("busy")))!;
  const options = { limit: 5, hiddenMs: 30_000, refuseOverLimit: true };
  const { taken, receipt } = await take(busy, options);
  assert.equal(taken.length, 5);
  await assert.rejects(take(busy, options), { name: "OverLimit" });
  assert.deepEqual((await take(busy, { ...options, refuseOverLimit: false })).taken, []);
  for (const { received } of taken.slice(0, 2)) await room.ports.stores.messages.delete(`sqs/${busy.id}`, received.sequence, receipt);
  await clock.advance(1_000); // looked up again at most once a second
  assert.equal((await take(busy, { ...options, limit: 2 })).taken.length, 2);
  await clock.advance(30_000);
  assert.equal((await take(busy, options)).taken.length, 5);
});
