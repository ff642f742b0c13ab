// Functions from container images, driven by AWS's own client: AWS's Go and Python runtime clients inside images made here.
// https://docs.aws.amazon.com/lambda/latest/dg/images-create.html
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import {
  CreateFunctionCommand, DeleteFunctionCommand, type CreateFunctionCommandInput, GetFunctionCommand, InvokeCommand, PublishVersionCommand, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { clientFunction } from "./ric/build.ts";
import { entriesOf, makeLayout, type TarEntry } from "./support/oci.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const REGISTRY = "000000000000.dkr.ecr.eu-west-1.amazonaws.com";
let folder: string;
let platform: TestPlatform;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "evoke-layouts-"));
  platform = await openTestPlatform({ images: folder });
});
after(async () => {
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

const send = (command: any): Promise<any> => platform.lambda.send(command);
const waiting = () => ({ client: platform.lambda, maxWaitTime: 20, minDelay: 1, maxDelay: 1 });

async function create(FunctionName: string, image: string, more: Partial<CreateFunctionCommandInput> = {}): Promise<void> {
  await send(new CreateFunctionCommand({ FunctionName, Role: "arn:aws:iam::000000000000:role/any", PackageType: "Image", Code: { ImageUri: `${REGISTRY}/${image}` }, Timeout: 20, MemorySize: 256, ...more }));
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
}

async function invoke(FunctionName: string, event: unknown): Promise<{ error?: string; answer: any; log: string }> {
  const { FunctionError, Payload, LogResult } = await send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }));
  return { error: FunctionError, answer: JSON.parse(Buffer.from(Payload).toString()), log: Buffer.from(LogResult ?? "", "base64").toString() };
}

