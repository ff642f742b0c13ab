// Schedules that fall due: the invocation and the next item are stored in one step, so that each is fired once however many processes there are.
import { HEX } from "../../kernel/ids.ts";
import type { Received } from "../../storage/stores.ts";
import { whenSetBack } from "../date-set-back.ts";
import { workThrough } from "../queue-worker.ts";
import type { RoomPorts } from "../service.ts";
import { ageMsMax } from "../retry-policy.ts";
import { DUE, type Due, reschedule, sendNext } from "./due.ts";
import { invocationSend } from "./invocation.ts";
import { nextOf, type Schedule, SCHEDULES } from "./schedule.ts";

const AT_ONCE = 32;
const PAGE = 500;

type Ports = Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "lanes">;

export async function runSchedules(ports: Ports, signal: AbortSignal): Promise<void> {
  await Promise.all([
    workThrough(ports, DUE, AT_ONCE, (item) => fire(ports, item), signal),
    whenSetBack(ports, () => planAgain(ports, signal), signal),
  ]);
}

async function fire({ clock, ids, lanes }: Ports, { id, receipt, body }: Received): Promise<void> {
  const due = JSON.parse(body) as Due;
  await lanes.transaction(async (tx, send) => {
    const schedule = await tx.documents<Schedule>(SCHEDULES).update(id, (held) => held); // written, so that who changes it waits
    if (!(await tx.queues.finish(DUE, id, receipt))) return; // changed meanwhile
    if (!schedule?.enabled) return;
    const { account, region, group, name, revision, target } = schedule;
    // "At least once" (documented): what was due while nothing ran is made up for, as long as it is not too old to be tried.
    const nextMs = nextOf(schedule, Math.max(due.scheduledMs, clock.now() - ageMsMax(target.RetryPolicy ?? {})));
    await sendNext(tx, schedule, nextMs, ids);
    await send(invocationSend({ schedule: { account, region, group, name, id: schedule.id, revision }, target, id: ids.uuid(), executionId: ids.token(16, HEX), ...due, isLast: nextMs === undefined }));
  });
}

/** From the date as it is, which is before dates that were reached: a one-time schedule may happen once more. */
async function planAgain({ stores, clock, ids }: Ports, signal: AbortSignal): Promise<void> {
  for (let after: string | undefined; !signal.aborted;) {
    const page = await stores.documents<Schedule>(SCHEDULES).list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const [id] of page) {
      await stores.transaction(async (tx) => {
        const schedule = await tx.documents<Schedule>(SCHEDULES).update(id, (held) => held);
        if (schedule) await reschedule(tx, schedule, { nowMs: clock.now(), isNew: false }, ids);
      });
    }
    if (page.length < PAGE) return;
    after = page.at(-1)![0];
  }
}
