// The command line for a container image: its root file system is all there is, and the few programs that start it are brought along.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html ("read-only file system", "/tmp")
import { execFile } from "node:child_process";
import { copyFile, chmod, mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Fault } from "../../kernel/errors.ts";
import type { View } from "./bubblewrap.ts";
import { SANDBOX_GID, SANDBOX_UID, type SandboxSpec } from "./sandbox.ts";

export interface Tools {
  /** On the host: setpriv, env and sh with the libraries they need, seen as /.evoke. */
  folder: string;
  /** Starts a program of that folder with those libraries; empty where programs need none. */
  loader: string[];
}

const SEEN_AS = "/.evoke";
/** The dynamic linker obeys these: they must not reach a program that may still change its uid. */
const FOR_THE_LINKER = /^(LD_|GLIBC_|MALLOC_)/;

/** An image may hold nothing but one program, so what becomes uid 993 in it, and starts its extensions, comes from the host. */
export async function gatherTools(folder: string, setpriv: string): Promise<Tools> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const programs = [setpriv, "/usr/bin/env", "/bin/sh"];
  const needed = new Set<string>();
  for (const program of programs) for (const library of await librariesOf(program)) needed.add(library);
  for (const path of [...programs, ...needed]) {
    const copy = join(folder, basename(path));
    await copyFile(path, copy);
    await chmod(copy, 0o755);
  }
  const linker = [...needed].map((path) => basename(path)).find((name) => /^ld[-.]/.test(name));
  return { folder, loader: linker === undefined ? [] : [`${SEEN_AS}/${linker}`, "--library-path", SEEN_AS] };
}

/** The words that start one of these programs inside. */
export const broughtAlong = ({ loader }: Tools, name: "setpriv" | "env" | "sh"): string[] => [...loader, `${SEEN_AS}/${name}`];

/** As ldd tells them; none of a static program. */
async function librariesOf(program: string): Promise<string[]> {
  const told = await new Promise<string>((resolve, reject) => execFile("ldd", [program], { timeout: 10_000, env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } }, (error, stdout, stderr) => {
    if (error && !/not a dynamic|statically linked/i.test(stdout + stderr)) reject(new Fault(`What ${program} needs to run in a container image could not be found: ${error.message}`, error));
    else resolve(stdout);
  }));
  return told.split("\n").map((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1]).filter((path) => path !== undefined);
}

/** `args` are bubblewrap's own from descriptor 3: variables are secrets, and a command line can be read by every user of the machine. */
export function imageCommand(view: View, tools: Tools, spec: SandboxSpec & { rootDir: string }, { hosts, tmp }: { hosts?: string; tmp?: string }): { command: string[]; args: string } {
  const asUser = view.by === "user" ? ["--unshare-user", "--uid", String(SANDBOX_UID), "--gid", String(SANDBOX_GID), "--cap-drop", "ALL"] : ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"];
  // They are told apart by NUL on their way: one in a value would be an option of bubblewrap's.
  for (const [name, value] of Object.entries(spec.env)) if (name.includes("\0") || value.includes("\0")) throw new Fault(`The variable ${name.split("\0")[0]} has a NUL byte in it and cannot be set`);
  const forLinker = Object.entries(spec.env).filter(([name]) => FOR_THE_LINKER.test(name)).map(([name, value]) => `${name}=${value}`);
  const args = Object.entries(spec.env).filter(([name]) => !FOR_THE_LINKER.test(name)).flatMap(([name, value]) => ["--setenv", name, value]);
  return {
    command: [
      view.bwrap, "--clearenv", "--args", "3", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "169-254-1-1", ...asUser,
      "--ro-bind", spec.rootDir, "/", "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev",
      "--ro-bind-try", join(view.etcDir, "resolv.conf"), "/etc/resolv.conf", "--ro-bind-try", hosts ?? join(view.etcDir, "hosts"), "/etc/hosts",
      "--ro-bind", tools.folder, SEEN_AS,
      ...(tmp ? ["--bind", tmp, "/tmp"] : ["--size", String(spec.tmpMb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/tmp"]),
      "--chdir", spec.workingDirectory ?? "/", "--",
      ...(view.by === "root" ? [...broughtAlong(tools, "setpriv"), "--reuid", String(SANDBOX_UID), "--regid", String(SANDBOX_GID), "--clear-groups", "--"] : []),
      ...(forLinker.length ? [...broughtAlong(tools, "env"), ...forLinker] : []),
      ...(spec.parts ? broughtAlong(tools, "sh") : spec.argv),
    ],
    args: args.map((word) => `${word}\0`).join(""),
  };
}
