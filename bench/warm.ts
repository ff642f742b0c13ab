// Warm invokes of an echo function at 1, 8 and 32 connections, in turn with a bare node:http echo.
import { join } from "node:path";
import { lambdaAt, makeFunction, timeInvoke } from "./function.ts";
import { type Load, load, median, ROOT, serve, serveEvoke } from "./process.ts";
import type { Row } from "./run.ts";

export async function warmInvokes(quick: boolean): Promise<Row[]> {
  const [evoke, echo] = [await serveEvoke(), await serve([join(ROOT, "bench/echo.ts")])];
  const lambda = lambdaAt(evoke.url);
  const rows: Row[] = [];
  try {
    for (const kind of ["node", "python"]) {
      const name = `echo-${kind}`;
      await makeFunction(lambda, name, kind);
      await timeInvoke(lambda, name);
      for (const connections of [1, 8, 32]) rows.push(...(await compare(kind, name, connections, evoke.url, echo.url, quick)));
    }
  } finally {
    lambda.destroy();
    await Promise.all([evoke.stop(), echo.stop()]);
  }
  return rows;
}

async function compare(kind: string, name: string, connections: number, evokeUrl: string, echoUrl: string, quick: boolean): Promise<Row[]> {
  const [ours, floor]: [Load[], Load[]] = [[], []];
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    floor.push(await load(echoUrl, "/", connections, quick ? 1 : 2));
    ours.push(await load(evokeUrl, `/2015-03-31/functions/${name}/invocations`, connections, quick ? 1 : 2));
  }
  const failures = ours.reduce((sum, one) => sum + one.failures, 0);
  if (failures > 0) throw new Error(`${failures} invokes of ${name} failed at ${connections} connections`);
  const of = (loads: Load[], pick: (one: Load) => number) => median(loads.map(pick));
  const [perSecond, floorPerSecond, p50, floorP50] = [of(ours, (one) => one.perSecond), of(floor, (one) => one.perSecond), of(ours, (one) => one.p50Us), of(floor, (one) => one.p50Us)];
  const throughput: Row = { what: `warm ${kind} invokes per second, ${connections} connections`, evoke: `${Math.round(perSecond)}`, floor: `${Math.round(floorPerSecond)} (bare node:http echo)`, ratio: (perSecond / floorPerSecond).toFixed(2), bar: connections === 32 && kind === "node" ? "≥ 0.40" : "", met: connections === 32 && kind === "node" ? perSecond / floorPerSecond >= 0.4 : undefined };
  const latency: Row = { what: `… p50 (p99) at ${connections}`, evoke: `${Math.round(p50)} (${Math.round(of(ours, (one) => one.p99Us))}) µs`, floor: `${Math.round(floorP50)} (${Math.round(of(floor, (one) => one.p99Us))}) µs`, ratio: (p50 / floorP50).toFixed(2), bar: connections === 1 && kind === "node" ? "≤ 3" : "", met: connections === 1 && kind === "node" ? p50 / floorP50 <= 3 : undefined };
  return [throughput, latency];
}
