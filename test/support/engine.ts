// A real engine for one test file: real sandboxes, real stores, and a log kept in memory.
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Engine, type EngineOptions, openEngine } from "../../src/engine/engine.ts";
import { openInterpreters } from "../../src/engine/interpreters.ts";
import { openSandbox } from "../../src/engine/sandbox/open.ts";
import { realClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { lineLog } from "../../src/kernel/log.ts";
import type { FunctionVersion, InvokeResult, StreamedResult } from "../../src/ports/functions.ts";
import type { LogSink } from "../../src/ports/logs.ts";
import { openStores } from "../../src/storage/open.ts";
import { zipOf } from "./zip.ts";

const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
/** An interpreter that a sandbox sees: under /usr. */
export const PYTHON = ["/usr/bin/python3", "/usr/local/bin/python3"].find((path) => existsSync(path));

export interface TestEngine {
  engine: Engine;
  dataDir: string;
  /** Every line logged so far by a function, in order. */
  lines(name: string): Promise<string[]>;
  streams(name: string): string[];
  /** Every observation so far, by metric and the values of its dimensions: "Errors", "Errors hello", "Errors hello hello:1". */
  measured: Map<string, number[]>;
  /** What the Lambda room says is reserved in that account, all functions together. */
  reserve(account: string, sum: number): void;
  version(name: string, files: Record<string, string | Uint8Array>, more?: Partial<FunctionVersion>): Promise<FunctionVersion>;
  /** A function made of test/functions/custom/bootstrap.py. */
  custom(name: string, more?: Partial<FunctionVersion>): Promise<FunctionVersion>;
  forget(version: FunctionVersion): void;
  invoke(version: FunctionVersion, event: unknown, tail?: boolean): Promise<InvokeResult & { json: any; requestId: string }>;
  stream(version: FunctionVersion, event: unknown): Promise<StreamedResult>;
  close(): Promise<void>;
}

export async function openTestEngine(settings: Partial<EngineOptions["settings"]> = {}, environment: Record<string, string | undefined> = process.env, isolation: "auto" | "uid" | "none" = "auto", more: Pick<EngineOptions, "inspectors" | "eventsMax"> = {}): Promise<TestEngine> {
  const clock = realClock();
  const ids = realIds();
  const log = lineLog((process.env["EVOKE_TEST_LOG"] as "warn") ?? "error", clock.now, (line) => process.stderr.write(`${line}\n`));
  const dataDir = await mkdtemp(join(tmpdir(), "evoke-engine-"));
  const stores = await openStores({ data: dataDir, ephemeral: true, database: undefined, clock, log });
  const interpreters = openInterpreters({ dataDir, environment, execPath: process.execPath, log });
  const written = new Map<string, { stream: string; line: string }[]>();
  const versions = new Map<string, FunctionVersion>();
  const measured = new Map<string, number[]>();
  const reserved = new Map<string, number>();
  const logs: LogSink = {
    put({ group, stream }, events) {
      const lines = written.get(group) ?? [];
      written.set(group, lines);
      for (const { message } of events) lines.push({ stream, line: message });
    },
    flush: async () => {},
  };
  const sandbox = await openSandbox({ isolation, dataDir, clock, ids, log });
  const engine = await openEngine({
    dataDir, settings: { environmentsMax: 20, idleSeconds: 60, prewarm: 0, network: "shared", images: "", ...settings }, clock, ids, log, stores, logs,
    metrics: {
      series({ name, dimensions }) {
        const keys = dimensions.map((each) => [name, ...Object.values(each)].join(" "));
        const lists = keys.map((key) => {
          if (!measured.has(key)) measured.set(key, []);
          return measured.get(key)!;
        });
        return (value) => { for (const list of lists) list.push(value); };
      },
      flush: async () => undefined,
    },
    versions: { find: async (arn) => versions.get(arn), reservedConcurrency: async (account) => reserved.get(account) ?? 0 },
    identity: { findKey: async () => undefined, credentialsForRole: async (role) => ({ accessKeyId: "ASIATEST", secretAccessKey: "secret", sessionToken: `token for ${role}`, expiresAtMs: clock.now() + 3_600_000 }) },
    sandbox,
    interpreters: { ...interpreters, find: async (runtime, pinned) => (runtime === "python3.9" ? { missing: `${runtime} is not installed here; get it with: evoke runtimes add ${runtime}` } : interpreters.find(runtime, pinned)) },
    endpointUrl: () => "http://127.0.0.1:4566", ...more,
  });
  const version: TestEngine["version"] = async (name, files, more = {}) => {
    const arn = `arn:aws:lambda:eu-west-1:000000000000:function:${name}`;
    const made: FunctionVersion = {
      arn, account: "000000000000", region: "eu-west-1", name, version: "$LATEST", revision: ids.uuid(), runtime: "provided.al2023", handler: "index.handler",
      role: "arn:aws:iam::000000000000:role/test", architecture: "x86_64", timeoutSeconds: 3, memoryMb: 128, ephemeralStorageMb: 512, environment: {},
      codeId: (await engine.code.add(await zipOf(files))).id, logging: { format: "Text", applicationLevel: "INFO", systemLevel: "INFO", group: `/aws/lambda/${name}` }, tracing: "PassThrough", ...more,
    };
    versions.set(`${arn}:${made.version}`, made);
    return made;
  };
  return {
    engine, dataDir, version, measured,
    reserve(account, sum) { reserved.set(account, sum); },
    async lines(name) {
      for (let last = -1, same = 0; same < 3;) { // written in batches: wait until nothing more comes
        await clock.sleep(30);
        const count = written.get(`/aws/lambda/${name}`)?.length ?? 0;
        same = count === last ? same + 1 : 0;
        last = count;
      }
      return (written.get(`/aws/lambda/${name}`) ?? []).map(({ line }) => line);
    },
    streams: (name) => [...new Set((written.get(`/aws/lambda/${name}`) ?? []).map(({ stream }) => stream))],
    custom: async (name, more) => version(name, { bootstrap: `#!${PYTHON}\n${await readFile(join(REPOSITORY, "test/functions/custom/bootstrap.py"), "utf8")}` }, more),
    forget: (gone) => void versions.delete(`${gone.arn}:${gone.version}`),
    async invoke(of, event, tail = false) {
      const requestId = ids.uuid();
      const result = await engine.functions.invoke({ version: of, invokedArn: of.arn, payload: Buffer.from(JSON.stringify(event)), requestId, tail });
      return { ...result, json: JSON.parse(Buffer.from(result.payload).toString()), requestId };
    },
    stream: (of, event) => engine.functions.invokeStreaming({ version: of, invokedArn: of.arn, payload: Buffer.from(JSON.stringify(event)), requestId: ids.uuid(), tail: false }),
    async close() {
      await engine.close();
      await sandbox.close();
      await stores.close();
      const left = await readdir(join(dataDir, "sandboxes")).catch(() => []);
      await rm(dataDir, { recursive: true, force: true });
      if (left.length) throw new Error(`sandboxes left behind: ${left.join(", ")}`);
    },
  };
}
