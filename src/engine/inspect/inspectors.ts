// Debuggers of functions: one lasting port for each function under --inspect, handed on to whichever environment it has now.
// Standing between the two, it knows when the program is stopped, without a session of its own that would change how it runs.
import { type AddressInfo, createServer, connect, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { Clock } from "../../kernel/clock.ts";
import { Fault } from "../../kernel/errors.ts";
import type { Log } from "../../kernel/log.ts";
import type { FunctionVersion } from "../../ports/functions.ts";
import { dapReader, devToolsReader } from "./stops.ts";

/** One environment's side. */
export interface Debugging {
  /** Where its process is to listen, on loopback. */
  port: number;
  /** It is to wait until a debugger has attached. */
  wait: boolean;
  /** For how long the program has stood still since this was asked last. */
  stoppedMs(): number;
  /** The process is gone. */
  end(): void;
}

export interface Inspectors {
  isInspected(version: FunctionVersion): boolean;
  /** For each new environment of such a function; undefined for all others. */
  begin(version: FunctionVersion): Promise<Debugging | undefined>;
  close(): Promise<void>;
}

export interface InspectorsOptions {
  /** FUNCTION[=PORT],… */
  inspect: string;
  wait: boolean;
  network: "shared" | "none";
  clock: Clock;
  log: Log;
}

const PORT = 9229;
const HOST = "127.0.0.1";
const CLIENTS_MAX = 32;
/** A process listens a moment after it has been started. */
const RETRY_MS = 20;
/** What a debugger may say before there is anybody to hear it. */
const FIRST_BYTES_MAX = 64 * 1024;
/** Every message of the Debug Adapter Protocol begins with it. */
const DAP_HEAD = "content-length:";

const canBeInspected = ({ runtime }: Pick<FunctionVersion, "runtime">): boolean => /^(nodejs|python)/.test(runtime);

export async function openInspectors({ inspect, wait, network, clock, log }: InspectorsOptions): Promise<Inspectors> {
  const doors = new Map<string, Door>();
  const close = async () => { await Promise.all([...doors.values()].map((door) => door.close())); };
  if (inspect !== "" && network === "none") throw new Fault("--inspect reaches functions over the network and cannot go with --network none");
  try {
    for (const [at, one] of inspect.split(",").filter(Boolean).entries()) {
      const [name, port] = one.split("=");
      doors.set(name!, await openDoor(Number(port ?? PORT + at), clock));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    isInspected(version) {
      if (doors.size === 0 || !doors.has(version.name)) return false;
      if (!canBeInspected(version)) log.warn(`--inspect is for Node.js and Python functions; ${version.name} is ${version.runtime} and runs without`);
      return canBeInspected(version);
    },
    async begin(version) {
      const door = doors.size > 0 && canBeInspected(version) ? doors.get(version.name) : undefined;
      return door?.begin(version.runtime.startsWith("python") ? "python" : "node", wait);
    },
    close,
  };
}

interface Door {
  begin(language: "node" | "python", wait: boolean): Promise<Debugging>;
  close(): Promise<void>;
}

/** An environment that can be reached. */
interface Target {
  port: number;
  language: "node" | "python";
  /** Connections in which the program was said to be stopped. */
  stops: Set<Socket>;
  attached: boolean;
  changed(): void;
}

async function openDoor(port: number, clock: Clock): Promise<Door> {
  let target: Target | undefined;
  const clients = new Set<Socket>();
  const server: Server = createServer((client) => {
    clients.add(client);
    client.on("error", () => client.destroy());
    client.once("close", () => clients.delete(client));
    void handOn(client);
  });

  /** To the environment there is; where there is none yet, the debugger waits for it. What it says first is read meanwhile: so it is seen when it leaves. */
  async function handOn(client: Socket): Promise<void> {
    let said = Buffer.alloc(0);
    const hear = (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]);
      if (said.length > FIRST_BYTES_MAX) client.destroy();
    };
    client.on("data", hear);
    while (!client.destroyed) {
      const to = said.length < DAP_HEAD.length ? undefined : target;
      if (to && !mayAsk(to.language, said)) return void client.destroy();
      const socket = to && await reach(to.port);
      if (to && socket) {
        if (client.destroyed) return void socket.destroy();
        client.off("data", hear);
        socket.write(said);
        return join(client, socket, to);
      }
      await clock.sleep(RETRY_MS);
    }
  }

  server.maxConnections = CLIENTS_MAX;
  server.listen(port, HOST).unref(); // what fails to open beside it need not close it
  try {
    await once(server, "listening");
  } catch (error) {
    throw new Fault(`Port ${port} for --inspect is taken (${(error as Error).message}): name another with FUNCTION=PORT`, error);
  }
  return {
    async begin(language, wait) {
      const mine = newTarget(await freePort(), language);
      const time = stopwatch(clock, () => mine.stops.size > 0 || (wait && !mine.attached));
      mine.changed = time.look;
      target = mine;
      return {
        port: mine.port, wait, stoppedMs: time.takeMs,
        end() { if (target === mine) target = undefined; },
      };
    },
    async close() {
      const closed = new Promise((resolve) => { server.close(resolve); });
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

/**
 * Node's inspector looks at the Host itself and wants a secret. debugpy takes any HTTP request for a message: its body would be one, whatever
 * web page a developer has open sent it.
 */
const mayAsk = (language: Target["language"], said: Buffer): boolean => language === "node" || said.toString("latin1", 0, DAP_HEAD.length).toLowerCase() === DAP_HEAD;

const newTarget = (port: number, language: Target["language"]): Target => ({ port, language, stops: new Set(), attached: false, changed() {} });

/** Undefined while nobody listens there. */
async function reach(port: number): Promise<Socket | undefined> {
  const socket = connect(port, HOST);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

function join(client: Socket, program: Socket, target: Target): void {
  const tell = (told: "attached" | "stopped" | "running") => {
    if (told === "attached") target.attached = true;
    else if (told === "stopped") target.stops.add(client);
    else target.stops.delete(client);
    target.changed();
  };
  const read = target.language === "node" ? devToolsReader(tell) : dapReader(tell);
  program.on("data", read);
  const end = () => { // a debugger that leaves lets the program go on
    client.destroy();
    program.destroy();
    tell("running");
  };
  for (const socket of [client, program]) socket.on("error", end).on("close", end);
  program.pipe(client);
  client.pipe(program);
}

/** Adds up the time for which something is so; to be told whenever it may have changed. */
function stopwatch(clock: Clock, isSo: () => boolean): { look(): void; takeMs(): number } {
  let sinceMs = clock.monotonicMs();
  let was = isSo();
  let sumMs = 0;
  const look = () => {
    const now = clock.monotonicMs();
    if (was) sumMs += now - sinceMs;
    sinceMs = now;
    was = isSo();
  };
  return {
    look,
    takeMs() {
      look();
      const taken = sumMs;
      sumMs = 0;
      return taken;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
