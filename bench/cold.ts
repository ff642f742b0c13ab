// The first invoke of a function, over HTTP, against spawning the bare interpreter; and what an idle environment weighs.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { lambdaAt, makeFunction, SOURCES, timeInvoke } from "./function.ts";
import { childrenPssMb, median, ROOT, serveEvoke, timeOf } from "./process.ts";
import type { Row } from "./run.ts";

export async function coldStarts(quick: boolean): Promise<Row[]> {
  const rounds = quick ? 5 : 15;
  const rows: Row[] = [];
  for (const kind of ["node", "python"]) {
    const bare = bareInterpreter(kind);
    if (!bare) continue;
    for (const prewarm of [0, 1]) {
      const evoke = await serveEvoke("--prewarm", String(prewarm));
      const lambda = lambdaAt(evoke.url);
      const [ours, floor]: [number[], number[]] = [[], []];
      try {
        await makeFunction(lambda, "first", kind);
        await timeInvoke(lambda, "first"); // the platform's own first time (its client library, its caches) is start-up, not cold start
        for (let round = 0; round < rounds; round++) {
          await makeFunction(lambda, `cold-${round}`, kind);
          await new Promise((resolve) => setTimeout(resolve, prewarm ? 400 : 50)); // a spare process gets its time to be ready
          ours.push(await timeInvoke(lambda, `cold-${round}`));
          floor.push(await timeOf(bare[0]!, bare.slice(1)));
        }
        if (prewarm === 0) rows.push(await idleMemory(kind, evoke.child.pid!, rounds + 1));
      } finally {
        lambda.destroy();
        await evoke.stop();
      }
      const [ms, floorMs] = [median(ours), median(floor)];
      const bar = kind === "node" ? (prewarm ? 0.3 : 1.3) : undefined;
      rows.push({ what: `cold start, ${kind}${prewarm ? ", pre-warmed" : ""}`, evoke: `${ms.toFixed(1)} ms`, floor: `${floorMs.toFixed(1)} ms (bare ${bare.slice(1).join(" ")})`, ratio: (ms / floorMs).toFixed(2), bar: bar ? `≤ ${bar}` : "", met: bar === undefined ? undefined : ms / floorMs <= bar });
    }
  }
  return rows;
}

async function idleMemory(kind: string, pid: number, environments: number): Promise<Row> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { what: `memory per idle environment, ${kind}`, evoke: `${(childrenPssMb(pid) / environments).toFixed(1)} MB`, floor: "", ratio: "", bar: "", met: undefined };
}

/** The command that starts the same interpreter and ends at once. */
function bareInterpreter(kind: string): string[] | undefined {
  if (kind === "node") return [process.execPath, "-e", "0"];
  try {
    const runtimes = JSON.parse(execFileSync(process.execPath, [join(ROOT, "bin/evoke.mjs"), "runtimes", "--json"], { encoding: "utf8" })) as { runtime: string; path: string }[];
    return [runtimes.find(({ runtime }) => runtime === SOURCES[kind]!.runtime)!.path, "-c", "0"];
  } catch {
    return undefined;
  }
}
