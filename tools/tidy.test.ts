// A test about the code itself: the import rule, the shape of files, and what has exactly one home.
// Messages say what to do instead. If a rule is wrong, change it here with a record in docs/decisions/.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

/** What each folder under src may import: other folders, and packages. `types:` allows `import type` only. */
const MAY_IMPORT: Record<string, { folders: string[]; packages: RegExp }> = {
  kernel: { folders: [], packages: /^(node:(crypto|util|buffer|url|path|events|zlib)|@aws-sdk\/crc64-nvme)$/ },
  wire: { folders: ["kernel"], packages: /^(node:(crypto|zlib|stream|fs|url|module|path|buffer|util)|@aws-sdk\/client-.*|node:fs\/promises)$/ },
  storage: { folders: ["kernel"], packages: /^(node:.*|pg|@electric-sql\/pglite)$/ },
  ports: { folders: ["kernel", "types:storage"], packages: /^$/ },
  patterns: { folders: ["kernel"], packages: /^node:net$/ },
  schedules: { folders: ["kernel"], packages: /^$/ },
  services: { folders: ["kernel", "ports", "patterns", "schedules", "types:storage"], packages: /^(node:(crypto|buffer|util|zlib)|types:@aws-sdk\/client-.*)$/ },
  access: { folders: ["kernel", "ports"], packages: /^node:(net|crypto)$/ },
  delivery: { folders: ["kernel", "ports", "patterns", "storage"], packages: /^(node:.*)$/ },
  engine: { folders: ["kernel", "ports", "storage"], packages: /^(node:.*|yauzl|tar-stream)$/ },
  gateway: { folders: ["kernel", "wire", "ports", "types:config.ts"], packages: /^node:.*$/ },
  cli: { folders: ["kernel", "config.ts", "engine"], packages: /^(node:.*|@aws-sdk\/client-.*)$/ },
};

/** What only one place may touch, and what everyone else uses. */
const ONE_HOME: { what: RegExp; homes: RegExp; instead: string }[] = [
  { what: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, homes: /^src\/kernel\/clock\.ts$/, instead: "take a Clock (kernel/clock.ts)" },
  { what: /(?<![\w.])(setTimeout|setInterval)\(/, homes: /^src\/kernel\/clock\.ts$/, instead: "use clock.sleep or clock.after" },
  { what: /\bclock\.(sleep|after)\([^\n]*\bclock\.now\(\)/, homes: /^src\/kernel\/clock/, instead: "wait for a date with clock.until or clock.at: people can move it" },
  { what: /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, homes: /^src\/kernel\/ids\.ts$/, instead: "take Ids (kernel/ids.ts)" },
  { what: /\bprocess\.env\b/, homes: /^src\/(main\.ts|cli\/)/, instead: "declare a setting in config.ts" },
  { what: /^import (?!type\b)[^;]*"node:https?"/m, homes: /^src\/kernel\/node-http\.ts$/, instead: "kernel/node-http.ts has it without its 30 ms" },
  { what: /\bconsole\.\w+\(/, homes: /^$/, instead: "take a Log (kernel/log.ts); the command line writes to process.stdout" },
];

const FORBIDDEN: { what: RegExp; instead: string }[] = [
  { what: /^export default\b/m, instead: "name every export" },
  { what: /^export \* /m, instead: "import from the file that has it; no barrels" },
  { what: /^\s*(export )?(const )?enum \w/m, instead: "use a union of strings" },
  { what: /^\s*@\w+(\(.*\))?\s*$/m, instead: "no decorators" },
  { what: /\b(FIXME|TODO|XXX)\b/, instead: "do it, or say what is missing in the README" },
  { what: /\/(root|home|tmp\/briefs|work)\/(main|shared)\b/, instead: "no path of one machine" },
];

const BAD_NAMES = /(^|\/)(utils?|helpers?|commons?|types|managers?|misc)(\.ts|\/)/;

interface Source { path: string; text: string }

const sources = (...folders: string[]): Source[] =>
  folders.flatMap((folder) => walk(join(root, folder))).filter((path) => /\.(ts|mjs|cjs)$/.test(path))
    .map((path) => ({ path: relative(root, path).replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));

function walk(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
    return entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)];
  });
}

