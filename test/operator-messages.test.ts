// What whoever starts Evoke is told about this machine: in one line each, before it surprises anyone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { type Log, silentLog } from "../src/kernel/log.ts";
import { evoke } from "./support/command-line.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

function keeping(): { log: Log; warnings: string[]; errors: string[] } {
  const warnings: string[] = [];
  const errors: string[] = [];
  return { warnings, errors, log: { ...silentLog, warn: (message) => void warnings.push(message), error: (message, about) => void errors.push(`${message} ${String(about?.["error"])}`) } };
}

test("less than the best isolation is said at start in one line, with where to read more", async () => {
  const { log, warnings } = keeping();
  await using _platform = await openTestPlatform({ isolation: "none" }, log);
  assert.equal(warnings.length, 1, warnings.join("\n"));
  assert.match(warnings[0]!, /^isolation level 4: plain processes that can read and do what Evoke itself can, .*evoke doctor$/);
});

test("--network none is refused at start where functions could not be cut off", async () => {
  const refused = await evoke(["start", "--port", "0", "--ephemeral", "--isolation", "none", "--network", "none"], "");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /--network none needs bubblewrap/);
  assert.doesNotMatch(refused.stderr, /\n\s+at /, "a sentence, not a stack trace");
});

test("a function made for another processor runs, and the log says once that nothing is emulated", async () => {
  const { log, warnings } = keeping();
  await using platform = await openTestPlatform({}, log);
  const other = process.arch === "arm64" ? "x86_64" : "arm64";
  for (const FunctionName of ["one", "two"]) {
    await platform.lambda.send(new CreateFunctionCommand({ FunctionName, Architectures: [other], Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async () => 1" }) } }));
    await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
    const { Payload, FunctionError } = await platform.lambda.send(new InvokeCommand({ FunctionName }));
    assert.deepEqual([new TextDecoder().decode(Payload), FunctionError], ["1", undefined]);
  }
  const told = warnings.filter((warning) => warning.includes(other));
  assert.equal(told.length, 1, warnings.join("\n"));
  assert.match(told[0]!, /^one is made for .* native code in its package must be built for/);
});

test("with --network none a function reaches nothing, and a custom runtime is refused with the reason in the log", async (t) => {
  const { log, errors } = keeping();
  let platform: Awaited<ReturnType<typeof openTestPlatform>>;
  try {
    platform = await openTestPlatform({ network: "none" }, log);
  } catch (error) {
    return t.skip((error as Error).message);
  }
  try {
    const reach = `exports.handler = async () => fetch(process.env.AWS_ENDPOINT_URL + "/_evoke/health").then((answer) => answer.status, (error) => error.cause.code)`;
    const create = (FunctionName: string, Runtime: "nodejs22.x" | "provided.al2023", ZipFile: Uint8Array) => platform.lambda.send(new CreateFunctionCommand({ FunctionName, Runtime, Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile } }));
    await create("reach", "nodejs22.x", await zipOf({ "index.js": reach }));
    await create("custom", "provided.al2023", await zipOf({ bootstrap: "#!/bin/sh\n" }));
    for (const FunctionName of ["reach", "custom"]) await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName });
    const { Payload } = await platform.lambda.send(new InvokeCommand({ FunctionName: "reach" }));
    assert.equal(new TextDecoder().decode(Payload), '"ECONNREFUSED"');
    await assert.rejects(platform.lambda.send(new InvokeCommand({ FunctionName: "custom" })), { name: "ServiceException" });
    assert.match(errors.join("\n"), /provided\.al2023 .*cannot run with --network none/);
  } finally {
    await platform.close();
  }
});
