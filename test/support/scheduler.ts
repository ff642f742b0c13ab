// The scheduler's room with real lanes and stores, and a date that moves when told to; queues, topics, buses and functions keep what they get, or refuse.
import { Scheduler, type CreateScheduleCommandInput } from "@aws-sdk/client-scheduler";
import { openBackground } from "../../src/background.ts";
import { openRest } from "../../src/clock-rest.ts";
import { openLanes } from "../../src/delivery/lanes.ts";
import { openTargets } from "../../src/delivery/targets.ts";
import { realClock, type VirtualClock } from "../../src/kernel/clock.ts";
import { type DrivableClock, drivableClock } from "../../src/kernel/clock-drivable.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { type Log, silentLog } from "../../src/kernel/log.ts";
import type { Access, AccessQuestion } from "../../src/ports/access.ts";
import type { AsyncEvent } from "../../src/ports/events.ts";
import type { Sender, TargetMessage } from "../../src/ports/targets.ts";
import { scheduler as service } from "../../src/services/scheduler/service.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { openRoom } from "./room.ts";

export interface TestScheduler {
  scheduler: Scheduler;
  clock: DrivableClock | VirtualClock;
  stores: Stores;
  /** What has arrived, in order. */
  delivered: { arn: string; message: TargetMessage; from: Sender; atMs: number }[];
  invoked: (AsyncEvent & { atMs: number })[];
  /** An error here is what the target of that ARN answers. */
  refusals: Map<string, Error>;
  /** When something was to be delivered, refused or not. */
  tries: { arn: string; atMs: number }[];
  /** Questions about permissions; those whose action is in `denied` are denied. */
  asked: AccessQuestion[];
  denied: Map<string, Error>;
  /** Sums by name and group. */
  metrics: Map<string, number>;
  warnings: string[];
  /** What falls due on the way happens, each at its date, and has come to rest when this resolves. */
  advance(ms: number): Promise<void>;
  create(name: string, expression: string, more?: Partial<CreateScheduleCommandInput>): Promise<string>;
  close(): Promise<void>;
}

export const ROLE = "arn:aws:iam::000000000000:role/scheduler";
export const queueArn = (name: string): string => `arn:aws:sqs:eu-west-1:000000000000:${name}`;
export const functionArn = (name: string): string => `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;

export const START_MS = Date.UTC(2026, 0, 1);

/** Years of dates in a moment: only what goes by the date moves with it, and what goes by the machine's time (which looks about every minute) does not. */
export const standingClock = (atMs = START_MS): DrivableClock => drivableClock(realClock(), { atMs, machineMs: realClock().now(), speed: 1, frozen: true });

export async function openTestScheduler(given: { stores?: Stores; clock?: DrivableClock | VirtualClock } = {}): Promise<TestScheduler> {
  const clock = given.clock ?? standingClock();
  const stores = given.stores ?? (await openStores({ ephemeral: true, clock, log: silentLog }));
  const [delivered, invoked, tries, asked, warnings]: [TestScheduler["delivered"], TestScheduler["invoked"], TestScheduler["tries"], AccessQuestion[], string[]] = [[], [], [], [], []];
  const [refusals, denied, metrics] = [new Map<string, Error>(), new Map<string, Error>(), new Map<string, number>()];
  const access: Access = {
    mode: "enforce",
    async decide(question) {
      asked.push(question);
      return denied.has(question.action) ? { allowed: false, explicit: false, sentence: "no", grant: "" } : { allowed: true };
    },
    async check(question) {
      asked.push(question);
      if (denied.has(question.action)) throw denied.get(question.action);
    },
  };
  const accept = (arn: string) => {
    tries.push({ arn, atMs: clock.now() });
    if (refusals.has(arn)) throw refusals.get(arn);
  };
  const targets = openTargets(access);
  for (const service of ["sqs", "sns", "events", "lambda"]) {
    targets.add({ service, exists: async () => true, async deliver(arn, message, from) {
      accept(arn);
      delivered.push({ arn, message, from, atMs: clock.now() });
    } });
  }
  const ids = realIds();
  const background = openBackground({ clock, log: silentLog });
  const lanes = openLanes({ stores, clock, ids, log: silentLog, run: {} });
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
  const room = await openRoom(service, {
    stores, clock, ids, log, lanes, targets, access, background: background.run,
    events: { invoke: () => Promise.reject(new Error("nobody asks")), enqueue: async (event) => {
      accept(event.functionArn);
      invoked.push({ ...event, atMs: clock.now() });
    } },
    metrics: { series: ({ name, dimensions }) => (value) => { for (const { ScheduleGroup = "all" } of dimensions) metrics.set(`${name} ${ScheduleGroup}`, (metrics.get(`${name} ${ScheduleGroup}`) ?? 0) + value); }, flush: async () => undefined },
  });
  background.run("lanes", (signal) => lanes.work(signal));
  const scheduler = new Scheduler(room.clientConfig);
  const settle = () => openRest({ stores: stores as Required<Stores>, clock, isBusy: () => !lanes.atRest() }, () => Infinity)();
  return {
    scheduler,
    advance: async (ms) => "move" in clock ? void (await clock.move((nowMs) => nowMs + ms, settle)) : clock.advance(ms),
    clock, stores, delivered, invoked, refusals, tries, asked, denied, metrics, warnings,
    create: async (Name, ScheduleExpression, more = {}) => (await scheduler.createSchedule({ Name, ScheduleExpression, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: queueArn(Name), RoleArn: ROLE, Input: Name }, ...more })).ScheduleArn!,
    async close() {
      scheduler.destroy();
      await Promise.all([background.close(), "move" in clock ? undefined : clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
