// evoke clock: shows the platform's date, and drives it: set, advance, freeze, unfreeze, speed, reset.
import { UsageError, type Command } from "./arguments.ts";
import { advise, CommandError, endpointOf, print, printJson, withProgress } from "./terminal.ts";

interface Shown {
  now: string;
  machine: string;
  speed: number;
  frozen: boolean;
  offsetSeconds: number;
  /** After it was driven. */
  atRest?: boolean;
}

/** What a word makes of its value. */
const ORDERS: Record<string, { takes?: string; order(value: string): object }> = {
  set: { takes: "a date, such as 2027-01-01T09:00:00Z", order: (set) => ({ set }) },
  advance: { takes: "a duration, such as 90s, 6h or 1d12h", order: (advance) => ({ advance }) },
  speed: { takes: "a number: so many seconds pass in one", order: (speed) => ({ speed: Number(speed) }) },
  freeze: { order: () => ({ frozen: true }) },
  unfreeze: { order: () => ({ frozen: false }) },
  reset: { order: () => ({ reset: true }) },
};

export async function clock(command: Command): Promise<number> {
  const [word = "show", value, ...rest] = command.positionals;
  const known = Object.hasOwn(ORDERS, word) ? ORDERS[word] : undefined;
  if (word !== "show" && !known) throw new UsageError(`clock takes show, ${Object.keys(ORDERS).join(", ")}, not "${word}"`);
  if (rest.length > 0 || (value === undefined) !== (known?.takes === undefined)) throw new UsageError(known?.takes ? `clock ${word} takes ${known.takes}` : `clock ${word} takes nothing more`);
  const shown = known ? await withProgress("what became due is being started", drive(command, known.order(value ?? ""))) : await ask(command);
  if (command.json) printJson(shown);
  else for (const line of lines(shown)) print(line);
  return 0;
}

/** A long way is gone in several steps. */
async function drive(command: Command, order: object): Promise<Shown> {
  for (;;) {
    const answer = await ask(command, order);
    if (answer.goal === undefined) return answer;
    order = { set: answer.goal };
  }
}

/** What the platform's clock shows, for commands that ask for what is of the last hour. */
export async function platformNowMs(command: Command): Promise<number> {
  return Date.parse((await ask(command)).now);
}

async function ask(command: Command, order?: object): Promise<Shown & { goal?: string }> {
  try {
    const response = await fetch(`${endpointOf(command)}/_evoke/clock`, order ? { method: "POST", body: JSON.stringify(order) } : {});
    const text = await response.text();
    const answer = readJson(text);
    if (response.ok || answer?.goal !== undefined) return answer as Shown;
    throw new CommandError(answer?.error ?? `Evoke answered ${response.status}: ${text.slice(0, 500)}`);
  } catch (error) {
    throw advise(error, command);
  }
}

function readJson(text: string): (Partial<Shown> & { goal?: string; error?: string }) | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lines({ now, machine, speed, frozen, offsetSeconds, atRest }: Shown): string[] {
  const stands = frozen || speed === 0;
  return [
    `${now}${stands ? ", and stands still" : speed === 1 ? "" : `, ${speed} seconds in one`}`,
    ...(offsetSeconds === 0 ? [] : [`The machine's is ${machine}.`]),
    ...(atRest === false ? ["Functions that have become due are still running."] : []),
  ];
}
