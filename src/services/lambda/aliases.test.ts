// Aliases as the real client sees them, and how invocations are shared between two versions.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedFunctions } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { seededIds } from "../../kernel/ids.ts";
import { openDirectory } from "./directory.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:demo";
const functions = scriptedFunctions();
functions.answer = async ({ payload, version }) => ({ failed: false, payload, executedVersion: version.version });
let room: OpenRoom;
let lambda: Lambda;
const FunctionName = "demo";

before(async () => {
  room = await openRoom(service, { code: memoryCode(), functions, ids: seededIds(7) });
  lambda = new Lambda(room.clientConfig);
  const waiting = { client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 };
  await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf({ "index.js": "" }) } });
  await waitUntilFunctionActiveV2(waiting, { FunctionName });
  await lambda.publishVersion({ FunctionName });
  await lambda.updateFunctionConfiguration({ FunctionName, Timeout: 8 });
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName });
  await lambda.publishVersion({ FunctionName });
  await lambda.updateFunctionConfiguration({ FunctionName, Role: "arn:aws:iam::000000000000:role/other" });
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName });
  await lambda.publishVersion({ FunctionName });
});
after(() => room.close());

test("an alias is made, read, moved and deleted, with a new revision at every change", async () => {
  const { $metadata, ...made } = await lambda.createAlias({ FunctionName, Name: "stage", FunctionVersion: "1", Description: "for testing", RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } } });
  assert.equal($metadata.httpStatusCode, 201);
  const { RevisionId, ...rest } = made;
  assert.deepEqual(rest, { AliasArn: `${ARN}:stage`, Name: "stage", FunctionVersion: "1", Description: "for testing", RoutingConfig: { AdditionalVersionWeights: { 2: 0.2 } } });
  const { $metadata: _metadata, ...read } = await lambda.getAlias({ FunctionName, Name: "stage" });
  assert.deepEqual(read, made);
  const described = await lambda.updateAlias({ FunctionName, Name: "stage", Description: "still" });
  assert.deepEqual([described.Description, described.RoutingConfig], ["still", made.RoutingConfig]);
  assert.notEqual(described.RevisionId, RevisionId);
  await assert.rejects(lambda.updateAlias({ FunctionName, Name: "stage", FunctionVersion: "2", RevisionId }), { name: "PreconditionFailedException" });
  const moved = await lambda.updateAlias({ FunctionName, Name: "stage", FunctionVersion: "2", RoutingConfig: { AdditionalVersionWeights: {} }, RevisionId: described.RevisionId });
  assert.deepEqual([moved.FunctionVersion, moved.RoutingConfig], ["2", undefined]);
  assert.equal((await lambda.deleteAlias({ FunctionName, Name: "stage" })).$metadata.httpStatusCode, 204);
  assert.equal((await lambda.deleteAlias({ FunctionName, Name: "stage" })).$metadata.httpStatusCode, 204);
  await assert.rejects(lambda.getAlias({ FunctionName, Name: "stage" }), { name: "ResourceNotFoundException", message: `Cannot find alias arn: ${ARN}:stage` });
});

test("an alias leads to its version wherever a qualifier is taken", async () => {
  await lambda.createAlias({ FunctionName, Name: "live", FunctionVersion: "1" });
  for (const asked of [{ FunctionName, Qualifier: "live" }, { FunctionName: "demo:live" }, { FunctionName: `${ARN}:live` }]) {
    const { FunctionArn, Version, Timeout } = await lambda.getFunctionConfiguration(asked);
    assert.deepEqual([FunctionArn, Version, Timeout], [`${ARN}:live`, "1", 3]);
  }
  assert.equal((await lambda.getFunction({ FunctionName, Qualifier: "live" })).Configuration!.Version, "1");
  assert.equal((await lambda.invoke({ FunctionName, Qualifier: "live" })).ExecutedVersion, "1");
  assert.equal(functions.seen.at(-1)!.invokedArn, `${ARN}:live`);
  assert.equal((await openDirectory(room.ports).resolve(`${ARN}:live`))!.version!.version, "1");
  await lambda.updateAlias({ FunctionName, Name: "live", FunctionVersion: "2" });
  assert.equal((await lambda.invoke({ FunctionName: "demo:live" })).ExecutedVersion, "2");
  await lambda.createAlias({ FunctionName, Name: "newest", FunctionVersion: "$LATEST" });
  assert.equal((await lambda.invoke({ FunctionName, Qualifier: "newest" })).ExecutedVersion, "$LATEST");
});

