// AWS's own, unmodified runtime clients inside functions, driven by AWS's own client from outside.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { after, before, describe, test, type TestContext } from "node:test";
import assert from "node:assert/strict";
import {
  CreateFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
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
