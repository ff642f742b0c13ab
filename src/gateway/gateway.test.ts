// Development mode over real sockets, with AWS's own clients.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteFunctionCommand, GetAccountSettingsCommand, GetFunctionCommand, InvokeCommand, LambdaClient, ListFunctionsCommand, ListLayersCommand } from "@aws-sdk/client-lambda";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { SQSClient, ListQueuesCommand } from "@aws-sdk/client-sqs";
import { bytesBody } from "../wire/http.ts";
import { http, openTestGateway, raw } from "./test-gateway.ts";

const client = (url: string, accessKeyId = "test", region = "eu-west-1") => ({ endpoint: url, region, credentials: { accessKeyId, secretAccessKey: "anything" }, maxAttempts: 1 });
const INVOKE = "POST /2015-03-31/functions/f/invocations";

test("any credentials are let through in development, and the scope says account and region", async (t) => {
  const { url, calls } = await openTestGateway(t, {}, { AKIAEXAMPLEEXAMPLE12: { secretAccessKey: "x", principal: { arn: "arn:aws:iam::444455556666:user/ann", accountId: "444455556666", userId: "AIDAX", accessKeyId: "AKIAEXAMPLEEXAMPLE12" } } });
  const identity = async (key: string) => { const { Account, Arn } = await new STSClient(client(url, key)).send(new GetCallerIdentityCommand()); return [Account, Arn]; };
  assert.deepEqual(await identity("test"), ["000000000000", "arn:aws:iam::000000000000:root"]);
  assert.deepEqual(await identity("111122223333"), ["111122223333", "arn:aws:iam::111122223333:root"]);
  assert.deepEqual(await identity("AKIAEXAMPLEEXAMPLE12"), ["444455556666", "arn:aws:iam::444455556666:user/ann"]);
  assert.deepEqual(await identity("AKIAUNKNOWNUNKNOWN12"), ["000000000000", "arn:aws:iam::000000000000:root"]);
  assert.equal(calls[0]!.call.region, "eu-west-1");
  assert.equal(calls[0]!.call.principal.verified, false);
  assert.match(calls[0]!.call.sourceIp, /127\.0\.0\.1$/);
  assert.match(calls[0]!.call.userAgent, /aws-sdk-js/);
});

test("in development, too, a key that was switched off and a session that is over are nobody, and not the root of their account", async (t) => {
  const principal = { arn: "arn:aws:iam::444455556666:user/ann", accountId: "444455556666", userId: "AIDAX", accessKeyId: "" };
  const { url, calls } = await openTestGateway(t, {}, {
    AKIAEXAMPLEEXAMPLE12: { secretAccessKey: "x", inactive: true, principal },
    ASIAEXAMPLEEXAMPLE12: { secretAccessKey: "x", sessionToken: "t", expiresAtMs: Date.now() - 1, principal },
    ASIAEXAMPLEEXAMPLE13: { secretAccessKey: "x", sessionToken: "t", expiresAtMs: Date.now() + 60_000, principal },
  });
  const ask = (key: string) => new STSClient(client(url, key)).send(new GetCallerIdentityCommand());
  await assert.rejects(ask("AKIAEXAMPLEEXAMPLE12"), { name: "InvalidClientTokenId" });
  await assert.rejects(ask("ASIAEXAMPLEEXAMPLE12"), { name: "ExpiredToken" });
  assert.equal(calls.length, 0);
  assert.equal((await ask("ASIAEXAMPLEEXAMPLE13")).Account, "444455556666");
});

test("without credentials the service comes from target, host, path or query version", async (t) => {
  const { port, calls } = await openTestGateway(t);
  const ask = async (request: string) => { await raw(port, [request], /\r\n\r\n/); const last = calls.at(-1); return last && `${last.operation} ${last.call.account} ${last.call.region}`; };
  assert.equal(await ask(http("GET /2015-03-31/functions/")), "ListFunctions 000000000000 us-east-1");
  assert.equal(await ask(http("GET /2015-03-31/functions/", { Host: "evoke.localhost" })), "ListFunctions 000000000000 us-east-1");
  assert.equal(await ask(http("POST /", { "X-Amz-Target": "Logs_20140328.DescribeLogGroups", "Content-Type": "application/x-amz-json-1.1" }, "{}")), "DescribeLogGroups 000000000000 us-east-1");
  assert.equal(await ask(http("GET /", { Host: "s3.localhost" })), "ListBuckets 000000000000 us-east-1");
  assert.equal(await ask(http("GET /2015-03-31/functions/", { Host: "lambda.eu-central-1.amazonaws.com" })), "ListFunctions 000000000000 eu-central-1");
  assert.equal(await ask(http("POST /", { "Content-Type": "application/x-www-form-urlencoded" }, "Action=GetCallerIdentity&Version=2011-06-15")), "GetCallerIdentity 000000000000 us-east-1");
  assert.equal(await ask(http("GET /?Action=GetCallerIdentity&Version=2011-06-15")), "GetCallerIdentity 000000000000 us-east-1");
});

