// CBOR bodies, for rpcv2Cbor (and Kinesis' older application/x-amz-cbor-1.1). https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
import { unreadable } from "./scalars.ts";
import { put, type Shape } from "./shape.ts";
import { readTree, type TreeDialect } from "./tree.ts";

type CborLibrary = typeof import("@smithy/core/cbor");

const BINARY: TreeDialect = { jsonName: false, binary: true };
const EPOCH_TAG = 1;
let library: Promise<CborLibrary> | undefined;

/** Loaded with the first CBOR request (it brings 10 MB along). */
export const loadCbor = (): Promise<CborLibrary> => (library ??= import("@smithy/core/cbor"));

export function readCbor(cbor: CborLibrary, shape: Shape, bytes: Uint8Array): Record<string, unknown> {
  let tree: unknown;
  try {
    tree = cbor.cbor.deserialize(bytes);
  } catch {
    throw unreadable("");
  }
  return readTree(shape, untag(tree), BINARY) as Record<string, unknown>;
}

/** The library leaves timestamps tagged. */
function untag(value: unknown, depth = 0): unknown {
  if (depth > 200) throw unreadable("");
  if (Array.isArray(value)) return value.map((item) => untag(item, depth + 1));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof Date) return value;
  const tagged = value as { tag?: unknown; value?: unknown };
  if (Object.getOwnPropertySymbols(value).length > 0) return Number(tagged.tag) === EPOCH_TAG ? new Date(Number(tagged.value) * 1000) : tagged.value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) put(out, key, untag(item, depth + 1));
  return out;
}

export const writeCbor = (cbor: CborLibrary, shape: Shape, value: object): Uint8Array => cbor.cbor.serialize(cborTree(cbor, shape, value)) as Uint8Array;

function cborTree(cbor: CborLibrary, shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const out: Record<string, unknown> = {};
      for (const member of shape.members) {
        const inner = (value as Record<string, unknown>)[member.name];
        if (inner !== undefined && inner !== null) out[member.name] = cborTree(cbor, member.shape, inner);
      }
      return out;
    }
    case "list": return (value as unknown[]).map((item) => (item === null || item === undefined ? null : cborTree(cbor, shape.value!.shape, item)));
    case "map": {
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value as Record<string, unknown>)) put(out, key, item === null ? null : cborTree(cbor, shape.value!.shape, item));
      return out;
    }
    case "timestamp": return cbor.tag({ tag: EPOCH_TAG, value: (value as Date).getTime() / 1000 });
    case "unit": return {};
    default: return value;
  }
}
