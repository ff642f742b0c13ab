// The development commands behind `npm run …`: test, check, dev, bench, new-service.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ensurePackages, root, runNode } from "./bootstrap.mjs";

const [command, ...rest] = process.argv.slice(2);
ensurePackages(true);

const module = (name) => join(root, "node_modules", name);
const steps = {
  test: () => [["--test", "--test-concurrency=2", ...(rest.length ? rest : testFiles())]],
  check: () => [
    [module("typescript/bin/tsc"), "-p", root],
    [module("oxlint/bin/oxlint"), "--deny-warnings", "src", "tools", "test", "bin", "bench", "runtimes", "examples"],
    ["--test", join(root, "tools", "tidy.test.ts")],
    [join(root, "tools", "settings.ts"), "--check"],
    [join(root, "tools", "coverage.ts"), "--check"],
  ],
  dev: () => [["--watch", join(root, "src", "main.ts"), "start", ...rest]],
  bench: () => [[join(root, "bench", "run.ts"), ...rest]],
  "new-service": () => [[join(root, "tools", "new-service.ts"), ...rest]],
};

if (!(command in steps)) {
  process.stderr.write(`evoke: there is no command "${command}"; there are ${Object.keys(steps).join(", ")}\n`);
  process.exit(1);
}
for (const args of steps[command]()) {
  const code = await runNode(args, { cwd: root });
  if (code !== 0) process.exit(code);
}

/** Every *.test.ts of the project, outside installed packages. */
function testFiles() {
  const found = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(".test.ts")) found.push(path);
    }
  };
  for (const folder of ["src", "tools", "runtimes", "test", "examples", "bin"]) walk(join(root, folder));
  return found.sort();
}
