// From a command's name to its file; and help.
import { type Command, COMMANDS, UsageError } from "./arguments.ts";
import type { StartEvoke } from "./dev.ts";
import { flagOf, SETTINGS, SETTING_NAMES } from "../config.ts";
import { CommandError, print, table } from "./terminal.ts";

/** The exit code: 0 done, 1 failed, 2 misused. */
export async function run(command: Command, start: StartEvoke): Promise<number> {
  try {
    switch (command.name) {
      case "status": return await (await import("./status.ts")).status(command);
      case "deploy": return await (await import("./deploy.ts")).deploy(command);
      case "dev": return await (await import("./dev.ts")).dev(command, start);
      case "invoke": return await (await import("./invoke.ts")).invoke(command);
      case "event": return await (await import("./event.ts")).event(command);
      case "emit": return await (await import("./emit.ts")).emit(command);
      case "logs": return await (await import("./logs.ts")).logs(command);
      case "outbox": return await (await import("./outbox.ts")).outbox(command);
      case "clock": return await (await import("./clock.ts")).clock(command);
      case "runtimes": return await (await import("./runtimes.ts")).runtimes(command);
      case "doctor": return await (await import("./doctor.ts")).doctor(command);
      default: return help(command);
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    process.stderr.write(`evoke: ${error.message}\n`);
    return 1;
  }
}

function help({ positionals: [name] }: Command): number {
  const about = name === undefined ? undefined : COMMANDS[name];
  if (name !== undefined && !about) throw new UsageError(`there is no command "${name}"; there are ${Object.keys(COMMANDS).join(", ")}`);
  if (!about) {
    print("Evoke runs AWS Lambda functions on this machine.\n\nUsage: evoke COMMAND [OPTIONS]\n");
    print(table(Object.entries(COMMANDS).map(([command, { takes, says }]) => [`  ${command} ${takes}`, says])));
    print("\nAny command takes --json for machines. More: evoke help COMMAND");
    return 0;
  }
  print(`${about.says}\n\nUsage: evoke ${name} ${about.takes}`.trimEnd());
  const own = Object.entries(about.options).map(([option, { type }]) => [`  --${option}${type === "string" ? " VALUE" : ""}`, OPTION_SAYS[`${name} ${option}`] ?? OPTION_SAYS[`deploy ${option}`] ?? ""]);
  if (own.length > 0) print(`\nOptions:\n${table(own)}`);
  if (name === "start") print(`\nOptions:\n${table(SETTING_NAMES.map((setting) => [`  --${flagOf(setting)}${"takes" in SETTINGS[setting] && SETTINGS[setting].takes ? ` ${SETTINGS[setting].takes}` : ""}`, SETTINGS[setting].says]))}`);
  print(`\nExamples:\n${about.examples.map((example) => `  ${example}`).join("\n")}`);
  return 0;
}

const OPTION_SAYS: Record<string, string> = {
  "deploy name": "the function's name; by default the folder's",
  "deploy runtime": "as AWS names it (nodejs24.x, python3.13, provided.al2023); by default found from the files",
  "deploy handler": "by default found from the files",
  "deploy timeout": "seconds, 1 to 900",
  "deploy memory": "megabytes, 128 to 10240",
  "deploy env": "KEY=VALUE, as often as needed",
  "dev inspect": "a debugger attaches at this port, by default 9229 (Node.js, Python)",
  "dev inspect-wait": "wait for it before the function's first line",
  "deploy role": "ARN of the execution role; by default one named evoke-deploy is made",
  "invoke event": "a JSON file, or - for standard input; by default {}",
  "invoke sample": "a sample event: s3:ObjectCreated:Put (all of them: evoke event)",
  "invoke set": "PATH=VALUE changes the sample, as often as needed",
  "event set": "PATH=VALUE changes the sample, as often as needed",
  "emit detail": "JSON, or @FILE; by default {}",
  "emit resources": "ARNs, with commas between them",
  "emit account": "by default the access key where that has 12 digits, else 000000000000",
  "emit time": "when it happened, such as 2026-11-20T10:00:00Z; by default now",
  "invoke stream": "print the answer as it comes (InvokeWithResponseStream)",
  "invoke quiet": "do not show the log",
  "logs follow": "go on until interrupted",
  "logs since": "how far back: 30s, 10m, 2h, 1d (by default 1h)",
  "logs filter": "a CloudWatch Logs filter pattern",
  "outbox account": "another account than that of the access key (where signatures are not verified)",
};
