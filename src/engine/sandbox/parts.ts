// Several processes in one sandbox: its first process is a shell that starts the others when told, and tells when each has ended.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html (a runtime and its external extensions)
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { quote } from "./launch.ts";
import type { Exit } from "./sandbox.ts";

/** One of the processes of a sandbox. */
export interface Part {
  readonly exited: Promise<Exit>;
  /** To this process alone. At once when it runs, else as soon as it does; never throws. */
  signal(name: "TERM" | "KILL"): void;
}

export interface Parts {
  /** What extensions write to standard output and error. */
  readonly output: Readable;
  /** `to`: the sandbox's own standard output and error, or the extensions'. Only the runtime gets descriptor 3. Nothing can be started after it. */
  start(argv: string[], env: Record<string, string>, to: "runtime" | "extension"): Part;
  /** The sandbox has ended, and with it every part that has not. */
  end(exit: Exit): void;
}

/** Descriptors of the shell. */
const REPORTS = 4;
const OUTPUT = 5;
/** The reports come from inside the sandbox, where a function may write what it likes. */
const REPORT_BYTES_MAX = 4096;
const SIGNALED = 128;
/** Nothing dies by these; 150 is .NET's exit status without a framework that fits, not 128 and SIGTTOU. */
const HARMLESS = new Set<string>(["SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGWINCH"]);

interface Member {
  pid?: number;
  waiting: string[];
  done(exit: Exit): void;
}

export interface PartsOptions {
  input: Writable;
  reports: Readable;
  output: Readable;
  outOfMemory(): Promise<boolean>;
  /** What starts these inside, where they are not in the usual places. */
  program?: ((name: "env" | "sh") => string[]) | undefined;
}

export function openParts({ input, reports, output, outOfMemory, program = (name) => [name === "env" ? "/usr/bin/env" : "/bin/sh"] }: PartsOptions): Parts {
  const members = new Map<number, Member>();
  let held = "";
  reports.on("data", (chunk: Buffer) => {
    const lines = (held + chunk.toString("latin1")).split("\n");
    held = lines.pop()!.slice(0, REPORT_BYTES_MAX);
    for (const line of lines) void told(line);
  });
  reports.on("error", () => {});
  const write = (command: string) => { if (!input.destroyed && input.writable) input.write(command); };

  async function told(line: string): Promise<void> {
    const [, what, number, value] = /^([SE]) (\d{1,6}) (\d{1,9})$/.exec(line) ?? [];
    const member = members.get(Number(number));
    if (!member) return;
    if (what === "S") {
      member.pid ??= Number(value);
      for (const name of member.waiting.splice(0)) write(`kill -${name} ${member.pid} 2>/dev/null\n`);
      return;
    }
    members.delete(Number(number));
    const status = Number(value);
    member.done({ ...exitOfStatus(status), outOfMemory: status !== 0 && await outOfMemory() });
  }

  let count = 0;
  return {
    output,
    start(argv, env, to) {
      const number = ++count;
      let done: Member["done"];
      const exited = new Promise<Exit>((resolve) => { done = resolve; });
      const member: Member = { waiting: [], done: done! };
      members.set(number, member);
      // To env a file a=b would be one more variable; without a command it would print them all.
      const command = argv[0]!.includes("=") ? [...program("sh"), "-c", 'exec "$@"', "sh", ...argv] : argv;
      write(startCommand(number, [...program("env"), "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...command], to));
      return {
        exited,
        signal(name) {
          if (!members.has(number)) return;
          if (member.pid === undefined) member.waiting.push(name);
          else write(`kill -${name} ${member.pid} 2>/dev/null\n`);
        },
      };
    },
    end(exit) {
      for (const member of members.values()) member.done(exit);
      members.clear();
    },
  };
}

/**
 * A subshell starts the process, tells its number, waits for it, tells how it ended. Everything that is not the process lets go of the
 * descriptors, so that the sandbox's output ends when the runtime does.
 */
function startCommand(number: number, words: string[], to: "runtime" | "extension"): string {
  const command = `${words.map(quote).join(" ")} </dev/null ${REPORTS}>&-`;
  const letGo = `exec >/dev/null 2>&1 3>&- ${OUTPUT}>&-`;
  const started = to === "runtime" ? `${command} ${OUTPUT}>&- &` : `${command} >&${OUTPUT} 2>&1 3>&- ${OUTPUT}>&- &`;
  const line = `( ${started} p=$!; ${letGo}; echo "S ${number} $p" >&${REPORTS}; wait $p; echo "E ${number} $?" >&${REPORTS} ) &\n`;
  return to === "runtime" ? `${line}${letGo}\n` : line; // the runtime comes last
}

/** A shell tells a death by signal as 128 plus its number. */
export function exitOfStatus(status: number): Omit<Exit, "outOfMemory"> {
  const signal = status > SIGNALED ? (Object.entries(constants.signals) as [NodeJS.Signals, number][]).find(([name, value]) => value === status - SIGNALED && !HARMLESS.has(name))?.[0] : undefined;
  return signal ? { code: null, signal } : { code: status, signal: null };
}