/** What a function's extension (recorder.py) has said, once it holds. */
async function told(name: string, holds: (lines: any[]) => boolean): Promise<any[]> {
  const logs = new CloudWatchLogsClient(platform.clientConfig);
  for (let tries = 0; ; tries++) {
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` })).catch(() => ({ events: [] })); // no group yet
    const lines = events.map(({ message }) => message!).filter((line) => line.startsWith("EXT ")).map((line) => JSON.parse(line.slice(4)));
    if (holds(lines)) { logs.destroy(); return lines; }
    assert.ok(tries < 100, JSON.stringify(events.map(({ message }) => message)).slice(-3000));
    await setTimeout(100);
  }
}

const refused = (FunctionName: string, given: Partial<CreateFunctionCommandInput>, message: RegExp) =>
  assert.rejects(create(FunctionName, "none:latest", given), { name: "InvalidParameterValueException", message });

/** An image that holds one static program, and nothing else. */
async function goImage(t: TestContext, name: string, more: { config?: object; entries?: TarEntry[] } = {}): Promise<boolean> {
  const go = await clientFunction("go");
  if ("skipped" in go) { t.skip(go.skipped); return false; }
  const program = { name: "app/main", content: await readFile(join(go.folder, "bootstrap")), mode: 0o755 };
  await makeLayout(join(folder, name), [{ tag: "v1", layers: [{ entries: [program, ...(more.entries ?? [])] }], config: { Entrypoint: ["/app/main"], ...more.config } }]);
  return true;
}

test("an image with nothing but a program runs, and is shown as on AWS", async (t) => {
  if (!(await goImage(t, "team/hello"))) return;
  await create("hello", "team/hello:v1");
  const { answer, log } = await invoke("hello", { echo: [1, "two"] });
  assert.deepEqual(answer.echo, [1, "two"]);
  assert.match(log, /^START RequestId[^]*REPORT RequestId.*Init Duration/);
  const { Configuration, Code } = await send(new GetFunctionCommand({ FunctionName: "hello" }));
  assert.equal(Code.RepositoryType, "ECR");
  assert.equal(Code.ImageUri, `${REGISTRY}/team/hello:v1`);
  assert.equal(Code.ResolvedImageUri, `${REGISTRY}/team/hello@sha256:${Configuration.CodeSha256}`);
  assert.equal(Code.Location, undefined);
  assert.deepEqual([Configuration.PackageType, Configuration.CodeSize, Configuration.Runtime, Configuration.Handler, Configuration.ImageConfigResponse], ["Image", 0, undefined, undefined, undefined]);
  const failed = await invoke("hello", { fail: "on purpose" });
  assert.equal(failed.error, "Unhandled");
  assert.equal(failed.answer.errorMessage, "on purpose");
});

test("a tag means what it meant when the function was made, until its code is updated", async (t) => {
  if (!(await goImage(t, "moving"))) return;
  await create("moving", "moving:v1");
  const before = await send(new GetFunctionCommand({ FunctionName: "moving" }));
  await rm(join(folder, "moving"), { recursive: true });
  assert.equal((await invoke("moving", { echo: 1 })).answer.echo, 1);
  await goImage(t, "moving", { entries: [{ name: "other", content: "new" }] });
  assert.equal((await send(new GetFunctionCommand({ FunctionName: "moving" }))).Code.ResolvedImageUri, before.Code.ResolvedImageUri);
  const { Version } = await send(new PublishVersionCommand({ FunctionName: "moving" }));
  await send(new UpdateFunctionCodeCommand({ FunctionName: "moving", ImageUri: `${REGISTRY}/moving:v1` }));
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "moving" });
  const now = await send(new GetFunctionCommand({ FunctionName: "moving" }));
  assert.notEqual(now.Code.ResolvedImageUri, before.Code.ResolvedImageUri);
  assert.equal((await send(new GetFunctionCommand({ FunctionName: "moving", Qualifier: Version }))).Code.ResolvedImageUri, before.Code.ResolvedImageUri);
  assert.equal((await invoke("moving", { echo: 2 })).answer.echo, 2);
  assert.equal((await invoke(`moving:${Version}`, { echo: 3 })).answer.echo, 3);
});

test("entry point, command and working directory can be overridden, and be the image's own again", async (t) => {
  if (!(await goImage(t, "configured", { config: { Entrypoint: ["/nothing"], Cmd: ["x"], WorkingDir: "/app", Env: ["PATH=/app", "FROM_IMAGE=yes"] } }))) return;
  await create("configured", "configured:v1", { ImageConfig: { EntryPoint: ["main"], Command: ["a", "b"], WorkingDirectory: "/" } });
  assert.equal((await invoke("configured", { echo: 1 })).answer.echo, 1);
  const shown = (await send(new GetFunctionCommand({ FunctionName: "configured" }))).Configuration.ImageConfigResponse;
  assert.deepEqual(shown, { ImageConfig: { EntryPoint: ["main"], Command: ["a", "b"], WorkingDirectory: "/" } });
  const configure = async (given: object) => {
    await send(new UpdateFunctionConfigurationCommand({ FunctionName: "configured", ...given }));
    await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "configured" });
  };
  await configure({ ImageConfig: {} });
  const { error, answer, log } = await invoke("configured", {});
  assert.equal(error, "Unhandled");
  assert.equal(answer.errorType, "Runtime.InvalidEntrypoint");
  assert.match(answer.errorMessage, /^RequestId: .* Error: fork\/exec \/nothing: no such file or directory$/);
  assert.match(log, /Runtime.InvalidEntrypoint/);
  await configure({ ImageConfig: { EntryPoint: ["/app/main"], WorkingDirectory: "/missing" } });
  assert.equal((await invoke("configured", {})).answer.errorType, "Runtime.InvalidWorkingDir");
});

/** This machine's Python with the libraries it is linked to, and AWS's runtime client. */
async function pythonImage(t: TestContext, name: string, more: TarEntry[] = []): Promise<boolean> {
  const python = await clientFunction("python");
  if ("skipped" in python) { t.skip(python.skipped); return false; }
  const binary = await realpath("/usr/bin/python3");
  const version = /python3\.\d+/.exec(binary)?.[0];
  const library = `/usr/lib/${version}`;
  if (version === undefined || !existsSync(join(library, "os.py"))) { t.skip("a Python below /usr whose library is in /usr/lib"); return false; }
  const needs = (file: string) => [...execFileSync("ldd", [file]).toString().matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  const compiled = async (path: string) => (await readdir(path, { recursive: true })).filter((name) => name.endsWith(".so")).map((name) => join(path, name));
  const libraries = [...new Set([binary, ...(await compiled(join(library, "lib-dynload"))), ...(await compiled(python.folder))].flatMap(needs))];
  const app = [
    "import os, socket, sys",
    "def handler(event, context):",
    "    try:",
    "        open('/var/task/app.py', 'a')",
    "        writable = True",
    "    except OSError:",
    "        writable = False",
    "    open('/tmp/x', 'w').write('x')",
    "    return {'root': sorted(os.listdir('/')), 'uid': os.getuid(), 'writable': writable, 'env': dict(os.environ), 'cwd': os.getcwd(), 'localhost': socket.gethostbyname('localhost'), 'processes': [p for p in os.listdir('/proc') if p.isdigit()], 'version': context.function_version}",
  ].join("\n");
  const base: TarEntry[] = [
    { name: "usr/bin/python3", content: await readFile(binary), mode: 0o755 }, ...(await entriesOf(library, library.slice(1), (path) => /__pycache__|\/(test|idlelib|ensurepip|config-3)/.test(path))),
    ...(await Promise.all(libraries.map(async (path) => ({ name: path.slice(1), content: await readFile(path), mode: 0o755 })))),
  ];
  const task = [...(await entriesOf(python.folder, "var/task", (path) => path.includes("__pycache__"))).filter(({ name }) => !name.endsWith("/app.py")), { name: "var/task/app.py", content: app }];
  await makeLayout(join(folder, name), [{
    tag: "latest", layers: [{ entries: base, compression: "zstd" }, { entries: [...task, ...more] }],
    config: { Entrypoint: ["/usr/bin/python3", "-m", "awslambdaric"], Cmd: ["app.handler"], WorkingDir: "/var/task", Env: ["FROM_IMAGE=yes", "OVERRIDDEN=no"], User: "root" },
  }]);
  return true;
}

test("AWS's Python runtime client runs in an image: its files are all there is, read-only, and /tmp is its own", async (t) => {
  if (!(await pythonImage(t, "python"))) return;
  await create("py", "python", { Environment: { Variables: { OVERRIDDEN: "yes", LD_PRELOAD: "" } }, EphemeralStorage: { Size: 600 } });
  const { answer, log } = await invoke("py", {});
  assert.equal(answer.uid, process.getuid?.() === 0 ? 993 : answer.uid, log);
  assert.equal(answer.writable, false);
  assert.equal(answer.cwd, "/var/task");
  assert.equal(answer.localhost, "127.0.0.1");
  assert.deepEqual(answer.root.filter((name: string) => !["lib", "lib64", "usr", "var"].includes(name)), [".evoke", "dev", "etc", "proc", "tmp"]);
  assert.ok(answer.processes.length <= 3, "sees its own processes only");
  assert.equal(answer.env.FROM_IMAGE, "yes");
  assert.equal(answer.env.OVERRIDDEN, "yes");
  assert.equal(answer.env.AWS_EXECUTION_ENV, "AWS_Lambda_Image");
  assert.equal(answer.env.AWS_LAMBDA_FUNCTION_NAME, "py");
  assert.equal(answer.env._HANDLER, undefined);
  assert.equal(answer.env.LAMBDA_TASK_ROOT, undefined);
});

test("external extensions of an image run beside its program, in an image without a shell, and hear of every invocation and of the end", async (t) => {
  const recorder = await readFile(new URL("functions/extensions/recorder.py", import.meta.url), "utf8");
  const extension = { name: "opt/real/recorder.py", content: `#!/usr/bin/python3\n${recorder}`, mode: 0o755 };
  // Absolute links mean the image's own files, folders are no extensions, and a name with "=" is one.
  const more: TarEntry[] = [extension, { name: "opt/extensions", type: "directory" }, { name: "opt/extensions/record=er.py", type: "symlink", linkname: "/opt/real/recorder.py" }, { name: "opt/extensions/settings", type: "directory" }];
  if (!(await pythonImage(t, "extended", more))) return;
  const SUBSCRIBE = { api: "/2022-07-01/telemetry", listen: "sandbox.localdomain", port: 8080, schemaVersion: "2022-12-13", types: ["platform"], destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080" }, buffering: { timeoutMs: 100 } };
  await create("extended", "extended", { Environment: { Variables: { SUBSCRIBE: JSON.stringify(SUBSCRIBE), LD_PRELOAD: "" } } });
  const first = await invoke("extended", {});
  assert.equal(first.error, undefined, JSON.stringify(first.answer) + first.log);
  const second = await invoke("extended", {});
  const { env, cwd, uid } = second.answer;
  assert.deepEqual([cwd, env.PWD, env.FROM_IMAGE, env.AWS_EXECUTION_ENV, uid], ["/var/task", "/var/task", "yes", "AWS_Lambda_Image", process.getuid?.() === 0 ? 993 : uid]);
  const said = await told("extended", (lines) => lines.some(({ telemetry }) => telemetry) && lines.filter(({ event }) => event).length >= 2);
  const { registered, env: variables } = said.find((line) => "registered" in line);
  assert.equal(registered, 200);
  assert.ok(variables.includes("FROM_IMAGE") && variables.includes("AWS_LAMBDA_FUNCTION_NAME") && !variables.includes("AWS_EXECUTION_ENV"), variables);
  assert.deepEqual(said.filter(({ event }) => event).map(({ event }) => event.eventType), ["INVOKE", "INVOKE"]);
  await send(new UpdateFunctionConfigurationCommand({ FunctionName: "extended", MemorySize: 257 }));
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "extended" });
  await invoke("extended", {});
  const ending = await told("extended", (lines) => lines.some(({ stopping }) => stopping));
  assert.equal(ending.find(({ event }) => event?.eventType === "SHUTDOWN").event.shutdownReason, "spindown");
});

