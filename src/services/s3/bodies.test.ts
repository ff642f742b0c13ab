// Bodies of objects beside their queue of unused ones, under a clock that people move.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackground } from "../../background.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { seededIds } from "../../kernel/ids.ts";
import { silentLog } from "../../kernel/log.ts";
import { openStores } from "../../storage/open.ts";
import { keepBody, openBodies } from "./bodies.ts";
import { UNUSED } from "./names.ts";

const HOUR_MS = 3_600_000;

async function openRig() {
  const clock = virtualClock();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const background = openBackground({ clock, log: silentLog });
  const bodies = openBodies({ stores, clock, ids: seededIds(7), log: silentLog, background: background.run });
  const close = async () => {
    await background.close();
    await stores.close();
  };
  return { clock, stores, bodies, close };
}

const unused = async ({ stores, clock }: Awaited<ReturnType<typeof openRig>>) => {
  const { due, later } = await stores.queues.count(UNUSED, clock.now());
  return due + later;
};

test("an upload begun after the date was moved, either way, is kept", async () => {
  const rig = await openRig();
  const write = async () => {
    const { id } = await rig.bodies.write(Buffer.from("body"));
    await rig.stores.transaction((tx) => keepBody(tx, id));
  };
  for (let n = 0; n < 10; n++) await write(); // some ids are noted ahead by now
  await rig.clock.advance(6 * HOUR_MS);
  await write();
  assert.ok((await unused(rig)) <= 1);
  for (let n = 0; n < 10; n++) await write();
  await rig.clock.advance(6 * HOUR_MS);
  await rig.clock.advance(-6 * HOUR_MS); // as if nothing had been, but for what was removed meanwhile
  for (let n = 0; n < 40; n++) await write();
  await rig.close();
});

test("a body that nothing came to point at is removed, and so are ids that were noted and never used", async () => {
  const rig = await openRig();
  const { id } = await rig.bodies.write(Buffer.alloc(100_000));
  for (let n = 0; n < 5; n++) await rig.bodies.write(Buffer.from("left"));
  assert.ok(await rig.stores.blobs.stat(`s3/${id}`));
  await rig.clock.advance(4 * HOUR_MS);
  for (let n = 0; n < 200 && (await unused(rig)) > 0; n++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await unused(rig), 0);
  assert.equal(await rig.stores.blobs.stat(`s3/${id}`), undefined);
  await rig.close();
});

test("many bodies written together have ids of their own", async () => {
  const rig = await openRig();
  const written = await Promise.all(Array.from({ length: 100 }, (_, n) => rig.bodies.write(Buffer.from(`${n}`))));
  assert.equal(new Set(written.map(({ id }) => id)).size, 100);
  for (const [n, { id }] of written.entries()) assert.equal(Buffer.from((await rig.stores.blobs.get(`s3/${id}`))!).toString(), `${n}`);
  await rig.close();
});
