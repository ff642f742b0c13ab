// OS-only runtimes (provided.al2023) bring their interpreter; what they run on is this machine's system, which is their one version.
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html
import { readFileSync } from "node:fs";
import { release, type } from "node:os";

let known: string | undefined;

/** debian-12; where there is no os-release, darwin-24.1.0. */
export const systemVersion = (): string => (known ??= readSystemVersion());

function readSystemVersion(): string {
  try {
    const text = readFileSync("/etc/os-release", "utf8");
    const field = (name: string) => new RegExp(`^${name}="?([^"\\n]*)"?$`, "m").exec(text)?.[1];
    const [id, version] = [field("ID"), field("VERSION_ID")];
    if (id) return version ? `${id}-${version}` : id;
  } catch { /* not a Linux with one */ }
  return `${type().toLowerCase()}-${release()}`;
}
