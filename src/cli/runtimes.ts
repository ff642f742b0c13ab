// evoke runtimes: which interpreters are here; evoke runtimes add nodejs22.x brings one.
import { openInterpreters } from "../engine/interpreters.ts";
import { silentLog } from "../kernel/log.ts";
import { UsageError, type Command } from "./arguments.ts";
import { CommandError, print, printJson, table } from "./terminal.ts";

export async function runtimes(command: Command): Promise<number> {
  const interpreters = openInterpreters({ dataDir: command.config.data, environment: command.environment, execPath: process.execPath, log: silentLog });
  const [verb, runtime] = command.positionals;
  if (verb === "add" && runtime !== undefined) {
    const found = await interpreters.add(runtime, (line) => process.stderr.write(`${line}\n`)).catch((error) => { throw new CommandError((error as Error).message); });
    if (command.json) printJson(found);
    else print(`${runtime} is ${found.argv[0]} (${found.version})`);
    return 0;
  }
  if (verb !== undefined) throw new UsageError("say nothing, or: evoke runtimes add RUNTIME");
  const list = await interpreters.list();
  if (command.json) {
    printJson(list.map(({ runtime: name, found, missing }) => ({ runtime: name, version: found?.version, exact: found?.exact, path: found?.argv[0], missing })));
    return 0;
  }
  print(table([["RUNTIME", "RUNS ON", "PATH"], ...list.map(({ runtime: name, found, missing }) => [name, found ? `${found.version}${found.exact ? "" : " (nearest newer)"}` : "missing", found ? found.argv[0]! : (missing ?? "")])]));
  return 0;
}
