// Code signing configs with the real client, and what they do to code that nobody has signed; texts as recorded from AWS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateFunctionCommandInput, Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import type { MetricSeries, Metrics } from "../../ports/metrics.ts";
import { configTags } from "./code-signing.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:";
const PROFILE = "arn:aws:signer:eu-west-1:000000000000:/signing-profiles/test";
const zip = await zipOf({ "index.js": "" });
const counted: MetricSeries[] = [];
const metrics: Metrics = { series: (of) => () => { counted.push(of); }, flush: async () => undefined };
const warnings: string[] = [];
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode(), metrics, log: { debug() {}, info() {}, error() {}, warn: (line) => { warnings.push(line); } } });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const newConfig = async (policy?: "Warn" | "Enforce") =>
  (await lambda.createCodeSigningConfig({ AllowedPublishers: { SigningProfileVersionArns: [PROFILE] }, ...(policy ? { CodeSigningPolicies: { UntrustedArtifactOnDeployment: policy } } : {}) })).CodeSigningConfig!.CodeSigningConfigArn!;
const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
const create = async (FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}) => {
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
};
const refused = (name: string, message: string) => (error: Error) => {
  assert.deepEqual([error.name, error.message], [name, message]);
  return true;
};
const notSigned = (name: string) => refused("CodeVerificationFailedException", `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`);
const MISSING = `${ARN}code-signing-config:csc-00000000000000000`;

test("a code signing config lives as AWS's does", async () => {
  await create("lives");
  const made = await lambda.createCodeSigningConfig({ Description: "testing", AllowedPublishers: { SigningProfileVersionArns: [PROFILE] }, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" }, Tags: { team: "a" } });
  assert.equal(made.$metadata.httpStatusCode, 201);
  const { CodeSigningConfigId: id, CodeSigningConfigArn: arn, LastModified, ...rest } = made.CodeSigningConfig!;
  assert.match(id!, /^csc-[a-z0-9]{17}$/);
  assert.equal(arn, `${ARN}code-signing-config:${id}`);
  assert.match(LastModified!, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(rest, { Description: "testing", AllowedPublishers: { SigningProfileVersionArns: [PROFILE] }, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Enforce" } });
  const CodeSigningConfigArn = arn!;
  const updated = (await lambda.updateCodeSigningConfig({ CodeSigningConfigArn, CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" } })).CodeSigningConfig!;
  assert.deepEqual([updated.CodeSigningPolicies, updated.Description], [{ UntrustedArtifactOnDeployment: "Warn" }, "testing"]);
  assert.deepEqual((await lambda.getCodeSigningConfig({ CodeSigningConfigArn })).CodeSigningConfig, updated);
  assert.deepEqual((await lambda.listCodeSigningConfigs({})).CodeSigningConfigs, [updated]);

  assert.deepEqual((await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn })).FunctionArns, []);
  const put = await lambda.putFunctionCodeSigningConfig({ FunctionName: "lives", CodeSigningConfigArn });
  assert.deepEqual([put.FunctionName, put.CodeSigningConfigArn], ["lives", arn]);
  const got = await lambda.getFunctionCodeSigningConfig({ FunctionName: `${ARN}function:lives` });
  assert.deepEqual([got.FunctionName, got.CodeSigningConfigArn], ["lives", arn]);
  assert.deepEqual((await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn })).FunctionArns, [`${ARN}function:lives`]);
  await assert.rejects(lambda.deleteCodeSigningConfig({ CodeSigningConfigArn }), { name: "ResourceConflictException" });
  assert.equal((await lambda.deleteFunctionCodeSigningConfig({ FunctionName: "lives" })).$metadata.httpStatusCode, 204);
  assert.deepEqual((await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn })).FunctionArns, []);
  assert.equal((await lambda.deleteCodeSigningConfig({ CodeSigningConfigArn })).$metadata.httpStatusCode, 204);
  assert.deepEqual((await lambda.listCodeSigningConfigs({})).CodeSigningConfigs, []);
});

test("what is not there is said as AWS says it", async () => {
  await create("plain");
  const CodeSigningConfigArn = await newConfig();
  assert.equal((await lambda.getCodeSigningConfig({ CodeSigningConfigArn })).CodeSigningConfig!.CodeSigningPolicies!.UntrustedArtifactOnDeployment, "Warn");
  for (const arn of [MISSING, CodeSigningConfigArn.replace("000000000000", "111122223333"), CodeSigningConfigArn.replace("eu-west-1", "us-east-1"), CodeSigningConfigArn.replace("arn:aws:", "arn:aws-cn:")]) {
    const missing = refused("ResourceNotFoundException", `The Lambda code signing configuration ${arn} can not be found.`);
    await assert.rejects(lambda.getCodeSigningConfig({ CodeSigningConfigArn: arn }), missing);
    await assert.rejects(lambda.updateCodeSigningConfig({ CodeSigningConfigArn: arn }), missing);
    await assert.rejects(lambda.deleteCodeSigningConfig({ CodeSigningConfigArn: arn }), missing);
    await assert.rejects(lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: arn }), missing);
    const deleted = refused("CodeSigningConfigNotFoundException", `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`);
    for (const FunctionName of ["plain", "none"]) await assert.rejects(lambda.putFunctionCodeSigningConfig({ FunctionName, CodeSigningConfigArn: arn }), deleted);
    await assert.rejects(create("unmade", { CodeSigningConfigArn: arn }), deleted);
  }
  const noFunction = refused("ResourceNotFoundException", `Function not found: ${ARN}function:none`);
  await assert.rejects(lambda.putFunctionCodeSigningConfig({ FunctionName: "none", CodeSigningConfigArn }), noFunction);
  await assert.rejects(lambda.getFunctionCodeSigningConfig({ FunctionName: "none" }), noFunction);
  await assert.rejects(lambda.deleteFunctionCodeSigningConfig({ FunctionName: "none" }), noFunction);
  assert.equal((await lambda.deleteFunctionCodeSigningConfig({ FunctionName: "plain" })).$metadata.httpStatusCode, 204);
  const { FunctionName, CodeSigningConfigArn: none } = await lambda.getFunctionCodeSigningConfig({ FunctionName: "plain" });
  assert.deepEqual([FunctionName, none], [undefined, undefined]);
  await lambda.deleteCodeSigningConfig({ CodeSigningConfigArn });
});

