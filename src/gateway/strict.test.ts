// With credentials configured every request is verified: AWS's own clients as signers, and each way of being wrong.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test, type TestContext } from "node:test";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { virtualClock } from "../kernel/clock.ts";
import { compact } from "./claim.ts";
import { canonicalRequest, sha256Hex, sign, signingKey, stringToSign } from "./signature.ts";
import { bytesBody, type WireRequest } from "../wire/http.ts";
import { http, openTestGateway, raw } from "./test-gateway.ts";

const KEY = "AKIDEXAMPLE", SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TEMPORARY = "ASIATEMPORARYKEY1234";
const keys = (expiresAtMs: number) => ({ [TEMPORARY]: { secretAccessKey: "temporary-secret", sessionToken: "the-token/+=", expiresAtMs, principal: { arn: "arn:aws:sts::123456789012:assumed-role/r/s", accountId: "123456789012", userId: "AROAX:s", accessKeyId: TEMPORARY } } });
const strict = (t: TestContext) => openTestGateway(t, { credentials: `${KEY}:${SECRET},111122223333:other-secret` }, keys(Date.now() + 3_600_000));
const client = (url: string, credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = { accessKeyId: KEY, secretAccessKey: SECRET }) => ({ endpoint: url, region: "eu-west-1", credentials, maxAttempts: 1, forcePathStyle: true });
const failure = async (work: Promise<unknown>) => work.then(() => "no error", (error: any) => [error.name, error.$metadata.httpStatusCode, error.message]);

test("AWS's clients are verified in every protocol, with plain and temporary keys", async (t) => {
  const { url, calls } = await strict(t);
  const lambda = new LambdaClient(client(url)), s3 = new S3Client(client(url));
  t.after(() => { lambda.destroy(); s3.destroy(); });
  assert.equal((await lambda.send(new InvokeCommand({ FunctionName: "arn:aws:lambda:eu-west-1:000000000000:function:f", Payload: '{"a":1}' }))).Payload!.transformToString(), '{"a":1}');
  assert.deepEqual((await lambda.send(new ListFunctionsCommand({ Marker: "a b+c/=é", MaxItems: 5 }))).Functions, []);
  assert.deepEqual((await new CloudWatchLogsClient(client(url)).send(new DescribeLogGroupsCommand())).logGroups, []);
  assert.deepEqual((await s3.send(new ListBucketsCommand())).Buckets, []);
  assert.equal(await (await s3.send(new GetObjectCommand({ Bucket: "b", Key: "a b/ü+(1)'*!//c" }))).Body!.transformToString(), "object a b/ü+(1)'*!//c");
  assert.equal((await s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "hello" }))).ETag, '"hello:5"');
  const identity = await new STSClient(client(url, { accessKeyId: TEMPORARY, secretAccessKey: "temporary-secret", sessionToken: "the-token/+=" })).send(new GetCallerIdentityCommand());
  assert.equal(identity.Arn, "arn:aws:sts::123456789012:assumed-role/r/s");
  assert.equal((await new STSClient(client(url, { accessKeyId: "111122223333", secretAccessKey: "other-secret" })).send(new GetCallerIdentityCommand())).Account, "111122223333");
  assert.ok(calls.every(({ call }) => call.principal.verified));
});

test("wrong keys, secrets and tokens are refused in each service's words", async (t) => {
  const { url, calls } = await strict(t);
  const INVALID = "The security token included in the request is invalid.";
  const MISMATCH = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
  const unknown = client(url, { accessKeyId: "AKIAUNKNOWNUNKNOWN12", secretAccessKey: "x" }), wrong = client(url, { accessKeyId: KEY, secretAccessKey: "wrong" });
  const noToken = client(url, { accessKeyId: TEMPORARY, secretAccessKey: "temporary-secret" });
  const lambda = (config: object) => failure(new LambdaClient(config).send(new ListFunctionsCommand()));
  const logs = (config: object) => failure(new CloudWatchLogsClient(config).send(new DescribeLogGroupsCommand()));
  const sts = (config: object) => failure(new STSClient(config).send(new GetCallerIdentityCommand()));
  const s3 = (config: object) => failure(new S3Client(config).send(new ListBucketsCommand()));
  assert.deepEqual(await lambda(unknown), ["UnrecognizedClientException", 403, INVALID]);
  assert.deepEqual(await lambda(wrong), ["InvalidSignatureException", 403, MISMATCH]);
  assert.deepEqual(await lambda(noToken), ["UnrecognizedClientException", 403, INVALID]);
  assert.deepEqual(await logs(unknown), ["UnrecognizedClientException", 400, INVALID]);
  assert.deepEqual(await logs(wrong), ["InvalidSignatureException", 400, MISMATCH]);
  assert.deepEqual(await sts(unknown), ["InvalidClientTokenId", 403, INVALID]);
  assert.deepEqual(await sts(wrong), ["SignatureDoesNotMatch", 403, MISMATCH]);
  assert.deepEqual(await s3(unknown), ["InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."]);
  assert.deepEqual(await s3(wrong), ["SignatureDoesNotMatch", 403, "The request signature we calculated does not match the signature you provided. Check your key and signing method."]);
  assert.deepEqual(await s3(noToken), ["InvalidToken", 400, "The provided token is malformed or otherwise invalid."]);
  assert.equal(calls.length, 0);
});

