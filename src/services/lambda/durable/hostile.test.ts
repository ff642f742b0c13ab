// Functions that abuse their checkpoints: what they cost is bounded, and nothing of an execution outlives it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OperationUpdate } from "@aws-sdk/client-lambda";
import { type DurableRoom, type Invoked, openDurableRoom, PENDING, succeeded } from "../../../../test/support/durable-room.ts";
import { CALLS, INVOCATIONS, TIMERS } from "./queues.ts";

let room: DurableRoom;
before(async () => { room = await openDurableRoom(); });
after(() => room.close());

const DAY_MS = 86_400_000;
let made = 0;
async function within(script: (invoked: Invoked) => Promise<void>): Promise<string> {
  let failure: unknown;
  const name = await room.create(`hostile${made++}`, async (invoked) => {
    await script(invoked).catch((error: unknown) => { failure = error; });
    return succeeded(null);
  });
  const arn = await room.start(name);
  for (let n = 0; n < 400 && (await room.lambda.getDurableExecution({ DurableExecutionArn: arn })).Status === "RUNNING"; n++) await room.clock.advance(1);
  if (failure) throw failure;
  return arn;
}
const context = (Id: string, ParentId?: string): OperationUpdate => ({ Id, Type: "CONTEXT", Action: "START", ...(ParentId === undefined ? {} : { ParentId }) });

test("contexts inside contexts, thousands deep, are looked up once each", async () => {
  let looks = 0;
  let pages = 0;
  await within(async (invoked) => {
    const ids = Array.from({ length: 2000 }, (_, n) => `c${String(n).padStart(5, "0")}`);
    await invoked.checkpoint(ids.map((id, n) => context(id, ids[n - 1])));
    const { documents } = room.stores;
    room.stores.documents = (<T>(kind: string) => {
      const kept = documents<T>(kind);
      return { ...kept, get: (id: string) => { looks++; return kept.get(id); } };
    }) as typeof documents;
    try {
      for (let Marker: string | undefined; pages === 0 || Marker !== undefined; pages++) Marker = (await room.lambda.getDurableExecutionState({ DurableExecutionArn: invoked.event.DurableExecutionArn, CheckpointToken: invoked.token!, MaxItems: 1000, ...(Marker && { Marker }) })).NextMarker;
    } finally {
      room.stores.documents = documents;
    }
  });
  assert.ok(looks >= 2000 && looks < 2000 * (pages + 1), `${looks} look-ups`);
});

test("a batch of more than an execution can have is refused before it is looked at", async () => {
  await within(async (invoked) => {
    const many = (update: (n: number) => OperationUpdate) => Array.from({ length: 20_000 }, (_, n) => update(n));
    const tooMany = { name: "InvalidParameterValueException", message: "A durable execution has at most 3000 operations." };
    await assert.rejects(invoked.checkpoint(many((n) => context(`c${n}`))), tooMany);
    await assert.rejects(invoked.checkpoint(many((n) => ({ Id: `i${n}`, Type: "CHAINED_INVOKE", Action: "START", ChainedInvokeOptions: { FunctionName: "nobody:1" } }))), tooMany);
    const whole = Array.from({ length: 3000 }, (_, n): OperationUpdate[] => [{ Id: `s${n}`, Type: "STEP", Action: "START" }, { Id: `s${n}`, Type: "STEP", Action: "SUCCEED" }]).flat();
    await invoked.checkpoint(whole);
  });
});

test("what is sent to other functions counts towards what an execution may store", async () => {
  const target = await room.create("target", async () => PENDING);
  await within(async (invoked) => {
    const Payload = JSON.stringify("x".repeat(1_000_000));
    const invoke = (n: number): OperationUpdate => ({ Id: `i${n}`, Type: "CHAINED_INVOKE", Action: "START", ChainedInvokeOptions: { FunctionName: target }, Payload });
    for (let n = 0; n < 100; n += 10) await invoked.checkpoint(Array.from({ length: 10 }, (_, m) => invoke(n + m)));
    await assert.rejects(invoked.checkpoint(Array.from({ length: 10 }, (_, m) => invoke(100 + m))), { message: "A durable execution stores at most 104857600 bytes." });
  });
});

test("when an execution is forgotten, no timer is left of it, however far away", async () => {
  const own = await openDurableRoom();
  try {
    const name = await own.create("leaves", async ({ checkpoint, operations }) => {
      if (operations.size > 1) return PENDING;
      await checkpoint([
        { Id: "w", Type: "WAIT", Action: "START", WaitOptions: { WaitSeconds: 31_000_000 } },
        { Id: "cb", Type: "CALLBACK", Action: "START", CallbackOptions: { TimeoutSeconds: 31_000_000, HeartbeatTimeoutSeconds: 31_000_000 } },
        { Id: "s", Type: "STEP", Action: "RETRY", StepOptions: { NextAttemptDelaySeconds: 31_000_000 } },
      ]);
      return PENDING;
    }, { DurableConfig: { ExecutionTimeout: 31_622_400, RetentionPeriodInDays: 1 } });
    const DurableExecutionArn = await own.start(name);
    await own.clock.advance(1000);
    const left = async () => Promise.all([TIMERS, INVOCATIONS, CALLS].map(async (queue) => Object.values(await own.stores.queues.count(queue, 0)).reduce((a, b) => a + b)));
    assert.deepEqual(await left(), [5, 0, 0]);
    await own.lambda.stopDurableExecution({ DurableExecutionArn });
    assert.deepEqual(await left(), [5, 0, 0], "the execution's own time is over, its retention begins");
    await own.clock.advance(DAY_MS + 5000);
    await assert.rejects(own.lambda.getDurableExecution({ DurableExecutionArn }), { name: "ResourceNotFoundException" });
    assert.deepEqual(await left(), [0, 0, 0]);
  } finally {
    await own.close();
  }
});
