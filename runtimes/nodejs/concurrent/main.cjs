"use strict";
// Several events at once (Lambda Managed Instances): worker threads that each ask for events and run theirs side by side.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html; the rules are those of npm aws-lambda-ric 4.0.

const path = require("node:path");
const { Worker } = require("node:worker_threads");
const { shareWith } = require("../channel.cjs");
const { openClient } = require("./client.cjs");
const { openLedger } = require("./ledger.cjs");

/** Of what all threads share: whether there may be one more; before it is the lock of the channel. */
const GROWS = 1;

/** AWS's default. */
const WORKERS_PER_VCPU = 8;
/** Flags of the process that a thread cannot have; as AWS filters them. */
const NOT_FOR_THREADS = ["--expose-gc", "--max-semi-space-size", "--max-old-space-size", "--inspect"];

function workerCount(concurrency, vcpus) {
  const given = Number.parseInt(process.env.AWS_LAMBDA_NODEJS_WORKER_COUNT ?? "", 10);
  // More than there may be events at once would never have one.
  return Math.max(1, Math.min(concurrency, given > 0 ? given : WORKERS_PER_VCPU * Math.max(1, Math.ceil(vcpus))));
}

/**
 * One thread at first, one more with every event until there are as many as may be: what is never needed is never started.
 * A thread that dies takes its own events with it and no others; when as many have died as there may be, the process ends.
 */
function run(assign) {
  const threads = new Int32Array(new SharedArrayBuffer(8));
  shareWith(threads);
  const concurrency = Math.max(1, Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY));
  let count = workerCount(concurrency, assign.vcpus ?? 1);
  const deathsMax = count;
  const client = openClient();
  let living = 0;
  let died = 0;
  if (assign.inspected) return require("./worker.cjs").work(assign, openLedger(concurrency), () => {}); // a debugger sees the main thread alone

  const start = () => {
    living++;
    Atomics.store(threads, GROWS, living < count ? 1 : 0);
    const ledger = openLedger(concurrency);
    let isReady = false;
    let failure;
    const worker = new Worker(path.join(__dirname, "worker.cjs"), {
      workerData: { assign, threads: threads.buffer, ledger: ledger.shared },
      env: process.env,
      execArgv: process.execArgv.filter((flag) => !NOT_FOR_THREADS.some((start) => flag.startsWith(start))),
    });
    worker.on("message", (message) => {
      if (message.ready) isReady = true;
      if (message.failure) failure = message.failure;
      if (message.took && living < count) start();
    });
    worker.on("error", (error) => {
      console.error(error);
      failure ??= JSON.stringify({ errorType: error?.name ?? "Error", errorMessage: String(error?.message) });
    });
    worker.on("exit", (code) => {
      living--;
      died++;
      Atomics.store(threads, GROWS, 1);
      const lost = ledger.inHand().map((id) =>
        client.error(id, failure ?? JSON.stringify({ errorType: "Runtime.ExitError", errorMessage: `RequestId: ${id} Error: Worker exited with code ${code}` })),
      );
      void Promise.allSettled(lost).then(() => {
        if (!isReady) count = living; // it cannot be initialised again: the others go on
        if (count === 0 || died >= deathsMax) process.exit(code || 1);
        if (living === 0) start();
      });
    });
  };
  start();
}

module.exports = { run };
