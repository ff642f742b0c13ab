// Which control group hierarchies this machine offers, read from /proc: v2 controllers first, v1 where v2 has none (hybrid).
// https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/cgroups.html

export type Controller = "memory" | "cpu" | "pids";
export const CONTROLLERS: readonly Controller[] = ["memory", "cpu", "pids"];

export interface Hierarchy {
  version: 1 | 2;
  mountPoint: string;
  /** This process's own group in it, as a path under the mount point. */
  own: string;
  /** Those of CONTROLLERS that it carries; v2's are in its cgroup.controllers file and filled in by the caller. */
  controllers: Controller[];
}

/** `mountinfo` and `ownGroups` are the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export function hierarchiesOf(mountinfo: string, ownGroups: string): Hierarchy[] {
  const own = ownGroups.split("\n").filter(Boolean).map((line) => /^(\d+):([^:]*):(.*)$/.exec(line)).filter((match) => match !== null);
  const found: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    if (!before || !after) continue;
    const [type, , superOptions = ""] = after.split(" ");
    const [, , , root = "/", mountPoint = ""] = before.split(" ");
    if (type === "cgroup2") {
      const path = own.find((match) => match[1] === "0" && match[2] === "")?.[3] ?? "/";
      found.push({ version: 2, mountPoint, own: below(path, root), controllers: [] });
    } else if (type === "cgroup") {
      const controllers = CONTROLLERS.filter((name) => superOptions.split(",").includes(name));
      const path = own.find((match) => controllers.some((name) => match[2]!.split(",").includes(name)))?.[3] ?? "/";
      if (controllers.length > 0) found.push({ version: 1, mountPoint, own: below(path, root), controllers });
    }
  }
  return found;
}

/** A container's mount may show only a branch of the tree: `root` is then the branch that stands at the mount point. */
function below(path: string, root: string): string {
  if (root !== "/" && (path === root || path.startsWith(`${root}/`))) return path.slice(root.length) || "/";
  return path.startsWith("/..") ? "/" : path;
}
