// S3 Object Lambda: functions that answer GetObject, HeadObject and lists for an access point, unmodified, as AWS's guide writes them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { openInterpreters } from "../src/engine/interpreters.ts";
import { silentLog } from "../src/kernel/log.ts";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const REGION = "eu-west-1";

/** What Node's and AWS's own tutorials do: fetch the original, change it, answer. */
const FUNCTION = `
const { S3Client, WriteGetObjectResponseCommand } = require("@aws-sdk/client-s3");
const s3 = new S3Client({});
const does = {};
does.upper = async (event) => {
  const { outputRoute: RequestRoute, outputToken: RequestToken, inputS3Url } = event.getObjectContext;
  const response = await fetch(inputS3Url);
  if (!response.ok) {
    const code = /<Code>(.*?)<\\/Code>/.exec(await response.text())[1];
    await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, StatusCode: response.status, ErrorCode: code, ErrorMessage: "the original: " + code }));
    return;
  }
  const Body = (await response.text()).toUpperCase();
  await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body, ContentType: "text/x-upper", CacheControl: "no-store", ETag: '"made-up"', Metadata: { by: event.configuration.payload.split(" ")[1] } }));
  return { statusCode: 200 };
};
does.event = async (event) => {
  const { outputRoute: RequestRoute, outputToken: RequestToken } = event.getObjectContext;
  await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body: JSON.stringify(event) }));
};
does.stream = async (event) => {
  const { outputRoute: RequestRoute, outputToken: RequestToken } = event.getObjectContext;
  const { Readable } = require("node:stream");
  async function* parts() { for (let n = 0; n < 200; n++) yield Buffer.alloc(16 * 1024, String(n % 10)); if (event.configuration.payload === "stream break") process.exit(1); }
  await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body: Readable.from(parts()) }));
};
does.bad = async (event) => {
  const { outputRoute: RequestRoute, outputToken: RequestToken } = event.getObjectContext;
  const how = event.configuration.payload.split(" ")[1];
  if (how === "silent") return;
  if (how === "throws") throw new Error("as asked");
  if (how === "teapot") return s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, StatusCode: 418, Body: "x" })).catch((error) => console.log(error.name));
  if (how === "both") return s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, StatusCode: 404, ErrorCode: "Gone", Body: "x" })).catch(() => undefined);
  if (how === "twice") {
    await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body: "first" }));
    const second = await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body: "second" })).then(() => "accepted", (error) => error.name);
    return console.log("second", second);
  }
};
does.returns = async (event) => {
  if (event.headObjectContext) {
    const response = await fetch(event.headObjectContext.inputS3Url, { method: "HEAD" });
    if (!response.ok) return { statusCode: response.status, errorCode: "RequestFailure", errorMessage: "Request to S3 failed" };
    return { statusCode: 200, headers: { ...Object.fromEntries(response.headers), "Content-Length": 7, "Content-Type": "text/x-seen", "x-amz-meta-seen": "yes", "Set-Cookie": "a=b", "Transfer-Encoding": "chunked" } };
  }
  const context = event.listObjectsV2Context ?? event.listObjectsContext;
  const response = await fetch(context.inputS3Url);
  return { statusCode: response.status, listResultXml: (await response.text()).replaceAll("<Key>", "<Key>seen/") };
};
/** One function, so that it starts once: the payload says what it does. */
exports.handler = (event) => does[event.configuration.payload.split(" ")[0]](event);
`;

const PYTHON = `
import boto3, urllib.request
s3 = boto3.client("s3")
def handler(event, context):
    ctx = event["getObjectContext"]
    original = urllib.request.urlopen(ctx["inputS3Url"]).read()
    s3.write_get_object_response(RequestRoute=ctx["outputRoute"], RequestToken=ctx["outputToken"], Body=original[::-1], StatusCode=206, ContentRange="bytes 0-4/9")
    return {"status_code": 200}
`;

const pythons = openInterpreters({ dataDir: tmpdir(), environment: process.env, execPath: process.execPath, log: silentLog });
const noPython = (await pythons.list()).some(({ runtime, found }) => runtime === "python3.11" && found) && (await pythons.sdks()).some(({ name, found }) => name === "boto3" && found) ? false : "functions have no Python 3.11 with boto3 here (evoke runtimes add boto3)";

/** A sandbox with a hosts file of its own knows the name that clients make of outputRoute; elsewhere they must be told not to make one. */
let hasHosts = true;
let platform: TestPlatform;
let s3: S3;
let control: S3Control;
let lambda: Lambda;
const functions = new Map<string, Promise<string>>();

