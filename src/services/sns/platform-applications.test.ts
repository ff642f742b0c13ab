// Platform applications and endpoints, driven by the real SDK client. Sentences recorded from AWS unless errors.ts says otherwise.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { paginateListEndpointsByPlatformApplication, paginateListPlatformApplications, SNS } from "@aws-sdk/client-sns";
import { openTestDelivery } from "../../../test/support/delivery.ts";
import { openRoom } from "../../../test/support/room.ts";
import { sns as service } from "./service.ts";

const delivery = await openTestDelivery();
const room = await openRoom(service, { stores: delivery.stores, clock: delivery.clock, lanes: delivery.delivery.lanes });
const sns = new SNS(room.clientConfig);
after(async () => {
  await room.close();
  await delivery.close();
});

const secrets = { PlatformPrincipal: "me", PlatformCredential: "secret" };
const made = async (Name: string) => (await sns.createPlatformApplication({ Name, Platform: "ADM", Attributes: secrets })).PlatformApplicationArn!;
const invalid = (message: string) => ({ name: "InvalidParameterException", message: `Invalid parameter: ${message}` });
const NO_APPLICATION = { name: "NotFoundException", message: "PlatformApplication does not exist" };
const NO_ENDPOINT = { name: "NotFoundException", message: "Endpoint does not exist" };
const NO_ATTRIBUTES = { name: "ValidationError", message: /Value null at 'attributes' failed to satisfy constraint/ };

test("an application keeps its secrets to itself, and is made twice only with the same", async () => {
  const arn = await made("app");
  assert.equal(arn, "arn:aws:sns:eu-west-1:000000000000:app/ADM/app");
  assert.equal(await made("app"), arn);
  await assert.rejects(sns.createPlatformApplication({ Name: "app", Platform: "ADM", Attributes: { ...secrets, PlatformCredential: "other" } }), { name: "InvalidParameterException" });
  await sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: { SuccessFeedbackSampleRate: "50", PlatformCredential: "new", PlatformPrincipal: "me" } });
  assert.deepEqual((await sns.getPlatformApplicationAttributes({ PlatformApplicationArn: arn })).Attributes, { Enabled: "true", SuccessFeedbackSampleRate: "50" });
  await sns.createPlatformApplication({ Name: "firebase", Platform: "GCM", Attributes: { PlatformCredential: "key" } });
  for (let n = 0; n < 2; n++) await sns.deletePlatformApplication({ PlatformApplicationArn: arn });
  await assert.rejects(sns.getPlatformApplicationAttributes({ PlatformApplicationArn: arn }), NO_APPLICATION);
});

test("names, platforms and attributes of applications are checked", async () => {
  const create = (Name: string, Platform = "ADM", Attributes: Record<string, string> = secrets) => sns.createPlatformApplication({ Name, Platform, Attributes });
  await assert.rejects(create(""), invalid(" Reason: cannot be empty"));
  await assert.rejects(create("a".repeat(257)), invalid(`${"a".repeat(257)} Reason: must be at most 256 characters long`));
  await assert.rejects(create("@name"), invalid("@name Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'"));
  await assert.rejects(create("name", "AAA"), invalid("Platform Reason: AAA is not supported"));
  await assert.rejects(create("name", "ADM", {}), NO_ATTRIBUTES);
  await assert.rejects(create("name", "ADM", { PlatformPrincipal: "x" }), invalid("Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential"));
  await assert.rejects(create("name", "ADM", { PlatformCredential: "x" }), invalid("Attributes Reason: PlatformCredential attribute provided without PlatformPrincipal"));
  await assert.rejects(create("name", "ADM", { ...secrets, EventEndpointCreated: "arn:aws:sns:eu-west-1:000000000000:t" }), /Evoke does not support EventEndpointCreated of platform applications yet/);
  await assert.rejects(sns.getPlatformApplicationAttributes({ PlatformApplicationArn: "x" }), invalid("PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1"));
  const none = "arn:aws:sns:eu-west-1:000000000000:app/ADM/none";
  await assert.rejects(sns.setPlatformApplicationAttributes({ PlatformApplicationArn: none, Attributes: {} }), NO_ATTRIBUTES);
  await assert.rejects(sns.setPlatformApplicationAttributes({ PlatformApplicationArn: none, Attributes: { PlatformPrincipal: "x" } }), NO_APPLICATION);
});