test("an extension of an image that cannot be started is Extension.LaunchError", async (t) => {
  if (!(await goImage(t, "denied", { entries: [{ name: "opt/extensions/outside", type: "symlink", linkname: "../../../../../../../../bin/sh" }] }))) return;
  await create("denied", "denied:v1");
  const { error, answer, log } = await invoke("denied", { echo: 1 });
  assert.deepEqual([error, answer.errorType], ["Unhandled", "Extension.LaunchError"]);
  assert.match(log, /EXTENSION\tName: outside\tState: LaunchError\tEvents: \[\]\tError Type: PermissionDenied/);
});

test("what AWS refuses about images is refused in its words", async () => {
  await refused("r", { Handler: "index.handler" }, /^Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image\.$/);
  await refused("r", {}, /^Source image .*\/none:latest does not exist\. Provide a valid source image\./);
  await refused("r", { Code: { ImageUri: "Not An Image" } }, /^Source image Not An Image is not valid\. Provide a valid source image\./);
  await refused("r", { Code: {} }, /^Please provide ImageUri when creating a function with packageType Image\.$/);
  await refused("r", { SnapStart: { ApplyOn: "PublishedVersions" } }, /^ContainerImage is not supported for SnapStart enabled functions\.$/);
  await refused("r", { PackageType: "Zip", Runtime: "nodejs24.x", Handler: "a.b", Code: { ImageUri: "a:b" } }, /^Please provide a source for function code\.$/);
  await refused("r", { PackageType: "Zip", Runtime: "nodejs24.x", Handler: "a.b", Code: { ZipFile: Buffer.from("x") }, ImageConfig: { Command: ["x"] } }, /^ImageConfig is for functions with packageType Image only\.$/);
});

test("an image function takes no zip, and its layout may be gone when it is deleted", async (t) => {
  if (!(await goImage(t, "last"))) return;
  await create("last", "last:v1");
  await assert.rejects(send(new UpdateFunctionCodeCommand({ FunctionName: "last", ZipFile: Buffer.from("PK") })), { name: "InvalidParameterValueException", message: /^Please provide ImageUri when updating a function with packageType Image\.$/ });
  await rm(join(folder, "last"), { recursive: true });
  await send(new DeleteFunctionCommand({ FunctionName: "last" }));
});
