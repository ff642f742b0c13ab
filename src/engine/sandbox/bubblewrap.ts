// The command line that gives a function AWS's view of its machine. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
// Options as in bubblewrap 0.7 and newer: https://github.com/containers/bubblewrap/blob/main/bwrap.xml
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SANDBOX_GID, SANDBOX_UID, type SandboxSpec } from "./sandbox.ts";

export interface View {
  /**
   * "root": real root makes the view, then setpriv becomes uid 993 for real, so that what breaks out is nobody. (With a user
   * namespace root would stay root outside, which abstract sockets and file modes see.) "user": a user namespace, own uid.
   */
  by: "root" | "user";
  bwrap: string;
  setpriv?: string;
  /** Arguments that are the same for every sandbox: system folders and /etc. */
  base: string[];
}

/** Host folders that make up the system, as they are here: symbolic links stay links. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
/** What name resolution, TLS and the dynamic linker read. */
const ETC = ["ssl", "pki", "ca-certificates", "crypto-policies", "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types", "services", "protocols", "gai.conf"];

export function systemArguments(etcDir: string): string[] {
  const args: string[] = [];
  for (const path of SYSTEM) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) args.push("--symlink", readlinkSync(path), path);
    else if (stat?.isDirectory()) args.push("--ro-bind", path, path);
  }
  for (const name of ETC) if (lstatSync(`/etc/${name}`, { throwIfNoEntry: false })) args.push("--ro-bind-try", `/etc/${name}`, `/etc/${name}`);
  for (const name of ["passwd", "group", "nsswitch.conf"]) args.push("--ro-bind", join(etcDir, name), `/etc/${name}`);
  return args;
}

/** The accounts file of AWS's environments has this user; programs that ask for their own name need one. */
export async function writeEtc(etcDir: string): Promise<void> {
  await mkdir(etcDir, { recursive: true, mode: 0o755 });
  await writeFile(join(etcDir, "passwd"), `root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:${SANDBOX_UID}:${SANDBOX_GID}::/home/sbx_user1051:/sbin/nologin\n`);
  await writeFile(join(etcDir, "group"), `root:x:0:\nsbx_user1051:x:${SANDBOX_GID}:\n`);
  await writeFile(join(etcDir, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n");
}

export function bubblewrapCommand(view: View, spec: SandboxSpec, host: { code: string; tmp?: string }): string[] {
  const args = [
    view.bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "169-254-1-1",
    ...(view.by === "user" ? ["--unshare-user", "--uid", String(SANDBOX_UID), "--gid", String(SANDBOX_GID), "--cap-drop", "ALL"] : ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]),
    ...view.base,
    ...(spec.network === "none" ? ["--unshare-net"] : networkFiles()),
    "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", // AWS has no writable /dev/shm; here it would be memory nobody counts
    "--ro-bind", host.code, "/var/task", "--ro-bind", spec.runtimeDir, "/var/runtime",
    ...(host.tmp ? ["--bind", host.tmp, "/tmp"] : ["--size", String(spec.tmpMb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/tmp"]),
    ...spec.readOnlyPaths.filter((path) => !SYSTEM.some((system) => path === system || path.startsWith(`${system}/`))).flatMap((path) => ["--ro-bind", path, path]),
    "--remount-ro", "/", "--chdir", "/var/task", "--",
  ];
  if (view.by === "root") args.push(view.setpriv!, "--reuid", String(SANDBOX_UID), "--regid", String(SANDBOX_GID), "--clear-groups", "--");
  return [...args, ...spec.argv];
}

/** Resolved each time: resolv.conf is often a link that changes with the network. */
function networkFiles(): string[] {
  return ["/etc/resolv.conf", "/etc/hosts"].flatMap((path) => {
    try {
      return ["--ro-bind", realpathSync(path), path];
    } catch { return []; }
  });
}
