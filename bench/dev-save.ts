// From a save under `evoke dev` to the moment from which invocations run the new code, with folders of all sizes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { GetFunctionConfigurationCommand, InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { lambdaAt } from "./function.ts";
import { cpuMs, median, ROOT, serveEvoke, type Server } from "./process.ts";
import type { Row } from "./run.ts";

const BAR_MS = 100;
const NAME = "saved";
/** Links for the next save are made, and the processor is others' again. */
const BETWEEN_MS = 1_500;

export async function devSaves(quick: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const files of [20, 2_000, 10_000]) rows.push(await measure(files, quick ? 5 : 15));
  return rows;
}

const sleep = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });
const handler = (answer: number) => `export const handler = async () => ${answer};\n`;

async function measure(files: number, saves: number): Promise<Row> {
  const root = mkdtempSync(join(tmpdir(), "evoke-bench-dev-"));
  const code = join(root, NAME);
  fill(code, files);
  const evoke = await serveEvoke();
  const lambda = lambdaAt(evoke.url);
  let dev: ChildProcess | undefined;
  try {
    dev = await developing(code, evoke);
    const [switched, answered, cpu]: number[][] = [[], [], []] as never;
    await lambda.send(new InvokeCommand({ FunctionName: NAME }));
    for (let n = 1; n <= saves; n++) {
      await sleep(BETWEEN_MS);
      const cpuBefore = cpuMs(evoke.child.pid!) + cpuMs(dev.pid!);
      const began = performance.now();
      const before = await sha256(lambda);
      writeFileSync(join(code, "index.mjs"), handler(n));
      const saved = performance.now();
      while ((await sha256(lambda)) === before) await sleep(2);
      switched!.push(performance.now() - saved);
      const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: NAME }));
      answered!.push(performance.now() - saved);
      if (Buffer.from(Payload!).toString() !== String(n)) throw new Error(`save ${n} was answered ${Buffer.from(Payload!).toString()}`);
      await sleep(Math.max(0, BETWEEN_MS - (performance.now() - began)));
      cpu!.push(cpuMs(evoke.child.pid!) + cpuMs(dev.pid!) - cpuBefore);
    }
    const p50 = median(switched!);
    return {
      what: `evoke dev, ${files.toLocaleString("en")} files: save → invocations run the new code`,
      evoke: `${p50.toFixed(0)} ms (at most ${Math.max(...switched!).toFixed(0)}; first answer after ${median(answered!).toFixed(0)}; ${median(cpu!).toFixed(0)} ms of CPU time in all)`,
      floor: "15 ms (waiting for the save to end)", ratio: (p50 / 15).toFixed(2), bar: `≤ ${BAR_MS} ms`, met: p50 <= BAR_MS,
    };
  } finally {
    lambda.destroy();
    if (dev) {
      dev.kill("SIGINT");
      await once(dev, "exit");
    }
    await evoke.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** About 1 KB each that does not compress well, twenty in a package, as node_modules has them. */
function fill(code: string, files: number): void {
  for (let n = 0; n < files - 1; n++) {
    const lib = join(code, "node_modules", `package${n % Math.ceil(files / 20)}`, "lib", `d${n % 4}`);
    mkdirSync(lib, { recursive: true });
    writeFileSync(join(lib, `${n}.js`), Array.from({ length: 40 }, (_, line) => `exports.x${(n * 7_919 * (line + 1) % 1_000_003).toString(36)} = ${n};`).join("\n"));
  }
  writeFileSync(join(code, "index.mjs"), handler(0));
}

async function developing(code: string, { url }: Server): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(ROOT, "bin/evoke.mjs"), "dev", code], { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, AWS_ENDPOINT_URL: url } });
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout!).on("line", (line) => { if (line.startsWith("created")) resolve(); });
    child.once("exit", (exit) => reject(new Error(`evoke dev ended with ${exit}`)));
  });
  return child;
}

/** Of the code that invocations run. */
async function sha256(lambda: LambdaClient): Promise<string | undefined> {
  const { CodeSha256, LastUpdateStatus } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: NAME }));
  return LastUpdateStatus === "InProgress" ? sha256(lambda) : CodeSha256;
}