const isTest = (path: string) => path.endsWith(".test.ts");
const product = sources("src").filter(({ path }) => !isTest(path));
const everything = sources("src", "tools", "test", "bench", "runtimes", "bin");
/** Comments and string contents may say anything; only code counts. */
const codeOf = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[^:"'`\\])\/\/.*$/gm, "$1");

test("no file imports what its folder may not", () => {
  const faults: string[] = [];
  for (const { path, text } of product) {
    const folder = path.split("/")[1]!;
    const rule = MAY_IMPORT[folder];
    if (!rule) continue; // main.ts, config.ts and platform.ts may import everything they need
    for (const match of codeOf(text).matchAll(/(?:^|\n)\s*(import|export)\s+(type\s+)?[^;"']*?from\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g)) {
      const typeOnly = match[2] !== undefined || match[4] !== undefined && /typeof\s+$/.test(text.slice(0, match.index + match[0].indexOf("import")));
      const target = match[3] ?? match[4]!;
      const allowed = target.startsWith(".") ? mayReach(path, folder, target, rule.folders, typeOnly) : rule.packages.test(target) || (typeOnly && rule.packages.test(`types:${target}`));
      if (!allowed) faults.push(`${path} imports ${target}: ${folder} may import ${[...rule.folders, String(rule.packages)].join(", ")}`);
    }
  }
  assert.deepEqual(faults, []);
});

function mayReach(path: string, folder: string, target: string, folders: string[], typeOnly: boolean): boolean {
  const parts = relative(join(root, "src"), resolve(root, dirname(path), target)).replaceAll("\\", "/").split("/");
  const other = parts[0]!;
  if (other === folder) {
    if (folder !== "services") return true;
    const room = path.split("/")[2]!;
    return parts.length === 2 || room === "index.ts" || parts[1] === room; // service.ts, its own room; never another room
  }
  return folders.includes(other) || (typeOnly && folders.includes(`types:${other}`));
}

test("time, timers, randomness, environment and console each have one home", () => {
  const faults = product.flatMap(({ path, text }) => ONE_HOME.filter(({ what, homes }) => !homes.test(path) && what.test(codeOf(text))).map(({ what, instead }) => `${path}: ${what.exec(codeOf(text))![0]} — ${instead}`));
  assert.deepEqual(faults, []);
});

test("no default exports, barrels, enums, decorators, leftovers or paths of one machine", () => {
  const faults = everything.filter(({ path }) => path !== "tools/tidy.test.ts")
    .flatMap(({ path, text }) => FORBIDDEN.filter(({ what }) => what.test(text)).map(({ what, instead }) => `${path}: ${what.exec(text)![0].trim()} — ${instead}`));
  assert.deepEqual(faults, []);
});

test(`no file is longer than ${LINES_MAX} lines`, () => {
  assert.deepEqual(everything.filter(({ text }) => text.split("\n").length > LINES_MAX + 1).map(({ path, text }) => `${path}: ${text.split("\n").length} lines; cut it in two where the subject changes`), []);
});

test(`no function is longer than ${FUNCTION_LINES_MAX} lines`, () => {
  assert.deepEqual(product.flatMap(longFunctions), []);
});

/** By indentation, which the linter keeps honest: from a function's first line to the closing brace at the same depth. */
function longFunctions({ path, text }: Source): string[] {
  const lines = text.split("\n");
  const faults: string[] = [];
  lines.forEach((line, start) => {
    const head = /^(\s*)(?:export )?(?:async )?(?:function\*? (\w+)|(?:const|let) (\w+) = (?:async )?(?:\([^)]*\)|\w+)(?:: [^=]+)? => \{$|(?:async |\*|private |static )*(#?\w+)\([^)]*\)(?:: [^{]+)? \{$)/.exec(line);
    if (!head || !line.trimEnd().endsWith("{") || /^\s*(if|for|while|switch|catch|return|else)\b/.test(line)) return;
    const name = head[2] ?? head[3] ?? head[4];
    const end = lines.findIndex((other, index) => index > start && other.startsWith(`${head[1]}}`));
    // A room's open() and a factory return a table of functions: the table is not a function body, its members are counted one by one.
    const isTable = lines.slice(start, end).some((other) => /^\s*return \{$/.test(other) && other.search(/\S/) === head[1]!.length + 2);
    if (end - start > FUNCTION_LINES_MAX && !isTable) faults.push(`${path}:${start + 1} ${name}: ${end - start} lines`);
  });
  return faults;
}

test("every file opens with what it is", () => {
  assert.deepEqual(everything.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*|"use strict")/.test(text)).map(({ path }) => `${path}: start with one to three comment lines`), []);
});

test("no file or folder is named for nothing in particular", () => {
  assert.deepEqual(everything.filter(({ path }) => BAD_NAMES.test(path)).map(({ path }) => `${path}: name it after what is in it`), []);
});

test("every room has a README and a test", () => {
  const rooms = readdirSync(join(root, "src/services"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const faults = rooms.flatMap((room) => {
    const files = walk(join(root, "src/services", room));
    return [files.some((file) => file.endsWith("/README.md")) ? [] : `${room} has no README.md`, files.some(isTest) ? [] : `${room} has no test`].flat();
  });
  assert.deepEqual(faults, []);
});

test("errors a caller sees are built only in a room's errors.ts", () => {
  const faults = product.filter(({ path, text }) => path.startsWith("src/services/") && !/errors?(-[\w-]+)?\.ts$/.test(path) && /new ServiceError\(/.test(text)).map(({ path }) => `${path}: move the error into errors.ts, named for its situation`);
  assert.deepEqual(faults, []);
});

test("test names are sentences about behaviour", () => {
  const faults = everything.filter(({ path }) => isTest(path)).flatMap(({ path, text }) => [...text.matchAll(/^\s*(?:await )?(?:t\.)?(?:test|it)\(\s*"([^"]+)"/gm)].map((match) => match[1]!).filter((name) => !name.includes(" ")).map((name) => `${path}: "${name}"`));
  assert.deepEqual(faults, []);
  assert.deepEqual(everything.filter(({ path }) => isTest(path) && /[.-]\d+\.test\.ts$/.test(path)).map(({ path }) => `${path}: name it after its subject`), []);
});

test("the changelog has its shape", () => {
  const text = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const headings = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]!);
  assert.ok(text.startsWith("# Changelog\n"), "starts with # Changelog");
  assert.ok(headings.length > 0 && headings.every((heading) => heading === "Unreleased" || /^\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\)$/.test(heading)), `headings are "Unreleased" or "1.2.3 (2026-01-31)": ${headings.join("; ")}`);
});
