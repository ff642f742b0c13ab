// Whose connection a loopback connection is: functions share the machine's network, and one may not speak for another.
// https://man7.org/linux/man-pages/man5/proc_net.5.html, …/proc_pid_fd.5.html
import { readlinkSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

export interface Connection {
  remotePort?: number | undefined;
  localPort?: number | undefined;
}

/** Whether one of these processes holds the other end. True as well where that cannot be seen: not Linux, or processes that are not ours to look into. */
export async function holdsPeer({ remotePort, localPort }: Connection, pids: number[]): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const inodeIn = async (table: () => Promise<string>) => inodeOf(await table(), remotePort ?? 0, localPort ?? 0);
  const inode = (await inodeIn(tcp)) ?? (await inodeIn(tcp6)); // Java's sockets are IPv6 ones, whatever they speak
  if (inode === undefined) return false;
  const found = await Promise.all(pids.map((pid) => holds(pid, `socket:[${inode}]`)));
  return found.includes(true);
}

const [tcp, tcp6] = [tableOf("tcp"), tableOf("tcp6")];

/** Reading it costs milliseconds where there are many sockets, so those who ask while it is being read share the next reading. */
function tableOf(name: string): () => Promise<string> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<string> | undefined;
  return () => (next ??= last.then(() => {
    const reading = readFile(`/proc/net/${name}`, "latin1").catch(() => "");
    next = undefined;
    last = reading;
    return reading;
  }));
}

/** The socket whose own port is `port` and whose peer's is `peerPort`: columns 1, 2 and 9, in hexadecimal but for the last. */
function inodeOf(table: string, port: number, peerPort: number): string | undefined {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(4, "0");
  const ends = new RegExp(`^\\s*\\d+: (?:[0-9A-F]{8}){1,4}:${hex(port)} (?:[0-9A-F]{8}){1,4}:${hex(peerPort)} (.*)$`, "m").exec(table)?.[1];
  const inode = ends?.trim().split(/\s+/)[6];
  return inode === "0" ? undefined : inode;
}

/** In turns of so many: each by itself would cost ten times as much as the look does, and a process may have many. */
const LINKS_AT_ONCE = 64;

async function holds(pid: number, name: string): Promise<boolean> {
  try {
    const fds = await readdir(`/proc/${pid}/fd`);
    for (let at = 0; at < fds.length; at += LINKS_AT_ONCE) {
      if (fds.slice(at, at + LINKS_AT_ONCE).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === name)) return true;
      await new Promise(setImmediate);
    }
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES"; // ENOENT: it has ended
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}
