// --set path=value: one value of a sample, replaced. Records[0].s3.object.key=photo.jpg
import { UsageError } from "../arguments.ts";

type Step = string | number;

/** Changes `event` in place. What is there and what is JSON is kept as such (numbers, true, null, {…}); everything else is a text. Throws UsageError. */
export function setValue(event: unknown, assignment: string): void {
  const equals = assignment.indexOf("=");
  if (equals < 1) throw new UsageError(`--set takes PATH=VALUE, not "${assignment}"`);
  const path = assignment.slice(0, equals);
  const steps = stepsOf(path);
  let at = event as Record<Step, unknown>;
  for (const step of steps.slice(0, -1)) {
    const next = at[step];
    if (typeof next !== "object" || next === null || !Object.hasOwn(at, step)) throw new UsageError(`--set: there is no ${path} in this event; at "${step}" there is ${has(at)}`);
    at = next as Record<Step, unknown>;
  }
  const last = steps.at(-1)!;
  if (Array.isArray(at) && (typeof last !== "number" || last > at.length)) throw new UsageError(`--set: ${path}: a list takes positions from 0 to ${at.length}`);
  // defineProperty, because "__proto__" is a key like any other here.
  Object.defineProperty(at, last, { value: valueOf(assignment.slice(equals + 1), at[last]), enumerable: true, configurable: true, writable: true });
}

const has = (at: object): string => (Object.keys(at).length > 0 ? `only ${Object.keys(at).join(", ")}` : "nothing");

/** Records[0].a, Records.0.a; a name with dots in brackets and quotes: headers["x.y"]. */
function stepsOf(path: string): Step[] {
  const steps: Step[] = [];
  const pattern = /\.?(?:\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+))/y;
  while (pattern.lastIndex < path.length) {
    const found = pattern.exec(path);
    if (!found) throw new UsageError(`--set: "${path}" is no path; write Records[0].s3.object.key`);
    const [, index, quoted, name] = found;
    steps.push(index !== undefined ? Number(index) : quoted ?? (/^\d+$/.test(name!) ? Number(name) : name!));
  }
  return steps;
}

/** A text stays one where a text was: "Message=42" is "42". */
function valueOf(text: string, before: unknown): unknown {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
