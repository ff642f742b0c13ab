#!/usr/bin/env node
// The `evoke` command: makes sure everything is installed, then runs src/main.ts on a Node that can.
import { join } from "node:path";
import { ensurePackages, nodePath, root, runNode } from "./bootstrap.mjs";

ensurePackages(false);
if (nodePath() === process.execPath) {
  // Before the first TypeScript file: with a warm cache Node never loads its type stripper (40 ms and 23 MB).
  // Imported here, because Node 20 has no such export and could not even link this file.
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(join(root, ".evoke", "compile-cache"));
  const { main } = await import("../src/main.ts");
  await main();
} else {
  process.exitCode = await runNode([join(root, "bin", "evoke.mjs"), ...process.argv.slice(2)]);
}
