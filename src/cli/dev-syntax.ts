// Whether what was just saved parses: said at the save, where the function itself would say it at its next invocation.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const CHECK_MS_MAX = 2_000;
const FILES_MAX = 5;
const PYTHON = "import ast, sys\ntry: ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[1])\nexcept SyntaxError as e: sys.exit(f'{e.filename}:{e.lineno}: SyntaxError: {e.msg}')";

/** The first fault of these files, as the language says it; undefined where there is none, or nobody to ask. */
export async function syntaxFault(folder: string, paths: string[]): Promise<string | undefined> {
  const asked = paths.filter((path) => /\.(js|mjs|cjs|py)$/.test(path)).slice(0, FILES_MAX);
  return (await Promise.all(asked.map((path) => faultOf(join(folder, path))))).find((fault) => fault !== undefined);
}

async function faultOf(file: string): Promise<string | undefined> {
  const [command, args] = file.endsWith(".py") ? ["python3", ["-c", PYTHON, file]] as const : [process.execPath, ["--check", file]] as const;
  try {
    await run(command, args, { timeout: CHECK_MS_MAX });
    return undefined;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr && /SyntaxError|IndentationError/.test(stderr) ? shortened(stderr) : undefined;
  }
}

/** Without Node's own stack and version. */
const shortened = (text: string): string => text.split("\n").filter((line) => line.trim() !== "" && !/^\s+at |^Node\.js v/.test(line)).map((line) => `  ${line}`).join("\n");
