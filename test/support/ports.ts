// The engine's ports as a room sees them, without processes: packages kept in memory, and a function that answers what it is told.
import { createHash } from "node:crypto";
import { BadCode, type CodePackage, type CodePackages } from "../../src/ports/code.ts";
import type { AsyncEvent, Events } from "../../src/ports/events.ts";
import type { Functions, FunctionVersion, Invocation, InvokeResult, StreamedResult } from "../../src/ports/functions.ts";
import type { Provisioning } from "../../src/ports/provisioning.ts";
import type { RuntimeVersions } from "../../src/ports/runtime-versions.ts";

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
    async keepOnly(findUsed) {
      const used = await findUsed();
      for (const id of kept.keys()) if (!used.has(id)) kept.delete(id);
      return false;
    },
    downloadUrl: (id) => `http://127.0.0.1/_evoke/code/${id}`,
  };
}

/** Accepts every event and keeps it, oldest first. */
export function recordedEvents(): Events & { readonly seen: AsyncEvent[] } {
  const seen: AsyncEvent[] = [];
  return {
    seen,
    async enqueue(event) { seen.push(event); },
    async invoke() { throw new Error("this test has scripted no answer to events"); },
  };
}

/** Versions to keep environments of, and the states that the test says they are in. */
export function scriptedProvisioning(): Provisioning & { readonly wanted: Map<string, number>; ready: (wanted: number) => number; failure: string | undefined } {
  const wanted = new Map<string, number>();
  const scripted = {
    wanted,
    ready: (count: number) => count,
    failure: undefined as string | undefined,
    provision({ name, version }: FunctionVersion, count: number) {
      if (count) wanted.set(`${name}:${version}`, count);
      else wanted.delete(`${name}:${version}`);
    },
    state({ name, version }: FunctionVersion) {
      const count = wanted.get(`${name}:${version}`) ?? 0;
      return { wanted: count, ready: scripted.ready(count), ...(scripted.failure === undefined ? {} : { failure: scripted.failure }) };
    },
    changed: async () => undefined,
  };
  return scripted;
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

/** Which interpreters a machine has: those of `here`, and version 1.0.0 of every other runtime. */
export function scriptedRuntimeVersions(here: Record<string, string[]> = {}): RuntimeVersions & { readonly here: Record<string, string[]> } {
  const versions = async (runtime: string) => here[runtime] ?? ["1.0.0"];
  return {
    here, versions,
    async find(runtime, pinned) {
      const version = (await versions(runtime)).find((each) => pinned === undefined || each === pinned);
      return version === undefined ? { missing: `${runtime} ${pinned ?? ""} is not here` } : { version };
    },
  };
}
