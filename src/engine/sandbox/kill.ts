// Finding, signalling and killing everything that belongs to one sandbox, daemons that left its tree included.
import { descendants, processTable, signal, treeOf, withVariable } from "./processes.ts";
import type { Started } from "./running.ts";

/** Far longer than the kernel takes; past it a process hangs in the kernel (a dead network disk) and waiting longer helps nobody. */
const KILL_MS_MAX = 10_000;

export async function members({ child, scratch, contained, group }: Started): Promise<number[]> {
  if (group) return group.processes();
  const table = await processTable();
  const tree = treeOf(child.pid!, table);
  return contained ? tree : [...new Set([...tree, ...(await withVariable("TMPDIR", (value) => value === scratch.tmp, table))])];
}

/** At once, without waiting: for freezing. A parent before its children, so that one that is stopped makes no more. */
export function signalTree({ child, contained }: Started, name: NodeJS.Signals): void {
  if (!contained) signal(-child.pid!, name);
  descendants(child.pid!, (pid) => signal(pid, name));
}

/** Until nothing is left, looking again each time, for a process may have made others meanwhile. */
export async function killTree(started: Started, gone: () => boolean): Promise<void> {
  const { spec, child, contained, group, clock, log } = started;
  const deadline = clock.monotonicMs() + KILL_MS_MAX;
  for (let round = 0; ; round++) {
    if (!contained) signal(-child.pid!, "SIGKILL"); // the number stays the group's while anyone is in it
    // The first process of a pid namespace takes all others with it, and bubblewrap then ends by itself.
    else if (!gone()) for (const pid of [...descendants(child.pid!), child.pid!]) signal(pid, "SIGKILL");
    await group?.kill();
    const left = (await members(started)).filter((pid) => pid !== process.pid);
    for (const pid of left) signal(pid, "SIGKILL");
    if (gone() && left.length === 0) return;
    if (clock.monotonicMs() > deadline) return log.error("processes of a sandbox could not be killed", { sandbox: spec.id, processes: left });
    if (round === 1) group?.freeze(false); // kernels before 5.14 do not kill what is frozen
    await clock.sleep(Math.min(2 + round, 20));
  }
}
