// What a value of the AWS API looks like: the published schema tuples, decoded once into plain objects.
// The tuple encoding is the one NormalizedSchema of @smithy/core/schema reads; only this file knows it.

export type Kind = "structure" | "union" | "list" | "map" | "string" | "number" | "boolean" | "timestamp" | "blob" | "document" | "bigInteger" | "bigDecimal" | "unit";
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** The traits the wire layer reads; present means it applies. */
export interface Traits {
  httpLabel?: 1;
  httpPayload?: 1;
  httpResponseCode?: 1;
  httpQueryParams?: 1;
  httpHeader?: string;
  httpQuery?: string;
  httpPrefixHeaders?: string;
  sensitive?: 1;
  streaming?: 1;
  sparse?: 1;
  mediaType?: string;
  jsonName?: string;
  xmlName?: string;
  xmlFlattened?: 1;
  xmlAttribute?: 1;
  /** Prefix (may be empty) and URI. */
  xmlNamespace?: [string, string];
  ec2QueryName?: string;
  eventHeader?: 1;
  eventPayload?: 1;
  error?: "client" | "server";
  httpError?: number;
  awsQueryError?: [string, number];
  http?: [string, string, number];
}

export interface Shape {
  kind: Kind;
  /** Empty for simple shapes: the published schemas do not name them. */
  name: string;
  namespace: string;
  traits: Traits;
  /** Of a structure or union, in the model's order. */
  members: Member[];
  memberOf: Map<string, Member>;
  /** Of a map. */
  key?: Member;
  /** Of a list or map. */
  value?: Member;
  /** Of a timestamp that prescribes its format. */
  format?: TimestampFormat;
}

export interface Member {
  name: string;
  shape: Shape;
  /** The member's own traits over those of a simple shape it points to. */
  traits: Traits;
  required: boolean;
}

const BIT_TRAITS = ["httpLabel", "idempotent", "idempotencyToken", "sensitive", "httpPayload", "httpResponseCode", "httpQueryParams"];
const SIMPLE: Record<number, [Kind, TimestampFormat?]> = {
  0: ["string"], 1: ["number"], 2: ["boolean"], 4: ["timestamp"], 5: ["timestamp", "date-time"], 6: ["timestamp", "http-date"], 7: ["timestamp", "epoch-seconds"],
  15: ["document"], 17: ["bigInteger"], 19: ["bigDecimal"], 21: ["blob"], 42: ["blob"],
};
const STREAMING_BLOB = 42;
const LIST_BIT = 64;
const MAP_BIT = 128;

type Tuple = readonly unknown[];
const known = new WeakMap<object, Shape>();

export function readTraits(encoded: unknown): Traits {
  if (typeof encoded === "object" && encoded !== null) return encoded as Traits;
  const bits = Number(encoded);
  const traits: Record<string, 1> = {};
  BIT_TRAITS.forEach((name, bit) => { if ((bits >> bit) & 1) traits[name] = 1; });
  return traits as Traits;
}

/** Throws when the reference is not encoded as expected: the package's layout has changed. */
export function readShape(reference: unknown): Shape {
  const schema = typeof reference === "function" ? (reference as () => unknown)() : reference;
  if (typeof schema === "number") return simpleShape(schema);
  if (schema === "unit") return emptyShape("unit");
  if (!Array.isArray(schema) || schema.length < 5) throw new Error(`unknown schema encoding ${String(schema).slice(0, 80)}`);
  return known.get(schema) ?? compoundShape(schema);
}

const emptyShape = (kind: Kind): Shape => ({ kind, name: "", namespace: "", traits: {}, members: [], memberOf: new Map() });

function simpleShape(code: number): Shape {
  if (code >= MAP_BIT) return { ...emptyShape("map"), key: memberNamed("key", 0), value: memberNamed("value", code & 63) };
  if (code >= LIST_BIT) return { ...emptyShape("list"), value: memberNamed("member", code & 63) };
  const simple = SIMPLE[code];
  if (!simple) throw new Error(`unknown schema type ${code}`);
  const shape = emptyShape(simple[0]);
  if (simple[1]) shape.format = simple[1];
  if (code === STREAMING_BLOB) shape.traits = { streaming: 1 };
  return shape;
}

function compoundShape(tuple: Tuple): Shape {
  const [type, namespace, name, traits] = tuple as [number, string, string, unknown];
  if (type === 0) { // a simple shape with traits of its own
    const shape = { ...readShape(tuple[4]), name, namespace };
    shape.traits = { ...shape.traits, ...readTraits(traits) };
    known.set(tuple, shape);
    return shape;
  }
  const kind: Kind | undefined = type === 1 ? "list" : type === 2 ? "map" : type === 4 ? "union" : type === 3 || type === -3 ? "structure" : undefined;
  if (!kind) throw new Error(`unknown schema type ${type}`);
  const shape: Shape = { ...emptyShape(kind), name, namespace, traits: readTraits(traits) };
  known.set(tuple, shape); // before its members: shapes may contain themselves
  if (kind === "list") shape.value = memberNamed("member", tuple[4]);
  else if (kind === "map") {
    shape.key = memberNamed("key", tuple[4]);
    shape.value = memberNamed("value", tuple[5]);
  } else readMembers(shape, tuple[4] as string[], tuple[5] as unknown[], (tuple[6] as number | undefined) ?? 0);
  return shape;
}

function readMembers(shape: Shape, names: string[], schemas: unknown[], requiredCount: number): void {
  names.forEach((name, index) => {
    const member = memberNamed(name, schemas[index], index < requiredCount);
    shape.members.push(member);
    shape.memberOf.set(name, member);
  });
}

/** A member is a schema, or a pair of schema and traits, the pair possibly nested. */
function memberNamed(name: string, reference: unknown, required = false): Member {
  let inner = reference;
  let traits: Traits = {};
  while (Array.isArray(inner) && inner.length === 2) {
    traits = { ...readTraits(inner[1]), ...traits };
    inner = typeof inner[0] === "function" ? inner[0]() : inner[0];
  }
  const shape = readShape(inner);
  // A structure's own element name is for when it stands alone; as a member it bears the member's.
  const { xmlName: _, ...inherited } = shape.traits;
  return { name, shape, traits: { ...inherited, ...traits }, required };
}

/** Assigns a key chosen by a caller; a plain assignment of "__proto__" would change the object's prototype. */
export function put(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
