// Functions that count on the SDK of AWS's runtimes: with it, without it, and what their calls reach.
// The SDKs are brought by the code of `evoke runtimes add`, a few packages only, once, into .evoke/sdks.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateFunctionCommand, InvokeCommand, LambdaClient, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openInterpreters } from "../src/engine/interpreters.ts";
import { silentLog } from "../src/kernel/log.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const CACHE = join(import.meta.dirname, "../.evoke/sdks");
const WITH = { ...process.env, XDG_CACHE_HOME: CACHE };
const ACCOUNT = "123456789012";
const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

const bring = openInterpreters({ dataDir: tmpdir(), environment: WITH, execPath: process.execPath, log: silentLog });

/** False, and why in the console, when it can be had in no way. */
async function brought(name: "aws-sdk-js" | "boto3"): Promise<boolean> {
  if ((await bring.sdks()).find((sdk) => sdk.name === name)?.found) return true;
  try {
    await bring.addSdk(name, () => {}, name === "boto3" ? ["boto3"] : ["@aws-sdk/client-sts", "@aws-sdk/client-lambda"]);
    return true;
  } catch (error) {
    if (name === "boto3" && (await copied())) return true;
    console.log(`NOT HERE: ${name}: ${(error as Error).message}`);
    return false;
  }
}

/** A machine whose Pythons have no pip may have boto3 apart from them, for the other tests. */
async function copied(): Promise<boolean> {
  const found = spawnSync(process.env["EVOKE_TEST_PYTHON"] ?? "python3", ["-c", "import boto3, os; print(os.path.dirname(os.path.dirname(boto3.__file__)))"]);
  if (found.status !== 0) return false;
  const folder = found.stdout.toString().trim();
  const target = join(CACHE, "evoke/runtimes/boto3");
  for (const name of await readdir(folder)) if (/^(boto3|botocore|s3transfer|jmespath|dateutil|urllib3|six\.py)$/.test(name)) await cp(join(folder, name), join(target, name), { recursive: true });
  await mkdir(join(target, "evoke"), { recursive: true });
  await writeFile(join(target, "evoke/version"), "copied");
  return true;
}

const CALLS_JS = `
export const handler = async ({ other }) => {
  const who = await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}));
  const { Payload } = await new lambda.LambdaClient({}).send(new lambda.InvokeCommand({ FunctionName: other, Payload: "{}" }));
  return { who: [who.Account, who.Arn], trace: process.env._X_AMZN_TRACE_ID, other: JSON.parse(Buffer.from(Payload)), from };
};`;
const SOURCES: [name: string, runtime: Runtime, sdk: "aws-sdk-js" | "boto3", files: Record<string, string>][] = [
  ["commonjs", "nodejs22.x", "aws-sdk-js", { "index.js": `const sts = require("@aws-sdk/client-sts"), lambda = require("@aws-sdk/client-lambda"), from = require.resolve("@aws-sdk/client-sts");${CALLS_JS.replace("export const handler", "exports.handler")}` }],
  ["es-module", "nodejs24.x", "aws-sdk-js", { "index.mjs": `import * as sts from "@aws-sdk/client-sts"; import * as lambda from "@aws-sdk/client-lambda"; const from = "";${CALLS_JS}` }],
  ["python", "python3.11", "boto3", { "index.py": `
import json, os, boto3
def handler(event, context):
    who = boto3.client("sts").get_caller_identity()
    answer = boto3.client("lambda").invoke(FunctionName=event["other"], Payload="{}")
    return {"who": [who["Account"], who["Arn"]], "trace": os.environ["_X_AMZN_TRACE_ID"], "other": json.load(answer["Payload"]), "from": boto3.__file__}
` }],
];

