// Schedule expressions of EventBridge's rules and of EventBridge Scheduler: rate(…), cron(…), at(…).
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
import { BadSchedule } from "./bad-schedule.ts";
import { type Cron, parseCron } from "./cron.ts";

/** "rules": rate and cron, in UTC. "scheduler": at as well, in any time zone. */
export type Dialect = "rules" | "scheduler";

export interface Rate {
  kind: "rate";
  everyMs: number;
}

/** A date on the calendar and the clock of a place: which moment that is, its time zone says. */
export interface At {
  kind: "at";
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** Plain data, but cheaper to make anew than to store. */
export type Schedule = Rate | Cron | At;

const MINUTE_MS = 60_000;
const UNIT_MS: Record<string, number> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS };

/** Throws BadSchedule, whose message is for logs only: AWS's sentences do not tell what is wrong. */
export function parseSchedule(expression: string, dialect: Dialect): Schedule {
  const [, kind, inside] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (inside === undefined) throw new BadSchedule("it is none of rate(…), cron(…) and at(…)");
  if (kind === "rate") return parseRate(inside, dialect);
  if (kind === "cron") return parseCron(inside);
  if (dialect === "rules") throw new BadSchedule("at(…) is EventBridge Scheduler's only");
  return parseAt(inside);
}

/**
 * Rules want the singular for 1 and the plural for all others. Scheduler takes either: "rate(2 minute)" was accepted by AWS itself
 * (recorded in LocalStack's tests/aws/services/scheduler, which are validated against AWS; so are the refusals in schedule.test.ts).
 */
function parseRate(inside: string, dialect: Dialect): Rate {
  const [, value, unit, plural] = /^(\d+) (minute|hour|day)(s?)$/.exec(inside) ?? [];
  const everyMs = Number(value) * (UNIT_MS[unit ?? ""] ?? NaN);
  if (!(everyMs > 0) || !Number.isSafeInteger(everyMs)) throw new BadSchedule("a rate is a positive whole number and a unit");
  if (dialect === "rules" && (value === "1") !== (plural === "")) throw new BadSchedule("one minute, two minutes");
  return { kind: "rate", everyMs };
}

function parseAt(inside: string): At {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(inside)) throw new BadSchedule("a time is yyyy-mm-ddThh:mm:ss");
  const [year, month, day, hour, minute, second] = inside.split(/[-T:]/).map(Number) as [number, number, number, number, number, number];
  const date = new Date(`${inside}Z`);
  // 30 February would roll over into March.
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 19) !== inside) throw new BadSchedule("there is no such time");
  return { kind: "at", year, month, day, hour, minute, second };
}
