// Rules that go by the clock: one stored item per rule, due when it fires next, so that it fires once however many processes there are.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
import type { Clock } from "../../kernel/clock.ts";
import { BadSchedule } from "../../schedules/bad-schedule.ts";
import { nextTime } from "../../schedules/next.ts";
import { parseSchedule } from "../../schedules/schedule.ts";
import type { Received, Tx } from "../../storage/stores.ts";
import { whenSetBack } from "../date-set-back.ts";
import { workThrough } from "../queue-worker.ts";
import type { RoomPorts } from "../service.ts";
import { arrivalSend } from "./arriving.ts";
import { eventText } from "./event.ts";
import { isEnabled, type Rule, ruleId, RULES } from "./rule.ts";

const WORK = "events/schedules";
const AT_ONCE = 16;
/** "Within the minute" (documented): what was due earlier than this before the start was due while nothing ran, and that is not made up for. */
const LATE_MS_MAX = 60_000;
/** Nor what was due while the machine slept: so much of its own time without a sign of life. By the date it would be no sign, as people let that run fast. */
const ASLEEP_MS = 600_000;
const ALIVE_MS = 60_000;
const PAGE = 500;

interface Due {
  /** From when a rate counts: "it starts when the rule is created", here also when it is changed. */
  fromMs: number;
  dueMs: number;
}

export function isSchedule(expression: string): boolean {
  try {
    parseSchedule(expression, "rules");
    return true;
  } catch (error) {
    if (error instanceof BadSchedule) return false;
    throw error;
  }
}

/** To be said in the transaction that changes a rule: from now on it fires as it says, or not at all. */
export async function reschedule(tx: Tx, rule: Rule, nowMs: number): Promise<void> {
  await tx.queues.cancel(WORK, ruleId(rule));
  if (rule.schedule !== undefined && isEnabled(rule)) await sendNext(tx, rule, { fromMs: nowMs, afterMs: nowMs });
}

async function sendNext(tx: Tx, rule: Rule, { fromMs, afterMs }: { fromMs: number; afterMs: number }): Promise<void> {
  const dueMs = nextTime(parseSchedule(rule.schedule!, "rules"), afterMs, { fromMs });
  if (dueMs === undefined) return; // a year that is over
  const due: Due = { fromMs, dueMs };
  await tx.queues.send(WORK, { id: ruleId(rule), body: JSON.stringify(due), dueMs });
}

type Ports = Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "lanes">;

export async function runSchedules(ports: Ports, signal: AbortSignal): Promise<void> {
  const awakeSince = watchSleep(ports.clock, signal);
  await Promise.all([
    workThrough(ports, WORK, AT_ONCE, (item) => fire(ports, item, awakeSince()), signal),
    whenSetBack(ports, () => planAgain(ports, signal), signal),
  ]);
}

/** Says from what date on this process has been at work: since it started, or since its machine woke up. */
function watchSleep(clock: Clock, signal: AbortSignal): () => number {
  let sinceMs = clock.now();
  let seenMs = clock.machineNow();
  const look = () => {
    if (clock.machineNow() - seenMs > ASLEEP_MS) sinceMs = clock.now();
    seenMs = clock.machineNow();
    return sinceMs;
  };
  void (async () => {
    while (!signal.aborted) {
      await clock.nextRound(ALIVE_MS, signal).catch(() => undefined);
      look();
    }
  })();
  return look;
}

async function fire({ clock, ids, lanes }: Ports, { id, receipt, body }: Received, awakeSinceMs: number): Promise<void> {
  const { fromMs, dueMs } = JSON.parse(body) as Due;
  const eventId = ids.uuid();
  await lanes.transaction(async (tx, send) => {
    const rule = await tx.documents<Rule>(RULES).update(id, (held) => held); // written, so that who changes it waits
    if (!(await tx.queues.finish(WORK, id, receipt))) return; // changed meanwhile
    if (rule?.schedule === undefined || !isEnabled(rule)) return;
    const nowMs = clock.now();
    const missedBeforeMs = awakeSinceMs <= nowMs ? awakeSinceMs - LATE_MS_MAX : 0; // a date set back makes the start no limit
    await sendNext(tx, rule, { fromMs, afterMs: Math.max(dueMs, missedBeforeMs) });
    if (dueMs < missedBeforeMs || rule.targets.length === 0) return;
    const { account, region } = rule.bus;
    const text = eventText({ id: eventId, detailType: "Scheduled Event", source: "aws.events", account, timeMs: dueMs, region, resources: [rule.arn], detail: "{}" });
    await send(arrivalSend({ bus: rule.bus, ingestedMs: nowMs, scheduled: rule.arn }, eventId, text));
  });
}

/** From the date as it is; rates begin anew. */
async function planAgain({ stores, clock }: Ports, signal: AbortSignal): Promise<void> {
  for (let after: string | undefined; !signal.aborted;) {
    const page = await stores.documents<Rule>(RULES).list({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const [id, { schedule }] of page) {
      if (schedule === undefined) continue;
      await stores.transaction(async (tx) => {
        const rule = await tx.documents<Rule>(RULES).update(id, (held) => held);
        if (rule) await reschedule(tx, rule, clock.now());
      });
    }
    if (page.length < PAGE) return;
    after = page.at(-1)![0];
  }
}