test("without a signature nothing runs but a web identity's request", async (t) => {
  const { url, port, calls } = await strict(t);
  const close = { Connection: "close" };
  assert.match(await raw(port, [http("GET /2015-03-31/functions/", close)]), /403[^]*MissingAuthenticationTokenException[^]*"Missing Authentication Token"/i);
  assert.match(await raw(port, [http("POST /2015-03-31/functions/f/invocations", {}, "{}")], /\}/), /403[^]*Missing Authentication Token/);
  assert.match(await raw(port, [http("POST /", { ...close, "Content-Type": "application/x-www-form-urlencoded" }, "Action=GetCallerIdentity&Version=2011-06-15")]), /403[^]*<Code>MissingAuthenticationToken<\/Code>[^]*Request is missing Authentication Token/);
  assert.match(await raw(port, [http("GET /", { ...close, Host: "s3.localhost" })]), /403[^]*<Code>AccessDenied<\/Code>/);
  assert.equal(calls.length, 0);
  await new STSClient({ ...client(url), credentials: undefined as never }).send(new AssumeRoleWithWebIdentityCommand({ RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "s1", WebIdentityToken: "token" }));
  assert.deepEqual(calls.map(({ operation }) => operation), ["AssumeRoleWithWebIdentity"]);
});

/** Signs as a client would; `change` alters the request after signing. */
function signed(nowMs: number, { service = "lambda", method = "GET", path = "/2015-03-31/functions/", headers = {}, body = "", secret = SECRET, key = KEY, signedHeaders = "host;x-amz-date", scopeDate }: { service?: string; method?: string; path?: string; headers?: Record<string, string>; body?: string; secret?: string; key?: string; signedHeaders?: string; scopeDate?: string }): WireRequest {
  const date = compact(nowMs), day = scopeDate ?? date.slice(0, 8), text = `${day}/us-east-1/${service}/aws4_request`;
  const request: WireRequest = { method, path, query: "", headers: { host: "localhost", "x-amz-date": date, ...headers }, body: bytesBody(Buffer.from(body)) };
  const claim = { by: "header" as const, scope: { accessKeyId: key, date: day, region: "us-east-1", service, text }, signedHeaders, signature: "", date };
  const signature = sign(signingKey(secret, text), stringToSign(claim, canonicalRequest(request, claim, headers["x-amz-content-sha256"] ?? sha256Hex(body))));
  request.headers["authorization"] = `AWS4-HMAC-SHA256 Credential=${key}/${text}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return request;
}

const shown = async (work: Promise<{ status: number; headers: Record<string, string>; body: unknown }>) => { const { status, headers, body } = await work; return `${status} ${headers["x-amzn-errortype"] ?? ""} ${Buffer.from(body as Uint8Array)}`; };

test("old, early, misdated and altered requests are refused, each with AWS's sentence", async (t) => {
  const clock = virtualClock(Date.UTC(2026, 0, 2, 12));
  const now = clock.now();
  const { gateway } = await openTestGateway(t, { credentials: `${KEY}:${SECRET}` }, keys(now + 60_000), clock);
  const ask = (request: WireRequest) => shown(gateway.handle(request, "127.0.0.1"));
  assert.match(await ask(signed(now, {})), /^200 /);
  assert.match(await ask(signed(now - 899_000, {})), /^200 /);
  assert.match(await ask(signed(now - 901_000, {})), /^403 InvalidSignatureException.*Signature expired: 20260102T114459Z is now earlier than 20260102T114500Z \(20260102T120000Z - 15 min\.\)/);
  assert.match(await ask(signed(now + 901_000, {})), /^403 InvalidSignatureException.*Signature not yet current: 20260102T121501Z is still later than 20260102T121500Z \(20260102T120000Z \+ 15 min\.\)/);
  assert.match(await ask(signed(now - 901_000, { service: "s3", path: "/", headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" } })), /^403 .*RequestTimeTooSkewed/s);
  assert.match(await ask(signed(now, { scopeDate: "20260101" })), /^403 InvalidSignatureException.*Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260101' != '20260102', from '20260102T120000Z'\./);
  assert.match(await ask(signed(now, { signedHeaders: "x-amz-date" })), /'Host' or ':authority' must be a 'SignedHeader'/);
  assert.match(await ask(signed(now, { headers: { "x-amz-target": "Logs_20140328.DescribeLogGroups" }, service: "logs", method: "POST", path: "/", body: "{}" })), /^400 .*InvalidSignatureException.*X-Amz-Target/);
  assert.match(await ask({ ...signed(now, { method: "POST", path: "/2015-03-31/functions/f/invocations", body: '{"a":1}' }), body: bytesBody(Buffer.from('{"a":2}')) }), /^403 InvalidSignatureException/);
  assert.match(await ask({ ...signed(now, { method: "POST", path: "/2015-03-31/functions/f/invocations", body: '{"a":1}', headers: { "x-amz-content-sha256": sha256Hex('{"a":1}') } }), body: bytesBody(Buffer.from('{"a":2}')) }), /^403 InvalidSignatureException/);
  assert.match(await ask({ ...signed(now, {}), query: "MaxItems=1" }), /^403 InvalidSignatureException/);
  assert.match(await ask({ ...signed(now, {}), headers: { ...signed(now, {}).headers, authorization: "AWS4-HMAC-SHA256 Credential=x" } }), /^403 IncompleteSignatureException.*requires 'Signature' parameter/);
  assert.match(await ask({ ...signed(now, {}), headers: { ...signed(now, {}).headers, authorization: "AWS4-ECDSA-P256-SHA256 Credential=x" } }), /^403 IncompleteSignatureException.*Evoke does not verify Signature Version 4A/);
  const temporary = { key: TEMPORARY, secret: "temporary-secret", headers: { "x-amz-security-token": "the-token/+=" }, signedHeaders: "host;x-amz-date;x-amz-security-token" };
  assert.match(await ask(signed(now, temporary)), /^200 /);
  await clock.advance(61_000);
  assert.match(await ask(signed(clock.now(), temporary)), /^403 ExpiredTokenException.*The security token included in the request is expired/);
});

test("a presigned URL works until it expires, and for a week at most", async (t) => {
  const clock = virtualClock(Date.UTC(2026, 0, 2, 12));
  const { gateway } = await openTestGateway(t, { credentials: `${KEY}:${SECRET}` }, keys(clock.now() + 3_600_000), clock);
  const presigned = ({ expires = "300", key = KEY, secret = SECRET, token = "", path = "/b/a%20key" } = {}): WireRequest => {
    const date = compact(clock.now()), text = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(`${key}/${text}`)}&X-Amz-Date=${date}${expires && `&X-Amz-Expires=${expires}`}${token && `&X-Amz-Security-Token=${encodeURIComponent(token)}`}&X-Amz-SignedHeaders=host`;
    const request: WireRequest = { method: "GET", path, query, headers: { host: "localhost" }, body: bytesBody(new Uint8Array()) };
    const claim = { by: "query" as const, scope: { accessKeyId: key, date: date.slice(0, 8), region: "us-east-1", service: "s3", text }, signedHeaders: "host", signature: "", date };
    return { ...request, query: `${query}&X-Amz-Signature=${sign(signingKey(secret, text), stringToSign(claim, canonicalRequest(request, claim, "UNSIGNED-PAYLOAD")))}` };
  };
  const ask = async (request: WireRequest) => { const { status, body } = await gateway.handle(request, "127.0.0.1"); return `${status} ${body instanceof Uint8Array || typeof body === "string" ? Buffer.from(body as string) : ""}`; };
  const request = presigned();
  assert.match(await ask(request), /^200 /);
  assert.match(await ask(presigned({ key: TEMPORARY, secret: "temporary-secret", token: "the-token/+=" })), /^200 /);
  assert.match(await ask(presigned({ key: TEMPORARY, secret: "temporary-secret" })), /^400 .*InvalidToken/s);
  assert.match(await ask(presigned({ expires: "604801" })), /^400 .*AuthorizationQueryParametersError.*604800/s);
  assert.match(await ask(presigned({ expires: "" })), /^400 .*AuthorizationQueryParametersError.*Query-string authentication version 4 requires/s);
  // With what was signed, so that it can be compared: recorded.
  assert.match(await ask({ ...request, path: "/b/another" }), /^403 .*SignatureDoesNotMatch.*<AWSAccessKeyId>AKIDEXAMPLE<.*<StringToSign>AWS4-HMAC-SHA256\n.*<SignatureProvided>[0-9a-f]{64}<.*<StringToSignBytes>41 57 53 34 .*<CanonicalRequest>GET\n\/b\/another\n.*<CanonicalRequestBytes>47 45 54 /s);
  assert.match(await ask({ ...request, headers: { ...request.headers, "x-amz-meta-b": "1", "x-amz-meta-a": "1" } }), /^403 .*<HeadersNotSigned>x-amz-meta-a, x-amz-meta-b</s);
  assert.match(await ask({ ...request, query: request.query.replace(/&X-Amz-Date=\w+/, "") }), /^400 .*AuthorizationQueryParametersError.*Query-string authentication version 4 requires/s);
  assert.match(await ask({ ...request, query: request.query.replaceAll("%2F", "%252F") }), /^400 .*AuthorizationQueryParametersError.*the Credential is mal-formed/s);
  assert.match(await ask({ ...request, query: "AWSAccessKeyId=a&Signature=b" }), /^403 .*AccessDenied.*requires the Signature, Expires and AWSAccessKeyId/s);
  assert.match(await ask({ ...request, query: request.query.replace("Expires=300", "Expires=900") }), /^403 .*SignatureDoesNotMatch/s);
  await clock.advance(301_000);
  assert.match(await ask(request), /^403 .*AccessDenied.*Request has expired.*<X-Amz-Expires>300<.*<Expires>2026-01-02T12:05:00Z<.*<ServerTime>2026-01-02T12:05:01Z</s);
});

