// What is in a folder: which runtime and handler a function made of it would have.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Detected {
  runtime: string;
  handler: string;
}

const NODE_RUNTIME = "nodejs24.x";
const PYTHON_RUNTIME = "python3.13";
const RUBY_RUNTIME = "ruby3.4";
const NODE_FILES = ["index", "handler", "app", "main", "lambda", "src/index", "src/handler", "dist/index"];
const NODE_ENDINGS = [".mjs", ".cjs", ".js"];
const SCRIPT_FILES = ["lambda_function", "app", "handler", "main", "index"];
/** The names people give a handler, most usual first. */
const EXPORTS = ["handler", "lambdaHandler", "main"];
const FUNCTIONS = ["lambda_handler", "handler", "main"];

/** Undefined when nothing in the folder looks like a function. */
export function detect(folder: string): Detected | undefined {
  if (existsSync(join(folder, "bootstrap"))) return { runtime: "provided.al2023", handler: "bootstrap" };
  return detectNode(folder) ?? detectPython(folder) ?? detectRuby(folder);
}

function detectNode(folder: string): Detected | undefined {
  for (const file of [...mainOf(folder), ...NODE_FILES]) {
    for (const ending of NODE_ENDINGS) {
      const text = read(join(folder, file + ending));
      if (text === undefined) continue;
      const name = EXPORTS.find((candidate) => new RegExp(`export\\s+(async\\s+)?(const|let|var|function)\\s+${candidate}\\b|exports\\.${candidate}\\s*=|export\\s*\\{[^}]*\\b${candidate}\\b|module\\.exports\\s*=\\s*\\{[^}]*\\b${candidate}\\b`).test(text));
      if (name) return { runtime: NODE_RUNTIME, handler: `${file}.${name}` };
    }
  }
  return undefined;
}

/** package.json's "main", without its ending. */
function mainOf(folder: string): string[] {
  const text = read(join(folder, "package.json"));
  try {
    const main: unknown = text && JSON.parse(text).main;
    return typeof main === "string" ? [main.replace(/^\.\//, "").replace(/\.(mjs|cjs|js)$/, "")] : [];
  } catch {
    return [];
  }
}

function detectPython(folder: string): Detected | undefined {
  for (const file of SCRIPT_FILES) {
    const text = read(join(folder, `${file}.py`));
    const name = text && FUNCTIONS.find((candidate) => new RegExp(`^(async )?def ${candidate}\\(|^${candidate}\\s*=`, "m").test(text));
    if (name) return { runtime: PYTHON_RUNTIME, handler: `${file}.${name}` };
  }
  return undefined;
}

function detectRuby(folder: string): Detected | undefined {
  for (const file of SCRIPT_FILES) {
    const text = read(join(folder, `${file}.rb`));
    const name = text && FUNCTIONS.find((candidate) => new RegExp(`^def ${candidate}\\(`, "m").test(text));
    if (name) return { runtime: RUBY_RUNTIME, handler: `${file}.${name}` };
  }
  return undefined;
}

const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
