// evoke doctor: what this machine allows, what is missing, and how to get it. Exit code 1 when functions could not run at all.
import { diagnose } from "../engine/doctor.ts";
import { realClock } from "../kernel/clock.ts";
import { realIds } from "../kernel/ids.ts";
import { silentLog } from "../kernel/log.ts";
import type { Command } from "./arguments.ts";
import { print, printJson, withProgress } from "./terminal.ts";

export async function doctor(command: Command): Promise<number> {
  const findings = await withProgress("looking", diagnose({ config: command.config, environment: command.environment, execPath: process.execPath, clock: realClock(), ids: realIds(), log: silentLog }));
  if (command.json) printJson(findings);
  else for (const { name, ok, says, fix } of findings) print(`${ok ? "ok     " : "missing"}  ${name}: ${says}${fix ? `\n         ${fix}` : ""}`);
  return findings.every(({ ok, fatal }) => ok || !fatal) ? 0 : 1;
}
