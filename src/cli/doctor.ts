// evoke doctor: what this machine allows, what is missing, and how to get it. Exit code 1 when something is missing.
import { diagnose } from "../engine/doctor.ts";
import { openInterpreters } from "../engine/interpreters.ts";
import { realClock } from "../kernel/clock.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import type { Command } from "./arguments.ts";
import { print, printJson, withProgress } from "./terminal.ts";

export async function doctor({ config, environment, json }: Command): Promise<number> {
  const interpreters = openInterpreters({ dataDir: config.data, environment, execPath: process.execPath, log: silentLog });
  const { data: dataDir, host, port, isolation } = config;
  const findings = await withProgress("looking", diagnose({ dataDir, host, port, isolation, interpreters, clock: realClock(), ids: realIds(), log: silentLog }));
  if (json) printJson(findings);
  else for (const { name, ok, says, fix } of findings) print(`${ok ? "ok     " : "missing"}  ${name}: ${says}${fix ? `\n         ${fix}` : ""}`);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}
