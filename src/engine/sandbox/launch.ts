// Starts a sandbox's command through one shell line that sets limits, mounts /tmp and joins control groups, then becomes the command.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { LAMBDA } from "../../kernel/limits.ts";
import { Fault } from "../../kernel/errors.ts";

export interface Launch {
  command: string[];
  env: Record<string, string>;
  cwd: string;
  channel: boolean;
  /** cgroup.procs files. The child joins by itself: done from here it would block the event loop for milliseconds. */
  joinFiles: string[];
  /** A mount command to run first. */
  mount?: string[];
}

/** What the shell exits with when the sandbox could not be prepared; its stderr says why. */
export const EXIT_NOT_PREPARED = 125;

export async function launch({ command, env, cwd, channel, joinFiles, mount }: Launch): Promise<ChildProcess> {
  const script = [
    `ulimit -c 0; ulimit -n ${LAMBDA.fileDescriptorsMax} 2>/dev/null`, // a lower hard limit stays as it is
    ...(mount ? [`/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin ${mount.map(quote).join(" ")} || exit ${EXIT_NOT_PREPARED}`] : []),
    ...joinFiles.map((file) => `echo 0 > ${quote(file)} || exit ${EXIT_NOT_PREPARED}`),
    `exec "$@"`,
  ].join("\n");
  // Its own session, so that Ctrl-C in the operator's terminal reaches the platform alone, which then shuts functions down in order.
  const child = spawn("/bin/sh", ["-c", script, "sh", ...command], { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe", ...(channel ? ["pipe" as const] : [])] });
  // A function that closes its end must not bring the platform down with an unhandled error.
  for (const stream of child.stdio) stream?.on("error", () => {});
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new Fault("a sandbox's process could not be started", cause);
  }
  return child;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