test("AWS's clients work: awsJson, restJson, query, and a web identity without credentials", async (t) => {
  const { url } = await openTestGateway(t);
  const lambda = new LambdaClient(client(url));
  t.after(() => lambda.destroy());
  assert.deepEqual((await lambda.send(new ListFunctionsCommand())).Functions, []);
  assert.deepEqual((await new CloudWatchLogsClient(client(url)).send(new DescribeLogGroupsCommand())).logGroups, []);
  const result = await lambda.send(new InvokeCommand({ FunctionName: "f", Payload: JSON.stringify({ a: "é" }) }));
  assert.equal(result.Payload?.transformToString(), '{"a":"é"}');
  assert.match(result.$metadata.requestId!, /^[0-9a-f-]{36}$/);
  assert.equal((await new STSClient({ ...client(url), credentials: undefined as never }).send(new AssumeRoleWithWebIdentityCommand({ RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "s1", WebIdentityToken: "token" }))).Audience, "test");
});

test("a well-formed trace header is handed on by both fronts, another is not", async (t) => {
  const { port, calls } = await openTestGateway(t);
  const root = "Root=1-5759e988-bd862e3fe1be46a994272793";
  const trace = async (header: string, more: Record<string, string> = {}) => {
    await raw(port, [http(INVOKE, { "X-Amzn-Trace-Id": header, ...more }, "{}")], /\r\n\r\n/);
    return calls.at(-1)!.call.traceId;
  };
  for (const front of [{}, { TE: "trailers" }] as Record<string, string>[]) { // the second is for node:http
    assert.equal(await trace(`${root};Sampled=1`, front), `${root};Sampled=1`);
    assert.equal(await trace("Root=1-2-3", front), undefined);
    assert.equal(await trace(`${root};Note=${"x".repeat(600)}`, front), undefined);
  }
});

test("errors carry their code, and what failed inside stays inside", async (t) => {
  const { url, logged } = await openTestGateway(t);
  const lambda = new LambdaClient(client(url));
  t.after(() => lambda.destroy());
  await assert.rejects(lambda.send(new GetFunctionCommand({ FunctionName: "f" })), { name: "ResourceNotFoundException", message: "Function not found" });
  assert.equal(logged.length, 0, "a caller's error is not the operator's");
  for (const command of [new DeleteFunctionCommand({ FunctionName: "f" }), new GetAccountSettingsCommand()]) {
    await assert.rejects(lambda.send(command as DeleteFunctionCommand), (error: any) => error.name === "ServiceException" && error.$metadata.httpStatusCode === 500 && !/secret|ENOSPC|disk|\.ts/.test(JSON.stringify(error) + error.message));
  }
  assert.deepEqual(logged.map(({ message }) => message), ["a request failed", "a request failed unexpectedly"]);
  assert.match(String((logged[0]!.fields!["error"] as Error).cause), /ENOSPC/);
});

test("a service or operation that is not there is named in the caller's protocol, with what is there", async (t) => {
  const { url, port } = await openTestGateway(t);
  const lambda = new LambdaClient(client(url));
  t.after(() => lambda.destroy());
  await assert.rejects(lambda.send(new ListLayersCommand()), (error: any) => error.$metadata.httpStatusCode === 501 && /^Evoke does not serve lambda:ListLayers yet; it serves \d+ operations of lambda\. All of them, one by one: docs\/services\.$/.test(error.message));
  await assert.rejects(new SQSClient(client(url)).send(new ListQueuesCommand()), (error: any) => /^Evoke does not serve sqs\. It serves: lambda, sts, logs, s3\.$/.test(error.message));
  assert.match(await raw(port, [http("POST /", { "Content-Type": "application/x-www-form-urlencoded" }, "Action=ListTopics&Version=2010-03-31")], /<\/ErrorResponse>/), /<Message>Evoke does not serve sns\./);
  assert.match(await raw(port, [http("GET /", { Connection: "close" })]), /404[^]*Evoke cannot tell which AWS service this request is for/);
});

