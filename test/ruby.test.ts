// Ruby functions through the real client. The Ruby is this machine's, shown as 3.4 when it is older.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateFunctionCommand, type CreateFunctionCommandInput, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { rubyCandidates } from "../src/engine/interpreters/ruby.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const home = mkdtempSync(join(tmpdir(), "evoke-more-"));
chmodSync(home, 0o755); // functions run as somebody else
after(() => rmSync(home, { recursive: true, force: true }));
const script = (name: string, body: string) => { writeFileSync(join(home, name), `#!/bin/sh\n${body}\n`); chmodSync(join(home, name), 0o755); };

const ruby = (await rubyCandidates(process.env, ["3.2", "3.3", "3.4"]))[0]?.path;
if (ruby) {
  const real = execFileSync(ruby, ["-e", "print RbConfig.ruby"]).toString();
  script("ruby", `echo '${JSON.stringify({ version: "3.4.0", path: real, folders: [join(real, "../..")] })}'`);
}
const environment = { ...process.env, PATH: `${home}:${process.env["PATH"]}`, HOME: home };

async function create({ lambda }: TestPlatform, FunctionName: string, files: Record<string, string>, more: Partial<CreateFunctionCommandInput>): Promise<void> {
  await lambda.send(new CreateFunctionCommand({ FunctionName, Handler: "app.echo", Role: "arn:aws:iam::000000000000:role/test", MemorySize: 256, Timeout: 10, Code: { ZipFile: await zipOf(files) }, ...more }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilFunctionActiveV2>[0], { FunctionName });
}

async function invoke({ lambda }: TestPlatform, FunctionName: string, event: unknown) {
  const { Payload, FunctionError, LogResult } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }));
  return { json: JSON.parse(Buffer.from(Payload!).toString()), error: FunctionError, log: Buffer.from(LogResult!, "base64").toString() };
}

const APP = readFileSync(join(import.meta.dirname, "functions/ruby/app.rb"), "utf8");
const GEM = "vendor/bundle/ruby/3.4.0";
const OWN_GEM = {
  [`${GEM}/gems/own_gem-1.0.0/lib/own_gem.rb`]: "module OwnGem; NAME = 'a gem'; end",
  [`${GEM}/specifications/own_gem-1.0.0.gemspec`]: "Gem::Specification.new { |s| s.name = 'own_gem'; s.version = '1.0.0'; s.summary = 's'; s.authors = ['a']; s.files = ['lib/own_gem.rb'] }",
};

for (const [isolation, network, prewarm] of [["auto", "none", 1], ["none", "shared", 0]] as const) {
  describe(`Ruby functions, isolation ${isolation}, network ${network}`, { skip: ruby === undefined && "no Ruby on this machine" }, () => {
    let platform: TestPlatform;
    before(async () => { platform = await openTestPlatform({ isolation, network, prewarm }, undefined, environment); });
    after(() => platform.close());

    test("a function answers cold and warm, with its variables and its own gems", async () => {
      await create(platform, "echo", { "app.rb": APP }, { Runtime: "ruby3.4", Environment: { Variables: { OWN: "mine" } } });
      const first = await invoke(platform, "echo", { a: "ü" });
      assert.deepEqual([first.json.event, first.json.name, first.json.own], [{ a: "ü" }, "echo", "mine"], first.log);
      if (isolation === "auto") assert.equal(first.json.folder, "/var/task");
      assert.match(first.log, /REPORT .*Init Duration/);
      assert.equal((await invoke(platform, "echo", 1)).json.event, 1);
      await create(platform, "gem", { "app.rb": APP, ...OWN_GEM }, { Runtime: "ruby3.4", Handler: "app.from_gem" });
      assert.equal((await invoke(platform, "gem", {})).json, "a gem");
    });

    test("what it says is in the log, one event for each puts, and its errors have AWS's shape", async () => {
      await create(platform, "says", { "app.rb": APP }, { Runtime: "ruby3.2", Handler: "app.says" });
      assert.match((await invoke(platform, "says", {})).log, /one\nevent\n/);
      await create(platform, "broken", { "app.rb": APP }, { Runtime: "ruby3.4", Handler: "app.broken" });
      const { json, error, log } = await invoke(platform, "broken", { a: 1 });
      assert.deepEqual([error, json.errorType, json.errorMessage], ["Unhandled", "Function<ArgumentError>", "no good: 1"]);
      assert.match(log, /Error raised from handler method/);
      await create(platform, "unloadable", { "app.rb": "raise 'no'" }, { Runtime: "ruby3.4" });
      assert.equal((await invoke(platform, "unloadable", {})).json.errorType, "Init<RuntimeError>");
      await create(platform, "misspelt", { "app.rb": APP }, { Runtime: "ruby3.4", Handler: "app.misspelt" });
      for (let round = 0; round < 3; round++) { const { json, log } = await invoke(platform, "misspelt", {}); assert.equal(json.errorType, "Function<NoMethodError>", log); }
    });
  });
}
