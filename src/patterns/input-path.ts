// The JSON paths of InputPath, of input transformers and of pipes. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html: dot notation, dashes, underscores,
// alphanumeric characters, array indices, wildcards (*), forward slashes.
import { InputTooLarge } from "./input-template.ts";

/** A name, an index, or "*": every member, or every element. */
export type Step = string | number | typeof EVERY;
const EVERY = Symbol("*");

/** Undefined when it is no such path. `$` alone is the whole event. */
export function parsePath(text: string): Step[] | undefined {
  if (!text.startsWith("$")) return undefined;
  const steps: Step[] = [];
  const token = /\.\*|\.([^.[\]'"*\s]+)|\[(\d{1,9})\]|\[\*\]|\[(?:'([^'\]]*)'|"([^"\]]*)")\]/y;
  token.lastIndex = 1;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (!match) return undefined;
    const [, name, index, single, double] = match;
    const quoted = single ?? double;
    steps.push(name ?? quoted ?? (index === undefined ? EVERY : Number(index)));
  }
  return steps;
}

/** What is left to be looked at for one event: hundreds of paths with wildcards over a large one would take half a second. */
export interface Looking { values: number }
const VALUES_MAX = 5_000_000;
export const looking = (): Looking => ({ values: VALUES_MAX });

/** What is there; undefined when nothing is. With a wildcard, a list of all that is. With `left`, throws InputTooLarge when too much was looked at. */
export function valueAt(event: unknown, steps: Step[], left?: Looking): unknown {
  let values = [event];
  let many = false;
  for (const step of steps) {
    if (left && (left.values -= values.length) < 0) throw new InputTooLarge(`The paths of a template come upon more than ${VALUES_MAX} values of an event`);
    if (step === EVERY) many = true;
    const next: unknown[] = [];
    for (const value of values) addBelow(value, step, next);
    if (next.length === 0) return undefined;
    values = next;
  }
  return many ? values : values[0];
}

function addBelow(value: unknown, step: Step, to: unknown[]): void {
  if (typeof value !== "object" || value === null) return;
  if (step === EVERY) for (const one of Object.values(value)) to.push(one);
  else if (typeof step === "string") {
    if (!Array.isArray(value) && Object.hasOwn(value, step)) to.push((value as Record<string, unknown>)[step]);
  } else if (Array.isArray(value) && step < value.length) to.push(value[step]);
}
