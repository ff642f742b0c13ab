// evoke dev with a large folder: whatever is done to the folder, the function has just that, also after a restart and a kill.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { GetFunctionCommand, InvokeCommand, LambdaClient, PublishVersionCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { zipFolder } from "../src/cli/zip-folder.ts";
import { MAIN } from "./support/command-line.ts";
import { openTestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const root = mkdtempSync(join(tmpdir(), "evoke-dev-folder-"));
const running: ChildProcess[] = [];
after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});

const sleep = (ms: number) => new Promise((resolve) => { setTimeout(resolve, ms); });
const handler = (answer: number | string) => `export const handler = async () => ${JSON.stringify(answer)};\n`;

function program(args: string[], environment: Record<string, string> = {}): { line(pattern: RegExp): Promise<string>; stop(signal: "SIGINT" | "SIGKILL"): Promise<void> } {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) createInterface(stream).on("line", (text) => lines.push(text));
  const ended = once(child, "exit");
  return {
    async stop(signal) {
      child.kill(signal);
      await ended;
    },
    async line(pattern) {
      for (let tries = 0; tries < 1500; tries++) {
        const found = lines.find((text) => pattern.test(text));
        if (found !== undefined) return found;
        await sleep(20);
      }
      throw new Error(`no line like ${pattern}: ${lines.join("\n")}`);
    },
  };
}

function largeFolder(name: string): string {
  const code = join(root, name);
  for (let n = 0; n < 600; n++) {
    mkdirSync(join(code, `node_modules/package${n % 30}/lib`), { recursive: true });
    writeFileSync(join(code, `node_modules/package${n % 30}/lib/${n}.js`), `exports.number = ${n};\n`);
  }
  mkdirSync(join(code, "src/deep"), { recursive: true });
  writeFileSync(join(code, "src/deep/a.js"), "a");
  writeFileSync(join(code, "index.mjs"), handler(0));
  return code;
}

const lambdaAt = (url: string) => new LambdaClient({ endpoint: url, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });

/** When the function has what is in the folder. */
async function settled(lambda: LambdaClient, name: string, code: string): Promise<void> {
  const wanted = await zipFolder(code);
  const sha256 = createHash("sha256").update(wanted).digest("base64");
  for (let tries = 0; ; tries++) {
    const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    if (Configuration!.CodeSha256 === sha256 && Configuration!.LastUpdateStatus === "Successful") {
      const given = Buffer.from(await (await fetch(Code!.Location!)).arrayBuffer());
      assert.ok(given.equals(wanted), "the zip that can be downloaded is another than its hash");
      return;
    }
    assert.ok(tries < 400, `${name} has other code than its folder: ${Configuration!.CodeSha256}, not ${sha256}`);
    await sleep(20);
  }
}

/** Everything in a folder, as functions find it. */
const contentOf = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory()).map((entry) => {
  const at = join(entry.parentPath, entry.name);
  return `${at.slice(folder.length)} ${entry.isSymbolicLink() ? readlinkSync(at) : `${statSync(at).mode & 0o111 ? "x" : "-"} ${createHash("sha1").update(readFileSync(at)).digest("hex")}`}`;
}).sort();

const unpackedAt = (data: string, sha256: string): string => join(data, "code", Buffer.from(sha256, "base64").toString("hex"));

const EDITS: [string, (code: string, n: number) => void][] = [
  ["a file is written", (code, n) => writeFileSync(join(code, "index.mjs"), handler(n))],
  ["two saves at once, of the same size", (code) => { for (const n of [4, 5]) writeFileSync(join(code, "src/deep/a.js"), `${n}`); }],
  ["two saves five milliseconds apart", (code) => { writeFileSync(join(code, "src/deep/a.js"), "6"); setTimeout(() => writeFileSync(join(code, "src/deep/a.js"), "7"), 5); }],
  ["a file is renamed", (code, n) => renameSync(join(code, "src/deep/a.js"), join(code, `src/b${n}.js`))],
  ["a folder is left without files, a new one has some", (code) => { mkdirSync(join(code, "lib/more"), { recursive: true }); writeFileSync(join(code, "lib/more/c.js"), "c"); }],
  ["a folder is renamed", (code) => renameSync(join(code, "lib"), join(code, "library"))],
  ["a file is changed in the folder renamed", (code) => writeFileSync(join(code, "library/more/c.js"), "cc")],
  ["a link is made", (code) => symlinkSync("library/more/c.js", join(code, "link.js"))],
  ["a mode is changed", (code) => chmodSync(join(code, "library/more/c.js"), 0o755)],
  ["a folder is removed and comes again", (code) => { rmSync(join(code, "library"), { recursive: true }); mkdirSync(join(code, "library/more"), { recursive: true }); writeFileSync(join(code, "library/more/c.js"), "again"); }],
  ["a file becomes a folder", (code) => { rmSync(join(code, "link.js")); mkdirSync(join(code, "link.js")); writeFileSync(join(code, "link.js/inside"), "1"); }],
  ["a folder becomes a link", (code) => { rmSync(join(code, "link.js"), { recursive: true }); symlinkSync("library", join(code, "link.js")); }],
  ["something is installed", (code) => { mkdirSync(join(code, "node_modules/new/lib"), { recursive: true }); writeFileSync(join(code, "node_modules/new/lib/index.js"), "new"); rmSync(join(code, "node_modules/package3"), { recursive: true }); }],
  ["what is installed is edited", (code) => writeFileSync(join(code, "node_modules/new/lib/index.js"), "patched")],
  ["back to what it was", (code) => writeFileSync(join(code, "index.mjs"), handler(0))],
  ["many files are written", (code) => { for (let n = 0; n < 300; n++) writeFileSync(join(code, `library/${n}.txt`), `${n}`); }],
  ["and removed", (code) => { for (let n = 0; n < 300; n++) rmSync(join(code, `library/${n}.txt`)); }],
];

