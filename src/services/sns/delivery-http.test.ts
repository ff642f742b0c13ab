// HTTP(S) endpoints: real servers, signatures checked by AWS's own validator for Node.js, retries under a virtual clock.
import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { openTestSns, queueArn, type TestSns } from "../../../test/support/sns.ts";
import { openSigningKey } from "./signing-key.ts";
import { pemOf, selfSigned } from "./signing-certificate.ts";

interface Request {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  atMs: number;
}

let t: TestSns;
let server: Server;
let url: string;
const requests: Request[] = [];
/** What the server answers, by path; 200 where nothing is said. */
const answers = new Map<string, () => number>();
const at = (path: string) => requests.filter((request) => request.path === path);

before(async () => {
  t = await openTestSns();
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    requests.push({ path: request.url!, headers: request.headers, body: Buffer.concat(parts).toString(), atMs: t.clock.now() });
    response.writeHead(answers.get(request.url!)?.() ?? 200).end("seen");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await t.close();
  server.closeAllConnections();
  server.close();
});

/** Subscribes and confirms, as an endpoint does. */
async function subscribe(TopicArn: string, path: string, attributes: Record<string, string> = {}): Promise<string> {
  const arn = await t.subscribe(TopicArn, "http", url + path, attributes);
  await t.until(() => at(path).length === 1);
  await t.sns.confirmSubscription({ TopicArn, Token: JSON.parse(at(path)[0]!.body).Token });
  requests.length = 0;
  return arn;
}

