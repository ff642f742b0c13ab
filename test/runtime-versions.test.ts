// Functions held to runtime versions, on a whole platform: interpreters that come, change and go while it runs.
// The interpreters are small scripts that answer for versions of their own, and start this machine's Python.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { runtimeVersionArn } from "../src/kernel/runtime-version.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const PYTHON = "/usr/bin/python3";
const skip = isThere(PYTHON) ? false : `NOT HERE: ${PYTHON}`;
const HANDLER = "import sys\ndef handler(event, context): return sys._xoptions.get('standin')\n";

const home = mkdtempSync(join(tmpdir(), "evoke-runtime-versions-"));
const placeOf = (version: string): string => join(home, `.pyenv/versions/${version}/bin/python3`);
const environment = { ...process.env, HOME: home, PYENV_ROOT: join(home, ".pyenv"), PATH: "/usr/bin:/bin" };
let platform: TestPlatform;
let lambda: Lambda;
const warnings: string[] = [];
before(async () => {
  if (skip) return;
  interpreter("3.14.1");
  interpreter("3.14.2");
  platform = await openTestPlatform({}, { debug() {}, info() {}, error() {}, warn: (line) => { warnings.push(line); } }, environment);
  lambda = new Lambda(platform.clientConfig);
});
after(async () => {
  lambda?.destroy();
  await platform?.close();
  rmSync(home, { recursive: true, force: true });
});

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function interpreter(version: string, place = placeOf(version)): void {
  mkdirSync(dirname(place), { recursive: true });
  chmodSync(home, 0o755);
  writeFileSync(place, `#!/bin/sh
if [ "$1" = -I ]; then echo '${JSON.stringify({ version, path: place, folders: [] })}'; else exec ${PYTHON} -X standin=${version} "$@"; fi
`);
  chmodSync(place, 0o755);
}

const arnOf = (version: string) => runtimeVersionArn("eu-west-1", "python3.14", version);

async function create(FunctionName: string): Promise<void> {
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "python3.14", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.py": HANDLER }) } });
  await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.05, maxWaitTime: 10 }, { FunctionName });
}

async function update(FunctionName: string, Timeout: number): Promise<void> {
  await lambda.updateFunctionConfiguration({ FunctionName, Timeout });
  await waitUntilFunctionUpdatedV2({ client: lambda, minDelay: 0.01, maxDelay: 0.05, maxWaitTime: 10 }, { FunctionName });
}

