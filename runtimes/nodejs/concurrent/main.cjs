"use strict";
// Several events at once (Lambda Managed Instances): worker threads that each ask for events and run theirs side by side.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-nodejs-runtime.html; the rules are those of npm aws-lambda-ric 4.0.

const path = require("node:path");
const { Worker } = require("node:worker_threads");
const { shareWith } = require("../channel.cjs");
const { openClient } = require("./client.cjs");
const { openLedger } = require("./ledger.cjs");

/** Of what all threads share: how many there are, and what each has in hand; before it is the lock of the channel. */
const LIVING = 1;
const IN_HAND = 2;

/** AWS's default. */
const WORKERS_PER_VCPU = 8;
/** Each takes about nine files, of which a process may have 1024; as many again and more are for the handlers. */
const WORKERS_MAX = 48;
/** Flags of the process that a thread cannot have; as AWS filters them. */
const NOT_FOR_THREADS = ["--expose-gc", "--max-semi-space-size", "--max-old-space-size", "--inspect"];

function workerCount(concurrency, vcpus) {
  const given = Number.parseInt(process.env.AWS_LAMBDA_NODEJS_WORKER_COUNT ?? "", 10);
  // More than there may be events at once would never have one.
  return Math.max(1, Math.min(concurrency, WORKERS_MAX, given > 0 ? given : WORKERS_PER_VCPU * Math.max(1, Math.ceil(vcpus))));
}

/**
 * One thread more than there are events in hand, until there are as many as may be: what is never needed is never started.
 * A thread that dies takes its own events with it and no others; when as many have died as there may be, the process ends.
 */
function run(assign) {
  const concurrency = Math.max(1, Number(process.env.AWS_LAMBDA_MAX_CONCURRENCY));
  let count = workerCount(concurrency, assign.vcpus ?? 1);
  const threads = new Int32Array(new SharedArrayBuffer(4 * (IN_HAND + count)));
  shareWith(threads);
  const free = Array.from({ length: count }, (_, n) => IN_HAND + n);
  const deathsMax = count;
  const client = openClient();
  let living = 0;
  let died = 0;
  if (assign.inspected) return require("./worker.cjs").work(assign, openLedger(concurrency), () => {}, concurrency); // a debugger sees the main thread alone

  const start = () => {
    Atomics.store(threads, LIVING, ++living);
    const own = free.pop();
    const ledger = openLedger(concurrency);
    let isReady = false;
    let failure;
    const worker = new Worker(path.join(__dirname, "worker.cjs"), {
      workerData: { assign, threads: threads.buffer, own, ledger: ledger.shared, share: concurrency / count },
      env: process.env,
      execArgv: process.execArgv.filter((flag) => !NOT_FOR_THREADS.some((start) => flag.startsWith(start))),
    });
    worker.on("message", (message) => {
      if (message.ready) isReady = true;
      if (message.failure) failure = message.failure;
      if (message.took && living < count && inHand(threads) >= living) start();
    });
    worker.on("error", (error) => {
      console.error(error);
      failure ??= JSON.stringify({ errorType: error?.name ?? "Error", errorMessage: String(error?.message) });
    });
    worker.on("exit", (code) => {
      Atomics.store(threads, LIVING, --living);
      Atomics.store(threads, own, 0);
      free.push(own);
      died++;
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

const inHand = (threads) => threads.reduce((sum, events, at) => (at < IN_HAND ? sum : sum + events), 0);

module.exports = { run };
