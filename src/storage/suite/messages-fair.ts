// Part of stores.test.ts: fairness among the groups of a standard queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
import assert from "node:assert/strict";
import type { ReceivedMessage, Stores } from "../stores.ts";
import type { StoreTests } from "./databases.ts";

const sendTo = async (stores: Stores, queue: string, group: string | undefined, howMany: number): Promise<void> => {
  await stores.transaction(async (tx) => {
    for (let n = 0; n < howMany; n++) await tx.messages.send(queue, { order: "standard", body: "", sentMs: 0, dueMs: 0, ...(group && { group }) });
  });
};
const receive = (stores: Stores, queue: string, limit: number): Promise<ReceivedMessage[]> =>
  stores.messages.receive(queue, { order: "standard", nowMs: 1, limit, hiddenUntilMs: 1000, receipt: "r" });
const groupsOf = (messages: ReceivedMessage[]): (string | undefined)[] => messages.map(({ group }) => group);

export const fairTests: StoreTests = {
  async "while one group has more than its share in flight, others and messages of none come first"(stores) {
    await sendTo(stores, "fair", "noisy", 100);
    const held = await receive(stores, "fair", 40);
    assert.deepEqual(new Set(groupsOf(held)), new Set(["noisy"]), "nobody else waits, so it is not held back");
    await sendTo(stores, "fair", "quiet", 3);
    await sendTo(stores, "fair", undefined, 2);
    assert.deepEqual(groupsOf(await receive(stores, "fair", 5)).sort(), ["quiet", "quiet", "quiet", undefined, undefined]);
    await sendTo(stores, "fair", "quiet", 1);
    assert.deepEqual(groupsOf(await receive(stores, "fair", 3)), ["quiet", "noisy", "noisy"], "and what is left over goes to it");
    for (const { sequence } of held) await stores.messages.delete("fair", sequence, "r");
    await sendTo(stores, "fair", "quiet", 1);
    assert.deepEqual(groupsOf(await receive(stores, "fair", 1)), ["noisy"], "with few in flight it is as good as any, and waits the longest");
  },

  async "a message of a group that is given back is not in flight"(stores) {
    await sendTo(stores, "back", "busy", 60);
    const held = await receive(stores, "back", 50);
    for (const { sequence } of held.slice(0, 30)) await stores.messages.hide("back", sequence, "r", { nowMs: 1, dueMs: 0 });
    await sendTo(stores, "back", "quiet", 1);
    assert.deepEqual(groupsOf(await receive(stores, "back", 1)), ["busy"]);
  },

  async "a group that has its share is not noisy, however many it has in flight"(stores) {
    const groups = Array.from({ length: 12 }, (_, n) => `g${n}`);
    for (const group of groups) await sendTo(stores, "share", group, 40);
    await receive(stores, "share", 12 * 35);
    await sendTo(stores, "share", "new", 1);
    assert.ok(groups.includes(groupsOf(await receive(stores, "share", 1))[0]!), "the oldest first, as ever");
  },

  async "of several noisy groups the one with the fewest in flight comes first"(stores) {
    await sendTo(stores, "several", "more", 60);
    await receive(stores, "several", 45);
    await sendTo(stores, "several", "fewer", 60);
    await receive(stores, "several", 35);
    assert.deepEqual(groupsOf(await receive(stores, "several", 1)), ["fewer"]);
  },

  async "many groups of one message each come in order of sending, and what one receive cannot hold comes next"(stores) {
    await stores.transaction(async (tx) => {
      for (let n = 0; n < 25; n++) await tx.messages.send("tenants", { order: "standard", body: `${n}`, sentMs: n, dueMs: n, group: `t${(n * 7) % 25}` });
    });
    const got: string[] = [];
    for (let more = true; more;) {
      const page = await stores.messages.receive("tenants", { order: "standard", nowMs: 100, limit: 10, hiddenUntilMs: 1000, receipt: "r" });
      got.push(...page.map(({ body }) => body));
      more = page.length > 0;
    }
    assert.deepEqual(got, Array.from({ length: 25 }, (_, n) => `${n}`));
  },
};
