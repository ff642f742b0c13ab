// The command of a process without a mount namespace: the paths AWS promises become host paths, and TMPDIR leads to the private folder.
import type { SandboxSpec } from "./sandbox.ts";

/** Variables whose values are paths or lists of paths; anything else a function is given stays as it is. */
const PATH_VARIABLES = ["LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PATH", "NODE_PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "GEM_PATH", "RUBYLIB", "CLASSPATH", "AWS_LAMBDA_EXEC_WRAPPER"];

export interface PlainOptions {
  /** Absent: no setpriv on this machine (macOS). */
  setpriv?: string;
  /** A uid of its own; only root can give one. */
  uid?: number;
}

export function plainCommand(spec: SandboxSpec, { setpriv, uid }: PlainOptions): string[] {
  const argv = spec.argv.map((word) => hostPath(word, spec));
  if (!setpriv) return argv;
  const identity = uid === undefined ? [] : ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  return [setpriv, "--no-new-privs", "--pdeathsig", "KILL", ...identity, "--", ...argv];
}

/** TMPDIR is the one addition: it is how programs find the private folder, and how strays of this sandbox are recognised. */
export function plainEnvironment(spec: SandboxSpec, tmp: string): Record<string, string> {
  return { ...hostVariables(spec.env, spec), TMPDIR: tmp };
}

type Places = Pick<SandboxSpec, "codeDir" | "runtimeDir" | "bootstrapDir" | "optDir">;

export function hostVariables(given: Record<string, string>, places: Places): Record<string, string> {
  const env = { ...given };
  for (const name of PATH_VARIABLES) if (env[name] !== undefined) env[name] = env[name].split(":").map((path) => hostPath(path, places)).join(":");
  return env;
}

/** AWS's path on a level that cannot show it: the real one. */
export function hostPath(word: string, spec: Places): string {
  if (spec.bootstrapDir && word.startsWith("/var/runtime/evoke/")) return spec.bootstrapDir + word.slice("/var/runtime/evoke".length);
  if (word === "/var/runtime" || word.startsWith("/var/runtime/")) return (spec.runtimeDir ?? spec.codeDir ?? "") + word.slice("/var/runtime".length);
  if (spec.codeDir && (word === "/var/task" || word.startsWith("/var/task/"))) return spec.codeDir + word.slice("/var/task".length);
  if (spec.optDir && (word === "/opt" || word.startsWith("/opt/"))) return spec.optDir + word.slice("/opt".length);
  return word;
}
