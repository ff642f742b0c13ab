// The command line that gives a function AWS's view of its machine. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
// Options as in bubblewrap 0.7 and newer: https://github.com/containers/bubblewrap/blob/main/bwrap.xml
import { appendFileSync, copyFileSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { copyFile, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { quote } from "./launch.ts";
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
  /** The host folder shown as /etc. */
  etcDir: string;
}

/** Host folders that make up the system, as they are here: symbolic links stay links. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"];
/** What name resolution, the dynamic linker and TLS read in /etc: files are copied into one folder, for each mount costs a start 0.2 ms. */
const ETC_FILES = ["ld.so.cache", "mime.types", "services", "protocols", "gai.conf"];
const ETC_FOLDERS = ["ssl", "pki", "crypto-policies", "alternatives"];
/** Debian's JVMs keep their settings here, behind links, and start with nothing less. */
const ETC_JAVA = /^java-[\w.-]+$/;
/** These change while the platform runs (a laptop changes networks), so every start looks. */
const ETC_NETWORK = ["resolv.conf", "hosts"];

/** Where extensions listen for telemetry. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-destinations */
const SANDBOX_NAMES = "sandbox.localdomain sandbox";
/** Where functions of S3's Object Lambda send their answers: clients put its outputRoute before the endpoint's host, and no name server has that. */
const OUTPUT_ROUTE_NAMES = "io-evoke-001.127.0.0.1 io-evoke-001.localhost";

/** A shell that reads commands from its standard input. */
const WAITING = ["/bin/sh"];

/** What makes the waiting shell become the command, with no variables but these. PWD as on AWS, where a shell sets it too. */
export function becomeCommand(argv: string[], env: Record<string, string>): string {
  const variables = Object.entries({ PWD: "/var/task", ...env }).map(([name, value]) => quote(`${name}=${value}`));
  return `exec /usr/bin/env -i ${variables.join(" ")} ${argv.map(quote).join(" ")} </dev/null\n`;
}

/** The arguments for the system folders as they are on this machine; writes the folder that is shown as /etc. */
export async function systemArguments(etcDir: string): Promise<string[]> {
  await mkdir(etcDir, { recursive: true, mode: 0o755 });
  // The accounts file of AWS's environments has this user; programs that ask for their own name need one.
  await writeFile(join(etcDir, "passwd"), `root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:${SANDBOX_UID}:${SANDBOX_GID}::/home/sbx_user1051:/sbin/nologin\n`);
  await writeFile(join(etcDir, "group"), `root:x:0:\nsbx_user1051:x:${SANDBOX_GID}:\n`);
  await writeFile(join(etcDir, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n");
  await rm(join(etcDir, "hosts"), { force: true }); // one of an earlier start may lack names of this version
  await Promise.all(ETC_FILES.map((name) => copyFile(`/etc/${name}`, join(etcDir, name)).catch(() => {}))); // not every system has them all
  for (const name of (await readdir("/etc").catch(() => [])).filter((entry) => ETC_JAVA.test(entry))) await cp(join("/etc", name), join(etcDir, name), { recursive: true, dereference: true, filter: (path) => isReadableByAll(path) });
  const args: string[] = [];
  for (const path of SYSTEM) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isSymbolicLink()) args.push("--symlink", readlinkSync(path), path);
    else if (stat?.isDirectory()) args.push("--ro-bind", path, path);
  }
  args.push("--ro-bind", etcDir, "/etc");
  for (const name of ETC_FOLDERS) {
    if (!lstatSync(`/etc/${name}`, { throwIfNoEntry: false })?.isDirectory()) continue;
    await mkdir(join(etcDir, name), { recursive: true });
    args.push("--ro-bind", `/etc/${name}`, `/etc/${name}`);
  }
  return args;
}

const isReadableByAll = (path: string): boolean => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o004) !== 0;

