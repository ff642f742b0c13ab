// A function whose process ends by itself between two invocations: nobody is given to it, and nothing is left of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

let platform: TestPlatform;
let lambda: Lambda;
before(async () => {
  platform = await openTestPlatform();
  lambda = new Lambda(platform.clientConfig);
});
after(async () => {
  lambda?.destroy();
  await platform?.close();
});

test("an invocation that comes while the process before it is ending has a new one, or hears that its own has ended", async () => {
  const FunctionName = "leaves";
  const ZipFile = await zipOf({ "index.js": "exports.handler = async () => { setTimeout(() => process.exit(1), 5); return 'here'; };" });
  await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName });
  const seen = new Set<string>();
  for (let round = 0; round < 25; round++) {
    const { Payload } = await lambda.invoke({ FunctionName }); // a ServiceException would be thrown
    const answer = JSON.parse(Payload!.transformToString());
    seen.add(answer.errorType ?? answer);
    await sleep(4 + (round % 10));
  }
  await sleep(500);
  assert.ok(seen.delete("here"));
  assert.deepEqual([...seen].filter((other) => other !== "Runtime.ExitError"), []);
  // One that stands ready after an exit is all there may be.
  const { environments, busy, idle, queued } = platform.platform.engine.stats();
  assert.deepEqual([environments - idle, busy, queued], [0, 0, 0]);
  assert.ok(environments <= 1);
});
