// How a runtime is started so that a debugger can attach. https://nodejs.org/api/cli.html#--inspecthostport · https://github.com/microsoft/debugpy#debugpy-cli-usage
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Interpreter } from "../interpreters.ts";
import type { Debugging } from "./inspectors.ts";

const run = promisify(execFile);

const brings = (codeDir: string): Promise<boolean> => stat(join(codeDir, "debugpy")).then((found) => found.isDirectory(), () => false);
/** -s, because a sandbox does not see the user's own packages. */
const has = (path: string): Promise<boolean> => run(path, ["-s", "-c", "import debugpy"]).then(() => true, () => false);

/** The interpreter with the flags for it; or a sentence with what is missing. `codeDir`: the function's own folder, which may bring debugpy. */
export async function inspected(interpreter: Interpreter, { port, wait }: Pick<Debugging, "port" | "wait">, codeDir: string): Promise<Interpreter | { missing: string }> {
  const [path, ...flags] = interpreter.argv as [string, ...string[]];
  // Where it listens is no line of the function's log: nobody connects there but we.
  if (!interpreter.bootstrap?.endsWith(".py")) return { ...interpreter, argv: [path, ...flags, "--inspect-publish-uid=http", `--inspect${wait ? "-wait" : ""}=127.0.0.1:${port}`] };
  if (!(await brings(codeDir)) && !(await has(path))) return { missing: `--inspect needs debugpy, which Python ${interpreter.version} does not have here; get it with: ${path} -m pip install debugpy, or beside the function's code with: ${path} -m pip install --target DIR debugpy` };
  return { ...interpreter, argv: [path, ...flags, "-Xfrozen_modules=off", "-m", "debugpy", "--listen", `127.0.0.1:${port}`, ...(wait ? ["--wait-for-client"] : [])] };
}