/** The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html: 65 KB of "a" in chunks of 64 KB, with its published signatures. */
const SIGNATURES = ["ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"];

test("AWS's published example of a signed chunked upload is verified and decoded; one changed byte is not", async (t) => {
  const clock = virtualClock(Date.UTC(2013, 4, 24));
  const key = "AKIAIOSFODNN7EXAMPLE";
  const { gateway } = await openTestGateway(t, { credentials: `${key}:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`, allowedHosts: "s3.amazonaws.com" }, {}, clock);
  const body = (letter: string) => Buffer.from(`10000;chunk-signature=${SIGNATURES[0]}\r\n${"a".repeat(65536)}\r\n400;chunk-signature=${SIGNATURES[1]}\r\n${"a".repeat(1023)}${letter}\r\n0;chunk-signature=${SIGNATURES[2]}\r\n\r\n`);
  const put = (letter: string) => gateway.handle({
    method: "PUT", path: "/examplebucket/chunkObject.txt", query: "", body: bytesBody(body(letter)),
    headers: {
      host: "s3.amazonaws.com", "x-amz-date": "20130524T000000Z", "x-amz-storage-class": "REDUCED_REDUNDANCY", "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "content-encoding": "aws-chunked", "x-amz-decoded-content-length": "66560", "content-length": "66824",
      authorization: `AWS4-HMAC-SHA256 Credential=${key}/20130524/us-east-1/s3/aws4_request, SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class, Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9`,
    },
  }, "127.0.0.1");
  const good = await put("a");
  assert.equal(good.status, 200, String(Buffer.from(good.body as Uint8Array)));
  assert.match(good.headers["etag"]!, /:66560"$/);
  assert.ok(good.headers["x-amz-request-id"] && good.headers["x-amz-id-2"]);
  const bad = await put("b");
  assert.equal(bad.status, 403);
  assert.match(String(Buffer.from(bad.body as Uint8Array)), /SignatureDoesNotMatch/);
});

test("a signing key is derived as AWS describes it", () => {
  const hmac = (key: Buffer | string, data: string) => createHmac("sha256", key).update(data).digest();
  const derived = ["20260102", "us-east-1", "iam", "aws4_request"].reduce<Buffer | string>(hmac, `AWS4${SECRET}`);
  assert.equal(sign(signingKey(SECRET, "20260102/us-east-1/iam/aws4_request"), "text"), createHmac("sha256", derived).update("text").digest("hex"));
  assert.equal(sha256Hex("x"), createHash("sha256").update("x").digest("hex"));
});
