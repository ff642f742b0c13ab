// Function URLs end to end: real functions, real sockets, by host name and by path, signed and not.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-lambda";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const CODE = `
exports.echo = async (event) => event;
exports.proxy = async (event) => JSON.parse(event.body);
exports.fail = async () => { throw new Error("asked to"); };
exports.text = async () => "just text";
exports.slow = async () => { await new Promise((done) => setTimeout(done, 400)); return "done"; };
exports.stream = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath === "/early") throw new Error("asked to");
  const answer = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { "content-type": "text/plain", "x-mine": "yes" }, cookies: ["a=1", "b=2"] });
  for (const part of ["one ", "two ", "three"]) { answer.write(part); await new Promise((done) => setTimeout(done, 30)); }
  if (event.rawPath === "/late") throw new Error("asked to");
  answer.end();
});
exports.flood = awslambda.streamifyResponse(async ({ rawPath }, stream) => {
  if (rawPath === "/late") await new Promise((done) => setTimeout(done, 500));
  if (rawPath === "/nonsense") stream = awslambda.HttpResponseStream.from(stream, { statusCode: "x" });
  for (let n = 0; n < 200; n++) if (!stream.write("x".repeat(100_000))) await new Promise((done) => stream.once("drain", done));
  stream.end();
});
exports.plain = awslambda.streamifyResponse(async (event, stream) => { stream.setContentType("text/x-plain"); stream.end("as it comes"); });
`;
const ROLE = "arn:aws:iam::000000000000:role/r";

interface Got { status: number; headers: IncomingHttpHeaders; text: string; json: any; broken: boolean }

/** A plain HTTP client that can say any Host. */
function get(base: string, { path = "/", method = "GET", headers = {}, body, signal }: { path?: string; method?: string; headers?: Record<string, string | string[]>; body?: string | Buffer; signal?: AbortSignal } = {}): Promise<Got> {
  const url = new URL(base);
  const under = url.pathname.replace(/\/$/, "");
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: "127.0.0.1", port: url.port, path: under + path, method, headers: { host: url.host, ...headers }, ...(signal && { signal }) }, (response) => {
      let text = "";
      const done = (broken: boolean) => {
        let json: any;
        try { json = JSON.parse(text); } catch {}
        resolve({ status: response.statusCode!, headers: response.headers, text, json, broken });
      };
      response.setEncoding("utf8").on("data", (chunk: string) => { text += chunk; }).on("end", () => done(false)).on("error", () => done(true));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

let evoke: TestPlatform;
const made = new Map<string, string>();

async function create(client: sdk.LambdaClient, name: string, handler: string): Promise<void> {
  await client.send(new sdk.CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs22.x", Handler: `index.${handler}`, Role: ROLE, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": CODE }) } }));
  await sdk.waitUntilFunctionActiveV2({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 }, { FunctionName: name });
}

/** The host-name form of a URL, whatever form is shown on this machine. */
const byHost = (shown: string): string => {
  const { port, pathname, hostname } = new URL(shown);
  const id = /^\/_evoke\/url\/([a-z0-9]{32})\/$/.exec(pathname)?.[1] ?? hostname.slice(0, 32);
  return `http://${id}.lambda-url.eu-west-1.localhost:${port}/`;
};

