// npm packages of this repository as files of a deployment package, with all that they depend on.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../node_modules");

/** File names below node_modules to content: what runs with require() or import, native libraries for this machine too; no types or source maps. */
export function packageFiles(names: string[]): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  const seen = new Set<string>();
  const add = (name: string, from: string): void => {
    const folder = [join(from, "node_modules", name), join(ROOT, name)].find((path) => existsSync(join(path, "package.json")));
    if (folder === undefined) throw new Error(`${name} is not installed`);
    if (seen.has(folder)) return;
    seen.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };
    addFolder(files, folder, join("node_modules", folder.slice(ROOT.length + 1)));
    for (const dependency of Object.keys(dependencies)) add(dependency, folder);
    // The builds for this machine are there, those for others are not.
    for (const dependency of Object.keys(optionalDependencies)) if (existsSync(join(ROOT, dependency, "package.json"))) add(dependency, folder);
  };
  for (const name of names) add(name, ROOT);
  return files;
}

function addFolder(files: Record<string, Uint8Array>, folder: string, shown: string): void {
  for (const entry of readdirSync(folder)) {
    if (["node_modules", "dist-types", "dist-es"].includes(entry)) continue;
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) addFolder(files, path, join(shown, entry));
    else if (/\.([cm]?js|json|node|so[.\d]*)$/.test(entry)) files[join(shown, entry)] = readFileSync(path);
  }
}
