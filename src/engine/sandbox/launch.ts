// Starts a sandbox's command through one shell line that sets limits, mounts /tmp and joins control groups, then becomes the command.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import type { Readable } from "node:stream";
import { LAMBDA } from "../../kernel/limits.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Pipe, Pipes } from "./pipes.ts";

export interface Launch {
  command: string[];
  env: Record<string, string>;
  cwd: string;
  channel: boolean;
  /** Whether its standard input stays open, to be written to. */
  input: boolean;
  /** Descriptors 4 and 5, for a shell that starts several processes (parts.ts). */
  parts: boolean;
  /** cgroup.procs files. The child joins by itself: done from here it would block the event loop for milliseconds. */
  joinFiles: string[];
  /** A mount command to run first. */
  mount?: string[];
  pipes: Pipes;
}

export interface Launched {
  child: ChildProcess;
  stdout: Readable;
  stderr: Readable;
  partsOutput?: Readable;
}

/** What the shell exits with when the sandbox could not be prepared; its stderr says why. */
export const EXIT_NOT_PREPARED = 125;

export async function launch({ command, env, cwd, channel, input, parts, joinFiles, mount, pipes }: Launch): Promise<Launched> {
  const script = [
    `ulimit -c 0; ulimit -n ${LAMBDA.fileDescriptorsMax} 2>/dev/null`, // a lower hard limit stays as it is
    ...(mount ? [`/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${mount.map(quote).join(" ")} || exit ${EXIT_NOT_PREPARED}`] : []),
    ...joinFiles.map((file) => `echo 0 > ${quote(file)} || exit ${EXIT_NOT_PREPARED}`),
    `exec "$@"`,
  ].join("\n");
  const out = await pipes.take();
  let errors: Pipe | undefined;
  let further: Pipe | undefined;
  let child: ChildProcess;
  try {
    errors = await pipes.take();
    further = parts ? await pipes.take() : undefined;
    const beyond = parts ? [channel ? "pipe" as const : "ignore" as const, "pipe" as const, further?.writeFd ?? "pipe" as const] : channel ? ["pipe" as const] : [];
    // Its own session, so that Ctrl-C in the operator's terminal reaches the platform alone, which then shuts functions down in order.
    child = spawn("/bin/sh", ["-c", script, "sh", ...command], { env, cwd, detached: true, stdio: [input ? "pipe" : "ignore", out?.writeFd ?? "pipe", errors?.writeFd ?? "pipe", ...beyond] });
  } catch (cause) {
    for (const pipe of [out, errors, further]) pipe?.reader.destroy();
    throw new Fault("a sandbox's process could not be started", cause);
  } finally {
    for (const pipe of [out, errors, further]) if (pipe) closeSync(pipe.writeFd);
  }
  const launched: Launched = { child, stdout: out?.reader ?? child.stdout!, stderr: errors?.reader ?? child.stderr! };
  if (parts) launched.partsOutput = further?.reader ?? ((child.stdio as unknown as Readable[])[5]!);
  // A function that closes its end must not bring the platform down with an unhandled error.
  for (const stream of [...child.stdio, launched.stdout, launched.stderr, launched.partsOutput]) stream?.on("error", () => {});
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new Fault("a sandbox's process could not be started", cause);
  }
  return launched;
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