test("after any edit the function has what is in its folder: unpacked, to be downloaded, and in its hash", { timeout: 120_000 }, async () => {
  const code = largeFolder("edited");
  const data = join(root, "edited-data");
  const server = program(["start", "--port", "0", "--data", data, "--json", "--log", "error"]);
  const { url } = JSON.parse(await server.line(/^\{/)) as { url: string };
  const loop = program(["dev", code], { AWS_ENDPOINT_URL: url });
  await loop.line(/^created edited/);
  const lambda = lambdaAt(url);
  for (const [index, [what, edit]] of EDITS.entries()) {
    edit(code, index + 1);
    await sleep(30);
    await settled(lambda, "edited", code).catch((error: Error) => assert.fail(`${what}: ${error.message}`));
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: "edited" }));
    assert.deepEqual(contentOf(unpackedAt(data, Configuration!.CodeSha256!)), contentOf(code), what);
  }

  writeFileSync(join(code, "index.mjs"), handler("before the kill"));
  await settled(lambda, "edited", code);
  await server.stop("SIGKILL");
  const again = program(["start", "--port", new URL(url).port, "--data", data, "--json", "--log", "error"]);
  await again.line(/^\{/);
  await settled(lambda, "edited", code);
  writeFileSync(join(code, "index.mjs"), handler("after the kill"));
  await settled(lambda, "edited", code);
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "edited" }));
  assert.equal(JSON.parse(Buffer.from(Payload!).toString()), "after the kill");
  lambda.destroy();
  await loop.stop("SIGINT");
  await again.stop("SIGINT");
});

test("published versions keep their code, and who deploys something else in between is deployed over by the next save", { timeout: 60_000 }, async () => {
  await using platform = await openTestPlatform();
  const code = largeFolder("shared");
  const loop = program(["dev", code], { AWS_ENDPOINT_URL: platform.url });
  await loop.line(/^created shared/);
  const lambda = lambdaAt(platform.url);
  const answer = async (Qualifier?: string) => JSON.parse(Buffer.from((await lambda.send(new InvokeCommand({ FunctionName: "shared", Qualifier }))).Payload!).toString());
  writeFileSync(join(code, "index.mjs"), handler(1));
  await settled(lambda, "shared", code);
  await lambda.send(new PublishVersionCommand({ FunctionName: "shared" }));
  writeFileSync(join(code, "index.mjs"), handler(2));
  await settled(lambda, "shared", code);
  assert.deepEqual([await answer("1"), await answer()], [1, 2]);
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "shared", ZipFile: await zipOf({ "index.mjs": handler(3) }) }));
  await sleep(100);
  assert.equal(await answer(), 3);
  writeFileSync(join(code, "index.mjs"), handler(4));
  await settled(lambda, "shared", code);
  assert.deepEqual([await answer("1"), await answer()], [1, 4]);
  lambda.destroy();
  await loop.stop("SIGINT");
});

test("changes of code are taken from nobody where signatures are verified or policies enforced, from no web page, and only whole and well-formed", async () => {
  const send = (url: string, body: unknown, headers: Record<string, string> = {}) => fetch(`${url}/_evoke/code-changes`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  const right = { functionName: "none", base: `${"A".repeat(43)}=`, removed: [], added: "" };
  await using enforced = await openTestPlatform({ iam: "enforce" });
  assert.equal((await send(enforced.url, right)).status, 403);
  await using signed = await openTestPlatform({ credentials: "AKIAEXAMPLE:a-secret-of-some-length" });
  assert.equal((await send(signed.url, right)).status, 403);
  await using platform = await openTestPlatform();
  assert.equal((await send(platform.url, right, { origin: "https://example.com" })).status, 403);
  assert.match(await (await send(platform.url, right)).text(), /Function not found/);
  assert.equal((await fetch(`${platform.url}/_evoke/code-changes`)).status, 405);
  for (const wrong of ["", "[", "null", {}, { ...right, functionName: "../x" }, { ...right, base: "x" }, { ...right, removed: [1] }, { ...right, removed: "a" }, { ...right, added: 1 }, { ...right, region: "nowhere" }]) {
    const response = await send(platform.url, wrong);
    assert.equal(response.status, 400, JSON.stringify(wrong));
    assert.match(((await response.json()) as { error: string }).error, /\w/);
  }
});
