// The developer's loop as commands: evoke event, evoke invoke --sample, evoke dev.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { CreateFunctionCommand, GetFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { evoke, MAIN } from "./support/command-line.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const folder = mkdtempSync(join(tmpdir(), "evoke-dev-"));
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const NOWHERE = "http://127.0.0.1:1";
const sleep = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });

test("evoke event prints a sample with what is set in it, and lists them all", async () => {
  const { code, stdout } = await evoke(["event", "s3:ObjectCreated:Put", "--set", "Records[0].s3.object.key=cat.jpg", "--region", "eu-west-1"], NOWHERE);
  assert.equal(code, 0);
  const [record] = JSON.parse(stdout).Records;
  assert.deepEqual([record.eventName, record.s3.object.key, record.awsRegion], ["ObjectCreated:Put", "cat.jpg", "eu-west-1"]);
  const all = await evoke(["event"], NOWHERE);
  assert.match(all.stdout, /secretsmanager .*createSecret/);
  assert.ok(JSON.parse((await evoke(["event", "--json"], NOWHERE)).stdout).cognito.types.includes("PreSignUp_SignUp"));
});

test("a sample that is not there, or a value that fits nowhere, is a misuse that says what fits", async () => {
  const unknown = await evoke(["event", "dynamo"], NOWHERE);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /no sample "dynamo"; did you mean dynamodb/);
  assert.match((await evoke(["event", "sqs", "--set", "Records[0].nothing.here=1"], NOWHERE)).stderr, /--set: there is no Records\[0\]\.nothing\.here/);
  assert.match((await evoke(["invoke", "any", "--set", "a=1"], NOWHERE)).stderr, /--set changes a sample/);
});

test("evoke invoke --sample invokes with it", async () => {
  await using platform = await openTestPlatform();
  await platform.lambda.send(new CreateFunctionCommand({ FunctionName: "seen", Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": "exports.handler = async (event) => event.Records[0].eventName + ' ' + event.Records[0].s3.object.size" }) } }));
  await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "seen" });
  const { stdout, code } = await evoke(["invoke", "seen", "--sample", "s3:ObjectCreated:Put", "--set", "Records[0].s3.object.size=7", "--quiet"], platform.url, "", { AWS_REGION: "eu-west-1" });
  assert.deepEqual([code, stdout], [0, '"ObjectCreated:Put 7"\n']);
});

/** evoke dev with what it prints; `line` waits for one. */
function dev(args: string[], url: string) {
  const child = spawn(process.execPath, [MAIN, "dev", ...args], { env: { PATH: process.env["PATH"], HOME: process.env["HOME"], AWS_ENDPOINT_URL: url }, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (text) => lines.push(text));
  const ended = new Promise<number>((resolve) => { child.on("exit", (code) => resolve(code ?? -1)); });
  const line = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; tries < 500; tries++) {
      const at = lines.findIndex((text) => pattern.test(text));
      if (at >= 0) return lines.splice(0, at + 1).at(-1)!;
      await sleep(20);
    }
    throw new Error(`no line like ${pattern}: ${lines.join("\n")}`);
  };
  return { line, ended, stop: () => child.kill("SIGINT") };
}

const handler = (answer: number) => `export const handler = async () => { console.log("says ${answer}"); return ${answer}; };\n`;

async function answerOf(lambda: LambdaClient, name: string): Promise<unknown> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: name }));
  return JSON.parse(Buffer.from(Payload!).toString());
}

