// AWS's own, unmodified runtime clients inside functions, driven by AWS's own client from outside.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { after, before, describe, test, type TestContext } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { findSample } from "../../src/cli/samples/catalogue.ts";
import { factsOf } from "../../src/cli/samples/facts.ts";
import { seededIds } from "../../src/kernel/ids.ts";
import { openTestPlatform, type TestPlatform } from "../support/platform.ts";
import { CLIENTS, clientFunction, type ClientFunction, type ClientName } from "./build.ts";

const ERROR_TYPES: Record<ClientName, string> = {
  node: "Error",
  python: "ValueError",
  go: "errorString",
  rust: "&alloc::boxed::Box<dyn core::error::Error + core::marker::Send + core::marker::Sync>",
};

let platform: TestPlatform;
before(async () => {
  platform = await openTestPlatform();
});
after(() => platform.close());

async function built(name: ClientName, t: TestContext): Promise<ClientFunction | undefined> {
  const made = await clientFunction(name);
  if (!("skipped" in made)) return made;
  t.skip(made.skipped);
  return undefined;
}

async function create(made: ClientFunction, name: string, handler: string): Promise<void> {
  await platform.lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "provided.al2023",
      Role: "arn:aws:iam::000000000000:role/any",
      Handler: handler,
      Code: { ZipFile: await made.zip() },
      MemorySize: 256,
      Timeout: 20,
    }),
  );
  await waitUntilFunctionActiveV2({ client: platform.lambda, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { FunctionName: name });
}

async function invoke(name: string, event: unknown): Promise<{ functionError?: string | undefined; answer: any }> {
  const { FunctionError, Payload } = await platform.lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  return { functionError: FunctionError, answer: JSON.parse(Buffer.from(Payload!).toString()) };
}

async function invokeStreaming(name: string, event: unknown): Promise<{ body: string; errorCode?: string | undefined }> {
  const { EventStream } = await platform.lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  const chunks: Uint8Array[] = [];
  let errorCode: string | undefined;
  for await (const message of EventStream!) {
    if (message.PayloadChunk) chunks.push(message.PayloadChunk.Payload!);
    if (message.InvokeComplete) errorCode = message.InvokeComplete.ErrorCode;
  }
  return { body: Buffer.concat(chunks).toString(), errorCode };
}

for (const name of CLIENTS) {
  describe(`AWS's ${name} runtime client`, () => {
    test("answers, fails and goes on", async (t) => {
      const made = await built(name, t);
      if (made === undefined) return;
      await create(made, `ric-${name}`, made.handler);
      const first = await invoke(`ric-${name}`, { echo: { text: "ü" } });
      assert.equal(first.functionError, undefined, JSON.stringify(first.answer));
      assert.deepEqual(first.answer.echo, { text: "ü" });
      assert.match(first.answer.requestId, /^[0-9a-f-]{36}$/);
      assert.match(first.answer.arn, new RegExp(`:function:ric-${name}$`));
      const failed = await invoke(`ric-${name}`, { fail: "boom" });
      assert.deepEqual([failed.functionError, failed.answer.errorMessage], ["Unhandled", "boom"]);
      assert.equal(failed.answer.errorType, ERROR_TYPES[name]);
      assert.equal((await invoke(`ric-${name}`, { echo: 2 })).answer.echo, 2);
    });

    test("streams its answer", async (t) => {
      const made = await built(name, t);
      if (made === undefined) return;
      if (made.streamingHandler === undefined) return t.skip(`${made.client} cannot stream`);
      await create(made, `ric-${name}-stream`, made.streamingHandler);
      const { body, errorCode } = await invokeStreaming(`ric-${name}-stream`, { stream: "one, two" });
      assert.match(body, /one, two$/);
      assert.equal(errorCode, undefined);
    });
  });
}

test("AWS's event types for Go read the samples of the services they are for", async (t) => {
  const made = await built("go", t);
  if (made === undefined) return;
  await create(made, "ric-go-events", made.handler);
  const facts = factsOf({ ids: seededIds(1), nowMs: Date.UTC(2026, 10, 20), account: "123456789012", region: "eu-west-1" });
  const known = /"(\S+)":\s+func/g;
  const names = [...(await readFile(join(import.meta.dirname, "clients/go/events.go"), "utf8")).matchAll(known)].map(([, name]) => name!);
  assert.ok(names.length > 30);
  const samples = Object.fromEntries(names.map((name) => {
    const found = findSample(name);
    assert.ok("sample" in found && found.name === name, `there is no sample ${name}`);
    return [name, found.sample(facts)];
  }));
  const { functionError, answer } = await invoke("ric-go-events", { samples });
  assert.equal(functionError, undefined, JSON.stringify(answer));
  assert.deepEqual(Object.keys(answer).sort(), names.sort());
  const [put, alb] = [samples["s3:ObjectCreated:Put"], samples["alb:request"]] as any[];
  assert.equal(answer["s3:ObjectCreated:Put"].Records[0].s3.object.key, put.Records[0].s3.object.key);
  assert.deepEqual(answer["alb:request"].queryStringParameters, alb.queryStringParameters);
});
