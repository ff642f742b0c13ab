// The scheduler's room with real lanes and stores, and a date that moves when told to; queues, topics, buses and functions keep what they get, or refuse.
import { Scheduler, type CreateScheduleCommandInput } from "@aws-sdk/client-scheduler";
import { openRest } from "../../src/clock-rest.ts";
import { realClock, type VirtualClock } from "../../src/kernel/clock.ts";
import { type DrivableClock, drivableClock } from "../../src/kernel/clock-drivable.ts";
import { silentLog } from "../../src/kernel/log.ts";
import { scheduler as service } from "../../src/services/scheduler/service.ts";
import { openStores } from "../../src/storage/open.ts";
import type { Stores } from "../../src/storage/stores.ts";
import { beginningAgain } from "./begins-again.ts";
import { type Delivered, openRecipients, type Seen } from "./recipients.ts";
import { openRoom } from "./room.ts";

export interface TestScheduler extends Seen {
  scheduler: Scheduler;
  clock: DrivableClock | VirtualClock;
  stores: Stores;
  /** What has arrived, in order. */
  delivered: Delivered[];
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
  const stores = given.stores ?? beginningAgain(await openStores({ ephemeral: true, clock, log: silentLog }));
  const recipients = openRecipients({ stores, clock }, ["sqs", "sns", "events", "lambda"]);
  const { seen, delivered, ports: { lanes } } = recipients;
  const { metrics } = seen;
  const room = await openRoom(service, {
    ...recipients.ports, // metrics are of groups
    metrics: { series: ({ name, dimensions }) => (value) => { for (const { ScheduleGroup = "all" } of dimensions) metrics.set(`${name} ${ScheduleGroup}`, (metrics.get(`${name} ${ScheduleGroup}`) ?? 0) + value); }, flush: async () => undefined },
  });
  recipients.begin();
  const scheduler = new Scheduler(room.clientConfig);
  const settle = () => openRest({ stores: stores as Required<Stores>, clock, isBusy: () => !lanes.atRest() }, () => Infinity)();
  return {
    scheduler,
    advance: async (ms) => "move" in clock ? void (await clock.move((nowMs) => nowMs + ms, settle)) : clock.advance(ms),
    clock, stores, delivered, ...seen,
    create: async (Name, ScheduleExpression, more = {}) => (await scheduler.createSchedule({ Name, ScheduleExpression, FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: queueArn(Name), RoleArn: ROLE, Input: Name }, ...more })).ScheduleArn!,
    async close() {
      scheduler.destroy();
      await Promise.all([recipients.close(), "move" in clock ? undefined : clock.advance(2_000)]);
      await room.close();
      if (!given.stores) await stores.close();
    },
  };
}
