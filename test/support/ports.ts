// The engine's ports as a room sees them, without processes: packages kept in memory, and a function that answers what it is told.
import { createHash } from "node:crypto";
import { BadCode, type CodePackage, type CodePackages } from "../../src/ports/code.ts";
import type { Functions, Invocation, InvokeResult, StreamedResult } from "../../src/ports/functions.ts";

export interface MemoryCode extends CodePackages {
  readonly kept: Map<string, Uint8Array>;
}

export function memoryCode(): MemoryCode {
  const kept = new Map<string, Uint8Array>();
  const check = async (zip: Uint8Array): Promise<CodePackage> => {
    if (Buffer.from(zip).subarray(0, 2).toString() !== "PK") throw new BadCode("not-a-zip", "it does not begin as a zip does");
    const hash = createHash("sha256").update(zip).digest();
    return { id: hash.toString("hex"), sha256: hash.toString("base64"), sizeBytes: zip.byteLength, unzippedBytes: zip.byteLength };
  };
  return {
    kept,
    check,
    async add(zip) {
      const found = await check(zip);
      kept.set(found.id, zip);
      return found;
    },
    read: async (id) => kept.get(id),
    async keepOnly(used) {
      for (const id of kept.keys()) if (!used.has(id)) kept.delete(id);
    },
    downloadUrl: (id) => `http://127.0.0.1/_evoke/code/${id}`,
  };
}

export interface ScriptedFunctions extends Functions {
  /** What the room handed over, oldest first. */
  readonly seen: Invocation[];
  answer: (invocation: Invocation) => Promise<InvokeResult>;
  stream: (invocation: Invocation) => Promise<StreamedResult>;
}

export function scriptedFunctions(): ScriptedFunctions {
  const functions: ScriptedFunctions = {
    seen: [],
    answer: async ({ payload }) => ({ failed: false, payload, executedVersion: "$LATEST" }),
    stream: async () => { throw new Error("this test has scripted no stream"); },
    async invoke(invocation) {
      functions.seen.push(invocation);
      return functions.answer(invocation);
    },
    async invokeStreaming(invocation) {
      functions.seen.push(invocation);
      return functions.stream(invocation);
    },
  };
  return functions;
}
