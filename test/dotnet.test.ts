// .NET functions through the real client, on every real .NET of EVOKE_TEST_DOTNET (paths of `dotnet`, with colons between; .ci/run brings .NET 8), compiled with
// Mono's mcs. A .NET older than 8 is shown as 8.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CreateFunctionCommand, type CreateFunctionCommandInput, InvokeCommand, PublishVersionCommand, waitUntilFunctionActiveV2, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { ASSEMBLY, sourcesDigest } from "../tools/dotnet-runtime.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

test("the assembly that is kept was compiled from the sources beside it", () => {
  assert.ok(readFileSync(ASSEMBLY).includes(sourcesDigest()), "run: node tools/dotnet-runtime.ts");
});

const dotnets = (process.env["EVOKE_TEST_DOTNET"] ?? "").split(":").filter((path) => path !== "").map((path) => realpathSync(path));

/** What a .NET older than 8 lacks, no test here asks for. Only an interpreter's own folder is seen by functions, hence the copy. */
function showAs8(dotnet: string, home: string): void {
  writeFileSync(join(home, "dotnet"), `#!/bin/sh\nif [ "$1" = --list-runtimes ]; then echo "Microsoft.NETCore.App 8.0.4 [${dirname(dotnet)}]"; exit; fi\nexec ${join(home, "real/dotnet")} "$@"\n`);
  cpSync(dirname(dotnet), join(home, "real"), { recursive: true });
  chmodSync(join(home, "real/dotnet"), 0o755);
  chmodSync(join(home, "dotnet"), 0o755);
}

const newestOf = (dotnet: string): string => [...execFileSync(dotnet, ["--list-runtimes"]).toString().matchAll(/Microsoft\.NETCore\.App (\S+)/g)].at(-1)![1]!;
const canCompile = (() => { try { execFileSync("mcs", ["--version"], { stdio: "ignore" }); return true; } catch { return false; } })();

