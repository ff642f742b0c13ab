// S3 Object Lambda and functions that mean no good: what they send never harms the caller's connection, the platform, or others who wait.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";

/** Writes WriteGetObjectResponse byte by byte on a socket, as the payload says: its headers and its body. */
const FUNCTION = `
const net = require("node:net");
exports.handler = async (event) => {
  const plan = JSON.parse(event.configuration.payload);
  if (plan.returns !== undefined) return plan.returns;
  const { outputRoute, outputToken } = event.getObjectContext;
  const { hostname, port, host } = new URL(process.env.AWS_ENDPOINT_URL);
  const once = () => new Promise((resolve) => {
    const socket = net.connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (data) => { answer += data.toString("latin1"); if (plan.body !== undefined && answer.includes("\\r\\n\\r\\n")) socket.end(); });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
    const headers = { host, "x-amz-request-route": outputRoute, "x-amz-request-token": plan.token ?? outputToken, "x-amz-date": new Date().toISOString().replace(/[-:]|\\.\\d+/g, ""),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "authorization": "AWS4-HMAC-SHA256 Credential=" + (plan.key ?? "test") + "/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0", "content-length": Buffer.byteLength(plan.body ?? ""), ...plan.headers };
    socket.write("POST /WriteGetObjectResponse HTTP/1.1\\r\\n" + Object.entries(headers).filter(([, value]) => value !== null).map(([name, value]) => name + ": " + value + "\\r\\n").join("") + "\\r\\n", "latin1");
    socket.write(plan.body ?? "");
    if (plan.cut) setTimeout(() => socket.destroy(), 100);
  });
  const answers = await Promise.all(Array.from({ length: plan.times ?? 1 }, once));
  console.log(JSON.stringify(answers.map((answer) => answer.split("\\r\\n")[0] + " " + (/<Code>(.*?)<.Code>/.exec(answer)?.[1] ?? ""))));
};
`;

let platform: TestPlatform;
let s3: S3;
let control: S3Control;
let lambda: Lambda;
let FunctionArn: string;

