// The policy of a form: what its fields and its file must be. No I/O. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
// Sentences: recorded on AWS (LocalStack's snapshots) where a form does not conform; of policies that cannot be read see web-errors.ts.
import { badFormPolicy, notAsFormPolicy } from "./web-errors.ts";

export interface FileSize {
  least: number;
  most: number;
}

type Condition = { operator: "eq" | "starts-with"; field: string; value: string } | { operator: "content-length-range"; least: unknown; most: unknown };

const CONDITIONS_MAX = 1000;
/** What a policy need not speak of: documented, as are names that begin with x-ignore-. */
const UNASKED = new Set(["policy", "file", "x-amz-signature", "signature", "awsaccesskeyid"]);

/** `fields` by lower-case names, variables in them expanded. Throws InvalidPolicyDocument, and AccessDenied when form and policy differ. Answers how large the file may be, if the policy says. */
export function checkFormPolicy(base64: string, fields: Map<string, string>, bucket: string, nowMs: number): FileSize | undefined {
  const { expiresMs, conditions } = readPolicy(base64);
  if (expiresMs < nowMs) throw notAsFormPolicy("Policy expired.");
  const given = new Map(fields).set("bucket", bucket);
  const asked = new Set<string>();
  let size: FileSize | undefined;
  for (const condition of conditions) {
    if (condition.operator === "content-length-range") {
      const { least, most } = sizeOf(condition);
      size = size ? { least: Math.max(size.least, least), most: Math.min(size.most, most) } : { least, most };
      continue;
    }
    const name = condition.field.slice(1).toLowerCase();
    if (!condition.field.startsWith("$") || !holds(condition, name, given.get(name) ?? "")) throw conditionFailed(condition.operator, condition.field, condition.value);
    asked.add(name);
  }
  const extra = [...given.keys()].filter((name) => !asked.has(name) && !UNASKED.has(name) && !name.startsWith("x-ignore-"));
  if (extra.length > 0) throw notAsFormPolicy(`Extra input fields: ${extra.join(", ")}`);
  return size;
}

function holds({ operator, value }: Extract<Condition, { value: string }>, name: string, given: string): boolean {
  if (operator === "eq") return given === value;
  // "Content-Types values for a starts-with condition that include commas are interpreted as lists. Each value in the list must meet the condition."
  return name === "content-type" ? given.split(",").every((one) => one.trim().startsWith(value)) : given.startsWith(value);
}

function readPolicy(base64: string): { expiresMs: number; conditions: Condition[] } {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64.replace(/\s+/g, ""))) throw badFormPolicy("invalid Base64 encoding.");
  const document = parsed(Buffer.from(base64, "base64").toString());
  if (!isObject(document)) throw badFormPolicy("Invalid JSON.");
  const { expiration, conditions } = document;
  if (expiration === undefined) throw badFormPolicy("Policy missing expiration.");
  const expiresMs = typeof expiration === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(expiration) ? Date.parse(expiration) : NaN;
  if (Number.isNaN(expiresMs)) throw badFormPolicy(`Invalid 'expiration' value: '${typeof expiration === "string" ? expiration : shown(expiration)}'`);
  if (conditions === undefined) throw badFormPolicy("Policy missing conditions.");
  if (!Array.isArray(conditions) || conditions.length > CONDITIONS_MAX) throw badFormPolicy("Invalid 'conditions' value: must be a List.");
  return { expiresMs, conditions: conditions.map(readCondition) };
}

/** JSON, with two escapes more: \$ and \v. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/\\(.)/gs, (escape, letter: string) => (letter === "$" ? "$" : letter === "v" ? "\\u000b" : escape)));
  } catch {
    return undefined;
  }
}

function readCondition(condition: unknown): Condition {
  if (Array.isArray(condition)) return readList(condition);
  if (!isObject(condition)) throw badFormPolicy("Invalid condition test: must be a List or Object.");
  const entries = Object.entries(condition);
  if (entries.length !== 1) throw badFormPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  const [name, value] = entries[0]!;
  if (typeof value !== "string") throw badFormPolicy("Invalid Simple-Condition: value must be a string.");
  return { operator: "eq", field: `$${name}`, value };
}

function readList([first, ...rest]: unknown[]): Condition {
  if (typeof first !== "string") throw badFormPolicy("Invalid Condition: missing operation identifier.");
  const operator = first.toLowerCase();
  if (operator !== "eq" && operator !== "starts-with" && operator !== "content-length-range") throw badFormPolicy(`Invalid Condition: unknown operation '${first}'.`);
  const [field, value] = rest;
  if (rest.length !== 2) throw badFormPolicy(`Invalid ${operator}: wrong number of arguments.`);
  if (operator === "content-length-range") return { operator, least: field, most: value };
  if (typeof field !== "string" || typeof value !== "string") throw badFormPolicy(`Invalid ${operator}: arguments must be strings.`);
  return { operator, field, value };
}

/** Numbers, or texts of numbers. */
function sizeOf({ operator, least, most }: Extract<Condition, { least: unknown }>): FileSize {
  const [from, to] = [least, most].map((one) => (typeof one === "number" || (typeof one === "string" && /^-?\d+$/.test(one)) ? Number(one) : NaN)) as [number, number];
  if (Number.isNaN(from) || Number.isNaN(to)) throw conditionFailed(operator, least, most);
  if (from < 0 || to < 0 || !Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw badFormPolicy(`Invalid ${operator}: arguments must be whole numbers from 0.`);
  return { least: from, most: to };
}

const conditionFailed = (...parts: unknown[]): Error => notAsFormPolicy(`Policy Condition failed: [${parts.map(shown).join(", ")}]`);

/** What is no text and no number may be nested deeper than a stack is. */
const shown = (value: unknown): string => (isObject(value) ? "{}" : Array.isArray(value) ? "[]" : JSON.stringify(value));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
