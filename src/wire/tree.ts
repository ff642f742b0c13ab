// Input from a parsed tree (JSON or CBOR) by shape, refusing wrong types in AWS's words. https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
import { DEPTH_MAX, readBase64, readTimestampText, unreadable } from "./scalars.ts";
import { type Member, put, type Shape } from "./shape.ts";

export interface TreeDialect {
  /** restJson names members by their jsonName trait; the RPC protocols do not. */
  jsonName: boolean;
  /** The tree holds Uint8Array, Date and bigint as they are. */
  binary: boolean;
}

type Tree = Record<string, unknown>;

export const keyOf = (member: Member, dialect: TreeDialect): string => (dialect.jsonName ? (member.traits.jsonName ?? member.name) : member.name);

export function readTree(shape: Shape, value: unknown, dialect: TreeDialect, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw unreadable("");
  switch (shape.kind) {
    case "structure":
    case "union": return readStructure(shape.members, treeOf(value, "Expected null"), dialect, depth);
    case "list": return readList(shape, value, dialect, depth);
    case "map": return readMap(shape, treeOf(value, "Expected map or null"), dialect, depth);
    case "document": return checkDocument(value, depth);
    case "unit": return {};
    default: return readScalar(shape, value, dialect);
  }
}

export function readStructure(members: Member[], tree: Tree, dialect: TreeDialect, depth = 0): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of members) {
    const value = tree[keyOf(member, dialect)];
    if (value !== undefined && value !== null) out[member.name] = readTree(member.shape, value, dialect, depth + 1);
  }
  return out;
}

/** An object that is neither list, bytes nor date. `otherwise` is AWS's sentence for a scalar in its place. */
export function treeOf(value: unknown, otherwise: string): Tree {
  if (Array.isArray(value)) throw unreadable("Start of list found where not expected");
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Date) throw unreadable(otherwise);
  return value as Tree;
}

function readList(shape: Shape, value: unknown, dialect: TreeDialect, depth: number): unknown[] {
  if (!Array.isArray(value)) throw unreadable(isTree(value) ? "Start of structure or map found where not expected." : "Expected list or null");
  const { shape: itemShape } = shape.value!;
  const out: unknown[] = [];
  for (const item of value) {
    if (item !== null && item !== undefined) out.push(readTree(itemShape, item, dialect, depth + 1));
    else if (shape.traits.sparse) out.push(null);
  }
  return out;
}

function readMap(shape: Shape, tree: Tree, dialect: TreeDialect, depth: number): Record<string, unknown> {
  const { shape: valueShape } = shape.value!;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(tree)) {
    const value = tree[key];
    if (value !== null && value !== undefined) put(out, key, readTree(valueShape, value, dialect, depth + 1));
    else if (shape.traits.sparse) put(out, key, null);
  }
  return out;
}

function readScalar(shape: Shape, value: unknown, dialect: TreeDialect): unknown {
  switch (shape.kind) {
    case "string":
      if (typeof value === "string") return value;
      throw wrongType(value, "a String");
    case "boolean":
      if (typeof value === "boolean") return value;
      throw wrongType(value, "a Boolean");
    case "number":
    case "bigDecimal":
      if (typeof value === "number" || (dialect.binary && typeof value === "bigint")) return Number(value);
      if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
      throw wrongType(value, "an Integer");
    case "bigInteger":
      if (typeof value === "bigint" || Number.isInteger(value)) return BigInt(value as number);
      throw wrongType(value, "an Integer");
    case "timestamp": return readTimestamp(shape, value);
    default: // blob
      if (value instanceof Uint8Array) return value;
      if (typeof value === "string" && !dialect.binary) return readBase64(value);
      throw wrongType(value, "a Blob");
  }
}

function readTimestamp(shape: Shape, value: unknown): Date {
  const date = value instanceof Date ? value : typeof value === "number" ? new Date(value * 1000) : undefined;
  if (date && !Number.isNaN(date.getTime())) return date;
  if (typeof value === "string" && shape.format && shape.format !== "epoch-seconds") return readTimestampText(value);
  throw wrongType(value, "milliseconds since epoch");
}

/** Observed of Athena and SES v2 in 2026 ("TRUE_VALUE can not be converted to a String"); DynamoDB words it differently. */
function wrongType(value: unknown, wanted: string) {
  if (Array.isArray(value)) return unreadable("Start of list found where not expected");
  if (isTree(value)) return unreadable("Start of structure or map found where not expected.");
  const token = value === true ? "TRUE_VALUE" : value === false ? "FALSE_VALUE" : typeof value === "number" || typeof value === "bigint" ? "NUMBER_VALUE" : "STRING_VALUE";
  return unreadable(`${token} can not be converted to ${wanted}`);
}

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array) && !(value instanceof Date);

function checkDocument(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw unreadable("");
  if (Array.isArray(value)) for (const item of value) checkDocument(item, depth + 1);
  else if (isTree(value)) for (const key of Object.keys(value)) checkDocument(value[key], depth + 1);
  return value;
}
