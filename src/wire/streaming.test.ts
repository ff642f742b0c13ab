// Bodies that must not be held in memory: streamed in, streamed out, and as events.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceError } from "../kernel/errors.ts";
import { bytesBody, type WireRequest } from "./http.ts";
import { openWireService } from "./wire.ts";

async function* repeat(chunk: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < times; i++) yield chunk;
}

async function bytesOf(body: unknown): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test("a large upload and download pass through as streams, never read as a whole", async () => {
  const wire = await openWireService("@aws-sdk/client-s3");
  const chunk = Buffer.alloc(1024 * 1024);
  const body = { lengthBytes: 5 * 1024 ** 3, bytes: () => assert.fail("it was read as a whole"), stream: () => repeat(chunk, 5 * 1024) };
  const request: WireRequest = { method: "PUT", path: "/bucket/some/key", query: "", headers: { host: "localhost:4566", "content-type": "text/plain" }, body };
  const parsed = await wire.parse(request);
  assert.equal(parsed.operation, "PutObject");
  assert.equal(parsed.input["Key"], "some/key");
  let total = 0;
  for await (const piece of parsed.input["Body"] as AsyncIterable<Uint8Array>) total += piece.byteLength;
  assert.equal(total, 5 * 1024 ** 3);
  const get = await wire.parse({ ...request, method: "GET", body: bytesBody(new Uint8Array()) });
  const source = repeat(chunk, 3);
  const response = await wire.write(get, { Body: source, ContentLength: 3 * chunk.byteLength }, "r");
  assert.equal(response.body, source);
  assert.equal(response.headers["content-length"], String(3 * chunk.byteLength));
});

test("a bucket is found in the path and in the host", async () => {
  const wire = await openWireService("@aws-sdk/client-s3");
  const request = (host: string, path: string): WireRequest => ({ method: "GET", path, query: "", headers: { host }, body: bytesBody(new Uint8Array()) });
  for (const [host, path] of [["localhost:4566", "/my.bucket/a%20b/c"], ["my.bucket.s3.localhost:4566", "/a%20b/c"], ["my.bucket.s3.us-east-1.amazonaws.com", "/a%20b/c"]] as const) {
    const { operation, input } = await wire.parse(request(host, path));
    assert.deepEqual([operation, input["Bucket"], input["Key"]], ["GetObject", "my.bucket", "a b/c"]);
  }
  const location = await wire.parse({ ...request("localhost", "/b"), query: "location" });
  assert.match(String((await wire.write(location, { LocationConstraint: "eu-west-1" }, "r")).body), /^<\?xml[^>]*>\n<LocationConstraint xmlns="[^"]+">eu-west-1<\/LocationConstraint>$/);
});

test("events are written as they come, and a failing source ends them with an exception event", async () => {
  const wire = await openWireService("@aws-sdk/client-cloudwatch-logs");
  const parsed = { protocol: wire.model.protocol, operation: "StartLiveTail", input: {} };
  let pulled = 0;
  async function* events() {
    pulled++;
    yield { sessionStart: { requestId: "r", sessionId: "s" } };
    pulled++;
    throw new ServiceError("SessionTimeoutException", "too long");
  }
  const response = await wire.write(parsed, { responseStream: events() }, "r");
  assert.equal(response.headers["content-type"], "application/vnd.amazon.eventstream");
  const iterator = (response.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  assert.match(Buffer.from((await iterator.next()).value!).toString("latin1"), /initial-response/);
  assert.equal(pulled, 0);
  assert.match(Buffer.from((await iterator.next()).value!).toString("latin1"), /sessionStart.*"sessionId":"s"/s);
  assert.equal(pulled, 1);
  assert.match(Buffer.from((await iterator.next()).value!).toString("latin1"), /:exception-type.*SessionTimeoutException.*"message":"too long"/s);
  assert.equal((await iterator.next()).done, true);
});

test("Lambda's payloads arrive and leave as bytes, and its streamed answer as payload events", async () => {
  const wire = await openWireService("@aws-sdk/client-lambda");
  const invoke = (operation: string, headers = {}): WireRequest => ({ method: "POST", path: `/${operation}`, query: "Qualifier=7", headers, body: bytesBody(Buffer.from('{"a":1}')) });
  const parsed = await wire.parse(invoke("2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af/invocations", { "x-amz-log-type": "Tail" }));
  assert.deepEqual({ ...parsed.input, Payload: String(parsed.input["Payload"]) }, { FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:f", LogType: "Tail", Qualifier: "7", Payload: '{"a":1}' });
  const response = await wire.write(parsed, { StatusCode: 200, ExecutedVersion: "7", FunctionError: "Unhandled", Payload: Buffer.from("{}") }, "r");
  assert.deepEqual({ ...response, body: String(response.body) }, { status: 200, headers: { "x-amz-function-error": "Unhandled", "x-amz-executed-version": "7", "content-type": "application/json" }, body: "{}" });
  const streaming = await wire.parse(invoke("2021-11-15/functions/f/response-streaming-invocations"));
  async function* events() { yield { PayloadChunk: { Payload: Buffer.from("chunk") } }; yield { InvokeComplete: {} }; }
  const bytes = await bytesOf((await wire.write(streaming, { StatusCode: 200, EventStream: events() }, "r")).body);
  assert.match(bytes.toString("latin1"), /PayloadChunk.*application\/octet-stream.*chunk.*InvokeComplete/s);
});
