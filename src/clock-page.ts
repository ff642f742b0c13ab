// /_evoke/clock: the platform's date. GET shows it; POST drives it (clock-orders.ts), and answers when everything that became due has begun.
import type { Clock } from "./kernel/clock.ts";
import { AS_THE_MACHINE, type ClockSetting, DATE_MS_MAX, type DrivableClock, drivableClock } from "./kernel/clock-drivable.ts";
import type { Log } from "./kernel/log.ts";
import { type ClockOrder, readClockOrder } from "./clock-orders.ts";
import { openRest } from "./clock-rest.ts";
import type { Stores } from "./storage/stores.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

export interface PlatformClock {
  clock: DrivableClock;
  page(request: WireRequest): Promise<WireResponse>;
  /** Ends a move that is under way. */
  close(): void;
}

export interface PlatformClockParts {
  machine: Clock;
  stores: Stores;
  log: Log;
  /** Signatures are verified, so others than its owner may reach this platform. */
  strict: boolean;
  /** Functions or stored work are running. */
  isBusy(): boolean;
}

const SETTINGS = "evoke/clock";
const ID = "clock";
const BODY_BYTES_MAX = 1000;
/** One moves the clock; so many may wait for their turn. */
const WAITING_MAX = 16;
/** A move that takes longer is answered, and can be gone on with. */
const MOVE_MS_MAX = 60_000;
/** A process that dies on the way comes back to a date that is so much of the machine's time older, at most. */
const KEEP_MS = 250;

export async function openPlatformClock(parts: PlatformClockParts): Promise<PlatformClock> {
  const { machine, stores, log } = parts;
  const settings = stores.documents<ClockSetting>(SETTINGS);
  const clock = drivableClock(machine, (stores.steps && (await settings.get(ID))) ?? AS_THE_MACHINE);
  if (clock.setting() !== AS_THE_MACHINE) log.warn(`The clock of this data has been driven: here it is ${iso(clock.now())}. Back to the machine's: evoke clock reset`);
  const refusal = whyNot(parts);
  let closed = false;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const drive = async (order: ClockOrder): Promise<WireResponse> => {
    const endMs = machine.monotonicMs() + MOVE_MS_MAX;
    const settle = openRest({ stores: { steps: stores.steps! }, clock, isBusy: parts.isBusy }, () => (closed ? 0 : endMs));
    if (goalOf(order, clock.now(), machine) > DATE_MS_MAX) return refused(400, "the clock knows the years 1970 to 2199");
    let goalMs = NaN;
    let keptMs = machine.monotonicMs();
    const settleAndKeep = async (): Promise<boolean> => {
      if (!(await settle())) return false;
      if (machine.monotonicMs() - keptMs < KEEP_MS) return true;
      await settings.put(ID, { ...clock.setting(), machineMs: machine.now() });
      keptMs = machine.monotonicMs();
      return true;
    };
    const arrived = await clock.move((nowMs) => (goalMs = goalOf(order, nowMs, machine)), settleAndKeep);
    if (arrived && "reset" in order) clock.follow();
    else if ("speed" in order || "frozen" in order) clock.run(order);
    if (clock.setting() === AS_THE_MACHINE) await settings.delete(ID);
    else await settings.put(ID, clock.setting());
    if (closed) return refused(503, "Evoke is closing");
    if (!arrived) return json(503, { error: `it took longer than ${MOVE_MS_MAX / 1000} s: the clock has come to ${iso(clock.now())}. Set it to ${iso(goalMs)} to go on.`, ...shown(clock), goal: iso(goalMs) });
    return json(200, { ...shown(clock), atRest: !parts.isBusy() });
  };

  return {
    clock,
    close() { closed = true; },
    async page(request) {
      if (request.method === "GET") return json(200, shown(clock));
      if (request.method !== "POST") return refused(405, "GET and POST only");
      if (refusal !== undefined) return refused(403, refusal);
      const text = Buffer.from(await request.body.bytes(BODY_BYTES_MAX)).toString("utf8");
      let order: ClockOrder;
      try {
        order = readClockOrder(text);
      } catch (error) {
        return refused(400, (error as Error).message);
      }
      if (waiting >= WAITING_MAX) return refused(429, "Others are driving the clock, one after the other. Try again.");
      waiting++;
      const answer = last.then(() => drive(order)).finally(() => waiting--);
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

function whyNot({ strict, stores }: PlatformClockParts): string | undefined {
  if (strict) return "Where signatures are verified, nobody drives the clock. Start Evoke without --credentials, on this machine alone.";
  if (!stores.steps) return "Other processes may be working on this database, each with its own clock. Drive the clock of an Evoke on a data folder, or with --ephemeral.";
  return undefined;
}

/** Speed and freezing begin where it is: whatever is due has begun then, too. */
const goalOf = (order: ClockOrder, nowMs: number, machine: Clock): number => ("setMs" in order ? order.setMs : "reset" in order ? machine.now() : nowMs + ("advanceMs" in order ? order.advanceMs : 0));

const iso = (ms: number): string => new Date(Math.round(ms)).toISOString();

const shown = (clock: DrivableClock) => {
  const { speed, frozen } = clock.setting();
  const nowMs = clock.now();
  const machineMs = clock.setting() === AS_THE_MACHINE ? nowMs : clock.machineNow();
  return { now: iso(nowMs), machine: iso(machineMs), speed, frozen, offsetSeconds: Math.round(nowMs - machineMs) / 1000 };
};

const json = (status: number, value: object): WireResponse => ({ status, headers: { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" }, body: `${JSON.stringify(value, undefined, 2)}\n` });
const refused = (status: number, error: string): WireResponse => json(status, { error });
