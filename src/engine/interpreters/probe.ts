// Asks an interpreter itself which version it is and where it lives; one that does not answer properly is as good as not there.
import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";

export interface Candidate {
  /** Absolute; may be a link. */
  path: string;
}

/** A healthy interpreter takes 50 ms; a shim that goes looking, or a binary for another machine, must not hold up the list. */
const PROBE_MS_MAX = 5000;

const ASK = {
  nodejs: ["-p", "JSON.stringify({ version: process.versions.node, path: process.execPath, folders: [] })"],
  // sys.executable behind a shim or a virtual environment is not the binary; base_prefix is where the standard library is.
  python: ["-I", "-c", "import json,os,platform,sys,sysconfig; assert platform.python_implementation() == 'CPython'; print(json.dumps({'version': platform.python_version(), 'path': os.path.realpath(sys.executable), 'folders': [sys.base_prefix, sys.base_exec_prefix, sysconfig.get_config_var('LIBDIR') or '']}))"],
};

export async function probeInterpreter(family: "nodejs" | "python", candidate: Candidate, environment: Record<string, string | undefined>): Promise<{ path: string; version: string; readOnlyPaths: string[] } | undefined> {
  const home = { PATH: environment.PATH ?? "/usr/bin:/bin", ...(environment.HOME ? { HOME: environment.HOME } : {}), ...(environment.PYENV_ROOT ? { PYENV_ROOT: environment.PYENV_ROOT } : {}) };
  const answer = await new Promise<string>((resolve) => execFile(candidate.path, ASK[family], { env: home, timeout: PROBE_MS_MAX, killSignal: "SIGKILL" }, (error, stdout) => resolve(error ? "" : stdout)));
  try {
    const { version, path, folders } = JSON.parse(answer) as { version: string; path: string; folders: string[] };
    const real = await realpath(path);
    return { path: real, version, readOnlyPaths: outermost(family === "nodejs" ? [prefixOf(real)] : [dirname(real), ...folders]) };
  } catch {
    return undefined;
  }
}

/** A binary in …/bin belongs to the folder above; one that stands alone, to its own folder. */
function prefixOf(binary: string): string {
  const folder = dirname(binary);
  return folder.endsWith("/bin") ? dirname(folder) : folder;
}

/** Without what is in another of them, and without the system's folders, which every sandbox sees. */
export function outermost(folders: string[]): string[] {
  const wanted = [...new Set(folders)].filter((folder) => folder.startsWith("/") && folder !== "/" && !/^\/(usr|bin|lib|lib64|sbin)(\/|$)/.test(folder));
  return wanted.filter((folder) => !wanted.some((other) => other !== folder && folder.startsWith(`${other}/`)));
}
