// A function runs on every level of isolation this machine has, and sees no more than the level allows.
import assert from "node:assert/strict";
import { CreateFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { test } from "node:test";
import type { Config } from "../src/config.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const code = `const fs = require("fs"); exports.handler = async () => ({ uid: process.getuid(), database: (() => { try { return fs.readFileSync(process.env.LAMBDA_TASK_ROOT + "/../../evoke.db").length; } catch (e) { return e.code; } })() })`;

for (const isolation of ["bubblewrap", "uid", "none"] satisfies Config["isolation"][]) {
  test(`a function runs with --isolation ${isolation}`, async (t) => {
    let platform: TestPlatform;
    try {
      platform = await openTestPlatform({ isolation });
    } catch (error) {
      return t.skip((error as Error).message);
    }
    try {
      await platform.lambda.send(new CreateFunctionCommand({ FunctionName: "f", Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": code }) } }));
      await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "f" });
      const answer = JSON.parse(new TextDecoder().decode((await platform.lambda.send(new InvokeCommand({ FunctionName: "f" }))).Payload));
      assert.equal(answer.errorType, undefined, JSON.stringify(answer));
      if (isolation !== "none") {
        assert.notEqual(answer.uid, 0);
        assert.ok(["ENOENT", "EACCES"].includes(answer.database), `the platform's database is readable: ${answer.database}`);
      }
    } finally {
      await platform.close();
    }
  });
}

test("a function has CPU in proportion to its memory, where the machine can limit it", async (t) => {
  await using platform = await openTestPlatform();
  const { isolation } = await (await fetch(`${platform.url}/_evoke/health`)).json() as { isolation: { description: string } };
  if (!/\bcpu\b/.test(isolation.description)) return t.skip("no control groups that limit CPU");
  const busy = `exports.handler = async () => { const from = process.cpuUsage(), start = performance.now(); while (performance.now() - start < 800); const used = process.cpuUsage(from); return (used.user + used.system) / 1000 / (performance.now() - start); }`;
  await platform.lambda.send(new CreateFunctionCommand({ FunctionName: "busy", MemorySize: 128, Timeout: 10, Runtime: "nodejs22.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": busy }) } }));
  await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 10, minDelay: 1 }, { FunctionName: "busy" });
  const share = Number(new TextDecoder().decode((await platform.lambda.send(new InvokeCommand({ FunctionName: "busy" }))).Payload));
  // 128 of 1769 MB is 0.07 of a CPU. Other work on the machine can only lower what is measured.
  assert.ok(share > 0 && share < 0.25, `${share} of a CPU`);
});