/** The validator fetches certificates by HTTPS only, so one like AWS's host serves ours. */
async function validator(): Promise<{ check(message: object): Promise<unknown>; close(): void }> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = pemOf(selfSigned({ privateKey, commonName: "localhost", serial: Uint8Array.of(1), notBeforeMs: Date.UTC(2020, 0, 1), notAfterMs: Date.UTC(2049, 0, 1) }));
  const { certificatePem, certificatePath } = await openSigningKey(t.ports)();
  const front = https.createServer({ key: createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" })).export({ type: "pkcs8", format: "pem" }), cert: own }, (request, response) => {
    response.writeHead(request.url === certificatePath ? 200 : 404).end(certificatePem);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  https.globalAgent.options.ca = own;
  https.globalAgent.options.checkServerIdentity = () => undefined;
  const MessageValidator = createRequire(import.meta.url)("sns-validator");
  const sns = new MessageValidator(/^127\.0\.0\.1:\d+$/);
  const validate = promisify(sns.validate.bind(sns)) as (message: object) => Promise<unknown>;
  const base = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
  return {
    check: (message) => validate(Object.fromEntries(Object.entries(message).map(([name, value]) => [name, name.startsWith("SigningCertU") ? (value as string).replace("http://127.0.0.1:4566", base) : value]))),
    close: () => {
      https.globalAgent.destroy();
      front.closeAllConnections();
      front.close();
    },
  };
}

test("an endpoint is asked to confirm, and gets signed notifications once it has", async () => {
  const TopicArn = await t.topic("served");
  const arn = await t.subscribe(TopicArn, "http", `${url}/served`);
  await t.until(() => at("/served").length === 1);
  const [{ headers, body }] = at("/served") as [Request];
  const confirmation = JSON.parse(body);
  assert.deepEqual(Object.keys(confirmation), ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"]);
  assert.equal(confirmation.Message, `You have chosen to subscribe to the topic ${TopicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`);
  assert.equal(confirmation.SubscribeURL, `http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=${confirmation.Token}`);
  const { "content-length": _length, connection: _connection, host: _host, ...rest } = headers;
  assert.deepEqual(rest, {
    "x-amz-sns-message-type": "SubscriptionConfirmation", "x-amz-sns-message-id": confirmation.MessageId, "x-amz-sns-topic-arn": TopicArn,
    "content-type": "text/plain; charset=UTF-8", "user-agent": "Amazon Simple Notification Service Agent", "accept-encoding": "gzip,deflate",
  });
  await t.sns.publish({ TopicArn, Message: "too early" });
  await t.clock.advance(50);
  await t.sns.confirmSubscription({ TopicArn, Token: confirmation.Token });
  const { MessageId } = await t.sns.publish({ TopicArn, Message: "text", Subject: "s" });
  await t.until(() => at("/served").length === 2);
  const notification = at("/served")[1]!;
  assert.deepEqual(Object.keys(JSON.parse(notification.body)), ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL", "UnsubscribeURL"]);
  assert.deepEqual(["type", "id", "topic-arn", "subscription-arn"].map((name) => notification.headers[name === "type" || name === "id" ? `x-amz-sns-message-${name}` : `x-amz-sns-${name}`]), ["Notification", MessageId, TopicArn, arn]);
  const { check, close } = await validator();
  await check(confirmation);
  await check(JSON.parse(notification.body));
  await assert.rejects(check({ ...JSON.parse(notification.body), Message: "another" }), /invalid/);
  close();
});

test("with SignatureVersion 2 messages are signed with SHA-256, those for functions and queues alike", async () => {
  const TopicArn = await t.topic("version-2", { SignatureVersion: "2" });
  await subscribe(TopicArn, "/version-2");
  await t.subscribe(TopicArn, "sqs", queueArn("version-2"));
  await t.subscribe(TopicArn, "lambda", "arn:aws:lambda:eu-west-1:000000000000:function:version-2");
  await t.sns.publish({ TopicArn, Message: "text" });
  await t.until(() => at("/version-2").length + t.queued.length + t.invoked.length === 3);
  const { check, close } = await validator();
  const messages = [JSON.parse(at("/version-2")[0]!.body), JSON.parse(t.queued.at(-1)!.message.body), JSON.parse(Buffer.from(t.invoked.at(-1)!.payload).toString()).Records[0].Sns];
  for (const message of messages) {
    assert.equal(message.SignatureVersion, "2");
    await check(message);
  }
  close();
});

test("raw delivery posts the message itself, with the content type that the policy asks for", async () => {
  const TopicArn = await t.topic("raw-http");
  await subscribe(TopicArn, "/raw", { RawMessageDelivery: "true", DeliveryPolicy: JSON.stringify({ requestPolicy: { headerContentType: "application/json" } }) });
  await t.sns.publish({ TopicArn, Message: '{"a":1}', MessageAttributes: { a: { DataType: "String", StringValue: "x" } } });
  await t.until(() => at("/raw").length === 1);
  const [{ body, headers }] = at("/raw") as [Request];
  assert.deepEqual([body, headers["x-amz-sns-rawdelivery"], headers["content-type"]], ['{"a":1}', "true", "application/json"]);
});

test("a server in trouble is tried again as its policy says, then its message goes to the dead-letter queue", async () => {
  const TopicArn = await t.topic("retried");
  const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy: { minDelayTarget: 2, maxDelayTarget: 8, numRetries: 4, numNoDelayRetries: 1, numMinDelayRetries: 1, numMaxDelayRetries: 1 } });
  await subscribe(TopicArn, "/retried", { DeliveryPolicy, RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn("retried-letters") }) });
  answers.set("/retried", () => 500);
  await t.sns.publish({ TopicArn, Message: "text" });
  await t.until(() => t.queued.at(-1)?.arn === queueArn("retried-letters"));
  const times = at("/retried").map(({ atMs }) => atMs);
  assert.equal(times.length, 5);
  // Requests take their time, in which the clock moves on: no pause is shorter than the policy says.
  for (const [n, seconds] of [0, 2, 2, 8].entries()) assert.ok(times[n + 1]! - times[n]! >= seconds * 1000, `pause ${n} of ${times[n + 1]! - times[n]!} ms`);
  assert.equal(JSON.parse(t.queued.at(-1)!.message.body).Message, "text");
});

