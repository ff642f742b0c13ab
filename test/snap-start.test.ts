// SnapStart through AWS's own client: Python with our runtime, Java with AWS's runtime client.
// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateFunctionCommand, type CreateFunctionCommandInput, GetFunctionConfigurationCommand, InvokeCommand, PublishVersionCommand, PutProvisionedConcurrencyConfigCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { openInterpreters } from "../src/engine/interpreters.ts";
import { silentLog } from "../src/kernel/log.ts";
import { whyNoJava, WITH_JAVA } from "./support/java.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ROLE = "arn:aws:iam::000000000000:role/any";
const interpreters = openInterpreters({ dataDir: tmpdir(), environment: WITH_JAVA, execPath: process.execPath, log: silentLog });
const noPython = await interpreters.find("python3.12").then((found) => ("missing" in found ? `NOT HERE: ${found.missing}` : undefined));
const noJava = await whyNoJava();

let platform: TestPlatform;
let logs: CloudWatchLogsClient;
before(async () => {
  platform = await openTestPlatform({}, undefined, WITH_JAVA);
  logs = new CloudWatchLogsClient(platform.clientConfig);
});
after(async () => {
  logs.destroy();
  await platform.close();
});

const send = (command: any): Promise<any> => platform.lambda.send(command);
const quick = () => ({ client: platform.lambda, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 }) as Parameters<typeof waitUntilFunctionActiveV2>[0];

async function create(FunctionName: string, files: Record<string, string | Uint8Array>, more: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
  await send(new CreateFunctionCommand({ FunctionName, Runtime: "python3.12", Handler: "app.handler", Role: ROLE, Timeout: 5, SnapStart: { ApplyOn: "PublishedVersions" }, Code: { ZipFile: await zipOf(files) }, ...more }));
  await waitUntilFunctionActiveV2(quick(), { FunctionName });
}

async function publish(FunctionName: string): Promise<string> {
  const { Version, State, SnapStart } = await send(new PublishVersionCommand({ FunctionName }));
  assert.deepEqual([State, SnapStart], ["Pending", { ApplyOn: "PublishedVersions", OptimizationStatus: "On" }]);
  await waitUntilPublishedVersionActive(quick(), { FunctionName, Qualifier: Version });
  return Version;
}

async function invoke(FunctionName: string, Qualifier?: string, event: unknown = {}): Promise<{ error: string | undefined; answer: any; log: string }> {
  const { Payload, FunctionError, LogResult } = await send(new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event), LogType: "Tail" }));
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload).toString()), log: Buffer.from(LogResult, "base64").toString() };
}

async function lines(name: string, until: RegExp): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` })).catch(() => ({ events: [] }));
    const found = events.map(({ message }) => message!.trim());
    if (found.some((line) => until.test(line)) || tries > 100) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const HOOKED = `
import os, json, urllib.request
from snapshot_restore_py import register_before_snapshot, register_after_restore
said = ["init"]
register_before_snapshot(said.append, "before first")
def before():
    said.append("before last")
register_before_snapshot(before)
def after():
    said.append("after")
    print("restored")
register_after_restore(after)
def handler(event, context):
    uri = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    keys = None
    if uri:
        request = urllib.request.Request(uri, headers={"Authorization": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]})
        keys = json.load(urllib.request.urlopen(request))
        try:
            urllib.request.urlopen(urllib.request.Request(uri, headers={"Authorization": "guess"}))
        except Exception as error:
            keys["guessed"] = error.code
    return {"said": said, "type": os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], "static": "AWS_SECRET_ACCESS_KEY" in os.environ, "stream": "AWS_LAMBDA_LOG_STREAM_NAME" in os.environ, "keys": keys}
