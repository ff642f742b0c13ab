// Several events at once in one environment, with a .NET class library: a thread for each. On every .NET of EVOKE_TEST_DOTNET (test/dotnet.test.ts).
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type TestEngine, openTestEngine } from "../../../test/support/engine.ts";
import { managed } from "../../../test/support/managed-instances.ts";

const SOURCE = `
using System; using System.IO; using System.Threading.Tasks; using Amazon.Lambda.Core;
namespace Side {
  public class Function {
    public async Task<Stream> Together(Stream input, ILambdaContext context) {
      var text = new StreamReader(input).ReadToEnd(); // {"n":N,"together":M,...}
      var n = Number(text, "n");
      context.Logger.LogLine("begin " + n);
      lock (typeof(Function)) File.AppendAllText("/tmp/barrier", ".");
      while (new FileInfo("/tmp/barrier").Length < Number(text, "together")) await Task.Delay(2);
      if (text.Contains("sleep")) await Task.Delay(Number(text, "sleep"));
      Console.WriteLine("end " + n);
      if (text.Contains("fail")) throw new InvalidOperationException("no " + n);
      return new MemoryStream(System.Text.Encoding.UTF8.GetBytes("{\\"n\\":" + n + ",\\"id\\":\\"" + context.AwsRequestId + "\\",\\"environment\\":\\"" + context.LogStreamName + "\\"}"));
    }
    static int Number(string text, string name) {
      var at = text.IndexOf("\\"" + name + "\\":") + name.Length + 3;
      var end = at; while (char.IsDigit(text[end])) end++;
      return int.Parse(text.Substring(at, end - at));
    }
  }
}`;

const versionOf = (dotnet: string): string => [...execFileSync(dotnet, ["--list-runtimes"]).toString().matchAll(/Microsoft\.NETCore\.App (\S+)/g)].at(-1)![1]!;
const dotnets = (process.env["EVOKE_TEST_DOTNET"] ?? "").split(":").filter((path) => path !== "").map((path) => realpathSync(path)).filter((path) => Number.parseInt(versionOf(path), 10) >= 8);
if (dotnets.length === 0) test(".NET on managed instances", { skip: "no .NET 8 or newer on this machine (EVOKE_TEST_DOTNET)" });

for (const dotnet of dotnets) describe(`.NET ${versionOf(dotnet)} on managed instances`, () => {
  const runtime = Number.parseInt(versionOf(dotnet), 10) >= 10 ? "dotnet10" : "dotnet8";
  const home = mkdtempSync(join(tmpdir(), "evoke-dotnet-"));
  let t: TestEngine;
  before(async () => {
    chmodSync(home, 0o755);
    writeFileSync(join(home, "Side.cs"), SOURCE);
    execFileSync("mcs", ["-target:library", `-out:${join(home, "Amazon.Lambda.Core.dll")}`, join(import.meta.dirname, "../../../test/functions/dotnet/Core.cs")]);
    execFileSync("mcs", ["-target:library", `-out:${join(home, "Side.dll")}`, `-r:${join(home, "Amazon.Lambda.Core.dll")}`, join(home, "Side.cs")]);
    t = await openTestEngine({}, { ...process.env, PATH: `${dirname(dotnet)}:${process.env["PATH"]}`, HOME: home, DOTNET_ROOT: undefined });
  });
  after(async () => {
    await t?.close();
    rmSync(home, { recursive: true, force: true });
  });

  test("as many events as are allowed run at once in one process, each with its own context and log lines", async () => {
    const target = ".NETCoreApp,Version=v8.0";
    const fn = await t.version("side", {
      "Side.dll": readFileSync(join(home, "Side.dll")), "Amazon.Lambda.Core.dll": readFileSync(join(home, "Amazon.Lambda.Core.dll")),
      "Side.runtimeconfig.json": JSON.stringify({ runtimeOptions: { framework: { name: "Microsoft.NETCore.App", version: versionOf(dotnet) }, configProperties: { "System.Globalization.Invariant": true } } }),
      "Side.deps.json": JSON.stringify({
        runtimeTarget: { name: target, signature: "" }, compilationOptions: {},
        targets: { [target]: { "Side/1.0.0": { dependencies: { "Amazon.Lambda.Core": "2.0.0" }, runtime: { "Side.dll": {} } }, "Amazon.Lambda.Core/2.0.0": { runtime: { "Amazon.Lambda.Core.dll": {} } } } },
        libraries: { "Side/1.0.0": { type: "project", serviceable: false, sha512: "" }, "Amazon.Lambda.Core/2.0.0": { type: "package", serviceable: false, sha512: "" } },
      }),
    }, managed("side", { runtime, handler: "Side::Side.Function::Together", concurrency: 12, timeoutSeconds: 8 }));
    const results = await Promise.all(Array.from({ length: 12 }, (_, n) => t.invoke(fn, { n, together: 12, ...(n === 5 ? { fail: true } : {}) })));
    assert.deepEqual(results.map(({ failed, json }) => (failed ? json.errorMessage : json.n)), [0, 1, 2, 3, 4, "no 5", 6, 7, 8, 9, 10, 11]);
    assert.equal(new Set(results.filter(({ failed }) => !failed).map(({ json }) => json.environment)).size, 1);
    const lines = (await t.lines("side")).map((line) => JSON.parse(line));
    for (const [n, { requestId, json, failed }] of results.entries()) {
      if (!failed) assert.equal(json.id, requestId);
      assert.deepEqual(lines.filter((line) => line.requestId === requestId && line.level !== "Error").map(({ message }) => message), [`begin ${n}`, `end ${n}`]);
    }
  });
});
