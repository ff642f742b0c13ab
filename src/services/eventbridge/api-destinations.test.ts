// Connections and API destinations, with a real server at the other end.
import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";

interface Got { method: string; url: string; headers: IncomingHttpHeaders; body: string }

let t: TestEvents;
let server: Server;
let address: string;
let got: Got[] = [];
/** By path; 200 unless told. */
const answers = new Map<string, { status: number; headers?: Record<string, string>; body?: string }>();

before(async () => {
  t = await openTestEvents();
  server = createServer(async (request, response) => {
    got.push({ method: request.method!, url: request.url!, headers: request.headers, body: await text(request) });
    const { status, headers = {}, body = "" } = answers.get(request.url!.split("?")[0]!) ?? { status: 200 };
    response.writeHead(status, headers).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await t.close();
  server.closeAllConnections();
  server.close();
});

const BASIC = { AuthorizationType: "BASIC", AuthParameters: { BasicAuthParameters: { Username: "u", Password: "secret" } } } as const;

async function destination(Name: string, connection: object, more: object = {}): Promise<string> {
  const { ConnectionArn } = await t.events.createConnection({ Name, ...BASIC, ...connection } as never);
  return (await t.events.createApiDestination({ Name, ConnectionArn, InvocationEndpoint: `${address}/${Name}`, HttpMethod: "POST", ...more })).ApiDestinationArn!;
}

/** What the server got of one event to this destination. */
async function sent(name: string, Arn: string, target: object = {}, count = 1): Promise<Got[]> {
  await t.rule(name, { detail: { to: [name] } }, [{ Id: "d", Arn, ...target }]);
  got = [];
  await t.put({ to: name });
  await t.until(() => got.filter(({ url }) => url.startsWith(`/${name}`)).length >= count, 100);
  return got;
}

test("a connection is made, described without its secrets, changed and deleted", async () => {
  const { ConnectionArn, ConnectionState } = await t.events.createConnection({ Name: "c", Description: "d", ...BASIC, AuthParameters: { ...BASIC.AuthParameters, InvocationHttpParameters: { HeaderParameters: [{ Key: "a", Value: "1" }, { Key: "b", Value: "hidden", IsValueSecret: true }] } } });
  assert.match(ConnectionArn!, /^arn:aws:events:eu-west-1:000000000000:connection\/c\/[\da-f-]{36}$/);
  assert.equal(ConnectionState, "AUTHORIZED");
  const described = await t.events.describeConnection({ Name: "c" });
  assert.deepEqual(described.AuthParameters, { BasicAuthParameters: { Username: "u" }, InvocationHttpParameters: { HeaderParameters: [{ Key: "a", Value: "1" }, { Key: "b", IsValueSecret: true }] } });
  assert.doesNotMatch(JSON.stringify([described, await t.events.listConnections({})]), /secret"|hidden/);
  await t.events.updateConnection({ Name: "c", Description: "e", AuthParameters: { BasicAuthParameters: { Username: "v" } } });
  assert.deepEqual((await t.events.describeConnection({ Name: "c" })).AuthParameters!.BasicAuthParameters, { Username: "v" });
  assert.deepEqual((await t.events.listConnections({ NamePrefix: "c", ConnectionState: "AUTHORIZED" })).Connections!.map(({ Name }) => Name), ["c"]);
  await assert.rejects(t.events.createConnection({ Name: "c", ...BASIC }), { name: "ResourceAlreadyExistsException", message: "Connection c already exists." });
  await assert.rejects(t.events.createConnection({ Name: "x", ...BASIC, AuthorizationType: "API_KEY" }), { name: "ValidationException" });
  await assert.rejects(t.events.createConnection({ Name: "x", ...BASIC, InvocationConnectivityParameters: { ResourceParameters: { ResourceConfigurationArn: "arn:aws:vpc-lattice:eu-west-1:000000000000:resourceconfiguration/rcfg-12345678901234567" } } }), { name: "ValidationException", message: /^Evoke does not support InvocationConnectivityParameters/ });
  assert.equal((await t.events.deauthorizeConnection({ Name: "c" })).ConnectionState, "DEAUTHORIZING");
  assert.equal((await t.events.describeConnection({ Name: "c" })).ConnectionState, "DEAUTHORIZED");
  assert.equal((await t.events.deleteConnection({ Name: "c" })).ConnectionState, "DELETING");
  await assert.rejects(t.events.describeConnection({ Name: "c" }), { name: "ResourceNotFoundException", message: "Failed to describe the connection(s). Connection 'c' does not exist." });
});

test("an API destination is made, described, changed and deleted", async () => {
  const arn = await destination("d", {});
  const { ApiDestinationState, InvocationRateLimitPerSecond, HttpMethod, InvocationEndpoint } = await t.events.describeApiDestination({ Name: "d" });
  assert.deepEqual([ApiDestinationState, InvocationRateLimitPerSecond, HttpMethod, InvocationEndpoint], ["ACTIVE", 300, "POST", `${address}/d`]);
  await t.events.updateApiDestination({ Name: "d", HttpMethod: "PUT", InvocationRateLimitPerSecond: 10, Description: "x" });
  assert.deepEqual((await t.events.listApiDestinations({ NamePrefix: "d" })).ApiDestinations!.map((one) => [one.ApiDestinationArn, one.HttpMethod, one.InvocationRateLimitPerSecond]), [[arn, "PUT", 10]]);
  await assert.rejects(destination("plain", {}, { InvocationEndpoint: "http://example.com/" }), { name: "ValidationException", message: /InvocationEndpoint/ });
  await t.events.deleteApiDestination({ Name: "d" });
  for (const call of [() => t.events.describeApiDestination({ Name: "d" }), () => t.events.deleteApiDestination({ Name: "d" })]) await assert.rejects(call(), { name: "ResourceNotFoundException", message: "Failed to describe the api-destination(s). An api-destination 'd' does not exist." });
});

test("an event is sent with the connection's authorization, and the parameters of both", async () => {
  const InvocationHttpParameters = { HeaderParameters: [{ Key: "X-Own", Value: "connection" }], QueryStringParameters: [{ Key: "k", Value: "a b" }], BodyParameters: [{ Key: "tenant", Value: "t1" }] };
  const arn = await destination("basic", { AuthParameters: { ...BASIC.AuthParameters, InvocationHttpParameters } }, { InvocationEndpoint: `${address}/basic/*/items/*`, HttpMethod: "PUT" });
  const [{ method, url, headers, body }] = await sent("basic", arn, { HttpParameters: { PathParameterValues: ["a/b", "7"], HeaderParameters: { "X-Own": "target", "X-More": "m", Host: "evil" }, QueryStringParameters: { q: "1" } }, InputPath: "$.detail" }) as [Got];
  assert.deepEqual([method, url, JSON.parse(body)], ["PUT", "/basic/a%2Fb/items/7?q=1&k=a+b", { to: "basic", tenant: "t1" }]);
  assert.deepEqual([headers.authorization, headers["x-own"], headers["x-more"], headers["content-type"], headers["user-agent"]], [`Basic ${Buffer.from("u:secret").toString("base64")}`, "connection", "m", "application/json; charset=utf-8", "Amazon/EventBridge/ApiDestinations"]);
  assert.match(headers.host!, /^127/);
});

test("parameters of a request may be paths into the event, and what headers cannot have is not sent", async () => {
  const arn = await destination("paths", {}, { InvocationEndpoint: `${address}/paths/*` });
  const [{ url, headers }] = await sent("paths", arn, { HttpParameters: { PathParameterValues: ["$.detail.to"], HeaderParameters: { "X-To": "$.detail.to" }, QueryStringParameters: { source: "$.source" } } }) as [Got];
  assert.deepEqual([url, headers["x-to"]], ["/paths/paths?source=my.app", "paths"]);
  await t.rule("split", { source: ["split"] }, [{ Id: "t", Arn: arn, HttpParameters: { HeaderParameters: { "X-To": "$.detail.to" } }, DeadLetterConfig: { Arn: queueArn("split") } }]);
  await t.put({ to: "a\r\nX-Evil: 1" }, { Source: "split" });
  await t.until(() => t.sent.some(({ arn: to }) => to === queueArn("split")), 50);
  assert.equal(t.sent.at(-1)!.message.attributes!["ERROR_CODE"]!.value, "INVALID_PARAMETER");
});

test("a key goes into the header it is for", async () => {
  const arn = await destination("key", { AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "X-Api-Key", ApiKeyValue: "k1" } } });
  assert.equal((await sent("key", arn))[0]!.headers["x-api-key"], "k1");
});

test("client credentials are exchanged for a token, which is used as long as it lasts", async () => {
  answers.set("/token", { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ access_token: "t0", token_type: "bearer", expires_in: 3600 }) });
  got = [];
  const OAuthParameters = { ClientParameters: { ClientID: "id", ClientSecret: "cs" }, AuthorizationEndpoint: `${address}/token`, HttpMethod: "POST", OAuthHttpParameters: { BodyParameters: [{ Key: "scope", Value: "all" }] } };
  const arn = await destination("oauth", { AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: { OAuthParameters } });
  await t.until(async () => (await t.events.describeConnection({ Name: "oauth" })).ConnectionState === "AUTHORIZED", 50);
  assert.deepEqual(Object.fromEntries(new URLSearchParams(got[0]!.body)), { grant_type: "client_credentials", client_id: "id", client_secret: "cs", scope: "all" });
  const [request] = await sent("oauth", arn);
  assert.equal(request!.headers.authorization, "Bearer t0");
  assert.deepEqual(got.map(({ url }) => url), ["/oauth"], "no second token was asked for");
  answers.set("/token", { status: 403 });
  await t.events.createConnection({ Name: "refused", AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: { OAuthParameters } as never });
  await t.until(async () => (await t.events.describeConnection({ Name: "refused" })).ConnectionState === "DEAUTHORIZED", 500);
  assert.match((await t.events.describeConnection({ Name: "refused" })).StateReason!, /answered 403/);
});

test("a server that says when is tried again then, one that says no is not", async () => {
  answers.set("/later", { status: 429, headers: { "retry-after": "30" } });
  const later = await destination("later", {});
  await sent("later", later, {}, 1);
  const before = t.clock.now();
  await t.until(() => got.length === 2, 500);
  assert.ok(t.clock.now() - before >= 29_000);
  answers.set("/no", { status: 418 });
  await sent("no", await destination("no", {}), { DeadLetterConfig: { Arn: queueArn("dead") } });
  await t.until(() => t.sent.some(({ arn }) => arn === queueArn("dead")), 50);
  assert.deepEqual([t.sent.at(-1)!.message.attributes!["ERROR_CODE"]!.value, t.sent.at(-1)!.message.attributes!["ERROR_MESSAGE"]!.value], ["SDK_CLIENT_ERROR", "The API destination answered 418."]);
});
