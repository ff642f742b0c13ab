// Events against one branch. An event matches when all fields do, and fields that are inside of one array are in the same
// element of it, as in event-ruler (Event.java, StructuredFinder.java); here by walking fields and event side by side, so
// the work is bounded by the size of the event times that of the branch.
import type { Branch, Field } from "./branches.ts";
import type { Condition, Scalar } from "./condition.ts";
import { LongNumber } from "./numbers.ts";

interface Node {
  children: Map<string, Node>;
  field?: NodeField;
  /** Fields whose absence is decided here, before going deeper. */
  absences: { slot: number; path: string }[];
  /** Has grandchildren: an event may have { "b.c": … } for { "b": { "c": … } }. */
  nests: boolean;
}

interface NodeField extends Pick<Condition, "values" | "tests"> {
  /** Where its absence is noted; -1: it has no exists: false. */
  slot: number;
}

/** Deeper arrays in arrays match nothing. */
const ARRAYS_MAX = 1000;
/** Patterns are no deeper (json-tokens.ts). */
const DEPTH_MAX = 1000;

export function matcher(branch: Branch): (event: object) => boolean {
  const root = emptyNode();
  const paths = [...branch.keys()].sort().map((path) => ({ path: path.split("."), field: branch.get(path)! }));
  let slots = 0;
  paths.forEach(({ path, field }, index) => {
    const chain = [root];
    for (const name of path) {
      const node = chain.at(-1)!;
      if (!node.children.has(name)) node.children.set(name, emptyNode());
      chain.push(node.children.get(name)!);
    }
    for (const node of chain.slice(0, -2)) node.nests = true;
    chain.at(-1)!.field = { values: field.values, tests: field.tests, slot: field.absence ? slots : -1 };
    if (!field.absence) return;
    const depth = absenceDepth(path, paths.slice(0, index));
    chain[depth]!.absences.push({ slot: slots, path: path.slice(depth).join(".") });
    slots += 1;
  });
  const absent = new Uint8Array(slots);
  return (event) => matches(root, event, absent, 0);
}

const emptyNode = (): Node => ({ children: new Map(), absences: [], nests: false });

/**
 * A field is absent when no element that is still possible has it. event-ruler goes through fields in the order of their
 * paths, so elements are chosen by the fields before: this is how deep the choice reaches.
 */
function absenceDepth(path: string[], before: { path: string[]; field: Field }[]): number {
  let depth = 0;
  for (const other of before) {
    if (other.field.values.size === 0 && other.field.tests.length === 0) continue;
    let shared = 0;
    while (shared < Math.min(path.length, other.path.length) - 1 && path[shared] === other.path[shared]) shared += 1;
    depth = Math.max(depth, shared);
  }
  return depth;
}

function matches(node: Node, value: unknown, absent: Uint8Array, arrays: number): boolean {
  if (node.field !== undefined && !fieldMatches(node.field, value, absent, arrays)) return false;
  return node.children.size === 0 || descend(node, value, absent, arrays);
}

/** One element has all that the node's children ask for; an array without objects in it has as much as nothing. */
function descend(node: Node, value: unknown, absent: Uint8Array, arrays: number): boolean {
  if (!Array.isArray(value)) return childrenMatch(node, value, absent, arrays);
  if (arrays > ARRAYS_MAX) return false;
  let any = false;
  for (const element of value as unknown[]) {
    if (!isObject(element)) continue;
    any = true;
    if (descend(node, element, absent, arrays + 1)) return true;
  }
  return !any && childrenMatch(node, undefined, absent, arrays);
}

function childrenMatch(node: Node, value: unknown, absent: Uint8Array, arrays: number): boolean {
  const object = isObject(value) ? unjoined(value, node) : undefined;
  for (const { slot, path } of node.absences) absent[slot] = object !== undefined && hasField(object, path, 0, arrays) ? 0 : 1;
  for (const [name, child] of node.children) {
    if (!matches(child, object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined, absent, arrays)) return false;
  }
  return true;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !(value instanceof LongNumber);

function fieldMatches(field: NodeField, value: unknown, absent: Uint8Array, arrays: number): boolean {
  if (field.slot >= 0 && absent[field.slot] === 1) return true;
  return someScalar(field, value, arrays);
}

function someScalar(field: NodeField, value: unknown, arrays: number): boolean {
  if (Array.isArray(value)) return arrays <= ARRAYS_MAX && value.some((element) => someScalar(field, element, arrays + 1));
  if (value === undefined || isObject(value)) return false;
  return field.values.has(value as string) || field.tests.some((test) => test(value as Scalar));
}

/** Whether there is any scalar at the path from character `at` on, in whichever elements. */
function hasField(value: unknown, path: string, at: number, arrays: number): boolean {
  if (Array.isArray(value)) return arrays <= ARRAYS_MAX && value.some((element) => hasField(element, path, at, arrays + 1));
  if (at > path.length) return value !== undefined && !isObject(value);
  if (!isObject(value)) return false;
  for (const key in value) if (after(path, at, key) !== undefined && hasField(value[key], path, after(path, at, key)!, arrays)) return true;
  return false;
}

/** Where a path, joined with dots, goes on behind this key; undefined when it does not lead over it. A key may be several of its steps. */
export function after(path: string, at: number, key: string): number | undefined {
  const end = at + key.length;
  return path.startsWith(key, at) && (end === path.length || path[end] === ".") ? end + 1 : undefined;
}

/** The object with "a.b" as { a: { b } }, where the branch asks for something in a; nearly always the object itself. */
function unjoined(object: Record<string, unknown>, node: Node): Record<string, unknown> {
  if (!node.nests) return object;
  let result: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const dot = key.indexOf(".");
    if (dot < 0 || !node.children.has(key.slice(0, dot))) continue;
    result ??= Object.assign(Object.create(null) as Record<string, unknown>, object);
    result[key.slice(0, dot)] = together(result[key.slice(0, dot)], { [key.slice(dot + 1)]: object[key] });
  }
  return result ?? object;
}

/** What is at one path twice: both, as deep as patterns go. */
function together(one: unknown, other: unknown, depth = 0): unknown {
  if (one === undefined) return other;
  if (depth > DEPTH_MAX || !isObject(one) || !isObject(other) || Array.isArray(one) || Array.isArray(other)) return [one, other];
  const result = Object.assign(Object.create(null) as Record<string, unknown>, one);
  for (const [key, value] of Object.entries(other)) result[key] = together(result[key], value, depth + 1);
  return result;
}