test("with Enforce code and layers that nobody signed are refused, and what runs goes on", async () => {
  const CodeSigningConfigArn = await newConfig("Enforce");
  const layer = (await lambda.publishLayerVersion({ LayerName: "unsigned", Content: { ZipFile: zip } })).LayerVersionArn!;
  await assert.rejects(create("strict", { CodeSigningConfigArn }), notSigned("strict"));
  await assert.rejects(lambda.getFunction({ FunctionName: "strict" }), { name: "ResourceNotFoundException" });
  await create("strict", { Layers: [layer] });
  await lambda.putFunctionCodeSigningConfig({ FunctionName: "strict", CodeSigningConfigArn });
  for (const DryRun of [true, false]) await assert.rejects(lambda.updateFunctionCode({ FunctionName: "strict", ZipFile: zip, DryRun }), notSigned("strict"));
  const other = (await lambda.publishLayerVersion({ LayerName: "other", Content: { ZipFile: zip } })).LayerVersionArn!;
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "strict", Layers: [layer, other] }), notSigned("strict"));
  await lambda.updateFunctionConfiguration({ FunctionName: "strict", Layers: [layer], Description: "nothing new to sign" });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "strict" });
  await lambda.publishVersion({ FunctionName: "strict" });
  assert.ok(warnings.includes("Code that no allowed profile has signed was refused"));
});

test("with Warn it is let through, counted and said", async () => {
  const CodeSigningConfigArn = await newConfig("Warn");
  counted.length = warnings.length = 0;
  await create("lenient", { CodeSigningConfigArn });
  await lambda.updateFunctionCode({ FunctionName: "lenient", ZipFile: zip });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "lenient" });
  const one: MetricSeries = { account: "000000000000", region: "eu-west-1", namespace: "AWS/Lambda", name: "SignatureValidationErrors", unit: "Count", dimensions: [{}, { FunctionName: "lenient" }] };
  assert.deepEqual(counted, [one, one]);
  assert.deepEqual(warnings, Array(2).fill("Code that no allowed profile has signed was deployed"));
  await lambda.deleteFunction({ FunctionName: "lenient" });
  await lambda.deleteCodeSigningConfig({ CodeSigningConfigArn });
});

test("another config takes the place of the first, and lists go on from page to page", async () => {
  const [one, two] = [await newConfig(), await newConfig()];
  for (const name of ["paged-a", "paged-b"]) await create(name, { CodeSigningConfigArn: one });
  const first = await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: one, MaxItems: 1 });
  const second = await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: one, MaxItems: 1, Marker: first.NextMarker });
  assert.deepEqual([first.FunctionArns, second.FunctionArns, second.NextMarker], [[`${ARN}function:paged-a`], [`${ARN}function:paged-b`], undefined]);
  await lambda.putFunctionCodeSigningConfig({ FunctionName: "paged-a", CodeSigningConfigArn: two });
  assert.deepEqual((await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: one })).FunctionArns, [`${ARN}function:paged-b`]);
  assert.deepEqual((await lambda.listFunctionsByCodeSigningConfig({ CodeSigningConfigArn: two })).FunctionArns, [`${ARN}function:paged-a`]);
  const page = await lambda.listCodeSigningConfigs({ MaxItems: 1 });
  assert.equal(page.CodeSigningConfigs!.length, 1);
  assert.ok(page.NextMarker);
});

test("code signing configs have tags", async () => {
  const { CodeSigningConfigArn } = (await lambda.createCodeSigningConfig({ AllowedPublishers: { SigningProfileVersionArns: [PROFILE] }, Tags: { a: "1", b: "2" } })).CodeSigningConfig!;
  const Resource = CodeSigningConfigArn!;
  await lambda.tagResource({ Resource, Tags: { b: "3", c: "4" } });
  await lambda.untagResource({ Resource, TagKeys: ["a"] });
  assert.deepEqual((await lambda.listTags({ Resource })).Tags, { b: "3", c: "4" });
  assert.deepEqual(await configTags(room.ports)(Resource), { b: "3", c: "4" });
  await assert.rejects(lambda.tagResource({ Resource, Tags: Object.fromEntries(Array.from({ length: 49 }, (_, n) => [`t${n}`, ""])) }), refused("InvalidParameterValueException", "Number of tags exceeds resource tag limit."));
  for (const ask of [lambda.listTags({ Resource: MISSING }), lambda.tagResource({ Resource: MISSING, Tags: { a: "b" } }), lambda.untagResource({ Resource: MISSING, TagKeys: ["a"] })]) await assert.rejects(ask, refused("ResourceNotFoundException", `Code signing config not found: ${MISSING}`));
});