/** The version that answered, or what the caller was told. */
async function ranOn(FunctionName: string, Qualifier?: string): Promise<string> {
  try {
    const { Payload, FunctionError } = await lambda.invoke({ FunctionName, Qualifier });
    assert.equal(FunctionError, undefined, Buffer.from(Payload!).toString());
    return JSON.parse(Buffer.from(Payload!).toString()) as string;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** Lines are written in batches: once there are so many. */
async function initStarts(FunctionName: string, count: number): Promise<string[]> {
  const logs = new CloudWatchLogs(platform.clientConfig);
  try {
    for (let n = 0; ; n++) {
      const { events = [] } = await logs.filterLogEvents({ logGroupName: `/aws/lambda/${FunctionName}`, filterPattern: "INIT_START" }).catch(() => ({ events: [] }));
      if (events.length >= count || n === 100) return events.map(({ message }) => message!.trim());
      await sleep(50);
    }
  } finally {
    logs.destroy();
  }
}

test("a function runs on the newest, or on the version it is held to, and its log and its configuration say so", { skip }, async () => {
  await create("chosen");
  assert.equal(await ranOn("chosen"), "3.14.2");
  await lambda.putRuntimeManagementConfig({ FunctionName: "chosen", UpdateRuntimeOn: "Manual", RuntimeVersionArn: arnOf("3.14.1") });
  assert.equal(await ranOn("chosen"), "3.14.1");
  assert.equal((await lambda.getFunction({ FunctionName: "chosen" })).Configuration!.RuntimeVersionConfig!.RuntimeVersionArn, arnOf("3.14.1"));
  assert.deepEqual((await initStarts("chosen", 2)).sort(), ["3.14.1", "3.14.2"].map((version) => `INIT_START Runtime Version: python:${version}\tRuntime Version ARN: ${arnOf(version)}`));
});

test("published versions keep the interpreter that $LATEST had, while another comes", { skip }, async () => {
  await create("kept");
  await lambda.putRuntimeManagementConfig({ FunctionName: "kept", UpdateRuntimeOn: "FunctionUpdate" });
  await lambda.publishVersion({ FunctionName: "kept" });
  assert.deepEqual([await ranOn("kept"), await ranOn("kept", "1")], ["3.14.2", "3.14.2"]);
  interpreter("3.14.10");
  assert.equal(await ranOn("kept"), "3.14.2");
  await update("kept", 9);
  assert.deepEqual([await ranOn("kept"), await ranOn("kept", "1")], ["3.14.10", "3.14.2"]);
  await create("newcomer");
  assert.equal(await ranOn("newcomer"), "3.14.10");
});

test("where the version is gone or was changed in place nothing else runs, and the caller is told what is missing", { skip }, async () => {
  interpreter("3.14.20");
  await create("stranded");
  await lambda.putRuntimeManagementConfig({ FunctionName: "stranded", UpdateRuntimeOn: "FunctionUpdate" });
  assert.equal(await ranOn("stranded"), "3.14.20");
  interpreter("3.14.21", placeOf("3.14.20"));
  await lambda.putFunctionConcurrency({ FunctionName: "stranded", ReservedConcurrentExecutions: 1 });
  await lambda.publishVersion({ FunctionName: "stranded" }); // has no environment yet
  assert.match(await ranOn("stranded", "1"), /^InvalidRuntimeException: python3\.14 is held to Python 3\.14\.20 by the function's runtime management configuration, and 3\.14\.20 was not found; this machine has 3\.14\.21, .*put-runtime-management-config --update-runtime-on Auto$/);
  const { RuntimeVersionConfig } = await lambda.getFunctionConfiguration({ FunctionName: "stranded" });
  assert.ok(RuntimeVersionConfig!.RuntimeVersionArn === arnOf("3.14.20") && RuntimeVersionConfig!.Error!.ErrorCode === "InvalidRuntime");
  interpreter("3.14.20");
  assert.equal(await ranOn("stranded", "1"), "3.14.20");
});

test("a function with a VpcConfig runs in this machine's network, which is said once", { skip }, async () => {
  await create("in-vpc");
  await lambda.updateFunctionConfiguration({ FunctionName: "in-vpc", VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] } });
  await waitUntilFunctionUpdatedV2({ client: lambda, minDelay: 0.01, maxDelay: 0.05, maxWaitTime: 10 }, { FunctionName: "in-vpc" });
  await ranOn("in-vpc");
  await update("in-vpc", 9);
  await ranOn("in-vpc");
  assert.deepEqual(warnings.filter((line) => line.includes("VpcConfig")), ["in-vpc has a VpcConfig and runs in this machine's network: subnets and security groups are kept and shown, and let nothing in or out"]);
});

test("evoke runtimes lists every version that a function can be held to", { skip }, () => {
  const said = spawnSync(process.execPath, [join(import.meta.dirname, "../src/main.ts"), "runtimes", "--json", "--region", "eu-west-1"], { env: environment }).stdout.toString();
  const { version, versions } = (JSON.parse(said) as { runtime?: string; version: string; versions: { version: string; arn: string }[] }[]).find(({ runtime }) => runtime === "python3.14")!;
  assert.equal(version, versions[0]!.version);
  assert.deepEqual(versions.slice(-2), ["3.14.2", "3.14.1"].map((each) => ({ version: each, arn: arnOf(each) })));
});