/** One function and URL per handler, made at first use. */
async function urlOf(handler: string, more: Partial<sdk.CreateFunctionUrlConfigCommandInput> = {}): Promise<string> {
  const name = `${handler}-${createHash("md5").update(JSON.stringify(more)).digest("hex").slice(0, 8)}`;
  if (!made.has(name)) {
    await create(evoke.lambda, name, handler);
    made.set(name, byHost((await evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE", ...more }))).FunctionUrl!));
  }
  return made.get(name)!;
}

before(async () => { evoke = await openTestPlatform(); });
after(() => evoke.close());

describe("what the function sees", () => {
  it("is a version 2.0 event with path, query, headers, cookies and text body", async () => {
    const base = await urlOf("echo");
    const { status, headers, json } = await get(base, { path: "/my/path%20x?p1=a&p1=b&p2=c%20d", method: "POST", headers: { "x-one": "1", cookie: "c1=v1; c2=v2", "content-type": "application/json; charset=utf-8", "user-agent": "agent" }, body: '{"é":1}' });
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/json");
    const { requestContext, headers: sent, ...event } = json;
    assert.deepEqual(event, {
      version: "2.0", routeKey: "$default", rawPath: "/my/path%20x", rawQueryString: "p1=a&p1=b&p2=c%20d", cookies: ["c1=v1", "c2=v2"],
      queryStringParameters: { p1: "a,b", p2: "c d" }, body: '{"é":1}', isBase64Encoded: false,
    });
    const { hostname, port } = new URL(base);
    assert.equal(sent.host, hostname);
    assert.equal(sent["x-one"], "1");
    assert.equal(sent["x-forwarded-for"], "127.0.0.1");
    assert.equal(sent["x-forwarded-port"], port);
    assert.match(sent["x-amzn-trace-id"], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    assert.ok(!("cookie" in sent));
    const { requestId, time, timeEpoch, ...context } = requestContext;
    assert.deepEqual(context, {
      accountId: "anonymous", apiId: hostname.slice(0, 32), domainName: hostname, domainPrefix: hostname.slice(0, 32), routeKey: "$default", stage: "$default",
      http: { method: "POST", path: "/my/path%20x", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "agent" },
    });
    assert.match(requestId, /^[0-9a-f-]{36}$/);
    assert.match(time, /^\d\d\/[A-Z][a-z]{2}\/20\d\d:\d\d:\d\d:\d\d \+0000$/);
    assert.ok(Math.abs(timeEpoch - Date.now()) < 60_000);
  });

  it("names the URL's own region and host, however it was reached", async () => {
    const { hostname, port } = new URL(await urlOf("echo"));
    const byPath = await get(`http://127.0.0.1:${port}/_evoke/url/${hostname.slice(0, 32)}/x`);
    assert.deepEqual([byPath.json.requestContext.domainName, byPath.json.headers.host], [hostname, hostname]);
    const shouted = await get(`http://127.0.0.1:${port}/x`, { headers: { host: `${hostname}:${port}`.toUpperCase() } });
    assert.equal(shouted.json.requestContext.domainName, hostname); // host names know no case
  });

  it("has bytes that are no text in Base64, and no body where there is none", async () => {
    const base = await urlOf("echo");
    const { json } = await get(base, { method: "PUT", headers: { "content-type": "image/png" }, body: Buffer.from([0, 255, 1]) });
    assert.deepEqual([json.body, json.isBase64Encoded], ["AP8B", true]);
    const form = await get(base, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=b" });
    assert.deepEqual([form.json.body, form.json.isBase64Encoded], [Buffer.from("a=b").toString("base64"), true]);
    const none = await get(base);
    assert.ok(!("body" in none.json) && none.json.isBase64Encoded === false && !("queryStringParameters" in none.json) && !("cookies" in none.json));
  });

  it("is the same by path, the prefix taken away", async () => {
    const base = await urlOf("echo");
    const id = new URL(base).hostname.slice(0, 32);
    const { json, status } = await get(`${evoke.url}/_evoke/url/${id}`, { path: "/deep/er?x=1" });
    assert.equal(status, 200);
    assert.equal(json.rawPath, "/deep/er");
    assert.equal(json.requestContext.domainPrefix, id);
    assert.equal((await get(`${evoke.url}/_evoke/url/${id}`, { path: "" })).json.rawPath, "/");
  });

  it("answers to AWS's own domain, too", async () => {
    const { hostname, port } = new URL(await urlOf("text"));
    assert.equal((await get(`http://127.0.0.1:${port}`, { headers: { host: hostname.replace(".localhost", ".on.aws") } })).text, "just text");
  });
});

describe("what the caller gets", () => {
  const proxied = async (answer: object, mode: sdk.InvokeMode = "BUFFERED") => get(await urlOf("proxy", { InvokeMode: mode }), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(answer) });

  it("is status, headers, cookies and body as the function says", async () => {
    const { status, headers, text } = await proxied({ statusCode: 418, headers: { "X-Mine": 5, "Content-Type": "text/html" }, cookies: ["a=1; Secure", "b=2"], body: "aGk=", isBase64Encoded: true });
    assert.deepEqual([status, headers["x-mine"], headers["content-type"], headers["set-cookie"], text], [418, "5", "text/html", ["a=1; Secure", "b=2"], "hi"]);
    assert.match(headers["x-amzn-requestid"] as string, /^[0-9a-f-]{36}$/);
  });

  it("is JSON with 200 where the function gives no status, and plain text for a text", async () => {
    const { status, headers, json } = await proxied({ a: [1] });
    assert.deepEqual([status, headers["content-type"], json], [200, "application/json", { a: [1] }]);
    assert.equal((await get(await urlOf("text"))).text, "just text");
  });

  it("is 502 for functions that fail or answer nonsense, whatever they try to write", async () => {
    const { status, text } = await get(await urlOf("fail"));
    assert.deepEqual([status, text], [502, "Internal Server Error"]);
    for (const answer of [{ statusCode: "abc" }, { statusCode: 99 }, { statusCode: 200, headers: [1] }, { statusCode: 200, headers: { "a\nb": "c" } }, { statusCode: 200, headers: { a: "b\r\nc: d" } }, { statusCode: 200, headers: { a: { toString: 1 } } }, { statusCode: 200, cookies: "no" }, { statusCode: 200, cookies: ["a\r\nb"] }]) {
      assert.equal((await proxied(answer)).status, 502, JSON.stringify(answer));
    }
  });

  it("is a stream for streaming URLs: prelude first, then bytes as they come", async () => {
    const { status, headers, text, broken } = await get(await urlOf("stream", { InvokeMode: "RESPONSE_STREAM" }));
    assert.deepEqual([status, headers["content-type"], headers["x-mine"], headers["set-cookie"], text, broken], [201, "text/plain", "yes", ["a=1", "b=2"], "one two three", false]);
    assert.equal(headers["transfer-encoding"], "chunked");
    const plain = await get(await urlOf("plain", { InvokeMode: "RESPONSE_STREAM" }));
    assert.deepEqual([plain.status, plain.headers["content-type"], plain.text], [200, "text/x-plain", "as it comes"]);
  });

  it("breaks off when a stream fails midway, and is 502 when it fails before it begins", async () => {
    const late = await get(await urlOf("stream", { InvokeMode: "RESPONSE_STREAM" }), { path: "/late" });
    assert.deepEqual([late.status, late.text, late.broken], [201, "one two three", true]);
    const early = await get(await urlOf("stream", { InvokeMode: "RESPONSE_STREAM" }), { path: "/early" });
    assert.equal(early.status, 502);
  });

  it("does not hold a streaming function up when nobody reads what it streams", async () => {
    const base = await urlOf("flood", { InvokeMode: "RESPONSE_STREAM" });
    const free = async () => { for (let tries = 0; evoke.platform.engine.stats().busy; tries++) { assert.ok(tries < 100, "still busy"); await sleep(50); } };
    assert.equal((await get(base, { path: "/" })).text.length, 20_000_000);
    assert.deepEqual(await get(base, { method: "HEAD" }).then(({ status, text }) => [status, text]), [200, ""]);
    await free();
    assert.equal((await get(base, { path: "/nonsense" })).status, 502);
    await free();
    const left = new AbortController();
    setTimeout(() => left.abort(), 100);
    await assert.rejects(get(base, { path: "/late", signal: left.signal }));
    await free();
  });

  it("is whole for a streaming function behind a buffered URL", async () => {
    const { status, headers, text } = await get(await urlOf("stream"));
    assert.deepEqual([status, headers["x-mine"], text, headers["content-length"]], [201, "yes", "one two three", "13"]);
  });

  it("is 413 for a request that does not fit into an event", async () => {
    const { status, json } = await get(await urlOf("echo"), { method: "POST", headers: { "content-type": "text/plain" }, body: Buffer.alloc(6_291_457, "x") });
    assert.deepEqual([status, json.Message], [413, "Request must be smaller than 6291456 bytes for the InvokeFunction operation"]);
    assert.equal((await get(await urlOf("echo"), { method: "POST", headers: { "content-type": "image/png" }, body: Buffer.alloc(5_500_000) })).status, 413, "Base64 makes it larger");
  });

  it("is 429 while the function's reserved concurrency is used up", async () => {
    const base = await urlOf("slow");
    await evoke.lambda.send(new sdk.PutFunctionConcurrencyCommand({ FunctionName: [...made].find(([, url]) => url === base)![0], ReservedConcurrentExecutions: 1 }));
    const answers = await Promise.all(Array.from({ length: 4 }, () => get(base)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 429]);
    assert.equal(answers.find(({ status }) => status === 429)!.headers["x-amzn-errortype"], "TooManyRequestsException");
  });

  it("is 403 at URLs that are not there", async () => {
    const { port } = new URL(evoke.url);
    for (const base of [`http://${"a".repeat(32)}.lambda-url.eu-west-1.localhost:${port}/`, `${evoke.url}/_evoke/url/${"a".repeat(32)}`, `${evoke.url}/_evoke/url/..%2f`]) {
      const { status, json, headers } = await get(base);
      assert.equal(status, 403);
      assert.equal(headers["x-amzn-errortype"], "AccessDeniedException");
      assert.match(json.Message, /^Forbidden\. For troubleshooting Function URL/);
    }
  });
});

describe("cross-origin rules", () => {
  const Cors: sdk.Cors = { AllowOrigins: ["https://shop.example"], AllowMethods: ["GET", "POST"], AllowHeaders: ["x-one"], ExposeHeaders: ["x-mine"], MaxAge: 300, AllowCredentials: true };
  const preflight = { method: "OPTIONS", headers: { origin: "https://shop.example", "access-control-request-method": "POST" } };

  it("answer preflights without the function, and stand in place of the function's own", async () => {
    const base = await urlOf("proxy", { Cors });
    const { status, headers } = await get(base, preflight);
    assert.equal(status, 200);
    assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control"))), {
      "access-control-allow-origin": "https://shop.example", "access-control-allow-credentials": "true", "access-control-allow-methods": "GET,POST", "access-control-allow-headers": "x-one", "access-control-max-age": "300",
    });
    const answer = await get(base, { method: "POST", headers: { origin: "https://shop.example", "content-type": "application/json" }, body: JSON.stringify({ statusCode: 200, headers: { "Access-Control-Allow-Origin": "*", "x-mine": "1" } }) });
    assert.deepEqual([answer.status, answer.headers["access-control-allow-origin"], answer.headers["access-control-expose-headers"], answer.headers["x-mine"]], [200, "https://shop.example", "x-mine", "1"]);
  });

  it("say nothing to other origins", async () => {
    const base = await urlOf("proxy", { Cors });
    assert.equal((await get(base, { ...preflight, headers: { ...preflight.headers, origin: "https://evil.example" } })).headers["access-control-allow-origin"], undefined);
    assert.equal((await get(base, { method: "POST", headers: { origin: "https://evil.example", "content-type": "application/json" }, body: '{"statusCode":200,"headers":{"access-control-allow-origin":"*"}}' })).headers["access-control-allow-origin"], undefined);
  });

  it("are the function's own matter where the URL has none", async () => {
    const { json } = await get(await urlOf("echo"), { method: "OPTIONS", headers: preflight.headers });
    assert.equal(json.requestContext.http.method, "OPTIONS");
  });

  it("open nothing else to web pages", async () => {
    const base = await urlOf("text");
    const { port } = new URL(evoke.url);
    const page = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "user-agent": "Mozilla/5.0" };
    assert.equal((await get(base, { headers: page })).status, 200, "a function URL is public, as on AWS");
    assert.equal((await get(evoke.url, { path: "/2015-03-31/functions/", headers: page })).status, 403);
    assert.equal((await get(`http://x.lambda-url.eu-west-1.evil.example:${port}`, { path: "/2015-03-31/functions/", headers: page })).status, 403);
    // A rebound name with the form of a function URL reaches that URL's function and nothing behind it.
    const rebound = new URL(base).hostname.replace(".localhost", ".evil.example");
    assert.equal((await get(`http://${rebound}:${port}`, { path: "/2015-03-31/functions/", headers: page })).text, "just text");
  });
});

describe("who may", () => {
  /** As an AWS client signs, for the service lambda. */
  const sign = async (base: string, credentials = { accessKeyId: "test", secretAccessKey: "test" }): Promise<Record<string, string>> => {
    const { host, pathname } = new URL(base);
    const client = new sdk.LambdaClient({ region: "eu-west-1", credentials });
    const signer = await client.config.signer();
    return (await signer.sign({ method: "GET", protocol: "http:", hostname: host, path: pathname, headers: { host }, query: {} } as never)).headers;
  };

  it("is whoever has signed, where the URL asks for AWS_IAM, and the function sees who", async () => {
    const base = await urlOf("echo", { AuthType: "AWS_IAM" });
    const unsigned = await get(base);
    assert.deepEqual([unsigned.status, unsigned.headers["x-amzn-errortype"]], [403, "AccessDeniedException"]);
    const otherService = Object.fromEntries(Object.entries(await sign(base)).map(([name, value]) => [name, value.replace("/lambda/aws4_request", "/s3/aws4_request")]));
    assert.equal((await get(base, { headers: otherService })).status, 403);
    const { status, json } = await get(base, { headers: await sign(base) });
    assert.equal(status, 200);
    assert.equal(json.requestContext.accountId, "000000000000");
    assert.deepEqual(json.requestContext.authorizer.iam, { accessKey: "test", accountId: "000000000000", callerId: "000000000000", cognitoIdentity: null, principalOrgId: null, userArn: "arn:aws:iam::000000000000:root", userId: "000000000000" });
  });

  it("is decided by the function's policy: both grants are needed with --iam enforce", async () => {
    await using strict = await openTestPlatform({ iam: "enforce" });
    await strict.lambda.send(new sdk.CreateFunctionCommand({ FunctionName: "f", Runtime: "nodejs22.x", Handler: "index.text", Role: ROLE, Code: { ZipFile: await zipOf({ "index.js": CODE }) } })).catch(() => undefined);
    const { IAMClient, CreateRoleCommand } = await import("@aws-sdk/client-iam");
    const iam = new IAMClient({ ...strict.clientConfig, region: "us-east-1" });
    await iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) })).catch(() => undefined);
    await create(strict.lambda, "f", "text").catch((error: Error) => { if (error.name !== "ResourceConflictException") throw error; });
    const base = byHost((await strict.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "f", AuthType: "NONE" }))).FunctionUrl!);
    assert.equal((await get(base)).status, 403);
    await strict.lambda.send(new sdk.AddPermissionCommand({ FunctionName: "f", StatementId: "url", Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: "NONE" }));
    assert.equal((await get(base)).status, 403);
    await strict.lambda.send(new sdk.AddPermissionCommand({ FunctionName: "f", StatementId: "invoke", Action: "lambda:InvokeFunction", Principal: "*", InvokedViaFunctionUrl: true }));
    const { status, text } = await get(base);
    assert.deepEqual([status, text], [200, "just text"]);
    iam.destroy();
  });

  it("must sign with a known key where keys are known", async () => {
    await using strict = await openTestPlatform({ credentials: "AKIAEXAMPLE123456789:secretsecret" });
    const client = new sdk.LambdaClient({ ...strict.clientConfig, credentials: { accessKeyId: "AKIAEXAMPLE123456789", secretAccessKey: "secretsecret" } });
    await create(client, "f", "text");
    const base = byHost((await client.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "f", AuthType: "AWS_IAM" }))).FunctionUrl!);
    assert.equal((await get(base, { headers: await sign(base, { accessKeyId: "AKIAEXAMPLE123456789", secretAccessKey: "wrongwrong" }) })).status, 403);
    assert.equal((await get(base, { headers: await sign(base, { accessKeyId: "AKIAEXAMPLE123456789", secretAccessKey: "secretsecret" }) })).status, 200);
    client.destroy();
  });
});

