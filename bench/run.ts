// npm run bench: every bar of the project against a floor measured in the same run; --write puts the result into docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { coldStarts } from "./cold.ts";
import { ROOT } from "./process.ts";
import { startUp } from "./start-up.ts";
import { warmInvokes } from "./warm.ts";

export interface Row { what: string; evoke: string; floor: string; ratio: string; bar: string; met: boolean | undefined }

const quick = process.argv.includes("--quick");
const rows: Row[] = [];
for (const [name, measure] of [["warm invokes", warmInvokes], ["cold starts", coldStarts], ["start-up", startUp]] as const) {
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(...(await measure(quick)));
}

const table = ["| | Evoke | floor | ratio | bar | |", "|---|---|---|---|---|---|", ...rows.map((row) => `| ${row.what} | ${row.evoke} | ${row.floor} | ${row.ratio} | ${row.bar} | ${row.met === undefined ? "" : row.met ? "met" : "**missed**"} |`)].join("\n");
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GB, ${platform()} ${release()} ${arch()}, Node ${process.version}`;
process.stdout.write(`${table}\n\n${machine}\n`);
if (process.argv.includes("--write")) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(join(ROOT, "docs/benchmarks.md"), `# Benchmarks\n\nWritten by \`npm run bench -- --write\` on ${date}: ${machine}.\n\nEvoke and its floor are measured in turn, in one run, on one machine; figures are medians. Trust the ratios, not the absolute numbers. The load generator runs on the same cores.\n\n${table}\n`);
}