test("a device's token has one endpoint, told by its ARN when it is asked for with other attributes", async () => {
  const PlatformApplicationArn = await made("tokens");
  const create = (Token: string, more: { CustomUserData?: string; Attributes?: Record<string, string> } = {}) => sns.createPlatformEndpoint({ PlatformApplicationArn, Token, ...more });
  const { EndpointArn } = await create("token_1", { CustomUserData: "bar", Attributes: { CustomUserData: "foo" } });
  assert.match(EndpointArn!, /^arn:aws:sns:eu-west-1:000000000000:endpoint\/ADM\/tokens\/[0-9a-f-]{36}$/);
  const attributes = async () => (await sns.getEndpointAttributes({ EndpointArn })).Attributes;
  assert.deepEqual(await attributes(), { CustomUserData: "foo", Enabled: "true", Token: "token_1" });
  assert.equal((await create("token_1", { CustomUserData: "foo" })).EndpointArn, EndpointArn);
  const differs = invalid(`Token Reason: Endpoint ${EndpointArn} already exists with the same Token, but different attributes.`);
  await assert.rejects(create("token_1", { CustomUserData: "other" }), differs);
  const second = (await create("token_2")).EndpointArn!;
  await assert.rejects(sns.setEndpointAttributes({ EndpointArn: second, Attributes: { Token: "token_1" } }), differs);
  await sns.setEndpointAttributes({ EndpointArn, Attributes: { Token: "token_3", Enabled: "false" } });
  assert.deepEqual(await attributes(), { CustomUserData: "foo", Enabled: "false", Token: "token_3" });
  await sns.setEndpointAttributes({ EndpointArn: second, Attributes: { Token: "token_1" } });
  await sns.deleteEndpoint({ EndpointArn: second });
  await sns.deleteEndpoint({ EndpointArn: second });
  assert.notEqual((await create("token_1")).EndpointArn, second);
});

test("attributes and ARNs of endpoints are checked", async () => {
  const PlatformApplicationArn = await made("checked");
  const { EndpointArn } = await sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "t" });
  for (const [Attributes, message] of [
    [{ PlatformPrincipal: "x" }, "Invalid attribute name: PlatformPrincipal"], [{ InvalidKey: "x" }, "Invalid attribute name: InvalidKey"], [{ CustomUserData: "é".repeat(1025) }, "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"],
  ] as [Record<string, string>, string][]) {
    await assert.rejects(sns.setEndpointAttributes({ EndpointArn, Attributes }), invalid(`Attributes Reason: ${message}`));
    await assert.rejects(sns.createPlatformEndpoint({ PlatformApplicationArn, Token: "t2", Attributes }), invalid(`Attributes Reason: ${message}`));
  }
  await assert.rejects(sns.setEndpointAttributes({ EndpointArn, Attributes: {} }), NO_ATTRIBUTES);
  const Attributes = { Enabled: "true" };
  await assert.rejects(sns.setEndpointAttributes({ EndpointArn: PlatformApplicationArn, Attributes }), invalid("EndpointArn Reason: Wrong number of slashes in relative portion of the ARN."));
  await assert.rejects(sns.setEndpointAttributes({ EndpointArn: `${EndpointArn}0`, Attributes }), NO_ENDPOINT);
  await assert.rejects(sns.getEndpointAttributes({ EndpointArn: `${EndpointArn}0` }), NO_ENDPOINT);
  await assert.rejects(sns.createPlatformEndpoint({ PlatformApplicationArn: `${PlatformApplicationArn}0`, Token: "t" }), NO_APPLICATION);
  const { TopicArn } = await sns.createTopic({ Name: "push" });
  assert.match((await sns.subscribe({ TopicArn, Protocol: "application", Endpoint: EndpointArn })).SubscriptionArn!, /^arn:/);
});

test("applications and endpoints are listed page by page, and endpoints go with their application", async () => {
  const PlatformApplicationArn = await made("paged");
  for (let n = 0; n < 101; n++) {
    await made(`paged-${n}`);
    await sns.createPlatformEndpoint({ PlatformApplicationArn, Token: `t${n}` });
  }
  const applications = new Set<string>();
  for await (const page of paginateListPlatformApplications({ client: sns }, {})) for (const one of page.PlatformApplications!) applications.add(one.PlatformApplicationArn!);
  assert.ok(applications.size > 101);
  const endpoints: string[] = [];
  for await (const page of paginateListEndpointsByPlatformApplication({ client: sns }, { PlatformApplicationArn })) endpoints.push(...page.Endpoints!.map(({ EndpointArn }) => EndpointArn!));
  assert.equal(new Set(endpoints).size, 101);
  await sns.deletePlatformApplication({ PlatformApplicationArn });
  await assert.rejects(sns.listEndpointsByPlatformApplication({ PlatformApplicationArn }), NO_APPLICATION);
  await assert.rejects(sns.getEndpointAttributes({ EndpointArn: endpoints[0] }), NO_ENDPOINT);
  assert.equal(await made("paged"), PlatformApplicationArn);
  assert.deepEqual((await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn })).Endpoints ?? [], []);
});
