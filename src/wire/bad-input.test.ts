// What callers see when they send something wrong, in each protocol.
import assert from "node:assert/strict";
import { test } from "node:test";
import { seededIds } from "../kernel/ids.ts";
import { ServiceError } from "../kernel/errors.ts";
import { bytesBody, type WireRequest, type WireResponse } from "./http.ts";
import { openWireService, type WireService, writeUnknownService } from "./wire.ts";

const services = new Map<string, WireService>();
async function service(name: string): Promise<WireService> {
  if (!services.has(name)) services.set(name, await openWireService(`@aws-sdk/client-${name}`));
  return services.get(name)!;
}

const request = (fields: Partial<Omit<WireRequest, "body">> & { body?: string | Uint8Array }): WireRequest =>
  ({ method: "POST", path: "/", query: "", headers: {}, ...fields, body: bytesBody(Buffer.from(fields.body ?? "")) });
const json = (target: string, body: string | Uint8Array, version = "1.1") => request({ headers: { "x-amz-target": target, "content-type": `application/x-amz-json-${version}` }, body });
const form = (body: string) => request({ headers: { "content-type": "application/x-www-form-urlencoded" }, body });
const lambda = (method: string, path: string, body = "", headers = {}) => request({ method, path, body, headers });

/** What the caller sees. */
async function refused(name: string, sent: WireRequest): Promise<WireResponse & { text: string }> {
  const wire = await service(name);
  const error = await wire.parse(sent).then(() => assert.fail("it was accepted"), (thrown: unknown) => thrown);
  assert.ok(error instanceof ServiceError, String((error as Error).stack));
  const response = await wire.writeError(sent, error, "req-1");
  return { ...response, text: Buffer.from(response.body as Uint8Array).toString() };
}

test("malformed JSON is a SerializationException without a message, in awsJson 1.1, 1.0 and restJson", async () => {
  for (const body of ["{", "null", '"x"', '{"a":1,}', "\ufffd{"]) {
    const response = await refused("kinesis", json("Kinesis_20131202.ListStreams", body));
    assert.equal(response.status, 400);
    assert.deepEqual(JSON.parse(response.text), { __type: "SerializationException" });
  }
  assert.deepEqual(JSON.parse((await refused("sqs", json("AmazonSQS.ListQueues", "{", "1.0"))).text), { __type: "com.amazon.coral.service#SerializationException" });
  const rest = await refused("lambda", lambda("POST", "/2015-03-31/functions", "{"));
  assert.equal(rest.status, 400);
  assert.equal(rest.headers["x-amzn-errortype"], "SerializationException");
});

test("a value of the wrong JSON type is refused in AWS's words", async () => {
  const cases: [string, string][] = [
    ['{"MaxResults":"1"}', "STRING_VALUE can not be converted to an Integer"],
    ['{"MaxResults":true}', "TRUE_VALUE can not be converted to an Integer"],
    ['{"MaxResults":[1]}', "Start of list found where not expected"],
    ['{"MaxResults":{"a":1}}', "Start of structure or map found where not expected."],
    ['{"NextToken":1}', "NUMBER_VALUE can not be converted to a String"],
    ['{"NextToken":false}', "FALSE_VALUE can not be converted to a String"],
    ['{"StreamCreationTimestamp":"x"}', "STRING_VALUE can not be converted to milliseconds since epoch"],
    ["[]", "Start of list found where not expected"],
  ];
  for (const [body, message] of cases) {
    const operation = body.includes("Stream") || body.includes("MaxResults") || body.includes("NextToken") ? "ListShards" : "ListStreams";
    assert.deepEqual(JSON.parse((await refused("kinesis", json(`Kinesis_20131202.${operation}`, body))).text), { __type: "SerializationException", Message: message });
  }
  const wrong = async (body: string) => JSON.parse((await refused("lambda", lambda("POST", "/2015-03-31/functions", body))).text).message;
  assert.equal(await wrong('{"Environment":"x"}'), "Expected null");
  assert.equal(await wrong('{"Layers":"x"}'), "Expected list or null");
  assert.equal(await wrong('{"Tags":"x"}'), "Expected map or null");
  assert.equal(await wrong('{"Code":{"ZipFile":"abcde"}}'), "Base64 encoded length is expected a multiple of 4 bytes but found: 5");
});

