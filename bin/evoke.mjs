#!/usr/bin/env node
// The `evoke` command: makes sure everything is installed, then hands over to src/main.ts on a Node that can run it.
import { join } from "node:path";
import { ensurePackages, nodePath, root, runNode } from "./bootstrap.mjs";

ensurePackages(false);
const args = ["--disable-warning=ExperimentalWarning", join(root, "src", "main.ts"), ...process.argv.slice(2)];
if (nodePath() === process.execPath) {
  // Already the right Node: no second process.
  const { main } = await import("../src/main.ts");
  await main();
} else {
  process.exitCode = await runNode(args);
}