before(async () => {
  platform = await openTestPlatform();
  hasHosts = ((await (await fetch(`${platform.url}/_evoke/health`)).json()) as { isolation: { level: number } }).isolation.level <= 2;
  const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
  const config = { ...platform.clientConfig, requestHandler, endpoint: `http://localhost:${new URL(platform.url).port}` };
  [s3, control, lambda] = [new S3(config), new S3Control(config), new Lambda(platform.clientConfig)];
  await s3.createBucket({ Bucket: "originals", CreateBucketConfiguration: { LocationConstraint: REGION } });
  await s3.putObject({ Bucket: "originals", Key: "dir/a b+ü.txt", Body: "some text" });
  await control.createAccessPoint({ AccountId: ACCOUNT, Name: "originals", Bucket: "originals" });
});
after(async () => {
  for (const client of [s3, control, lambda]) client?.destroy();
  await platform?.close();
});

const functionOf = (name: "node" | "python"): Promise<string> => {
  if (!functions.has(name)) functions.set(name, create(name));
  return functions.get(name)!;
};

async function create(FunctionName: "node" | "python"): Promise<string> {
  const python = FunctionName === "python";
  const made = await lambda.createFunction({ FunctionName, Runtime: python ? "python3.11" : "nodejs24.x", Handler: python ? "f.handler" : "index.handler", MemorySize: 512, Role: `arn:aws:iam::${ACCOUNT}:role/r`, Timeout: 20, Environment: { Variables: hasHosts ? {} : { AWS_DISABLE_HOST_PREFIX_INJECTION: "true" } }, Code: { ZipFile: await zipOf(python ? { "f.py": PYTHON } : { "index.js": hasHosts ? FUNCTION : FUNCTION.replace("S3Client({})", "S3Client({ disableHostPrefix: true })"), ...packageFiles(["@aws-sdk/client-s3"]) }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName });
  return made.FunctionArn!;
}

let points = 0;
/** A new access point whose requests the function answers as `payload` says. Answers its ARN. */
async function through(payload: string, { Actions = ["GetObject"], ...rest }: { AllowedFeatures?: string[]; Actions?: string[] } = {}): Promise<string> {
  const made = await control.createAccessPointForObjectLambda({
    AccountId: ACCOUNT, Name: `ol-${++points}`,
    Configuration: { SupportingAccessPoint: `arn:aws:s3:${REGION}:${ACCOUNT}:accesspoint/originals`, ...rest as object, TransformationConfigurations: [{ Actions: Actions as never, ContentTransformation: { AwsLambda: { FunctionArn: await functionOf(payload === "python" ? "python" : "node"), FunctionPayload: payload } } }] },
  });
  return made.ObjectLambdaAccessPointArn!;
}

const Key = "dir/a b+ü.txt";
const read = async (Bucket: string, more: object = {}) => (await s3.getObject({ Bucket, Key, ...more })).Body!.transformToString();
const failure = (name: string, status: number) => (error: any) => error.name === name && error.$metadata.httpStatusCode === status;

test("a function answers GetObject with its own bytes and headers, by ARN and by alias", async () => {
  const Bucket = await through("upper me");
  const got = await s3.getObject({ Bucket, Key });
  assert.equal(await got.Body!.transformToString(), "SOME TEXT");
  assert.deepEqual([got.ContentType, got.CacheControl, got.ETag, got.ContentLength, got.Metadata], ["text/x-upper", "no-store", '"made-up"', 9, { by: "me" }]);
  const { Alias } = await control.getAccessPointForObjectLambda({ AccountId: ACCOUNT, Name: Bucket.split("/")[1]! });
  assert.equal(await read(Alias!.Value!), "SOME TEXT");
});

test("an error that the function says is the caller's", async () => {
  const Bucket = await through("upper");
  await assert.rejects(s3.getObject({ Bucket, Key: "missing" }), (error: any) => failure("NoSuchKey", 404)(error) && error.message === "the original: NoSuchKey");
});

test("the event has AWS's shape", async () => {
  const Bucket = await through("event 100");
  const event = JSON.parse(await read(Bucket, { VersionId: "null" }));
  const name = Bucket.split("/")[1]!;
  assert.deepEqual(Object.keys(event), ["xAmzRequestId", "getObjectContext", "configuration", "userRequest", "userIdentity", "protocolVersion"]);
  assert.deepEqual(Object.keys(event.getObjectContext), ["inputS3Url", "outputRoute", "outputToken"]);
  assert.match(event.getObjectContext.inputS3Url, /\/originals-\w+-s3alias\/dir\/a%20b%2B%C3%BC\.txt\?.*X-Amz-Signature=.*/);
  assert.match(event.getObjectContext.inputS3Url, /versionId=null/);
  assert.deepEqual(event.configuration, { accessPointArn: Bucket, supportingAccessPointArn: `arn:aws:s3:${REGION}:${ACCOUNT}:accesspoint/originals`, payload: "event 100" });
  assert.equal(event.userRequest.url, `https://${name}-${ACCOUNT}.s3-object-lambda.${REGION}.amazonaws.com/${Key}?versionId=null&x-id=GetObject`);
  assert.equal(event.userRequest.headers.Host, `${name}-${ACCOUNT}.s3-object-lambda.${REGION}.amazonaws.com`);
  assert.deepEqual(Object.keys(event.userRequest.headers).filter((header) => /authorization|security-token/i.test(header)), []);
  assert.deepEqual(event.userIdentity, { type: "Root", principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, accessKeyId: "test" });
  assert.equal(event.protocolVersion, "1.00");
});

test("a stream reaches the caller whole, and one that breaks off is not taken for whole", async () => {
  const whole = await s3.getObject({ Bucket: await through("stream"), Key });
  assert.equal((await whole.Body!.transformToByteArray()).length, 200 * 16 * 1024);
  const broken = await through("stream break");
  await assert.rejects(async () => (await s3.getObject({ Bucket: broken, Key })).Body!.transformToByteArray());
});

test("a function that does not answer is AWS's error", async () => {
  await assert.rejects(s3.getObject({ Bucket: await through("bad silent"), Key }), failure("LambdaResponseNotReceived", 500));
  await assert.rejects(s3.getObject({ Bucket: await through("bad throws"), Key }), failure("LambdaRuntimeError", 500));
  for (const payload of ["teapot", "both"]) await assert.rejects(s3.getObject({ Bucket: await through(`bad ${payload}`), Key }), failure("LambdaInvalidResponse", 400), payload);
  assert.equal(await read(await through("bad twice")), "first");
  const gone = await through("upper");
  await control.putAccessPointConfigurationForObjectLambda({
    AccountId: ACCOUNT, Name: gone.split("/")[1]!,
    Configuration: { SupportingAccessPoint: `arn:aws:s3:${REGION}:${ACCOUNT}:accesspoint/originals`, TransformationConfigurations: [{ Actions: ["GetObject"], ContentTransformation: { AwsLambda: { FunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:absent` } } }] },
  });
  await assert.rejects(s3.getObject({ Bucket: gone, Key }), failure("LambdaNotFound", 404));
  await assert.rejects(s3.writeGetObjectResponse({ RequestRoute: "io-evoke-001", RequestToken: "guessed", Body: "x" }), failure("ValidationError", 400));
});

test("ranges and parts are refused until the function is said to know them", async () => {
  const plain = await through("upper");
  await assert.rejects(s3.getObject({ Bucket: plain, Key, Range: "bytes=0-3" }), failure("NotImplemented", 501));
  await assert.rejects(s3.getObject({ Bucket: plain, Key, PartNumber: 1 }), failure("NotImplemented", 501));
  const knowing = await through("event", { AllowedFeatures: ["GetObject-Range"] });
  assert.equal(JSON.parse(await read(knowing, { Range: "bytes=0-3" })).userRequest.headers.Range, "bytes=0-3");
});

test("HeadObject and lists are what the function returns", async () => {
  const Bucket = await through("returns", { Actions: ["HeadObject", "ListObjects", "ListObjectsV2"] });
  const head = await s3.headObject({ Bucket, Key });
  assert.deepEqual([head.ContentLength, head.ContentType, head.Metadata], [7, "text/x-seen", { seen: "yes" }]);
  await assert.rejects(s3.headObject({ Bucket, Key: "missing" }), (error: any) => error.$metadata.httpStatusCode === 404);
  assert.deepEqual((await s3.listObjectsV2({ Bucket, Prefix: "dir/" })).Contents!.map((object) => object.Key), [`seen/${Key}`]);
  assert.deepEqual((await s3.listObjectsV2({ Bucket, Prefix: "none/" })).Contents ?? [], []);
  assert.deepEqual((await s3.listObjects({ Bucket, Delimiter: "/" })).CommonPrefixes, [{ Prefix: "dir/" }]);
  assert.equal(await read(Bucket), "some text");
});

test("everything else passes through to the bucket", async () => {
  const Bucket = await through("upper");
  await s3.putObject({ Bucket, Key: "written", Body: "small" });
  assert.equal(await (await s3.getObject({ Bucket, Key: "written" })).Body!.transformToString(), "SMALL");
  assert.equal(await (await s3.getObject({ Bucket: "originals", Key: "written" })).Body!.transformToString(), "small");
  assert.equal((await s3.headObject({ Bucket, Key: "written" })).ContentLength, 5);
  await s3.deleteObject({ Bucket, Key: "written" });
  await assert.rejects(s3.getObject({ Bucket: "originals", Key: "written" }), failure("NoSuchKey", 404));
});

test("a function in Python answers, too", { skip: noPython }, async () => {
  const got = await s3.getObject({ Bucket: await through("python"), Key });
  assert.equal(await got.Body!.transformToString(), "txet emos");
  assert.deepEqual([got.$metadata.httpStatusCode, got.ContentRange], [206, "bytes 0-4/9"]);
});
