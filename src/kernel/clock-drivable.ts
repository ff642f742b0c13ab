// A clock whose date people drive: they set it, move it on, let it run faster or stand still. Durations stay the machine's.
import { type Clock, waitWith } from "./clock.ts";

/** The date is `atMs` where the machine's is `machineMs`, and goes on from there; text of JSON, so that it outlives the process. */
export interface ClockSetting {
  atMs: number;
  machineMs: number;
  /** So many seconds pass in one of the machine's. */
  speed: number;
  frozen: boolean;
}

export interface DrivableClock extends Clock {
  setting(): ClockSetting;
  /** Not while it moves. */
  run(pace: { speed?: number; frozen?: boolean }): void;
  /** The machine's date again, from one moment to the next. Not while it moves. */
  follow(): void;
  /**
   * Moves the date to what `goal` makes of it. Forward, everything that falls due on the way happens at its own date, in order, and `settle` says when
   * what it began has come to rest; false from `settle` ends the way where it is, and is the answer. Back, those who wait look again.
   * While it moves the date stands still between the steps. One move at a time.
   */
  move(goal: (nowMs: number) => number, settle: () => Promise<boolean>): Promise<boolean>;
}

export const DATE_MS_MIN = 0;
/** The end of 2199: there the date stands, however fast it went. */
export const DATE_MS_MAX = Date.UTC(2200, 0, 1) - 1;

export const AS_THE_MACHINE: ClockSetting = { atMs: 0, machineMs: 0, speed: 1, frozen: false };

interface Waiting {
  dueMs: number;
  order: number;
  work: () => void;
  /** Of the machine's timer, where one will fire. */
  cancel: (() => void) | undefined;
}

export function drivableClock(machine: Clock, given: ClockSetting = AS_THE_MACHINE): DrivableClock {
  let setting = given;
  let moving = false;
  let rate = given.frozen ? 0 : given.speed;
  let order = 0;
  const waiting = new Set<Waiting>();
  const rounds = new Set<() => void>();

  const now = (): number => Math.min(DATE_MS_MAX, setting.atMs + (machine.now() - setting.machineMs) * rate);

  const arm = (entry: Waiting): void => {
    entry.cancel?.();
    entry.cancel = undefined;
    const leftMs = Math.max(0, entry.dueMs - now());
    if (moving || entry.dueMs > DATE_MS_MAX || (rate === 0 && leftMs > 0)) return;
    entry.cancel = machine.after(leftMs && leftMs / rate, () => {
      waiting.delete(entry);
      entry.work();
    });
  };

  /** As it is, told from this moment on. */
  const standing = (): ClockSetting => ({ ...setting, atMs: now(), machineMs: machine.now() });

  const change = (next: ClockSetting): void => {
    setting = next;
    rate = moving || setting.frozen ? 0 : setting.speed;
    for (const entry of waiting) arm(entry);
  };

  const at = (dateMs: number, work: () => void): (() => void) => {
    const entry: Waiting = { dueMs: Math.max(dateMs, now()), order: order++, work, cancel: undefined };
    waiting.add(entry);
    arm(entry);
    return () => {
      waiting.delete(entry);
      entry.cancel?.();
    };
  };

  const round = (ms: number, work: () => void): (() => void) => {
    const end = (): void => { cancel(); work(); };
    const cancelTimer = machine.after(ms, end);
    const cancel = (): void => { rounds.delete(end); cancelTimer(); };
    rounds.add(end);
    return cancel;
  };

  const goForward = async (endMs: number, settle: () => Promise<boolean>): Promise<boolean> => {
    for (;;) {
      if (!(await settle())) return false;
      let nextMs = Infinity;
      for (const { dueMs } of waiting) nextMs = Math.min(nextMs, dueMs);
      if (nextMs > endMs) return true;
      setting = { ...setting, atMs: Math.max(setting.atMs, nextMs) };
      const due = [...waiting].filter(({ dueMs }) => dueMs <= setting.atMs).sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      for (const entry of due) if (waiting.delete(entry)) entry.work(); // unless one before has cancelled it
    }
  };

  const goBack = (dateMs: number): void => {
    const byMs = setting.atMs - dateMs;
    for (const entry of waiting) entry.dueMs -= byMs;
    setting = { ...setting, atMs: dateMs };
  };

  return {
    now, at, until: waitWith(at), nextRound: waitWith(round),
    machineNow: machine.now, monotonicMs: machine.monotonicMs, after: machine.after, sleep: machine.sleep,
    setting: () => setting,
    run: (pace) => change({ ...standing(), ...pace }),
    follow: () => change(AS_THE_MACHINE),
    async move(goal, settle) {
      const begun = standing();
      moving = true;
      change(begun);
      try {
        const dateMs = goal(setting.atMs);
        if (dateMs < setting.atMs) goBack(dateMs);
        else if (!(await goForward(dateMs, settle))) return false;
        setting = { ...setting, atMs: Math.max(setting.atMs, dateMs) };
        for (const end of [...rounds]) end();
        return await settle();
      } finally {
        moving = false;
        change({ ...setting, machineMs: machine.now() });
      }
    },
  };
}