test("members that are null or unknown are as if they were not there", async () => {
  const { input } = await (await service("kinesis")).parse(json("Kinesis_20131202.ListStreams", '{"Limit":null,"Foo":{"a":1},"__proto__":{"Limit":3}}'));
  assert.deepEqual(input, {});
  const parsed = await (await service("lambda")).parse(lambda("POST", "/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:f", '{"Tags":{"__proto__":"x"}}'));
  assert.deepEqual(Object.entries(parsed.input["Tags"] as object), [["__proto__", "x"]]);
});

test("broken XML, document types and unknown entities are MalformedXML", async () => {
  for (const body of ["<a", "<a></b>", "<a>&x;</a>", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "<a>".repeat(200), "x", ""]) {
    if (body === "") continue;
    const response = await refused("s3", request({ method: "PUT", path: "/bucket", query: "tagging", body, headers: { host: "localhost" } }));
    assert.equal(response.status, 400);
    assert.match(response.text, /^<\?xml .*<Error><Code>MalformedXML<\/Code><Message>The XML you provided was not well-formed/s);
  }
});

test("broken CBOR is answered in CBOR", async () => {
  const response = await refused("cloudwatch", request({ path: "/service/GraniteServiceVersion20100801/operation/ListMetrics", headers: { "smithy-protocol": "rpc-v2-cbor" }, body: new Uint8Array([0xbf, 0x61]) }));
  assert.equal(response.status, 400);
  assert.equal(response.headers["content-type"], "application/cbor");
  assert.match(response.text, /SerializationException/);
});

test("a form field of the wrong type is MalformedInput", async () => {
  const response = await refused("iam", form("Action=ListRoles&Version=2010-05-08&MaxItems=abc"));
  assert.match(response.text, /<ErrorResponse xmlns="https:\/\/iam\.amazonaws\.com\/doc\/2010-05-08\/"><Error><Type>Sender<\/Type><Code>MalformedInput<\/Code>/);
});

test("an operation that is not there is named, in the caller's protocol", async () => {
  assert.deepEqual(JSON.parse((await refused("kinesis", json("Kinesis_20131202.Frobnicate", "{}"))).text), { __type: "UnknownOperationException", message: "There is no operation Frobnicate in kinesis" });
  const rest = await refused("lambda", lambda("PATCH", "/2015-03-31/functions"));
  assert.equal(rest.status, 404);
  assert.equal(rest.headers["x-amzn-errortype"], "UnknownOperationException");
  assert.match((await refused("iam", form("Action=Frobnicate&Version=2010-05-08"))).text, /<Code>InvalidAction<\/Code><Message>Could not find operation Frobnicate for version 2010-05-08<\/Message>/);
  assert.match((await refused("ec2", form("Action=Frobnicate"))).text, /<Response><Errors><Error><Code>InvalidAction<\/Code>/);
  assert.equal((await refused("s3", request({ method: "PATCH", path: "/b/k", headers: { host: "localhost" } }))).status, 405);
});

test("a body past the limit is AWS's 413, which names operation and limit", async () => {
  const big = (path: string, lengthBytes: number) => ({ ...lambda("POST", path), body: { lengthBytes, bytes: async () => assert.fail("it was read"), stream: () => assert.fail("it was read") } });
  const create = await refused("lambda", big("/2015-03-31/functions", 70_167_212));
  assert.equal(create.status, 413);
  assert.equal(create.headers["x-amzn-errortype"], "RequestEntityTooLargeException");
  assert.deepEqual(JSON.parse(create.text), { message: "Request must be smaller than 70167211 bytes for the CreateFunction operation" });
  const invoke = await refused("lambda", big("/2015-03-31/functions/f/invocations", 6_291_457));
  assert.equal(invoke.status, 413);
  assert.equal(invoke.headers["x-amzn-errortype"], "RequestEntityTooLargeException");
  assert.deepEqual(JSON.parse(invoke.text), { message: "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)" });
});

test("Lambda's errors carry Type, their own spelling of message, and header members", async () => {
  const wire = await service("lambda");
  const asked = lambda("GET", "/2015-03-31/functions/f");
  const notFound = await wire.writeError(asked, new ServiceError("ResourceNotFoundException", "Function not found"), "r");
  assert.equal(notFound.status, 404);
  assert.deepEqual(JSON.parse(notFound.body as string), { Type: "User", Message: "Function not found" });
  const throttled = await wire.writeError(asked, new ServiceError("TooManyRequestsException", "Rate Exceeded.", { members: { retryAfterSeconds: "1", Reason: "CallerRateLimitExceeded" } }), "r");
  assert.equal(throttled.status, 429);
  assert.equal(throttled.headers["retry-after"], "1");
  assert.deepEqual(JSON.parse(throttled.body as string), { Type: "User", message: "Rate Exceeded.", Reason: "CallerRateLimitExceeded" });
  const failed = await wire.writeError(asked, new ServiceError("ServiceException", "x"), "r");
  assert.equal(failed.status, 500);
  assert.deepEqual(JSON.parse(failed.body as string), { Type: "Service", Message: "x" });
});