async function create(lambda: LambdaClient, name: string, runtime: Runtime, files: Record<string, string>): Promise<void> {
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: runtime, Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/worker`, MemorySize: 256, Timeout: 20, Code: { ZipFile: await zipOf(files) } }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilFunctionActiveV2>[0], { FunctionName: name });
}

async function invoke(lambda: LambdaClient, name: string, event: unknown) {
  const command = new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" });
  command.middlewareStack.add((next) => (args) => { (args.request as { headers: Record<string, string> }).headers["X-Amzn-Trace-Id"] = TRACE; return next(args); }, { step: "build" });
  const { Payload, FunctionError, LogResult } = await lambda.send(command);
  return { json: JSON.parse(Buffer.from(Payload!).toString()), failed: FunctionError !== undefined, log: Buffer.from(LogResult!, "base64").toString() };
}

const clientOf = (platform: TestPlatform) => new LambdaClient({ ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "x" } });
const here: Record<string, boolean> = {};
const pythons = (await bring.list()).filter(({ runtime, found }) => runtime === "python3.11" && found).length > 0;
before(async () => {
  here["aws-sdk-js"] = await brought("aws-sdk-js");
  here["boto3"] = pythons && (await brought("boto3"));
});

for (const [isolation, prewarm] of [["auto", 0], ["auto", 1], ["none", 0]] as const) {
  describe(`functions that use the runtime's SDK, isolation ${isolation}, ${prewarm} pre-warmed`, () => {
    let platform: TestPlatform;
    let lambda: LambdaClient;
    before(async () => {
      platform = await openTestPlatform({ isolation, prewarm }, undefined, WITH);
      lambda = clientOf(platform);
      await create(lambda, "other", "nodejs22.x", { "index.js": "exports.handler = async () => ({ trace: process.env._X_AMZN_TRACE_ID })" });
    });
    after(async () => { lambda.destroy(); await platform.close(); });

    for (const [name, runtime, sdk, files] of SOURCES) {
      test(`${name}: its calls reach Evoke, as its role, and carry the trace on`, async (t) => {
        if (!here[sdk]) return t.skip(`${sdk} is not here`);
        await create(lambda, name, runtime, files);
        const { json, failed, log } = await invoke(lambda, name, { other: "other" });
        assert.ok(!failed, log);
        assert.deepEqual(json.who, [ACCOUNT, `arn:aws:sts::${ACCOUNT}:assumed-role/worker/${name}`]);
        assert.ok(json.trace.startsWith(`${TRACE};Lineage=`), json.trace);
        assert.match(json.other.trace, /^Root=1-5759e988-bd862e3fe1be46a994272793;.*;Lineage=[0-9a-f]{8}:0\|[0-9a-f]{8}:0$/); // the way the event has come
        if (json.from && isolation === "auto") assert.match(json.from, /^\/var\/runtime\//);
      });
    }

    test("a function that calls itself is stopped the 17th time", async (t) => {
      if (isolation !== "auto" || prewarm > 0) return t.skip("once is enough");
      if (!here["aws-sdk-js"]) return t.skip("aws-sdk-js is not here");
      await create(lambda, "recursive", "nodejs22.x", { "index.mjs": `
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
export const handler = async (times, context) => {
  try {
    const { Payload } = await new LambdaClient({ maxAttempts: 1 }).send(new InvokeCommand({ FunctionName: context.functionName, Payload: String(times + 1) }));
    return JSON.parse(Buffer.from(Payload));
  } catch (error) { return [times, error.name, error.$metadata.httpStatusCode]; }
};` });
      assert.deepEqual((await invoke(lambda, "recursive", 1)).json, [16, "RecursiveInvocationException", 400]);
    });

    test("a package of the function's own comes first", async (t) => {
      if (!here["aws-sdk-js"]) return t.skip("aws-sdk-js is not here");
      const own = { "node_modules/@aws-sdk/client-sts/package.json": '{"name":"@aws-sdk/client-sts","version":"0.0.1","main":"index.js"}', "node_modules/@aws-sdk/client-sts/index.js": "exports.mine = 'own';" };
      await create(lambda, "own-cjs", "nodejs22.x", { ...own, "index.js": "exports.handler = async () => require('@aws-sdk/client-sts').mine" });
      await create(lambda, "own-esm", "nodejs22.x", { ...own, "index.mjs": "import sts from '@aws-sdk/client-sts'; export const handler = async () => sts.mine;" });
      assert.deepEqual([(await invoke(lambda, "own-cjs", {})).json, (await invoke(lambda, "own-esm", {})).json], ["own", "own"]);
    });
  });
}

describe("functions that use the runtime's SDK where it is not installed", () => {
  let empty: string;
  let platform: TestPlatform;
  let lambda: LambdaClient;
  before(async () => {
    empty = await mkdtemp(join(tmpdir(), "evoke-no-sdk-"));
    platform = await openTestPlatform({}, undefined, { ...process.env, XDG_CACHE_HOME: empty });
    lambda = clientOf(platform);
  });
  after(async () => { lambda.destroy(); await platform.close(); await rm(empty, { recursive: true, force: true }); });

  for (const [name, runtime, files, error] of [
    ["commonjs", "nodejs22.x", { "index.js": "require('@aws-sdk/client-lambda'); exports.handler = async () => 1;" }, /Cannot find module '@aws-sdk\/client-lambda'/],
    ["es-module", "nodejs24.x", { "index.mjs": "import '@aws-sdk/client-lambda'; export const handler = async () => 1;" }, /Cannot find package '@aws-sdk\/client-lambda'/],
    ["commonjs-later", "nodejs22.x", { "index.js": "exports.handler = async () => require('@aws-sdk/client-sts');" }, /Cannot find module '@aws-sdk\/client-sts'/],
  ] as const) {
    test(`${name}: the error is AWS's, and one line of the tail says how to get it`, async () => {
      await create(lambda, name, runtime, files);
      const { json, failed, log } = await invoke(lambda, name, {});
      assert.ok(failed);
      assert.match(json.errorMessage, error);
      assert.equal(log.match(/evoke runtimes add aws-sdk/g)?.length, 1, log);
    });
  }

  test("python: the error is AWS's, and one line of the tail says how to get it", async (t) => {
    if (!pythons) return t.skip("no Python 3.11 or newer");
    // A package of a name that no interpreter of this machine has among its own packages.
    await create(lambda, "python", "python3.11", { "index.py": "raise ImportError(\"No module named 'boto3'\", name='boto3')" });
    const { json, log } = await invoke(lambda, "python", {});
    assert.deepEqual([json.errorType, json.errorMessage], ["Runtime.ImportModuleError", "Unable to import module 'index': No module named 'boto3'"]);
    assert.equal(log.match(/evoke runtimes add aws-sdk/g)?.length, 1, log);
  });
});
