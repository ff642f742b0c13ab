// Each example is deployed and invoked by the command line, as its README says.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { evoke } from "../test/support/command-line.ts";
import { openTestPlatform, type TestPlatform } from "../test/support/platform.ts";

const folder = dirname(fileURLToPath(import.meta.url));
let platform: TestPlatform;
before(async () => { platform = await openTestPlatform(); });
after(() => platform.close());

const deployed = async (name: string) => {
  const done = await evoke(["deploy", join(folder, name), "--json"], platform.url);
  assert.equal(done.code, 0, done.stderr);
  return JSON.parse(done.stdout);
};

test("hello-node greets by name", async () => {
  assert.equal((await deployed("hello-node")).created, true);
  const { code, stdout, stderr } = await evoke(["invoke", "hello-node", "--event", "-"], platform.url, '{"name":"Ada"}');
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).message, "Hello, Ada!");
  assert.match(stderr, /INFO\tgreeting Ada/);
  assert.match(stderr, /REPORT RequestId: .*Init Duration/);
});

test("hello-python counts words", async () => {
  await deployed("hello-python");
  const { code, stdout, stderr } = await evoke(["invoke", "hello-python", "--event", "-"], platform.url, '{"text":"to be or not to be"}');
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { words: 6, most: [["to", 2], ["be", 2], ["or", 1]] });
  assert.match(stderr, /\[INFO\]\t.*counted 4 different words/);
});

test("streaming-node answers piece by piece", async () => {
  await deployed("streaming-node");
  const { code, stdout, stderr } = await evoke(["invoke", "streaming-node", "--stream", "--event", "-"], platform.url, '{"count":2}');
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim(), "1\n2\ndone");
});

test("shell-bootstrap is a whole runtime", async () => {
  await deployed("shell-bootstrap");
  const { code, stdout, stderr } = await evoke(["invoke", "shell-bootstrap", "--event", "-"], platform.url, '{"say":"hi"}');
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), { shouted: { SAY: "HI" } });
});
