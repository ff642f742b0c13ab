// What becomes of mappings whose process ended in the middle: the next one, delivery and room over the same store, takes them up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { realClock } from "../../../kernel/clock.ts";
import { realIds } from "../../../kernel/ids.ts";
import { silentLog } from "../../../kernel/log.ts";
import { openBackground } from "../../../background.ts";
import { openMappings } from "../../../delivery/mappings.ts";
import type { Worker } from "../../../delivery/mapping-worker.ts";
import type { QueueSource } from "../../../ports/sources.ts";
import { openStores } from "../../../storage/open.ts";
import type { Stores } from "../../../storage/stores.ts";
import { type Mapping, MAPPINGS, type MappingState } from "./mapping.ts";
import { addMapping, idOfMapping, openEventSourceMappings } from "./store.ts";

const clock = realClock();
const unused = () => { throw new Error("not asked for in this test"); };
const queues = { kind: "queue", service: "sqs", actions: [], describe: async () => ({ ordered: false, hiddenSeconds: 30 }) } as unknown as QueueSource;
const polls: Worker<QueueSource> = async (_deps, _mapping, _source, { stop }, report) => {
  report({ state: "running" });
  await new Promise<void>((resolve) => { stop.addEventListener("abort", () => resolve(), { once: true }); });
};

/** The process after the one that ended: its delivery alone. */
function nextProcess(stores: Stores): () => Promise<void> {
  const background = openBackground({ clock, log: silentLog });
  openMappings({
    stores, clock, ids: realIds(), log: silentLog, mappings: openEventSourceMappings({ stores, clock }), sources: { find: () => queues }, background: background.run,
    workers: { queue: polls, stream: unused }, consumers: { find: () => ({ look: async () => ({ state: "ready", roleArn: "r", roleName: "execution role", timeoutSeconds: 3 }) }) }, access: { mode: "off", check: async () => undefined },
  } as never);
  return () => background.close();
}

const mapping = (state: MappingState): Mapping => ({
  uuid: realIds().uuid(), account: "000000000000", region: "eu-west-1", functionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f", sourceArn: `arn:aws:sqs:eu-west-1:000000000000:${state}`,
  config: { BatchSize: 10, MaximumBatchingWindowInSeconds: 0, FunctionResponseTypes: [] }, revision: realIds().uuid(), state, reason: "USER_INITIATED", modifiedMs: clock.now(), tags: {},
});

test("every transition that a process did not live to see ends in the next one", async () => {
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const made = (["Creating", "Enabling", "Updating", "Disabling", "Deleting", "Disabled"] as const).map(mapping);
  for (const each of made) await stores.transaction((tx) => addMapping(tx, each));
  const close = nextProcess(stores);
  const states = async () => Promise.all(made.map(async (each) => (await stores.documents<Mapping>(MAPPINGS).get(idOfMapping(each)))?.state));
  const expected = ["Enabled", "Enabled", "Enabled", "Disabled", undefined, "Disabled"];
  for (let left = 300; left > 0 && String(await states()) !== String(expected); left--) await clock.sleep(10);
  assert.deepEqual(await states(), expected);
  assert.equal(await openEventSourceMappings({ stores, clock }).known(made[4]!.uuid), false);
  assert.equal(await stores.transaction((tx) => addMapping(tx, { ...made[4]!, uuid: realIds().uuid() })), undefined, "its function and source are free again");
  await close();
  await stores.close();
});
