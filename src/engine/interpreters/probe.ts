// Asks an interpreter itself which version it is and where it lives; one that does not answer properly is as good as not there.
import { execFile, type ExecFileException } from "node:child_process";
import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dotnetVersions } from "./dotnet.ts";
import type { FamilyName } from "./families.ts";

export interface Candidate {
  /** Absolute; may be a link. */
  path: string;
}

export interface Found {
  /** The binary itself. */
  path: string;
  version: string;
  readOnlyPaths: string[];
  /** In a folder that other users may not enter, such as a home. */
  isPrivate?: boolean;
}

/** A healthy interpreter takes 50 ms; a shim that goes looking, or a binary for another machine, must not hold up the list. */
const PROBE_MS_MAX = 5000;

interface Said {
  versions: string[];
  path: string;
  folders: string[];
}

interface Question {
  args: string[];
  /** Throws when it is no answer. */
  read(stdout: string, stderr: string, candidate: string): Said;
}

const json = (stdout: string): Said => {
  const { version, path, folders } = JSON.parse(stdout) as { version: string; path: string; folders: string[] };
  return { versions: [version], path, folders };
};

const QUESTIONS: Record<FamilyName, Question> = {
  nodejs: {
    args: ["-p", "JSON.stringify({ version: process.versions.node, path: process.execPath, folders: [] })"],
    read(stdout) {
      const said = json(stdout);
      return { ...said, folders: [prefixOf(said.path)] };
    },
  },
  python: {
    // sys.executable behind a shim or a virtual environment is not the binary; base_prefix is where the standard library is.
    args: ["-I", "-c", "import json,os,platform,sys,sysconfig; assert platform.python_implementation() == 'CPython'; print(json.dumps({'version': platform.python_version(), 'path': os.path.realpath(sys.executable), 'folders': [sys.base_prefix, sys.base_exec_prefix, sysconfig.get_config_var('LIBDIR') or '']}))"],
    read(stdout) {
      const said = json(stdout);
      return { ...said, folders: [dirname(said.path), ...said.folders] };
    },
  },
  java: {
    args: ["-XshowSettings:properties", "-version"],
    read(_stdout, stderr) {
      const property = (name: string) => new RegExp(`^ +${name} = (.+)$`, "m").exec(stderr)![1]!.trim();
      const home = property("java\\.home");
      // Java 8 calls itself 1.8.0_402.
      return { versions: [property("java\\.version").replace(/^1\.8\.0_?/, "8.0.").replace(/[-+].*$/, "")], path: join(home, "bin/java"), folders: [home] };
    },
  },
  ruby: {
    args: ["--disable=gems", "-e", "require 'rbconfig'; exit 1 unless RUBY_ENGINE == 'ruby'; c = RbConfig::CONFIG; print '{\"version\":', RUBY_VERSION.dump, ',\"path\":', RbConfig.ruby.dump, ',\"folders\":[', [c['prefix'], c['libdir']].map(&:dump).join(','), ']}'"],
    read: json,
  },
  dotnet: {
    args: ["--list-runtimes"],
    read: (stdout, _stderr, candidate) => ({ versions: dotnetVersions(stdout), path: candidate, folders: [dirname(candidate)] }),
  },
};

/** What keeps a machine under load from starting a program. */
const OVERLOADED: unknown[] = ["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"];

/** Several where one program starts several versions. Undefined when it was not heard out: too slow, killed, or never started. */
export async function probeInterpreter(family: FamilyName, candidate: Candidate, environment: Record<string, string | undefined>): Promise<Found[] | undefined> {
  const { args, read } = QUESTIONS[family];
  const home = { PATH: environment.PATH ?? "/usr/bin:/bin", ...(environment.HOME ? { HOME: environment.HOME } : {}), ...(environment.PYENV_ROOT ? { PYENV_ROOT: environment.PYENV_ROOT } : {}) };
  const { error, stdout, stderr } = await new Promise<{ error: ExecFileException | null; stdout: string; stderr: string }>((resolve) =>
    execFile(candidate.path, args, { env: home, timeout: PROBE_MS_MAX, killSignal: "SIGKILL" }, (...[error, stdout, stderr]) => resolve({ error, stdout, stderr })));
  if (error) return error.killed || error.signal || OVERLOADED.includes(error.code) ? undefined : [];
  try {
    const said = read(stdout, stderr, await realpath(candidate.path));
    if (!said.versions.every((version) => typeof version === "string" && /^\d[\w.+-]*$/.test(version))) return [];
    const path = await realpath(said.path);
    const readOnlyPaths = outermost(said.folders);
    const isPrivate = !(await isOpen(path));
    return said.versions.map((version) => ({ path, version, readOnlyPaths, isPrivate }));
  } catch {
    return [];
  }
}

/** Whether other users may run it: each folder on the way, and the file. */
async function isOpen(path: string): Promise<boolean> {
  for (let place = path; place !== "/"; place = dirname(place)) if (!((await stat(place)).mode & 0o001)) return false;
  return true;
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
