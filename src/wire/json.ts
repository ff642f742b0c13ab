// JSON bodies, for awsJson and restJson. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
import { base64Of, isNumericValue, readTimestampText, unreadable, writeTimestamp } from "./scalars.ts";
import { type Member, put, type Shape } from "./shape.ts";
import { keyOf, readStructure, readTree, type TreeDialect, treeOf } from "./tree.ts";

export const RPC_JSON: TreeDialect = { jsonName: false, binary: false };
export const REST_JSON: TreeDialect = { jsonName: true, binary: false };

const utf8 = new TextDecoder("utf-8", { fatal: true });
declare global { interface JSON { rawJSON(text: string): unknown } }

/** AWS says nothing beside the code when the text is not JSON at all (Athena, observed 2026). */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw unreadable("");
  }
}

export const readJsonMembers = (members: Member[], bytes: Uint8Array, dialect: TreeDialect): Record<string, unknown> =>
  readStructure(members, treeOf(parseJson(bytes), ""), dialect);

export const readJsonValue = (shape: Shape, bytes: Uint8Array, dialect: TreeDialect): unknown => readTree(shape, parseJson(bytes), dialect);

export const writeJsonMembers = (members: Member[], output: Record<string, unknown>, dialect: TreeDialect): string => JSON.stringify(structureTree(members, output, dialect));

export const writeJsonValue = (shape: Shape, value: unknown, dialect: TreeDialect): string => JSON.stringify(jsonTree(shape, value, dialect));

function structureTree(members: Member[], value: Record<string, unknown>, dialect: TreeDialect): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of members) {
    const inner = value[member.name];
    if (inner !== undefined && inner !== null) out[keyOf(member, dialect)] = jsonTree(member.shape, inner, dialect);
  }
  return out;
}

export function jsonTree(shape: Shape, value: unknown, dialect: TreeDialect): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": return structureTree(shape.members, value as Record<string, unknown>, dialect);
    case "list": return (value as unknown[]).map((item) => (item === null || item === undefined ? null : jsonTree(shape.value!.shape, item, dialect)));
    case "map": {
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value as Record<string, unknown>)) if (item !== undefined) put(out, key, item === null ? null : jsonTree(shape.value!.shape, item, dialect));
      return out;
    }
    case "timestamp": return timestampTree(shape, value);
    case "blob": return typeof value === "string" ? value : base64Of(value as Uint8Array);
    case "number": return Number.isFinite(value) ? value : String(value);
    case "bigInteger": return JSON.rawJSON(String(value));
    case "bigDecimal": return JSON.rawJSON(isNumericValue(value) ? value.string : String(value));
    default: return value;
  }
}

function timestampTree(shape: Shape, value: unknown): unknown {
  const date = value instanceof Date ? value : readTimestampText(String(value));
  return shape.format && shape.format !== "epoch-seconds" ? writeTimestamp(date, shape.format) : date.getTime() / 1000;
}