test("429 is tried again, other answers of 4xx are not", async () => {
  const TopicArn = await t.topic("clients");
  await subscribe(TopicArn, "/busy");
  await subscribe(TopicArn, "/unwanted");
  answers.set("/busy", () => (at("/busy").length > 2 ? 204 : 429)).set("/unwanted", () => 404);
  await t.sns.publish({ TopicArn, Message: "text" });
  await t.until(() => at("/busy").length === 3, 1_000);
  await t.clock.advance(120_000);
  assert.deepEqual([at("/busy").length, at("/unwanted").length], [3, 1]);
});

test("an endpoint that is not there is tried again, and holds up nobody", async () => {
  const TopicArn = await t.topic("absent");
  await subscribe(TopicArn, "/present");
  const arn = await subscribe(TopicArn, "/absent");
  const subscriptions = t.stores.documents<{ endpoint: string }>("sns/subscription");
  const [name, uuid] = arn.split(":").slice(-2);
  await subscriptions.update(`000000000000/eu-west-1/${name}/${uuid}`, (subscription) => ({ ...subscription, endpoint: "http://127.0.0.1:1/absent" }));
  await t.sns.publish({ TopicArn, Message: "text" });
  await t.until(() => at("/present").length === 1);
  await t.until(async () => (await t.stores.queues.list({ prefix: `delivery/sns-delivery/${TopicArn}`, limit: 10 })).length === 1);
});

test("no more messages a second than the policy allows, and none is lost", async () => {
  const TopicArn = await t.topic("paced");
  await subscribe(TopicArn, "/paced", { DeliveryPolicy: JSON.stringify({ throttlePolicy: { maxReceivesPerSecond: 2 } }) });
  const startMs = t.clock.now();
  await t.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: Array.from({ length: 10 }, (_, n) => ({ Id: String(n), Message: String(n) })) });
  await t.until(() => at("/paced").length === 10);
  assert.ok(at("/paced").at(-1)!.atMs - startMs >= 4_000, "ten take four and a half seconds");
});

test("topics that ask for it have the outcome of their deliveries in CloudWatch Logs", async () => {
  const role = "arn:aws:iam::000000000000:role/feedback";
  const TopicArn = await t.topic("logged", { HTTPSuccessFeedbackRoleArn: role, HTTPSuccessFeedbackSampleRate: "100", HTTPFailureFeedbackRoleArn: role });
  await subscribe(TopicArn, "/fine");
  await subscribe(TopicArn, "/wrong");
  answers.set("/wrong", () => 403);
  const { MessageId } = await t.sns.publish({ TopicArn, Message: "Test" });
  await t.until(() => t.logged.length === 2);
  const [success, failure] = ["", "/Failure"].map((end) => JSON.parse(t.logged.find(({ group }) => group === `sns/eu-west-1/000000000000/logged${end}`)!.message)) as [any, any];
  assert.deepEqual(success, {
    notification: { messageMD5Sum: "0cbc6611f5540bd0809a388dc95a615b", messageId: MessageId, topicArn: TopicArn, timestamp: success.notification.timestamp },
    delivery: { deliveryId: success.delivery.deliveryId, destination: `${url}/fine`, providerResponse: "seen", dwellTimeMs: success.delivery.dwellTimeMs, attempts: 1, statusCode: 200 },
    status: "SUCCESS",
  });
  assert.match(success.notification.timestamp, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
  assert.deepEqual([failure.status, failure.delivery.statusCode, failure.delivery.destination], ["FAILURE", 403, `${url}/wrong`]);
  assert.ok(t.asked.some(({ actor, action, resource }) => "roleArn" in actor && actor.roleArn === role && action === "logs:PutLogEvents" && resource.startsWith("arn:aws:logs:eu-west-1:000000000000:log-group:sns/eu-west-1/000000000000/logged:log-stream:")));

  t.denied.set("logs:PutLogEvents", new Error("the role may not"));
  await t.sns.publish({ TopicArn, Message: "Test" });
  await t.until(() => t.warnings.length === 2);
  assert.equal(t.logged.length, 2);
  t.denied.clear();
});
