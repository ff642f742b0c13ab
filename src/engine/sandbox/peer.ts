// Whose connection a loopback connection is: functions share the machine's network, and one may not speak for another.
// https://man7.org/linux/man-pages/man5/proc_net.5.html, …/proc_pid_fd.5.html
import { readFile, readdir, readlink } from "node:fs/promises";

export interface Connection {
  remotePort?: number | undefined;
  localPort?: number | undefined;
}

/** Whether one of these processes holds the other end. True as well where that cannot be seen: not Linux, or processes that are not ours to look into. */
export async function holdsPeer({ remotePort, localPort }: Connection, pids: number[]): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const table = async (name: string) => inodeOf(await readFile(`/proc/net/${name}`, "latin1").catch(() => ""), remotePort ?? 0, localPort ?? 0);
  const inode = (await table("tcp")) ?? (await table("tcp6")); // Java's sockets are IPv6 ones, whatever they speak
  if (inode === undefined) return false;
  const found = await Promise.all(pids.map((pid) => holds(pid, `socket:[${inode}]`)));
  return found.includes(true);
}

/** The socket whose own port is `port` and whose peer's is `peerPort`: columns 1, 2 and 9, in hexadecimal but for the last. */
function inodeOf(table: string, port: number, peerPort: number): string | undefined {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");
  const ends = new RegExp(`^\\s*\\d+: (?:[0-9A-F]{8}){1,4}:${hex(port)} (?:[0-9A-F]{8}){1,4}:${hex(peerPort)} (.*)$`, "m").exec(table)?.[1];
  const inode = ends?.trim().split(/\s+/)[6];
  return inode === "0" ? undefined : inode;
}

async function holds(pid: number, name: string): Promise<boolean> {
  try {
    for (const fd of await readdir(`/proc/${pid}/fd`)) if (await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "") === name) return true;
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES"; // ENOENT: it has ended
  }
}