/** Brings resolv.conf and hosts up to date in the folder shown as /etc; running sandboxes see it too. */
export function refreshNetworkFiles(etcDir: string): void {
  for (const name of ETC_NETWORK) {
    const from = statSync(`/etc/${name}`, { throwIfNoEntry: false });
    const to = statSync(join(etcDir, name), { throwIfNoEntry: false });
    if (from && from.mtimeMs !== to?.mtimeMs) {
      copyFileSync(`/etc/${name}`, join(etcDir, name));
      if (name === "hosts") appendFileSync(join(etcDir, name), `127.0.0.1 ${OUTPUT_ROUTE_NAMES}\n127.0.0.1 ${SANDBOX_NAMES}\n`);
      utimesSync(join(etcDir, name), from.mtimeMs / 1000, from.mtimeMs / 1000);
    }
  }
}

/** A hosts file for one sandbox, which has an address of its own on the loopback interface. */
export function writeHosts(etcDir: string, path: string, address: string): void {
  const shared = join(etcDir, "hosts");
  if (!lstatSync(shared, { throwIfNoEntry: false })) writeFileSync(shared, `127.0.0.1 localhost ${OUTPUT_ROUTE_NAMES}\n`); // it is what the sandbox's own is mounted over
  const lines = readFileSync(shared, "utf8").split("\n").filter((line) => line !== "" && !line.endsWith(SANDBOX_NAMES));
  writeFileSync(path, `${lines.join("\n")}\n${address} ${SANDBOX_NAMES}\n`, { mode: 0o644 });
}

export function bubblewrapCommand(view: View, spec: SandboxSpec, host: { code: string; opt?: string; hosts?: string; tmp?: string }): string[] {
  const paths = spec.readOnlyPaths.filter((path) => !SYSTEM.some((system) => path === system || path.startsWith(`${system}/`)));
  const args = [
    view.bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session", "--hostname", "169-254-1-1",
    ...(view.by === "user" ? ["--unshare-user", "--uid", String(SANDBOX_UID), "--gid", String(SANDBOX_GID), "--cap-drop", "ALL"] : ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]),
    ...parents(["/var/task", "/nix/store", ...paths.filter((path) => !isUnderTmp(path))]),
    ...(host.opt ? showOpt(host.opt, paths) : []),
    ...view.base,
    ...(host.hosts ? ["--ro-bind", host.hosts, "/etc/hosts"] : []),
    ...(spec.network === "none" ? ["--unshare-net"] : []),
    "--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev", // AWS has no writable /dev/shm; here it would be memory nobody counts
    "--ro-bind", host.code, "/var/task", "--ro-bind", spec.runtimeDir ?? host.code, "/var/runtime", ...(spec.bootstrapDir ? ["--ro-bind", spec.bootstrapDir, "/var/runtime/evoke"] : []),
    ...(host.tmp ? ["--bind", host.tmp, "/tmp"] : ["--size", String(spec.tmpMb * 1024 * 1024), "--perms", "1777", "--tmpfs", "/tmp"]),
    ...parents(paths.filter(isUnderTmp)), // only now: /tmp itself is a mount
    ...paths.flatMap((path) => ["--ro-bind", path, path]),
    "--remount-ro", "/", "--chdir", "/var/task", "--",
  ];
  if (view.by === "root") args.push(view.setpriv!, "--reuid", String(SANDBOX_UID), "--regid", String(SANDBOX_GID), "--clear-groups", "--");
  return [...args, ...(spec.argv.length > 0 ? spec.argv : WAITING)];
}

/** /opt whole, or what is in it one by one where an interpreter lives under /opt too. */
const showOpt = (folder: string, paths: string[]): string[] =>
  sharesOpt(paths) ? readdirSync(folder).flatMap((name) => ["--ro-bind", join(folder, name), join("/opt", name)]) : ["--ro-bind", folder, "/opt"];

export const sharesOpt = (paths: string[]): boolean => paths.some((path) => path === "/opt" || path.startsWith("/opt/"));

/** bubblewrap makes the folders above a mount with mode 0700, which uid 993 could not pass; made explicitly they are open. */
function parents(paths: string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) for (let folder = dirname(path); folder !== "/" && folder !== "/tmp"; folder = dirname(folder)) found.add(folder);
  return [...found].sort().flatMap((folder) => ["--perms", "0755", "--dir", folder]);
}

/** An interpreter may be there, in a clone of this repository under /tmp for one. */
const isUnderTmp = (path: string): boolean => path.startsWith("/tmp/");