test("SQS errors name the older query code beside the modelled one; a HEAD error has no body", async () => {
  const response = await (await service("sqs")).writeError(json("AmazonSQS.SendMessage", "", "1.0"), new ServiceError("QueueDoesNotExist", "no"), "r");
  assert.equal(response.headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
  assert.equal(JSON.parse(response.body as string).__type, "com.amazonaws.sqs#QueueDoesNotExist");
  const head = await (await service("s3")).writeError(request({ method: "HEAD", path: "/b", headers: { host: "localhost" } }), new ServiceError("NoSuchBucket", "no", { status: 404 }), "r");
  assert.equal(head.body, "");
  assert.equal(head.status, 404);
});

test("a service that is not there is refused in the protocol of the request", async () => {
  const error = new ServiceError("UnknownService", "There is no dynamodb here", { status: 501 });
  const body = (sent: WireRequest) => Buffer.from(writeUnknownService(sent, error, "r").body as Uint8Array).toString();
  assert.match(body(json("DynamoDB_20120810.PutItem", "{}", "1.0")), /"__type":"com\.amazon\.coral\.service#UnknownService","message":"There is no dynamodb here"/);
  assert.match(body(form("Action=X")), /^<ErrorResponse><Error><Type>Receiver<\/Type><Code>UnknownService/);
  assert.match(body(request({ headers: { "smithy-protocol": "rpc-v2-cbor" } })), /There is no dynamodb here/);
  assert.equal(body(request({ path: "/x" })), '{"message":"There is no dynamodb here"}');
  assert.match(body(request({ headers: { authorization: "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, Signature=0" } })), /<Error><Code>UnknownService/);
});

test("whatever bytes arrive, the answer is input or a ServiceError", async () => {
  const ids = seededIds(7);
  const noise = (length: number) => ids.bytes(length);
  const mangled = (text: string) => { const bytes = Buffer.from(text); for (let i = 0; i < 3; i++) bytes[Math.floor(ids.fraction() * bytes.length)] = noise(1)[0]!; return bytes; };
  const makers: [string, () => WireRequest][] = [
    ["kinesis", () => json("Kinesis_20131202.PutRecords", mangled('{"Records":[{"Data":"YQ==","PartitionKey":"a"}],"StreamName":"s"}'))],
    ["cloudwatch", () => request({ path: "/service/x/operation/PutMetricData", headers: { "smithy-protocol": "rpc-v2-cbor" }, body: noise(40) })],
    ["cloudwatch", () => request({ path: "/service/x/operation/PutMetricData", headers: { "smithy-protocol": "rpc-v2-cbor" }, body: new Uint8Array([0xbf, ...noise(12), 0xff]) })],
    ["s3", () => request({ method: "PUT", path: `/b/${Buffer.from(noise(4)).toString("latin1")}`, query: "tagging", headers: { host: "x" }, body: mangled('<Tagging a="b"><TagSet><Tag><Key>k&amp;</Key><Value>v</Value></Tag></TagSet></Tagging>') })],
    ["iam", () => form(mangled("Action=TagRole&RoleName=x&Tags.member.1.Key=a&Tags.member.1.Value=%41").toString("latin1"))],
    ["lambda", () => lambda("GET", `/2015-03-31/functions/%${Buffer.from(noise(3)).toString("latin1")}`, "", { "x-amz-invocation-type": "x" })],
    ["lambda", () => lambda("POST", "/2015-03-31/functions", mangled('{"FunctionName":"f","Code":{"ZipFile":"YQ=="},"Environment":{"Variables":{"AB":"b"}},"Layers":["x"]}').toString("latin1"))],
  ];
  for (const [name, make] of makers) {
    const wire = await service(name);
    for (let round = 0; round < 400; round++) {
      const sent = make();
      await wire.parse(sent).catch(async (error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        await wire.writeError(sent, error, "r");
      });
    }
  }
  const deep = `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
  await (await service("kinesis")).parse(json("Kinesis_20131202.ListStreams", deep));
  await assert.rejects((await service("cloudwatch")).parse(request({ path: "/service/x/operation/ListMetrics", headers: { "smithy-protocol": "rpc-v2-cbor" }, body: new Uint8Array(1e6).fill(0x81) })), ServiceError);
});
