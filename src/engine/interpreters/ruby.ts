// Where Ruby is found: on the PATH and where the version managers put it. Their shims are left out, for they start the wrong version or none.
import { join } from "node:path";
import { folders, onPath, there } from "./node.ts";
import type { Candidate } from "./probe.ts";

export async function rubyCandidates(environment: Record<string, string | undefined>, versions: string[]): Promise<Candidate[]> {
  const home = environment.HOME || "/";
  const parents = [join(environment.RBENV_ROOT || join(home, ".rbenv"), "versions"), join(home, ".rvm/rubies"), join(home, ".rubies"), "/opt/rubies", join(home, ".asdf/installs/ruby"), join(home, ".local/share/mise/installs/ruby"), "/opt/homebrew/opt", "/home/linuxbrew/.linuxbrew/opt"];
  const managed = (await Promise.all(parents.map(folders))).flat().filter((folder) => !folder.includes("/opt/") || /\/ruby(@[\d.]+)?$|\/rubies\//.test(folder));
  return there([
    ...onPath(environment.PATH, ["ruby", ...versions.map((version) => `ruby${version}`)]).filter((path) => !/\/shims\/[^/]+$/.test(path)),
    ...managed.map((folder) => join(folder, "bin/ruby")),
  ]);
}

export const howToGetRuby = (version: string): string =>
  `no Ruby ${version} or newer was found, and no package registry carries it; get it with rbenv (rbenv install ${version}.0), or from the system's packages (apt install ruby, dnf install ruby, brew install ruby@${version})`;
