// A pattern's text into branches: the alternatives that its $or come to, each saying which fields must be how. Paths are
// joined with dots, as event-ruler does, so { "a": { "b": … } } and { "a.b": … } are the same.
import { readCondition } from "./condition.ts";
import type { Condition } from "./condition.ts";
import type { Grammar } from "./dialect.ts";
import { jsonTokens } from "./json-tokens.ts";
import type { JsonTokens } from "./json-tokens.ts";

export interface Field extends Condition {
  /** How many keys lead to it in the pattern. */
  depth: number;
}

/** By path; a path written twice is the last one. */
export type Branch = Map<string, Field>;

/** Names that inside of $or would rather be a mistake: operators of today and tomorrow (event-ruler's Constants.java). */
const RESERVED = new Set([
  "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex",
  "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
]);

/** EventBridge refuses patterns whose $or multiply to more; its sentence for it is not known to us. */
const BRANCHES_MAX = 1000;

interface Reading { json: JsonTokens; grammar: Grammar }

/** Throws BadPattern. */
export function readBranches(text: string, grammar: Grammar): { branches: Branch[]; keys: string[] } {
  const json = jsonTokens(text);
  if (json.next() !== "{") throw json.complaint("Filter is not an object");
  const keys: string[] = [];
  const branches = readObject({ json, grammar }, [], [], false, keys);
  return { branches, keys };
}

function readObject(reading: Reading, path: string[], branches: Branch[], insideOr: boolean, keys?: string[]): Branch[] {
  const { json, grammar } = reading;
  let result = branches;
  let empty = true;
  while (json.next() !== "}") {
    empty = false;
    const key = json.text();
    keys?.push(key);
    if (key === "$or") {
      result = readOr(reading, path, result);
      continue;
    }
    if (insideOr && RESERVED.has(key)) throw json.complaint(`${key} is Ruler reserved fieldName which cannot be used inside $or.`);
    const token = json.next();
    if (token === "{") result = readObject(reading, [...path, key], result, insideOr);
    else if (token === "[") result = withField(result, [...path, key], { ...readCondition(json, grammar), depth: path.length + 1 });
    else throw json.complaint(`"${key}" must be an object or an array`);
  }
  if (empty) throw json.complaint("Empty objects are not allowed");
  return result;
}

function withField(branches: Branch[], path: string[], field: Field): Branch[] {
  const name = path.join(".");
  if (branches.length === 0) return [new Map([[name, field]])];
  for (const branch of branches) branch.set(name, field);
  return branches;
}

function readOr(reading: Reading, path: string[], branches: Branch[]): Branch[] {
  const { json } = reading;
  if (json.next() !== "[") throw json.complaint("It must be an Array followed with $or.");
  const result: Branch[] = [];
  let alternatives = 0;
  for (let token = json.next(); token !== "]"; token = json.next()) {
    if (token !== "{") throw json.complaint("Only JSON object is allowed in array of $or relationship.");
    alternatives += 1;
    const copies = branches.length === 0 ? [new Map()] : branches.map((branch) => new Map(branch));
    result.push(...readObject(reading, path, copies, true));
    if (result.length > BRANCHES_MAX) throw json.complaint(`Rule is too complex - more than ${BRANCHES_MAX} combinations of $or`);
  }
  if (alternatives < 2) throw json.complaint("There must have at least 2 Objects in $or relationship.");
  return result;
}
