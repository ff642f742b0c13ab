// What EventBridge tells the default bus of its own connections and API destinations.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { ACCOUNT, openTestEvents, queueArn, type TestEvents } from "../../../test/support/eventbridge.ts";

const BASIC = { AuthorizationType: "BASIC", AuthParameters: { BasicAuthParameters: { Username: "u", Password: "secret" } } } as const;
let t: TestEvents;
before(async () => {
  t = await openTestEvents();
  await t.rule("own", { source: ["aws.events"] }, [{ Id: "q", Arn: queueArn("own") }]);
});
after(() => t.close());

interface Told { "detail-type": string; resources: string[]; detail: Record<string, string>; time: string; account: string; region: string }
/** The events since the last time, and what they are called, in any order: each goes its own way to the queue. */
async function told(): Promise<{ events: Told[]; types: string[] }> {
  await t.settled();
  const events = t.sent.splice(0).map(({ message }) => JSON.parse(message.body) as Told);
  return { events, types: events.map((event) => event["detail-type"]).sort() };
}

test("a connection's changes are told, in AWS's shape", async () => {
  const { ConnectionArn } = await t.events.createConnection({ Name: "c", ...BASIC });
  const { events, types } = await told();
  assert.deepEqual(types, ["Connection Authorized", "Connection Creation Started"]);
  const started = events.find((event) => event["detail-type"] === "Connection Creation Started")!;
  assert.deepEqual([started.resources, started.account, started.region, Object.keys(started.detail)], [[ConnectionArn], ACCOUNT, "eu-west-1", ["ConnectionName", "Timestamp"]]);
  assert.equal(started.detail["ConnectionName"], "c");
  assert.match(started.detail["Timestamp"]!, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC$/);
  await t.events.updateConnection({ Name: "c", Description: "d" });
  assert.deepEqual((await told()).types, ["Connection Authorized", "Connection Update Started"]);
  await t.events.deauthorizeConnection({ Name: "c" });
  assert.deepEqual((await told()).types, ["Connection Deauthorization Started", "Connection Deauthorized"]);
  await t.events.deleteConnection({ Name: "c" });
  assert.deepEqual((await told()).types, ["Connection Deletion Started"]);
});

test("API destinations are told to be active, and not, as their connection is", async () => {
  const { ConnectionArn } = await t.events.createConnection({ Name: "one", ...BASIC });
  const { ConnectionArn: other } = await t.events.createConnection({ Name: "other", ...BASIC });
  await t.events.deauthorizeConnection({ Name: "other" });
  await told();
  const { ApiDestinationArn } = await t.events.createApiDestination({ Name: "d", ConnectionArn, HttpMethod: "POST", InvocationEndpoint: "https://example.com/" });
  const [activated] = (await told()).events as [Told];
  assert.deepEqual([activated["detail-type"], activated.resources, activated.detail["ApiDestinationName"]], ["API Destination Activated", [ApiDestinationArn], "d"]);
  await t.events.updateApiDestination({ Name: "d", HttpMethod: "PUT" });
  assert.deepEqual((await told()).types, []);
  await t.events.updateApiDestination({ Name: "d", ConnectionArn: other! });
  assert.deepEqual((await told()).types, ["API Destination Deactivated"]);
  await t.events.updateApiDestination({ Name: "d", ConnectionArn: ConnectionArn! });
  assert.deepEqual((await told()).types, ["API Destination Activated"]);
  await t.events.deauthorizeConnection({ Name: "one" });
  assert.deepEqual((await told()).types, ["API Destination Deactivated", "Connection Deauthorization Started", "Connection Deauthorized"]);
  await t.events.updateConnection({ Name: "one", ...BASIC });
  assert.deepEqual((await told()).types, ["API Destination Activated", "Connection Authorized", "Connection Update Started"]);
});

test("why a connection could not be authorized is told with it", async (context) => {
  const server = createServer((_request, response) => { response.writeHead(403).end(); }).listen(0, "127.0.0.1");
  context.after(() => { server.close(); server.closeAllConnections(); });
  await new Promise((listening) => { server.on("listening", listening); });
  const AuthorizationEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  await t.events.createConnection({ Name: "oauth", AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: { OAuthParameters: { ClientParameters: { ClientID: "id", ClientSecret: "cs" }, AuthorizationEndpoint, HttpMethod: "POST" } } });
  await t.until(async () => (await t.events.describeConnection({ Name: "oauth" })).ConnectionState === "DEAUTHORIZED", 500);
  const { events, types } = await told();
  assert.deepEqual(types, ["Connection Authorization Started", "Connection Creation Started", "Connection Deauthorized"]);
  assert.match(events.find((event) => event["detail-type"] === "Connection Deauthorized")!.detail["StateReason"]!, /answered 403/);
});
