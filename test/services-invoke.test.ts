// AWS services as callers: what a function's own policy lets in, what waits for an answer, and what Lambda minds after saying yes.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import type { Events, EventSource } from "../src/ports/events.ts";
import { type Evidence, openEvidence } from "./support/evidence.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const ACCOUNT = "000000000000";
const PHOTOS: EventSource = { service: "s3.amazonaws.com", arn: "arn:aws:s3:::photos", account: ACCOUNT };
const FOREIGN_TOPIC: EventSource = { service: "sns.amazonaws.com", arn: "arn:aws:sns:eu-west-1:111122223333:news", account: "111122223333" };
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

let platform: TestPlatform;
let evidence: Evidence;
let lambda: Lambda;
let iam: IAM;
let events: Events;
let sent = 0;

before(async () => {
  evidence = await openEvidence();
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret` });
  const config = { ...platform.clientConfig, credentials: { accessKeyId: ACCOUNT, secretAccessKey: "rootsecret" } };
  [lambda, iam, events] = [new Lambda(config), new IAM(config), platform.platform.events];
  await iam.createRole({ RoleName: "runner", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
});
after(async () => {
  lambda?.destroy();
  iam?.destroy();
  evidence?.close();
  await platform?.close();
});

async function create(FunctionName: string, source: string): Promise<string> {
  const made = await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: `arn:aws:iam::${ACCOUNT}:role/runner`, Timeout: 20, Publish: true, Code: { ZipFile: await zipOf({ "index.js": evidence.say + source }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName });
  return made.FunctionArn!;
}

const event = (functionArn: string, source: EventSource, payload: object = {}) => ({ functionArn, source, payload: Buffer.from(JSON.stringify(payload)), requestId: `00000000-0000-4000-8000-${String(++sent).padStart(12, "0")}` });
const refused = (service: string, arn: string) => ({ name: /AccessDenied/, message: `User: ${service} is not authorized to perform: lambda:InvokeFunction on resource: ${arn} because no resource-based policy allows the lambda:InvokeFunction action` });

async function said(topic: string, count: number): Promise<any[]> {
  for (const end = Date.now() + 15_000; evidence.said(topic).length < count && Date.now() < end;) await sleep(20);
  return evidence.said(topic);
}

test("a service invokes a function only while the function's policy names it, its resource and that resource's owner", async () => {
  const arn = await create("thumbnails", "exports.handler = (event) => say('thumbnails', event);");
  await assert.rejects(events.enqueue(event(arn, PHOTOS)), refused("s3.amazonaws.com", arn));
  // What the role may do is no concern of who calls: the execution role is what the function runs with.
  await iam.putRolePolicy({ RoleName: "runner", PolicyName: "all", PolicyDocument: document({ Effect: "Allow", Action: "lambda:*", Resource: "*" }) });
  await assert.rejects(events.enqueue(event(arn, PHOTOS)), refused("s3.amazonaws.com", arn));
  await lambda.addPermission({ FunctionName: "thumbnails", StatementId: "photos", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: PHOTOS.arn!, SourceAccount: ACCOUNT });
  await events.enqueue(event(arn, PHOTOS, { Records: [{ eventSource: "aws:s3" }] }));
  assert.deepEqual(await said("thumbnails", 1), [{ Records: [{ eventSource: "aws:s3" }] }]);
  await assert.rejects(events.enqueue(event(arn, { ...PHOTOS, arn: "arn:aws:s3:::other" })), refused("s3.amazonaws.com", arn));
  await assert.rejects(events.enqueue(event(arn, { ...PHOTOS, account: "999999999999" })), refused("s3.amazonaws.com", arn));
  await assert.rejects(events.enqueue(event(arn, { ...PHOTOS, service: "sns.amazonaws.com" })), refused("sns.amazonaws.com", arn));
  await lambda.removePermission({ FunctionName: "thumbnails", StatementId: "photos" });
  await assert.rejects(events.enqueue(event(arn, PHOTOS)), refused("s3.amazonaws.com", arn));
  assert.equal(evidence.said("thumbnails").length, 1);
});

test("a topic of another account invokes a function that names it, at the alias that names it", async () => {
  const arn = await create("subscriber", "exports.handler = (event, context) => say('subscriber', [event.n, context.invokedFunctionArn]);");
  await lambda.createAlias({ FunctionName: "subscriber", Name: "live", FunctionVersion: "1" });
  const live = `${arn}:live`;
  await assert.rejects(events.enqueue(event(live, FOREIGN_TOPIC)), refused("sns.amazonaws.com", live));
  await lambda.addPermission({ FunctionName: "subscriber", Qualifier: "live", StatementId: "news", Action: "lambda:InvokeFunction", Principal: "sns.amazonaws.com", SourceArn: FOREIGN_TOPIC.arn! });
  await events.enqueue(event(live, FOREIGN_TOPIC, { n: 1 }));
  assert.deepEqual(await said("subscriber", 1), [[1, live]]);
  await assert.rejects(events.enqueue(event(arn, FOREIGN_TOPIC)), refused("sns.amazonaws.com", arn));
});

test("a service that waits has the function's answer or its error, and decides itself whether to ask again", async () => {
  const arn = await create("answers", "exports.handler = async (event) => { await say('answers', event); if (event.fail) throw new RangeError('told to'); return { statusCode: 200, body: 'hello' }; };");
  const gateway: EventSource = { service: "apigateway.amazonaws.com", arn: `arn:aws:execute-api:eu-west-1:${ACCOUNT}:abc/prod/GET/hello` };
  await lambda.addPermission({ FunctionName: "answers", StatementId: "api", Action: "lambda:InvokeFunction", Principal: gateway.service, SourceArn: `arn:aws:execute-api:eu-west-1:${ACCOUNT}:abc/*/GET/hello` });
  const answer = await events.invoke(event(arn, gateway));
  assert.deepEqual([answer.failed, JSON.parse(Buffer.from(answer.payload).toString()), answer.executedVersion], [false, { statusCode: 200, body: "hello" }, "$LATEST"]);
  const failure = await events.invoke(event(arn, gateway, { fail: true }));
  assert.equal(failure.failed, true);
  assert.deepEqual([JSON.parse(Buffer.from(failure.payload).toString()).errorType, evidence.said("answers").length], ["RangeError", 2]);
  const own = await lambda.invoke({ FunctionName: "answers", Payload: '{"fail":true}' });
  assert.deepEqual([own.StatusCode, own.FunctionError], [200, "Unhandled"]);
  await sleep(200);
  assert.equal(evidence.said("answers").length, 3, "nobody but the caller tries again");
});

test("a service that does not wait hears that the event is queued, and nothing of what comes of it", async () => {
  const arn = await create("fails", "exports.handler = async (event) => { await say('fails', event); throw new Error('told to'); };");
  const parked = await create("parked", "exports.handler = (event) => say('parked', event);");
  await lambda.putFunctionEventInvokeConfig({ FunctionName: "fails", MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: parked } } });
  await lambda.addPermission({ FunctionName: "fails", StatementId: "photos", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: PHOTOS.arn! });
  assert.equal(await events.enqueue(event(arn, PHOTOS, { key: "a.jpg" })), undefined);
  const [record] = await said("parked", 1);
  assert.deepEqual([record.requestPayload, record.requestContext.condition, record.responsePayload.errorMessage], [{ key: "a.jpg" }, "RetriesExhausted", "told to"]);
});

test("a mobile application's client context reaches the function with its event", async () => {
  await create("clicks", "exports.handler = async (event, context) => ({ event, context: context.clientContext });");
  const context = { client: { installation_id: "i-1", app_title: "Clicks" }, custom: { screen: "home" }, env: { platform: "Android" } };
  const answer = await lambda.invoke({ FunctionName: "clicks", Payload: '{"button":"buy"}', ClientContext: Buffer.from(JSON.stringify(context)).toString("base64") });
  const seen = JSON.parse(answer.Payload!.transformToString());
  assert.deepEqual([seen.event, seen.context.client.installation_id, seen.context.custom ?? seen.context.Custom, (seen.context.env ?? seen.context.Environment).platform], [{ button: "buy" }, "i-1", { screen: "home" }, "Android"]);
});