if (dotnets.length === 0) test(".NET functions", { skip: "no .NET on this machine (EVOKE_TEST_DOTNET)" });
for (const dotnet of dotnets) describe(`.NET functions on .NET ${newestOf(dotnet)}`, { skip: !canCompile && "no mcs to compile with" }, () => {
  const real = newestOf(dotnet), major = Number.parseInt(real, 10);
  const Runtime = major >= 10 ? "dotnet10" : "dotnet8";
  const configFor = (version: string): string => JSON.stringify({ runtimeOptions: { framework: { name: "Microsoft.NETCore.App", version }, configProperties: { "System.Globalization.Invariant": true } } });
  const home = mkdtempSync(join(tmpdir(), "evoke-dotnet-"));
  let platform: TestPlatform;
  /** A class library, and an executable assembly. */
  let files: Record<string, Buffer | string>, program: typeof files;

  before(async () => {
    chmodSync(home, 0o755); // functions run as somebody else
    const compile = (name: string, ...words: string[]) => execFileSync("mcs", ["-target:library", `-out:${join(home, name)}`, ...words], { stdio: "inherit" });
    const source = (name: string) => join(import.meta.dirname, "functions/dotnet", name);
    compile("Amazon.Lambda.Core.dll", source("Core.cs"));
    compile("Shop.dll", `-r:${join(home, "Amazon.Lambda.Core.dll")}`, "-r:System.Runtime.Serialization.dll", source("Function.cs"));
    compile("Own.dll", "-target:exe", "-r:System.Net.Http.dll", source("Program.cs"));
    const target = `.NETCoreApp,Version=v${real.split(".").slice(0, 2).join(".")}`;
    files = {
      "Shop.dll": readFileSync(join(home, "Shop.dll")), "Amazon.Lambda.Core.dll": readFileSync(join(home, "Amazon.Lambda.Core.dll")),
      "Shop.runtimeconfig.json": configFor(real),
      "Shop.deps.json": JSON.stringify({
        runtimeTarget: { name: target, signature: "" }, compilationOptions: {},
        targets: { [target]: { "Shop/1.0.0": { dependencies: { "Amazon.Lambda.Core": "2.0.0" }, runtime: { "Shop.dll": {} } }, "Amazon.Lambda.Core/2.0.0": { runtime: { "Amazon.Lambda.Core.dll": {} } } } },
        libraries: { "Shop/1.0.0": { type: "project", serviceable: false, sha512: "" }, "Amazon.Lambda.Core/2.0.0": { type: "package", serviceable: false, sha512: "" } },
      }),
    };
    program = { "Own.dll": readFileSync(join(home, "Own.dll")), "Own.runtimeconfig.json": configFor(real) };
    if (major < 8) showAs8(dotnet, home);
    const folder = major < 8 ? home : dirname(dotnet);
    platform = await openTestPlatform({}, undefined, { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, HOME: home, DOTNET_ROOT: undefined });
  });
  after(async () => {
    await platform?.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function create(FunctionName: string, method: string, more: Partial<CreateFunctionCommandInput> = {}, content = files): Promise<void> {
    await platform.lambda.send(new CreateFunctionCommand({ FunctionName, Runtime, Handler: method.includes("::") ? method : `Shop::Space.Function::${method}`, Role: "arn:aws:iam::000000000000:role/test", MemorySize: 256, Timeout: 20, Code: { ZipFile: await zipOf(content) }, ...more }));
    await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilFunctionActiveV2>[0], { FunctionName });
  }

  async function invoke(FunctionName: string, event: unknown, ClientContext?: string) {
    const { Payload, FunctionError, LogResult } = await platform.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail", ...(ClientContext ? { ClientContext: Buffer.from(ClientContext).toString("base64") } : {}) }));
    const text = Buffer.from(Payload ?? []).toString();
    return { json: text === "" ? undefined : JSON.parse(text), error: FunctionError, log: Buffer.from(LogResult!, "base64").toString() };
  }

  test("handlers of every form answer: objects, streams, static, inherited, nothing", async () => {
    for (const [name, method, event, answer] of [
      ["doubled", "Doubled", { Name: "ü", Count: 21 }, { Name: "ü", Count: 42 }],
      ["streamed", "Streamed", { any: ["thing"] }, { any: ["thing"] }],
      ["static", "Static", "loud", "LOUD"],
      ["inherited", "Inherited", "word", "word from the base"],
      ["nothing", "Nothing", {}, undefined],
    ] as const) {
      await create(name, method);
      const { json, error, log } = await invoke(name, event);
      assert.deepEqual([json, error], [answer, undefined], log);
    }
  });

  test("an asynchronous handler is given its context, and its object lives on", async () => {
    await create("about", "About", { Environment: { Variables: { OWN: "mine" } } });
    const { json, log } = await invoke("about", {}, JSON.stringify({ client: { app_title: "an app" }, custom: { "a b": "c" } }));
    assert.ok(json.Values, `${JSON.stringify(json)} ${log}`);
    const [id, ...values] = json.Values.split("|");
    assert.match(log, new RegExp(`START RequestId: ${id}`));
    assert.deepEqual(values, ["about", "$LATEST", "arn:aws:lambda:eu-west-1:000000000000:function:about", "256", "True", "/aws/lambda/about", "True", "1 of 1", "c", "an app", "", "mine"]);
    assert.equal((await invoke("about", {})).json.Values.split("|")[8], "2 of 1");
  });

  test("what it says is in the log with time, request and level, one event each", async () => {
    await create("says", "Says");
    const { log } = await invoke("says", {});
    assert.match(log, /\dZ\t[0-9a-f-]{36}\tinfo\ton the console\nin two lines\n/);
    assert.match(log, /\tfail\tan error\n/);
    assert.match(log, /\tinfo\tby the logger\n/);
    assert.match(log, /\tinfo\tby the static one\n/);
    await create("says-json", "Says", { LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "ERROR" } });
    const lines = (await invoke("says-json", {})).log.split("\n").filter((line) => line.includes('"level"')).map((line) => JSON.parse(line));
    assert.deepEqual(lines.filter(({ message }) => message).map(({ level, message }) => [level, message]), [["Error", "an error"]]);
  });

  test("its exceptions have AWS's shape, and the next call goes on", async () => {
    await create("broken", "Broken");
    const { json, error } = await invoke("broken", "x");
    assert.deepEqual([error, json.errorType, json.errorMessage, json.cause.errorType], ["Unhandled", "ArgumentException", "no good: x", "InvalidOperationException"]);
    assert.match(json.stackTrace[0], /^at Space\.Function\.Broken\(String word\)/);
    assert.equal((await invoke("broken", "y")).json.errorMessage, "no good: y");
    await create("later", "BrokenLater");
    assert.deepEqual((await invoke("later", "x")).json.errorType, "TimeoutException");
  });

  test("an answer that is too large, and a process that ends, fail that call alone", async () => {
    await create("large", "Large");
    assert.equal((await invoke("large", 7_000_000)).json.errorType, "Function.ResponseSizeTooLarge");
    assert.equal((await invoke("large", 3)).json, "xxx");
    await create("ends", "Ends");
    assert.equal((await invoke("ends", "x")).json.errorType, "Runtime.ExitError");
  });

  test("a handler that is not there is told in AWS's words", async () => {
    for (const [name, method, sentence] of [
      ["no-method", "Missing", /^Unable to find method 'Missing' in type 'Space\.Function' from assembly 'Shop': Found no methods matching method name 'Missing'\.$/],
      ["no-type", "Shop::Space.Missing::Any", /^Unable to load type 'Space\.Missing' from assembly 'Shop'\.$/],
      ["no-assembly", "Missing::Space.Function::Any", /^Could not find the specified handler assembly with the file name 'Missing,.*The assembly should be located in the root of your uploaded \.zip file\.$/],
      ["ambiguous", "Overloaded", /appears to have a number of overloads.*\nSystem\.String Overloaded\(Int32\)/s],
    ] as const) {
      await create(name, method);
      const { json, error } = await invoke(name, {});
      assert.deepEqual([error, json.errorType], ["Unhandled", "LambdaValidationException"], JSON.stringify(json));
      assert.match(json.errorMessage, sentence);
    }
    await create("unmakeable", "Shop::Space.Unmakeable::Any");
    assert.deepEqual((await invoke("unmakeable", {})).json.errorMessage, "cannot be made");
  });

  test("SnapStart runs the hooks before the snapshot, last first, and after it, first first", async () => {
    for (const [name, more] of [["snapped", {}], ["unrestored", { Environment: { Variables: { FAIL: "1" } } }]] as const) {
      await create(name, "Shop::Space.Snapped::Passed", { SnapStart: { ApplyOn: "PublishedVersions" }, ...more });
      const { Version } = await platform.lambda.send(new PublishVersionCommand({ FunctionName: name }));
      await waitUntilPublishedVersionActive({ client: platform.lambda, maxWaitTime: 20, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilPublishedVersionActive>[0], { FunctionName: name, Qualifier: Version });
      if (name === "snapped") assert.equal((await invoke(`${name}:${Version}`, "x")).json, "before2 before1 after1 after2 ");
      else await assert.rejects(invoke(`${name}:${Version}`, "x"), { name: "SnapStartException", message: /^The afterRestore\(\) runtime hook encountered an error/ });
    }
  });

  test("a package without the file of its dependencies ends as on AWS", async () => {
    const { "Shop.deps.json": _, ...incomplete } = files;
    await create("incomplete", "Doubled", {}, incomplete);
    const { json, log } = await invoke("incomplete", {});
    assert.match(json.errorMessage, /Runtime exited with error: exit status 105/);
    assert.match(log, /is missing the required \.deps\.json file/);
  });

  test("an executable assembly runs by its name, with or without .dll", async () => {
    for (const Handler of ["Own", "Own.dll"]) {
      const name = Handler.replace(".", "-");
      await create(name, "", { Handler }, program);
      const { json, log } = await invoke(name, { a: "ü" });
      assert.deepEqual(json, { a: "ü" }, log);
      assert.match(log, /runs in \/var\/task/);
    }
  });

  test("a program that brings its own .NET runs by its name, and one that is not there is told in AWS's words", async () => {
    await create("brought", "", { Handler: "Brought" }, { Brought: "#!/bin/sh\necho it runs in $(pwd)\nexit 3\n" });
    const brought = await invoke("brought", {});
    assert.match(brought.json.errorMessage, /exit status 3$/);
    assert.match(brought.log, /it runs in \/var\/task/);
    await create("nowhere", "", { Handler: "Nowhere" }, program);
    const nowhere = await invoke("nowhere", {});
    assert.match(nowhere.json.errorMessage, /exit status 104$/);
    assert.match(nowhere.log, /Error: executable assembly \/var\/task\/Nowhere\.dll or binary \/var\/task\/Nowhere not found\./);
  });

  test("an assembly for a .NET that is not there ends as on AWS", async () => {
    await create("ahead", "Doubled", {}, { ...files, "Shop.runtimeconfig.json": configFor("99.0.0") });
    const { json, log } = await invoke("ahead", {});
    assert.match(json.errorMessage, /exit status 150$/);
    assert.match(log, /99\.0\.0/);
  });

  test("a function for .NET 8 runs on a newer one where that is all there is", { skip: major <= 8 && "only on a newer .NET" }, async () => {
    await create("older", "Doubled", { Runtime: "dotnet8" }, { ...files, "Shop.runtimeconfig.json": configFor("8.0.0") });
    assert.deepEqual((await invoke("older", { Name: "x", Count: 1 })).json, { Name: "x", Count: 2 });
  });

  test("a version that is not there says how to get it", { skip: major >= 10 && "this .NET runs every runtime" }, async () => {
    await create("newer", "Doubled", { Runtime: "dotnet10" });
    await assert.rejects(invoke("newer", {}), { name: "InvalidRuntimeException", message: /no \.NET 10 runtime or newer.*dotnet\.microsoft\.com/ });
  });
});
