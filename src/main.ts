// The process: reads the settings, opens the platform, listens, and stops on a signal; every other command is in cli/.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Stopping gives running invokes this long to finish. */
const GRACE_MS = 5_000;

export async function main(argv = process.argv.slice(2)): Promise<void> {
  const { parseArguments, UsageError } = await import("./cli/arguments.ts");
  try {
    const command = parseArguments(argv, process.env, process.cwd());
    if (command.name === "start") await start(command);
    else process.exitCode = await (await import("./cli/commands.ts")).run(command);
  } catch (error) {
    const known = error instanceof UsageError || (error as Error).name === "ConfigError" || (error as Error).name === "Fault";
    process.stderr.write(`evoke: ${known ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function start(command: { config: import("./config.ts").Config; json: boolean }): Promise<void> {
  const [{ openPlatform }, { lineLog }, { realClock }, { realIds }] = await Promise.all([import("./platform.ts"), import("./kernel/log.ts"), import("./kernel/clock.ts"), import("./kernel/ids.ts")]);
  const clock = realClock();
  const log = lineLog(command.config.log, clock.now, (line) => process.stderr.write(`${line}\n`));
  process.on("unhandledRejection", (error) => log.error("a promise was rejected and nobody looked", { error }));
  if (!command.config.ephemeral) mkdirSync(command.config.data, { recursive: true, mode: 0o700 });
  const platform = await openPlatform({ config: command.config, clock, ids: realIds(), log, environment: process.env });
  const { url } = await platform.listen();
  process.stdout.write(command.json ? `${JSON.stringify({ url })}\n` : `Evoke is ready at ${url}\n`);
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(130); // asked twice: at once
    stopping = true;
    log.info(`${signal}: stopping`);
    await platform.close(GRACE_MS);
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
