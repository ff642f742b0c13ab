// The process: reads the settings, opens the platform, listens, and stops on a signal; every other command is in cli/.
import { fileURLToPath } from "node:url";

/** Stopping gives running invokes this long to finish. */
const GRACE_MS = 5_000;
const SAME_SIGNAL_MS = 500;

export async function main(argv = process.argv.slice(2)): Promise<void> {
  const { parseArguments, UsageError } = await import("./cli/arguments.ts");
  try {
    const command = parseArguments(argv, process.env, process.cwd());
    // `evoke logs NAME | head`: who read has left, so a command is done; a server goes on unheard.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => { if (command.name !== "start") process.exit(); });
    if (command.name === "start") await start(command);
    else process.exitCode = await (await import("./cli/commands.ts")).run(command, openEvoke);
  } catch (error) {
    const known = error instanceof UsageError || (error as Error).name === "ConfigError" || (error as Error).name === "Fault";
    process.stderr.write(`evoke: ${known ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** A platform in this process, listening; for `evoke dev`, which closes it. */
async function openEvoke(command: { config: import("./config.ts").Config }): Promise<{ url: string; close(): Promise<void> }> {
  const { platform, url } = await open(command);
  return { url, close: () => platform.close(GRACE_MS) };
}

async function open(command: { config: import("./config.ts").Config }) {
  const [{ openGround }, { lineLog }, { realClock }, { realIds }] = await Promise.all([import("./ground.ts"), import("./kernel/log.ts"), import("./kernel/clock.ts"), import("./kernel/ids.ts")]);
  const clock = realClock();
  const log = lineLog(command.config.log, clock.now, (line) => process.stderr.write(`${line}\n`));
  process.on("unhandledRejection", (error) => log.error("a promise was rejected and nobody looked", { error }));
  const options = { config: command.config, clock, ids: realIds(), log, environment: process.env };
  const [ground, { openPlatform }] = await Promise.all([openGround(options), import("./platform.ts")]);
  const platform = await openPlatform(options, ground);
  return { platform, clock, log, url: (await platform.listen()).url };
}

async function start(command: { config: import("./config.ts").Config; json: boolean }): Promise<void> {
  const { platform, clock, log, url } = await open(command);
  const { giveBackMemory } = await import("./idle-memory.ts");
  giveBackMemory(clock, () => platform.engine.stats().environments > 0);
  process.stdout.write(command.json ? `${JSON.stringify({ url })}\n` : `Evoke is ready at ${url}\n`);
  let stoppingMs: number | undefined;
  const stop = async (signal: string) => {
    // Asked twice: at once. But Ctrl-C reaches the launcher too, which hands its own on.
    if (stoppingMs !== undefined && clock.monotonicMs() - stoppingMs < SAME_SIGNAL_MS) return;
    if (stoppingMs !== undefined) process.exit(130);
    stoppingMs = clock.monotonicMs();
    log.info(`${signal}: stopping`);
    // Whatever holds it up or goes wrong, a process told to stop stops.
    clock.after(2 * GRACE_MS, () => { log.error("stopping took too long"); process.exit(1); });
    await platform.close(GRACE_MS).catch((error) => {
      log.error("stopping failed", { error });
      process.exit(1);
    });
    process.exit(0);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