test("evoke dev starts Evoke, deploys, redeploys at every kind of save, shows the log, and leaves the function", { timeout: 60_000 }, async () => {
  const code = join(folder, "looped");
  const data = join(folder, "data");
  mkdirSync(code);
  writeFileSync(join(code, "index.mjs"), handler(1));
  const loop = dev([code, "--port", "0", "--data", data, "--log", "error"], NOWHERE);
  const [, url] = /at (http:\S+);/.exec(await loop.line(/^created looped \(nodejs24\.x, index\.handler\)/))!;
  const lambda = new LambdaClient({ endpoint: url!, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  assert.equal(await answerOf(lambda, "looped"), 1);
  await loop.line(/says 1/);

  writeFileSync(join(code, "index.mjs"), handler(2));
  await loop.line(/^index\.mjs: looped runs the new code/);
  assert.equal(await answerOf(lambda, "looped"), 2);

  writeFileSync(join(code, "index.mjs.tmp"), handler(3)); // as editors do that save atomically
  renameSync(join(code, "index.mjs.tmp"), join(code, "index.mjs"));
  await loop.line(/index\.mjs.*: looped runs the new code/);
  assert.equal(await answerOf(lambda, "looped"), 3);

  writeFileSync(join(code, "index.mjs"), "export const handler = async () => {");
  await loop.line(/which does not parse/);
  await loop.line(/SyntaxError/);
  assert.equal((await answerOf(lambda, "looped") as { errorType: string }).errorType, "Runtime.UserCodeSyntaxError");
  writeFileSync(join(code, "index.mjs"), handler(4));
  await loop.line(/^index\.mjs: looped runs the new code/);
  assert.equal(await answerOf(lambda, "looped"), 4);
  lambda.destroy();

  loop.stop();
  assert.equal(await loop.ended, 0);
  const again = dev([code, "--port", "0", "--data", data, "--log", "error"], NOWHERE);
  await again.line(/^updated looped/);
  again.stop();
  assert.equal(await again.ended, 0);
});

// How soon is measured by bench/dev-save.ts: here everything else runs at the same time.
for (const [what, files] of [["", 0], [" of a function with two thousand more files", 2000]] as const) test(`invocations soon after a save${what} run the new code`, { timeout: 60_000 }, async () => {
  await using platform = await openTestPlatform();
  const code = join(folder, `quick${files}`);
  const name = `quick${files}`;
  mkdirSync(code);
  for (let n = 0; n < files; n++) {
    const lib = join(code, "node_modules", `package${n % 100}`, "lib");
    mkdirSync(lib, { recursive: true });
    writeFileSync(join(lib, `${n}.js`), `exports.number = ${n};\n`.repeat(20));
  }
  writeFileSync(join(code, "index.mjs"), handler(0));
  const loop = dev([code], platform.url);
  await loop.line(/^created quick/);
  const lambda = new LambdaClient({ ...platform.clientConfig, region: "us-east-1" });
  await answerOf(lambda, name);
  for (let n = 1; n <= 5; n++) {
    await sleep(300);
    writeFileSync(join(code, "index.mjs"), handler(n));
    let answer: unknown;
    for (let tries = 0; tries < 100 && answer !== n; tries++) {
      await sleep(50);
      answer = await answerOf(lambda, name);
    }
    assert.equal(answer, n);
  }
  loop.stop();
  assert.equal(await loop.ended, 0);
  assert.equal((await lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration!.State, "Active");
  lambda.destroy();
});

test("evoke dev --inspect has a debugger's port that works from the first invocation on", { timeout: 60_000 }, async () => {
  const code = join(folder, "stopped");
  mkdirSync(code);
  writeFileSync(join(code, "index.mjs"), handler(1));
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  const loop = dev([code, "--port", "0", "--ephemeral", "--log", "error", `--inspect=${port}`], NOWHERE);
  const [, url] = /at (http:\S+);/.exec(await loop.line(/^created stopped/))!;
  await loop.line(new RegExp(`^A debugger can attach at 127\\.0\\.0\\.1:${port}`));
  const asked = fetch(`http://127.0.0.1:${port}/json/version`); // held until there is an environment
  const lambda = new LambdaClient({ endpoint: url!, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  assert.equal(await answerOf(lambda, "stopped"), 1);
  assert.match(((await (await asked).json()) as { Browser: string }).Browser, /^node\.js\/v/);
  lambda.destroy();
  loop.stop();
  assert.equal(await loop.ended, 0);
});

test("evoke dev --inspect beside an Evoke that runs already says how to have one", async () => {
  await using platform = await openTestPlatform();
  const code = join(folder, "debugged");
  mkdirSync(code);
  writeFileSync(join(code, "index.mjs"), handler(1));
  const { code: exit, stderr } = await evoke(["dev", code, "--inspect"], platform.url);
  assert.equal(exit, 1);
  assert.match(stderr, /--inspect debugged=9229/);
});