test("own pages answer without credentials, by path and by prefix", async (t) => {
  const { port } = await openTestGateway(t, { credentials: "AKIDEXAMPLE:secretsecret" });
  assert.match(await raw(port, [http("GET /_evoke/health?x=1", { Connection: "close" })]), /^HTTP\/1\.1 200 OK\r\n[^]*x-amzn-requestid: [0-9a-f-]{36}\r\n[^]*Date: [^]*\{"status":"ok"\}$/i);
  assert.match(await raw(port, [http("GET /_evoke/code/abc", { Connection: "close" })]), /\/_evoke\/code\/abc$/);
  assert.match(await raw(port, [http("GET /_evoke/nothing", { Connection: "close" })]), /404[^]*no page/);
});

test("a page of an account is of who asks in development, and of who signed with verified signatures", async (t) => {
  const open = await openTestGateway(t);
  assert.match(await raw(open.port, [http("GET /_evoke/own", { Connection: "close" })]), /200 OK[^]*of 000000000000$/);
  assert.match(await raw(open.port, [http("GET /_evoke/own?account=111122223333", { Connection: "close" })]), /of 111122223333$/);
  const { port } = await openTestGateway(t, { credentials: "AKIDEXAMPLE:secretsecret" });
  assert.match(await raw(port, [http("GET /_evoke/own?account=111122223333", { Connection: "close" })]), /^HTTP\/1\.1 403 /);
});

test("web pages are refused over the socket as browsers send them", async (t) => {
  const { port, calls } = await openTestGateway(t, { allowedOrigins: "http://console.example" });
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const asSent: Record<string, string>[] = [{ Origin: "http://evil.example", "Sec-Fetch-Site": "cross-site" }, { ...form, Origin: "null" }, { Host: "rebound.example" }, { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" }, { Origin: "http://localhost:3000", "Sec-Fetch-Site": "same-site" }];
  for (const headers of asSent) {
    const answer = await raw(port, [http(INVOKE, { ...headers, Connection: "close" }, "{}")]);
    assert.match(answer, /^HTTP\/1\.1 403 /, JSON.stringify(headers));
    assert.doesNotMatch(answer, /access-control/i);
  }
  assert.match(await raw(port, [http("OPTIONS /", { Origin: "http://evil.example", "Access-Control-Request-Method": "POST", Connection: "close" })]), /^HTTP\/1\.1 403 /);
  assert.equal(calls.length, 0);
  assert.match(await raw(port, [http("OPTIONS /", { Origin: "http://console.example", "Access-Control-Request-Method": "POST", Connection: "close" })]), /^HTTP\/1\.1 204 [^]*access-control-allow-origin: http:\/\/console\.example\r\n/i);
  assert.match(await raw(port, [http(INVOKE, { Origin: "http://console.example", Connection: "close" }, "{}")]), /^HTTP\/1\.1 200 [^]*access-control-allow-origin: http:\/\/console\.example\r\n/i);
});

test("a request can be answered without any socket", async (t) => {
  const { gateway } = await openTestGateway(t);
  const answer = await gateway.handle({ method: "POST", path: "/2015-03-31/functions/f/invocations", query: "", headers: { host: "localhost" }, body: bytesBody(Buffer.from("7")) }, "10.0.0.1");
  assert.equal(answer.status, 200);
});

test("listening beyond loopback without credentials, or twice on one port, is refused with a sentence", async (t) => {
  const { port, options } = await openTestGateway(t);
  const { openGateway } = await import("./gateway.ts");
  await assert.rejects(openGateway({ ...options, config: { ...options.config, host: "0.0.0.0" } }).listen(), /will not listen on 0\.0\.0\.0 without credentials/);
  await assert.rejects(openGateway({ ...options, config: { ...options.config, port } }).listen(), /Port \d+ on 127\.0\.0\.1 is in use already/);
});
