// Where Python is found: on the PATH and in pyenv. pyenv's shims are left out, for they start the wrong version or none, 60 ms later.
import { join } from "node:path";
import { folders, onPath, there } from "./node.ts";
import type { Candidate } from "./probe.ts";

export async function pythonCandidates(environment: Record<string, string | undefined>, versions: string[]): Promise<Candidate[]> {
  const pyenv = environment.PYENV_ROOT || join(environment.HOME || "/", ".pyenv");
  const names = [...versions.map((version) => `python${version}`), "python3"];
  const managed = await folders(join(pyenv, "versions"));
  return there([
    ...onPath(environment.PATH, names).filter((path) => !/\/shims\/[^/]+$/.test(path)),
    ...managed.map((folder) => join(folder, "bin/python3")),
  ]);
}
