// npm run bench: every bar of the project against a floor measured in the same run; --write puts the result into docs/benchmarks.md.
import { writeFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { asyncEvents } from "./async-events.ts";
import { coldStarts } from "./cold.ts";
import { devSaves } from "./dev-save.ts";
import { eventRules } from "./event-rules.ts";
import { objects } from "./objects.ts";
import { policyCost } from "./policy.ts";
import { ROOT } from "./process.ts";
import { snsFanOut } from "./sns-fan-out.ts";
import { sqsMillion, sqsOperations } from "./sqs.ts";
import { sqsToLambda } from "./sqs-lambda.ts";
import { startUp } from "./start-up.ts";
import { warmInvokes } from "./warm.ts";

export interface Row { what: string; evoke: string; floor: string; ratio: string; bar: string; met: boolean | undefined }

/** What a reader must know to read the table right. */
const NOTES = `- The function echoes its event, has 1769 MB (one CPU), and is called with signed-looking headers; in development signatures are not verified.
- Cold: the first invoke of a new function with \`--prewarm 0\`, its runtime used before, so it finds a prepared empty sandbox without an interpreter. The very first start of a runtime, or a third one within about 100 ms, also makes its sandbox (10 to 20 ms more).
- Pre-warmed: with \`--prewarm 1\`, and 0.4 s between starts for the spare process to be there.
- At 32 connections the ratio moved between 0.35 and 0.43 from run to run and day to day on this machine, whose 2 cores are shared by Evoke, its runtimes and the load generator; code before and after asynchronous events, permissions and metrics gave the same in turn (27,000 to 28,000 a second both). In the same way the first answered request took 250 to 420 ms.
- Asynchronous events lie on disk before they are answered (three writes in their life, many in one commit), and run while more are sent. Their floors are synchronous invokes of the same function and the same three writes by bare prepared statements, 32 to a commit.
- SQS: messages of 200 bytes over the JSON protocol. Durable: each message is on disk before it is answered. ElasticMQ keeps messages in memory, and has run two rounds before it is measured.
- SQS → Lambda: an empty Node.js function; the queue is filled first, and the first half is not counted, in which environments start. As many batches run at once as AWS would run, from 5 upwards.
- Objects: a client with one request at a time; MD5 and CRC64NVME are computed by both servers, and both answer a PUT when it is on disk.
- evoke dev: files of about 1 KB in node_modules, and one of the function's own that is saved every 1.5 s; CPU time is that of Evoke and of the command, with what they do after the switch: most of it links for the next save.`;

const quick = process.argv.includes("--quick");
const rows: Row[] = [];
for (const [name, measure] of [["warm invokes", warmInvokes], ["cold starts", coldStarts], ["asynchronous events", asyncEvents], ["SNS fan-out", snsFanOut], ["rules of events", eventRules], ["objects", objects], ["start-up", startUp], ["saves under evoke dev", devSaves], ["policies", policyCost], ["SQS", sqsOperations], ["SQS to functions", sqsToLambda], ["a queue of a million", sqsMillion]] as const) {
  process.stderr.write(`measuring ${name} …\n`);
  rows.push(...(await measure(quick)));
}

const table = ["| | Evoke | floor | ratio | bar | |", "|---|---|---|---|---|---|", ...rows.map((row) => `| ${row.what} | ${row.evoke} | ${row.floor} | ${row.ratio} | ${row.bar} | ${row.met === undefined ? "" : row.met ? "met" : "**missed**"} |`)].join("\n");
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GB, ${platform()} ${release()} ${arch()}, Node ${process.version}`;
process.stdout.write(`${table}\n\n${machine}\n`);
if (process.argv.includes("--write")) {
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(join(ROOT, "docs/benchmarks.md"), `# Benchmarks\n\nWritten by \`npm run bench -- --write\` on ${date}: ${machine}.\n\nEvoke and its floor are measured in turn, in one run, on one machine; figures are medians. Trust the ratios, not the absolute numbers. The load generator runs on the same cores.\n\n${table}\n\n${NOTES}\n`);
}