`;

describe("Python", { skip: noPython ?? false }, () => {
  test("a published version is initialised when it is published, and runs its hooks around the restore", async () => {
    await create("hooked", { "app.py": HOOKED });
    const latest = await send(new GetFunctionConfigurationCommand({ FunctionName: "hooked" }));
    assert.deepEqual(latest.SnapStart, { ApplyOn: "PublishedVersions", OptimizationStatus: "Off" });
    const version = await publish("hooked");
    const published = await lines("hooked", /^INIT_REPORT/);
    assert.match(published.join("\n"), /^INIT_START Runtime Version: python:3\.12[^]*\nINIT_REPORT Init Duration: [\d.]+ ms$/);
    const { answer, log } = await invoke("hooked", version);
    assert.deepEqual(answer.said, ["init", "before last", "before first", "after"]);
    assert.deepEqual([answer.type, answer.static, answer.stream], ["snap-start", false, false]);
    assert.match(answer.keys.AccessKeyId, /^ASIA/);
    assert.ok(answer.keys.Token && answer.keys.SecretAccessKey && Date.parse(answer.keys.Expiration) > Date.now());
    assert.equal(answer.keys.guessed, 404);
    assert.match(log, /REPORT .*\tRestore Duration: [\d.]+ ms\tBilled Restore Duration: \d+ ms\t/);
    assert.doesNotMatch(log, /Init Duration/);
    const all = (await lines("hooked", /^REPORT/)).join("\n");
    assert.match(all, /RESTORE_START Runtime Version: python:3\.12[^]*\nrestored\nRESTORE_REPORT Restore Duration: [\d.]+ ms\nSTART /);
    assert.doesNotMatch((await invoke("hooked", version)).log, /Restore Duration/);
    assert.deepEqual((await invoke("hooked")).answer.said, ["init"], "$LATEST has no snapshot");
  });

  test("a version that cannot be initialised fails when it is published", async () => {
    await create("broken", { "app.py": "raise Exception('not today')" });
    const { Version: Qualifier } = await send(new PublishVersionCommand({ FunctionName: "broken" }));
    await assert.rejects(waitUntilPublishedVersionActive(quick(), { FunctionName: "broken", Qualifier }));
    const { State, StateReasonCode, StateReason } = await send(new GetFunctionConfigurationCommand({ FunctionName: "broken", Qualifier }));
    assert.deepEqual([State, StateReasonCode], ["Failed", "FunctionError.RuntimeInitError"]);
    assert.match(StateReason, /could not be initialised/);
    await assert.rejects(invoke("broken", Qualifier), { name: "ResourceConflictException", message: /currently in the following state: Failed/ });
  });

  test("a hook that fails before the snapshot fails the version; one that fails after it, the invocation", async () => {
    await create("before", { "app.py": "from snapshot_restore_py import *\ndef no(): raise Exception('no')\nregister_before_snapshot(no)\ndef handler(e, c): return 1" });
    const { Version: Qualifier } = await send(new PublishVersionCommand({ FunctionName: "before" }));
    await assert.rejects(waitUntilPublishedVersionActive(quick(), { FunctionName: "before", Qualifier }));
    assert.match((await send(new GetFunctionConfigurationCommand({ FunctionName: "before", Qualifier }))).StateReason, /Runtime\.BeforeSnapshotError/);
    await create("after", { "app.py": "from snapshot_restore_py import *\ndef no(): raise Exception('no')\nregister_after_restore(no)\ndef handler(e, c): return 1" });
    const version = await publish("after");
    await assert.rejects(invoke("after", version), { name: "SnapStartException", message: /^The afterRestore\(\) runtime hook encountered an error\./ });
    assert.match((await lines("after", /^RESTORE_REPORT/)).join("\n"), /RESTORE_REPORT Restore Duration: [\d.]+ ms\tStatus: error\tError Type: Runtime\.AfterRestoreError/);
  });

  test("a function made with Publish has its first version initialised, too", async () => {
    await create("at-once", { "app.py": "def handler(e, c): return c.function_version" }, { Publish: true });
    await waitUntilPublishedVersionActive(quick(), { FunctionName: "at-once", Qualifier: "1" });
    const { answer, log } = await invoke("at-once", "1");
    assert.equal(answer, "1");
    assert.match(log, /Restore Duration/);
  });

  test("a version is not there to be invoked before it is initialised", async () => {
    await create("slow", { "app.py": "import time\ntime.sleep(1)\ndef handler(e, c): return 1" });
    const { Version } = await send(new PublishVersionCommand({ FunctionName: "slow" }));
    await assert.rejects(invoke("slow", Version), { name: "SnapStartNotReadyException" });
    await waitUntilPublishedVersionActive(quick(), { FunctionName: "slow", Qualifier: Version });
    assert.equal((await invoke("slow", Version)).answer, 1);
    await assert.rejects(send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: "slow", Qualifier: Version, ProvisionedConcurrentExecutions: 1 })), { name: "InvalidParameterValueException", message: /SnapStart does not support provisioned concurrency/ });
  });
});

test("SnapStart is refused where AWS refuses it", async () => {
  const refused = (more: Partial<CreateFunctionCommandInput>, message: RegExp) => assert.rejects(create("no", { "app.py": "" }, more), { name: "InvalidParameterValueException", message });
  await refused({ Runtime: "nodejs24.x" }, /^nodejs24\.x is not supported for SnapStart enabled functions\.$/);
  await refused({ Runtime: "python3.11" }, /^python3\.11 is not supported/);
  await refused({ Runtime: "provided.al2023" }, /^provided\.al2023 is not supported/);
  await refused({ EphemeralStorage: { Size: 1024 } }, /^SnapStart does not support ephemeral storage larger than 512 MB\.$/);
  await create("on", { "app.py": "" }, { SnapStart: { ApplyOn: "None" }, Runtime: "python3.11" });
  await assert.rejects(send(new UpdateFunctionConfigurationCommand({ FunctionName: "on", SnapStart: { ApplyOn: "PublishedVersions" } })), { message: /^python3\.11 is not supported/ });
});

const CRAC = `
package demo;
import com.amazonaws.services.lambda.crac.*;
public class Snap implements Resource {
  private String said = "init";
  public Snap() { Core.getGlobalContext().register(this); }
  @Override public void beforeCheckpoint(Context<? extends Resource> context) { said += " before"; }
  @Override public void afterRestore(Context<? extends Resource> context) { said += " after"; }
  public String handle(Object event) { return said + " " + System.getenv("AWS_LAMBDA_INITIALIZATION_TYPE"); }
}
`;

/** Classes that need AWS's runtime client alone. */
async function javaClasses(): Promise<Record<string, Uint8Array>> {
  const found = await interpreters.find("java17");
  if (!("argv" in found)) throw new Error(found.missing);
  const work = await mkdtemp(join(tmpdir(), "evoke-crac-"));
  try {
    await writeFile(join(work, "Snap.java"), CRAC);
    execFileSync("javac", ["--release", "11", "-nowarn", "-Xlint:-options", "-cp", found.argv[found.argv.indexOf("-classpath") + 1]!, "-d", join(work, "classes"), join(work, "Snap.java")]);
    return { "demo/Snap.class": await readFile(join(work, "classes/demo", (await readdir(join(work, "classes/demo")))[0]!)) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

test("Java's CRaC resources are told of the snapshot and the restore by AWS's runtime client", { skip: noJava ?? false }, async () => {
  await create("crac", await javaClasses(), { Runtime: "java17", Handler: "demo.Snap::handle", MemorySize: 256, Timeout: 20 });
  const version = await publish("crac").catch(async (error) => assert.fail((await lines("crac", /REPORT/)).join("\n") || error));
  const { answer, log } = await invoke("crac", version);
  assert.equal(answer, "init before after snap-start", log);
  assert.match(log, /Restore Duration/);
});
