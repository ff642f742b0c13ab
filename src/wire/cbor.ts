// CBOR bodies, for rpcv2Cbor. https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
import { decodeCbor, encodeCbor } from "./cbor-codec.ts";
import { put, type Shape } from "./shape.ts";
import { readTree, type TreeDialect } from "./tree.ts";

const BINARY: TreeDialect = { jsonName: false, binary: true };

export const readCbor = (shape: Shape, bytes: Uint8Array): Record<string, unknown> => readTree(shape, decodeCbor(bytes), BINARY) as Record<string, unknown>;

export const writeCbor = (shape: Shape, value: object): Uint8Array => encodeCbor(cborTree(shape, value));

/** Only what the shape has. */
function cborTree(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": {
      const out: Record<string, unknown> = {};
      for (const member of shape.members) {
        const inner = (value as Record<string, unknown>)[member.name];
        if (inner !== undefined && inner !== null) out[member.name] = cborTree(member.shape, inner);
      }
      return out;
    }
    case "list": return (value as unknown[]).map((item) => (item === null || item === undefined ? null : cborTree(shape.value!.shape, item)));
    case "map": {
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value as Record<string, unknown>)) put(out, key, item === null ? null : cborTree(shape.value!.shape, item));
      return out;
    }
    case "unit": return {};
    default: return value;
  }
}
