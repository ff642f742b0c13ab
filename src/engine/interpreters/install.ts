// Runs a package manager that came with an interpreter, and passes on what it says.
import { spawn } from "node:child_process";
import { Fault } from "../../kernel/errors.ts";

const SAID_CHARACTERS_MAX = 4000;

export interface Installer {
  command: string;
  args: string[];
  env: Record<string, string | undefined>;
  /** When the command itself is not there. */
  absent: string;
}

/** Throws a Fault with the last lines it said when it fails. */
export function install({ command, args, env, absent }: Installer, onProgress: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const listen = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-SAID_CHARACTERS_MAX);
      for (const line of chunk.toString().split("\n")) if (line.trim()) onProgress(line.trim());
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.once("error", (cause) => reject(new Fault(absent, cause)));
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Fault(`${command} ${args.slice(0, 3).join(" ")} failed: ${said.trim().split("\n").slice(-5).join(" ")}`))));
  });
}