describe("configuring", () => {
  it("makes, shows, changes, lists and deletes URLs of functions and aliases", async () => {
    await create(evoke.lambda, "configured", "echo");
    const { Version } = await evoke.lambda.send(new sdk.PublishVersionCommand({ FunctionName: "configured" }));
    await evoke.lambda.send(new sdk.CreateAliasCommand({ FunctionName: "configured", Name: "live", FunctionVersion: Version }));
    const at = { FunctionName: "configured", Qualifier: "live" };
    const created = await evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ ...at, AuthType: "NONE", Cors: { AllowOrigins: ["*"] } }));
    assert.equal(created.FunctionArn, "arn:aws:lambda:eu-west-1:000000000000:function:configured:live");
    assert.deepEqual([created.AuthType, created.InvokeMode, created.Cors], ["NONE", "BUFFERED", { AllowOrigins: ["*"] }]);
    assert.ok(created.FunctionUrl!.length >= 40 && created.FunctionUrl!.length <= 100);
    assert.equal((await (await fetch(created.FunctionUrl!)).json()).rawPath, "/", "the URL that is shown works from here");
    await assert.rejects(evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ ...at, AuthType: "NONE" })), { name: "ResourceConflictException", message: "Failed to create function url config for [functionArn = arn:aws:lambda:eu-west-1:000000000000:function:configured:live]. Error message:  FunctionUrlConfig exists for this Lambda function" });
    const updated = await evoke.lambda.send(new sdk.UpdateFunctionUrlConfigCommand({ ...at, InvokeMode: "RESPONSE_STREAM" }));
    assert.deepEqual([updated.InvokeMode, updated.AuthType, updated.FunctionUrl], ["RESPONSE_STREAM", "NONE", created.FunctionUrl]);
    assert.equal((await evoke.lambda.send(new sdk.GetFunctionUrlConfigCommand(at))).CreationTime, created.CreationTime);
    assert.deepEqual((await evoke.lambda.send(new sdk.ListFunctionUrlConfigsCommand({ FunctionName: "configured" }))).FunctionUrlConfigs!.map(({ FunctionUrl }) => FunctionUrl), [created.FunctionUrl]);
    await evoke.lambda.send(new sdk.DeleteAliasCommand({ FunctionName: "configured", Name: "live" }));
    await assert.rejects(evoke.lambda.send(new sdk.GetFunctionUrlConfigCommand(at)), { name: "ResourceNotFoundException", message: "The resource you requested does not exist." });
    assert.equal((await fetch(created.FunctionUrl!)).status, 403, "its alias has gone");

    await evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "configured", AuthType: "NONE" }));
    await evoke.lambda.send(new sdk.DeleteFunctionUrlConfigCommand({ FunctionName: "configured" }));
    await assert.rejects(evoke.lambda.send(new sdk.DeleteFunctionUrlConfigCommand({ FunctionName: "configured" })), { message: "The resource you requested does not exist." });
  });

  it("refuses what AWS refuses", async () => {
    await assert.rejects(evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "nobody", AuthType: "NONE" })), { name: "ResourceNotFoundException", message: "Function does not exist" });
    await assert.rejects(evoke.lambda.send(new sdk.ListFunctionUrlConfigsCommand({ FunctionName: "nobody" })), { name: "ResourceNotFoundException", message: "Function does not exist" });
    for (const Qualifier of ["1", "$LATEST"]) await assert.rejects(evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "configured", Qualifier, AuthType: "NONE" })), { name: "ValidationException" });
    await assert.rejects(evoke.lambda.send(new sdk.CreateFunctionUrlConfigCommand({ FunctionName: "configured", AuthType: "NONE", InvokeMode: "UNKNOWN" as never })), (error: Error) => error.name === "ValidationException" && error.message.startsWith("1 validation error detected: Value 'UNKNOWN' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: ["));
  });
});
