// Java functions through the real client: AWS's own runtime client, on the JVMs of this machine.
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { after, before, describe, test } from "node:test";
import { CreateFunctionCommand, type CreateFunctionCommandInput, InvokeCommand, type Runtime, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openInterpreters } from "../src/engine/interpreters.ts";
import { silentLog } from "../src/kernel/log.ts";
import { compiled, eventLibraries, jarOf, whyNoJava, WITH_JAVA } from "./support/java.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const missing = await whyNoJava();
const interpreters = openInterpreters({ dataDir: tmpdir(), environment: WITH_JAVA, execPath: process.execPath, log: silentLog });
const WRAPPER = '#!/bin/sh\nexport MINE="set by the wrapper of $(basename "$1")"\nexec "$@"\n';
let zip: Uint8Array;
let platform: TestPlatform;

async function create(name: string, Handler: string, more: Partial<CreateFunctionCommandInput> = {}, { lambda } = platform): Promise<string> {
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Runtime: "java17", Handler, Role: "arn:aws:iam::000000000000:role/test", MemorySize: 256, Timeout: 20, Code: { ZipFile: zip }, ...more }));
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as Parameters<typeof waitUntilFunctionActiveV2>[0], { FunctionName: name });
  return name;
}

async function invoke(FunctionName: string, event: unknown, ClientContext?: string, { lambda } = platform) {
  const { Payload, FunctionError, LogResult } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail", ClientContext }));
  const text = Buffer.from(Payload!).toString();
  const log = Buffer.from(LogResult!, "base64").toString();
  return { text, json: /^[{["\dtfn]/.test(text) ? JSON.parse(text) : undefined, error: FunctionError, log };
}

describe("Java functions", { skip: missing ?? false, concurrency: 2 }, () => {
  before(async () => {
    platform = await openTestPlatform({}, undefined, WITH_JAVA);
    zip = await zipOf({ wrapper: WRAPPER, ...await compiled("demo", { "library.jar": await jarOf("Library.java", 'package other; public class Library { public static final String NAME = "from a jar"; }') }) });
  });
  after(() => platform.close());

  for (const [name, handler, event, expected] of [
    ["typed", "demo.Handlers$Typed", { item: "ü", count: 2 }, '"2 x ü"'],
    ["typed-method", "demo.Handlers$Typed::handleRequest", { item: "x", count: 3 }, '"3 x x"'],
    ["generic", "demo.Handlers$Generic", [1, 2, 39], "42"],
    ["streams", "demo.Handlers$Streams", { a: 1 }, 'streamed {"a":1}'],
    ["plain", "demo.Handlers::plain", { item: "y" }, '"y"'],
    ["with-context", "demo.Handlers::withContext", { count: 1 }, '{"item":"with-context","count":1}'],
    ["nothing", "demo.Handlers::nothing", {}, "null"],
    ["number", "demo.Handlers::number", 41, "42"],
    ["static", "demo.Handlers::fixed", {}, '"no event"'],
    ["method-streams", "demo.Handlers::streams", { b: 2 }, '{"b":2}'],
    ["from-jar", "demo.Handlers::fromJar", {}, '"from a jar"'],
  ] as const) {
    test(`the handler ${handler} (${name}) answers`, async () => {
      const { text, error, log } = await invoke(await create(name, handler), event);
      assert.deepEqual([text, error], [expected, undefined], log);
    });
  }

  test("the context is complete, and JAVA_TOOL_OPTIONS and variables reach the JVM", async () => {
    const name = await create("context", "demo.Handlers::context", { Environment: { Variables: { MINE: "1", JAVA_TOOL_OPTIONS: "-Dmine=tool" } } });
    const { json, log } = await invoke(name, {}, Buffer.from(JSON.stringify({ custom: { k: "v" } })).toString("base64"));
    assert.match(json.id, /^[0-9a-f-]{36}$/);
    assert.deepEqual([json.name, json.version, json.group, json.memory, json.custom, json.variable, json.task, json.tool], [name, "$LATEST", "/aws/lambda/context", 256, { k: "v" }, "1", "/var/task", "tool"], log);
    assert.ok(json.arn.endsWith(":function:context") && json.trace.startsWith("Root=1-") && json.remaining > 15_000 && json.remaining <= 20_000);
    assert.ok(json.heap > 200 && json.heap < 225, `AWS gives the heap 85 % of 256 MB, here ${json.heap}`);
  });

  test("LambdaLogger writes one event whatever its lines, and the REPORT line has the init", async () => {
    const { log } = await invoke(await create("logs", "demo.Handlers::logs"), {});
    assert.match(log, /one\nevent\n/);
    assert.match(log, /a detail/);
    assert.match(log, /^printed$/m);
    assert.match(log, /^printed too$/m);
    assert.match(log, /REPORT .*Init Duration: /);
  });

  test("with JSON logging LambdaLogger writes objects from the function's level on", async () => {
    const name = await create("json-logs", "demo.Handlers::logs", { LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "WARN", SystemLogLevel: "WARN" } });
    const { log } = await invoke(name, {});
    const lines = log.split("\n").filter((line) => line.includes("be careful")).map((line) => JSON.parse(line));
    assert.deepEqual([lines.length, lines[0].level, lines[0].message], [1, "WARN", "be careful"]);
    assert.match(lines[0].AWSRequestId, /^[0-9a-f-]{36}$/);
    assert.ok(!log.includes("a detail"));
  });

  test("an exception has AWS's shape, is logged with its cause, and the process goes on", async () => {
    const name = await create("fails", "demo.Handlers::fails");
    for (let round = 0; round < 2; round++) {
      const { json, error, log } = await invoke(name, {});
      assert.deepEqual([error, json.errorType, json.errorMessage], ["Unhandled", "java.lang.IllegalStateException", "no good"]);
      assert.match(json.stackTrace[0], /^demo\.Handlers\.fails\(Handlers\.java:\d+\)$/);
      assert.match(log, /no good: java\.lang\.IllegalStateException\njava\.lang\.IllegalStateException: no good\n\tat demo\.Handlers\.fails[^]*Caused by: java\.lang\.RuntimeException: because/);
    }
  });

  test("a class that cannot be found, or made, has AWS's error", async () => {
    const unknown = await invoke(await create("unknown", "demo.Nowhere::handle"), {});
    assert.deepEqual([unknown.json.errorType, unknown.json.errorMessage], ["java.lang.ClassNotFoundException", "Class not found: demo.Nowhere"]);
    const unmade = await invoke(await create("unmade", "demo.FailsToLoad::handle"), {});
    assert.equal(unmade.error, "Unhandled");
    assert.match(JSON.stringify(unmade.json), /java\.lang\.IllegalArgumentException.*|cannot be made/);
    assert.match((await invoke(await create("method", "demo.Handlers::nowhere"), {})).json.errorMessage, /No public method named nowhere/);
  });

  test("System.exit and a full heap hurt only their own invocation", async () => {
    const leaves = await invoke(await create("leaves", "demo.Handlers::leaves"), {});
    assert.deepEqual([leaves.json.errorType, leaves.json.errorMessage.includes("exit status 7")], ["Runtime.ExitError", true]);
    const name = await create("fills", "demo.Handlers::fills");
    for (let round = 0; round < 2; round++) assert.equal((await invoke(name, {})).json.errorType, "java.lang.OutOfMemoryError");
  });

  test("AWS's event classes read the events they are named for, and write answers", async (t) => {
    const libraries = await eventLibraries().catch((error: Error) => t.skip(`NOT HERE: ${error.message}`));
    if (!libraries) return;
    const Code = { ZipFile: await zipOf(await compiled("events", libraries)) };
    const sqs = { messageId: "m1", receiptHandle: "r", body: "hello", attributes: { ApproximateReceiveCount: "1" }, messageAttributes: { a: { stringValue: "v", dataType: "String", stringListValues: [], binaryListValues: [] } }, md5OfBody: "x", eventSource: "aws:sqs", eventSourceARN: "arn:q", awsRegion: "eu-west-1" };
    const stream = { eventID: "1", eventName: "INSERT", dynamodb: { ApproximateCreationDateTime: 1479499740, Keys: { id: { N: "7" } }, NewImage: { id: { N: "7" } }, SequenceNumber: "1", StreamViewType: "NEW_IMAGE" } };
    const http = { version: "2.0", routeKey: "$default", rawPath: "/path", headers: { a: "b" }, requestContext: { http: { method: "POST", path: "/path" }, timeEpoch: 1583348638390 }, isBase64Encoded: false };
    const answers = [
      ["events.Events::queue", { Records: [sqs] }, { batchItemFailures: [{ itemIdentifier: "m1 hello arn:q v" }] }],
      ["events.Events::table", { Records: [stream] }, "7 1479499740000"],
      ["events.Events$Http", http, { statusCode: 200, headers: { x: "POST" }, body: "/path", isBase64Encoded: false }],
      ["events.Events::schedule", { source: "aws.events", time: "2026-11-21T00:00:00Z", detail: {} }, "aws.events 2026"],
    ] as const;
    for (const [at, [Handler, event, expected]] of answers.entries()) {
      const { json, log } = await invoke(await create(`events-${at}`, Handler, { Code }), event);
      assert.deepEqual(json, expected, log);
    }
  });

  test("a wrapper script starts the JVM, and what it sets stays", async () => {
    const name = await create("wrapped", "demo.Handlers::context", { Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/var/task/wrapper" } } });
    const { json, log } = await invoke(name, {});
    assert.equal(json.variable, "set by the wrapper of java", log);
  });

  test("a function runs without isolation too, and is refused without a network, which its runtime needs", async () => {
    await using plain = await openTestPlatform({ isolation: "none" }, undefined, WITH_JAVA);
    assert.equal((await invoke(await create("plain-level", "demo.Handlers::fromJar", {}, plain), {}, undefined, plain)).json, "from a jar");
    await using closed = await openTestPlatform({ network: "none", log: "error" }, silentLog, WITH_JAVA);
    await assert.rejects(invoke(await create("no-network", "demo.Handlers::plain", {}, closed), {}, undefined, closed), { name: "ServiceException" });
  });

  for (const runtime of ["java8.al2", "java11", "java21", "java25"] as Runtime[]) {
    test(`${runtime} runs on the exact JVM, or the nearest newer one, if there is one`, async () => {
      const found = await interpreters.find(runtime);
      const name = await create(`on-${runtime.replace(".", "-")}`, "demo.Handlers::context", { Runtime: runtime });
      if (!("argv" in found)) return assert.rejects(invoke(name, {}), { name: "InvalidRuntimeException", message: found.missing });
      const { json, log } = await invoke(name, {});
      assert.ok(Number(json?.java.replace("1.8", "8")) >= Number(/\d+/.exec(runtime)![0]), log);
      assert.doesNotMatch(log, /WARNING/);
    });
  }
});