test("invocations are shared between two versions as the weights say, and each says which one ran", async () => {
  await lambda.createAlias({ FunctionName, Name: "canary", FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } } });
  const ran: Record<string, number> = { 1: 0, 2: 0 };
  for (let n = 0; n < 400; n++) ran[(await lambda.invoke({ FunctionName, Qualifier: "canary" })).ExecutedVersion!]!++;
  assert.ok(ran["2"]! > 70 && ran["2"]! < 130, `${ran["2"]} of 400 went to version 2`);
  assert.equal((await lambda.getFunctionConfiguration({ FunctionName, Qualifier: "canary" })).Version, "1");
});

test("what an alias cannot be is refused in AWS's words", async () => {
  const refused = (name: string, message: string, given: object) => assert.rejects(lambda.createAlias({ FunctionName, Name: "wrong", FunctionVersion: "1", ...given }), { name, message });
  const weights = (AdditionalVersionWeights: Record<string, number>) => ({ RoutingConfig: { AdditionalVersionWeights } });
  await refused("InvalidParameterValueException", "Number of items in AdditionalVersionWeights cannot be greater than 1", weights({ 2: 0.1, 3: 0.1 }));
  await refused("InvalidParameterValueException", "Invalid function version 1. Function version 1 is already included in routing configuration.", weights({ 1: 0.5 }));
  await refused("InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version", { FunctionVersion: "$LATEST", ...weights({ 1: 0.5 }) });
  await refused("InvalidParameterValueException", "The versions of an alias with routing configuration must have the same execution role.", weights({ 3: 0.5 }));
  await refused("ResourceNotFoundException", `Function not found: ${ARN}:10`, { FunctionVersion: "10" });
  await refused("ResourceNotFoundException", `Function not found: ${ARN}:10`, weights({ 10: 0.5 }));
  await refused("ResourceNotFoundException", `Function not found: ${ARN}-unknown:1`, { FunctionName: "demo-unknown" });
  await refused("ValidationException", "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)", { Name: "2024" });
  await assert.rejects(lambda.createAlias({ FunctionName, Name: "wrong", FunctionVersion: "1", ...weights({ 2: 2 }) }), { name: "ValidationException" });
  await assert.rejects(lambda.createAlias({ FunctionName, Name: "wrong", FunctionVersion: "1", ...weights({ $LATEST: 0.5 }) }), { name: "ValidationException" });
  await assert.rejects(lambda.getAlias({ FunctionName, Name: "wrong" }), { message: `Cannot find alias arn: ${ARN}:wrong` });
  await assert.rejects(lambda.updateAlias({ FunctionName, Name: "wrong" }), { name: "ResourceNotFoundException", message: `Alias not found: ${ARN}:wrong` });
  await lambda.createAlias({ FunctionName, Name: "2024-01-02", FunctionVersion: "1" });
  await assert.rejects(lambda.createAlias({ FunctionName, Name: "2024-01-02", FunctionVersion: "1" }), { name: "ResourceConflictException", message: `Alias already exists: ${ARN}:2024-01-02` });
});

test("aliases are listed, all or those of one version", async () => {
  await lambda.createAlias({ FunctionName, Name: "third", FunctionVersion: "3" });
  assert.deepEqual((await lambda.listAliases({ FunctionName, FunctionVersion: "3" })).Aliases!.map(({ Name }) => Name), ["third"]);
  const names: string[] = [];
  for (let Marker: string | undefined; ;) {
    const page = await lambda.listAliases({ FunctionName, MaxItems: 2, Marker });
    names.push(...page.Aliases!.map(({ Name }) => Name!));
    Marker = page.NextMarker;
    if (!Marker) break;
  }
  assert.deepEqual(names, ["2024-01-02", "canary", "live", "newest", "third"]);
  await assert.rejects(lambda.listAliases({ FunctionName: "nobody" }), { message: `Function not found: ${ARN.replace("demo", "nobody")}` });
});