before(async () => {
  platform = await openTestPlatform({ network: "shared" });
  [s3, control, lambda] = [new S3({ ...platform.clientConfig, forcePathStyle: true }), new S3Control({ ...platform.clientConfig, endpoint: `http://localhost:${new URL(platform.url).port}`, requestHandler: { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) } }), new Lambda(platform.clientConfig)];
  await s3.createBucket({ Bucket: "originals", CreateBucketConfiguration: { LocationConstraint: REGION } });
  await s3.putObject({ Bucket: "originals", Key: "k", Body: "some text" });
  await control.createAccessPoint({ AccountId: ACCOUNT, Name: "originals", Bucket: "originals" });
  const made = await lambda.createFunction({ FunctionName: "hostile", Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/r`, Timeout: 10, Code: { ZipFile: await zipOf({ "index.js": FUNCTION }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName: "hostile" });
  FunctionArn = made.FunctionArn!;
});
after(async () => {
  for (const client of [s3, control, lambda]) client?.destroy();
  await platform?.close();
});

let points = 0;
/** The alias of a new access point whose requests are answered by this plan. */
async function through(plan: object, functionArn = FunctionArn): Promise<string> {
  const made = await control.createAccessPointForObjectLambda({
    AccountId: ACCOUNT, Name: `ol-${++points}`,
    Configuration: { SupportingAccessPoint: `arn:aws:s3:${REGION}:${ACCOUNT}:accesspoint/originals`, TransformationConfigurations: [{ Actions: ["GetObject", "HeadObject", "ListObjects"], ContentTransformation: { AwsLambda: { FunctionArn: functionArn, FunctionPayload: JSON.stringify(plan) } } }] },
  });
  return made.Alias!.Value!;
}

const AUTH = { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0" };
const get = async (plan: object, method = "GET", key = "/k", functionArn?: string) => {
  const answer = await fetch(`${platform.url}/${await through(plan, functionArn)}${key}`, { method, headers: { ...AUTH, "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, "") } });
  const text = await answer.text().catch((error: Error) => `BROKEN ${error.message}`);
  return { status: answer.status, headers: answer.headers, text, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
};

test("a body that is longer or shorter than its request says is broken off, and the caller's connection is not used again", async () => {
  const smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
  for (const [body, length] of [[`x${smuggled}`, "1"], ["ok", "5"]] as const) {
    const { text } = await get({ body, headers: { "x-amz-decoded-content-length": length } });
    assert.match(text, /^BROKEN/);
  }
  for (let n = 0; n < 3; n++) {
    await get({ body: smuggled, headers: { "x-amz-decoded-content-length": "0" } });
    assert.equal((await get({ body: "mine" })).text, "mine");
  }
  assert.match((await get({ body: "okay", headers: { "content-length": "100" }, cut: true })).text, /^BROKEN/);
});

test("a length that is none is the function's mistake", async () => {
  for (const length of ["abc", "-5", "1e400", "0x5"]) {
    const { status, code } = await get({ body: "ok", headers: { "x-amz-decoded-content-length": length } });
    assert.deepEqual([status, code], [500, "LambdaResponseNotReceived"], length);
  }
});

test("what headers cannot hold does not come to the caller's headers", async () => {
  const word = `=?UTF-8?B?${Buffer.from("a\r\nset-cookie: x=1").toString("base64")}?=`;
  const { status, text, headers } = await get({ body: "ok", headers: { "x-amz-meta-a": word, "x-amz-fwd-header-content-language": word, "x-amz-fwd-header-cache-control": "é", "x-amz-fwd-header-set-cookie": "y=2", "transfer-encoding": null } });
  assert.deepEqual([status, text, headers.get("set-cookie")], [200, "ok", null]);
  const error = await get({ headers: { "x-amz-fwd-status": "404", "x-amz-fwd-error-code": "<b>&\"'", "x-amz-fwd-error-message": word } });
  assert.deepEqual([error.status, error.code], [404, "&lt;b&gt;&amp;&quot;'"]);
  for (const headers of [{ etag: "a\r\nset-cookie: x=1" }, { "x-amz-meta-x": "a".repeat(10_000) }, { "content-length": "-1" }, "text"]) assert.equal((await get({ returns: { statusCode: 200, headers } }, "HEAD")).status, 400, JSON.stringify(headers).slice(0, 50));
  const refused = await get({ returns: { statusCode: 404, errorCode: "a\r\nb: c", errorMessage: "x\u0000\ud800" } }, "HEAD");
  assert.deepEqual([refused.status, refused.headers.get("b")], [404, null]);
});

test("of many answers at once the first is taken, and one with another token or of another account is none", async () => {
  assert.equal((await get({ body: "okay", times: 20 })).text, "okay");
  for (const plan of [{ token: "wrong" }, { key: "111111111111" }]) assert.equal((await get({ body: "okay", ...plan })).code, "LambdaResponseNotReceived");
});

test("statuses that S3 does not answer, and answers that are none, are refused", async () => {
  for (const status of ["200.5", "101", "204", "-1"]) assert.equal((await get({ body: "ok", headers: { "x-amz-fwd-status": status } })).code, "LambdaInvalidResponse", status);
  for (const returns of [null, [1], "text", 5, {}, { statusCode: "200" }, { statusCode: 204, headers: {} }]) assert.equal((await get({ returns }, "HEAD")).status, 400, JSON.stringify(returns));
  for (const returns of [{ statusCode: 200 }, { statusCode: 200, listResultXml: { a: 1 } }]) assert.equal((await get({ returns }, "GET", "")).code, "LambdaInvalidResponse");
});

test("a custom runtime that answers no JSON is refused, too", async () => {
  const bootstrap = "#!/bin/sh\nwhile true; do\n  curl -sS -D /tmp/h -o /dev/null \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\"\n  id=$(grep -i '^lambda-runtime-aws-request-id:' /tmp/h | tr -d '\\r' | cut -d' ' -f2)\n  curl -sS -o /dev/null -d 'no json' \"http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$id/response\"\ndone\n";
  const made = await lambda.createFunction({ FunctionName: "custom", Runtime: "provided.al2023", Handler: "any", Role: `arn:aws:iam::${ACCOUNT}:role/r`, Timeout: 10, Code: { ZipFile: await zipOf({ bootstrap }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60, minDelay: 1 }, { FunctionName: "custom" });
  assert.equal((await get({}, "HEAD", "/k", made.FunctionArn)).status, 400);
});
