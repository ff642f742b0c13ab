// Evoke as a process: how it starts, stops, refuses, and what it remembers.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { CreateFunctionCommand, GetFunctionConfigurationCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { evoke, MAIN } from "./support/command-line.ts";
import { zipOf } from "./support/zip.ts";

const data = mkdtempSync(join(tmpdir(), "evoke-process-"));
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

async function start(...flags: string[]): Promise<{ child: ChildProcess; url: string; ended: Promise<number | NodeJS.Signals> }> {
  const child = spawn(process.execPath, [MAIN, "start", "--port", "0", "--data", data, "--log", "error", "--json", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  running.push(child);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code!)));
  const line = await new Promise<string>((resolve, reject) => { createInterface(child.stdout!).once("line", resolve); void ended.then(() => reject(new Error("it ended"))); });
  return { child, url: JSON.parse(line).url, ended };
}

const clientOf = (url: string) => new LambdaClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const code = { "index.js": "exports.handler = async () => 'still here'" };

test("what was acknowledged before kill -9 is there, and runs, after a restart", async () => {
  const first = await start();
  const lambda = clientOf(first.url);
  const names = Array.from({ length: 12 }, (_, n) => `kept-${n}`);
  await Promise.all(names.map(async (name) => lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf(code) } }))));
  first.child.kill("SIGKILL");
  await first.ended;
  lambda.destroy();

  const second = await start();
  const again = clientOf(second.url);
  for (const name of names) await again.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  await waitUntilFunctionActiveV2({ client: again, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "kept-7" });
  const answer = await again.send(new InvokeCommand({ FunctionName: "kept-7" }));
  assert.equal(new TextDecoder().decode(answer.Payload), '"still here"');
  again.destroy();
  second.child.kill("SIGTERM");
  assert.equal(await second.ended, 0);
});

test("a second Evoke on the same data folder refuses, and says who has it", async () => {
  const first = await start();
  const second = await evoke(["start", "--port", "0", "--data", data], "");
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`${first.child.pid}`));
  first.child.kill("SIGTERM");
  assert.equal(await first.ended, 0);
});

test("an address others can reach is refused without credentials, with the reason", async () => {
  const refused = await evoke(["start", "--port", "0", "--ephemeral", "--host", "0.0.0.0"], "");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /0\.0\.0\.0.*--credentials/s);
  assert.doesNotMatch(refused.stderr, /\n\s+at /, "a sentence, not a stack trace");
});

test("a port that is taken is named, with what to do", async () => {
  const first = await start();
  const refused = await evoke(["start", "--port", new URL(first.url).port, "--ephemeral"], "");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, new RegExp(`${new URL(first.url).port}.*--port`, "s"));
  first.child.kill("SIGTERM");
  assert.equal(await first.ended, 0);
});

test("the command line says what to do when nothing is running", async () => {
  const { code: exit, stderr } = await evoke(["status"], "http://127.0.0.1:9");
  assert.equal(exit, 1);
  assert.match(stderr, /nothing answers at .*npm start/);
});
