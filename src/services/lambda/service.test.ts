// Functions from creation to deletion, driven by the real SDK client over real stores.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateFunctionCommandInput, Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { runtimeVersionArn } from "../../kernel/runtime-version.ts";
import { openFunctionVersions } from "./function-versions.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
const zip = await zipOf({ "index.mjs": "export const handler = async () => 1;" });
const otherZip = await zipOf({ "index.mjs": "export const handler = async () => 2;" });

let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode(), access: { mode: "off", decide: async () => ({ allowed: false, explicit: false, sentence: "", grant: "" }), check: async () => undefined } });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const request = (FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput =>
  ({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
const active = (FunctionName: string) => waitUntilFunctionActiveV2(waiting(), { FunctionName });
const updated = (FunctionName: string) => waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
const create = async (name: string, more: Partial<CreateFunctionCommandInput> = {}) => {
  await lambda.createFunction(request(name, more));
  await active(name);
};

test("a new function is Pending with every default, then Active under another revision", async () => {
  const { $metadata, ...created } = await lambda.createFunction(request("first", { Environment: { Variables: { STAGE: "dev" } }, Tags: { team: "a" } }));
  assert.equal($metadata.httpStatusCode, 201);
  const { LastModified, CodeSha256, RevisionId, ...fixed } = created;
  assert.match(LastModified!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.match(CodeSha256!, /^[A-Za-z0-9+/]{43}=$/);
  assert.match(RevisionId!, /^[0-9a-f-]{36}$/);
  assert.deepEqual(fixed, {
    FunctionName: "first", FunctionArn: `${ARN}first`, Runtime: "nodejs24.x", Role: "arn:aws:iam::000000000000:role/r", Handler: "index.handler",
    CodeSize: zip.byteLength, Description: "", Timeout: 3, MemorySize: 128, Version: "$LATEST", Environment: { Variables: { STAGE: "dev" } },
    TracingConfig: { Mode: "PassThrough" }, State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating",
    PackageType: "Zip", Architectures: ["x86_64"], EphemeralStorage: { Size: 512 }, SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/first" }, RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn("eu-west-1", "nodejs24.x", "1.0.0") },
  });
  await active("first");
  const { Configuration, Code, Tags } = await lambda.getFunction({ FunctionName: "first" });
  assert.equal(Configuration!.State, "Active");
  assert.equal(Configuration!.LastUpdateStatus, "Successful");
  assert.equal(Configuration!.StateReason, undefined);
  assert.notEqual(Configuration!.RevisionId, RevisionId);
  assert.equal(Code!.RepositoryType, "S3");
  assert.match(Code!.Location!, /^http:.*\/_evoke\/code\/[0-9a-f]{64}$/);
  assert.deepEqual(Tags, { team: "a" });
});

test("the name can be written four ways, and $LATEST shows in the ARN when the caller says it", async () => {
  await create("named");
  for (const FunctionName of ["named", "000000000000:function:named", `${ARN}named`]) assert.equal((await lambda.getFunctionConfiguration({ FunctionName })).FunctionArn, `${ARN}named`);
  for (const asked of [{ FunctionName: "named:$LATEST" }, { FunctionName: "named", Qualifier: "$LATEST" }]) assert.equal((await lambda.getFunctionConfiguration(asked)).FunctionArn, `${ARN}named:$LATEST`);
  await assert.rejects(lambda.getFunction({ FunctionName: "named", Qualifier: "7" }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}named:7` });
  await assert.rejects(lambda.getFunction({ FunctionName: "named:7", Qualifier: "8" }), /derived qualifier from the function name does not match/);
  await assert.rejects(lambda.getFunction({ FunctionName: ARN.replace("eu-west-1", "us-east-1") + "named" }), /Functions from 'us-east-1' are not reachable in this region \('eu-west-1'\)/);
  await assert.rejects(lambda.getFunction({ FunctionName: ARN.replace("000000000000", "111111111111") + "named" }), { name: "AccessDeniedException" });
});

test("a second function of the same name, or one that is not there, is refused", async () => {
  await create("twice");
  await assert.rejects(lambda.createFunction(request("twice")), { name: "ResourceConflictException", message: "Function already exist: twice", Type: "User" });
  await assert.rejects(lambda.getFunction({ FunctionName: "nobody" }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}nobody`, Type: "User" });
  await assert.rejects(lambda.deleteFunction({ FunctionName: "nobody" }), { name: "ResourceNotFoundException" });
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "nobody", ZipFile: zip }), { name: "ResourceNotFoundException" });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "nobody" }), { name: "ResourceNotFoundException" });
});

test("a new name has at most 64 characters, and a longer one names nothing", async () => {
  const FunctionName = "a".repeat(65);
  await assert.rejects(lambda.createFunction(request(FunctionName)), { name: "InvalidParameterValueException", message: `1 validation error detected: Value '${FunctionName}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64` });
  await assert.rejects(lambda.getFunction({ FunctionName }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}${FunctionName}` });
  await assert.rejects(lambda.deleteFunction({ FunctionName: `${ARN}nobody`, Qualifier: "$latest" }), { message: `Function not found: ${ARN}nobody` });
});

test("new settings show at once, run when the update has finished, and leave the rest alone", async () => {
  await create("changing", { Timeout: 10 });
  const versions = openFunctionVersions(room.ports);
  const before = await versions.find(`${ARN}changing`);
  const { $metadata: _metadata, ...accepted } = await lambda.updateFunctionConfiguration({ FunctionName: "changing", MemorySize: 256, Environment: { Variables: { A1: "1" } } });
  assert.equal(accepted.MemorySize, 256);
  assert.equal(accepted.Timeout, 10);
  assert.deepEqual([accepted.State, accepted.LastUpdateStatus, accepted.LastUpdateStatusReason, accepted.LastUpdateStatusReasonCode], ["Active", "InProgress", "The function is being created.", "Creating"]);
  await updated("changing");
  const after = await lambda.getFunctionConfiguration({ FunctionName: "changing" });
  assert.equal(after.LastUpdateStatus, "Successful");
  assert.equal(after.LastUpdateStatusReason, undefined);
  assert.notEqual(after.RevisionId, accepted.RevisionId);
  const live = await versions.find(`${ARN}changing:$LATEST`);
  assert.equal(live!.memoryMb, 256);
  assert.deepEqual(live!.environment, { A1: "1" });
  assert.notEqual(live!.revision, before!.revision);
});

test("a change that does not reach the function keeps its environments, and so do tags, which have a revision of their own", async () => {
  await create("described");
  const versions = openFunctionVersions(room.ports);
  const before = await versions.find(`${ARN}described`);
  await lambda.updateFunctionConfiguration({ FunctionName: "described", Description: "what it does" });
  await updated("described");
  const { RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "described" });
  await lambda.tagResource({ Resource: `${ARN}described`, Tags: { a: "b" } });
  assert.notEqual((await lambda.getFunctionConfiguration({ FunctionName: "described" })).RevisionId, RevisionId);
  assert.equal((await versions.find(`${ARN}described`))!.revision, before!.revision);
});

test("new code changes hash, size and revision; a dry run changes nothing", async () => {
  await create("coded");
  const first = await lambda.getFunctionConfiguration({ FunctionName: "coded" });
  const dry = await lambda.updateFunctionCode({ FunctionName: "coded", ZipFile: otherZip, DryRun: true });
  assert.notEqual(dry.CodeSha256, first.CodeSha256);
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "coded" })).RevisionId, first.RevisionId);
  await lambda.updateFunctionCode({ FunctionName: "coded", ZipFile: otherZip, Architectures: ["arm64"] });
  await updated("coded");
  const second = await lambda.getFunctionConfiguration({ FunctionName: "coded" });
  assert.equal(second.CodeSha256, dry.CodeSha256);
  assert.equal(second.CodeSize, otherZip.byteLength);
  assert.deepEqual(second.Architectures, ["arm64"]);
  assert.notEqual(second.LastModified, undefined);
});

test("a RevisionId that is no longer current is refused", async () => {
  await create("locked");
  const { RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "locked" });
  await lambda.updateFunctionConfiguration({ FunctionName: "locked", Timeout: 4, RevisionId });
  await updated("locked");
  const refused = { name: "PreconditionFailedException", message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id" };
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "locked", Timeout: 5, RevisionId }), refused);
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "locked", ZipFile: zip, RevisionId }), refused);
});

test("code that is no zip, empty, missing, or elsewhere is refused in AWS's words", async () => {
  const refused = (Code: CreateFunctionCommandInput["Code"], message: RegExp) => assert.rejects(lambda.createFunction(request("broken", { Code })), { name: "InvalidParameterValueException", message });
  await refused({ ZipFile: Buffer.from("hello") }, /^Could not unzip uploaded file\. Please check your file, then try to upload again\.$/);
  await refused({ ZipFile: new Uint8Array() }, /non-empty zip/);
  await refused({ ZipFile: await zipOf({}) }, /^Uploaded file must be a non-empty zip$/);
  await refused({}, /^Please provide a source for function code\.$/);
  await refused({ S3Bucket: "bucket" }, /^Please provide a source for function code\.$/);
  await refused({ S3Bucket: "bucket", S3Key: "key", ZipFile: zip }, /^Please do not provide other FunctionCode parameters when providing a ZipFile\.$/);
  await refused({ S3Bucket: "bucket", S3Key: "key", S3ObjectStorageMode: "REFERENCE" }, /^Evoke does not support the S3ObjectStorageMode REFERENCE/);
  await assert.rejects(lambda.createFunction(request("broken", { Code: { ZipFile: new Uint8Array(52_428_801) } })), { name: "RequestEntityTooLargeException", message: "Zipped size must be smaller than 52428800 bytes" });
  await assert.rejects(lambda.getFunction({ FunctionName: "broken" }), { name: "ResourceNotFoundException" });
});

test("a function made of a zip takes no image", async () => {
  await create("zipped");
  await assert.rejects(lambda.updateFunctionCode({ FunctionName: "zipped", ImageUri: "000000000000.dkr.ecr.eu-west-1.amazonaws.com/x:y" }), { name: "InvalidParameterValueException", message: "Please don't provide ImageUri when updating a function with packageType Zip." });
});

test("functions are listed page by page, without states, and with $LATEST when all versions are asked for", async () => {
  for (const name of ["list-a", "list-b", "list-c"]) await create(name);
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await lambda.listFunctions({ MaxItems: 2, Marker });
    assert.ok(page.Functions!.length <= 2);
    assert.ok(page.Functions!.every(({ State }) => State === undefined));
    names.push(...page.Functions!.map(({ FunctionName }) => FunctionName!));
    Marker = page.NextMarker;
  } while (Marker);
  assert.deepEqual(names.filter((name) => name.startsWith("list-")), ["list-a", "list-b", "list-c"]);
  assert.equal(new Set(names).size, names.length);
  const all = await lambda.listFunctions({ FunctionVersion: "ALL" });
  assert.ok(all.Functions!.every(({ FunctionArn }) => FunctionArn!.endsWith(":$LATEST")));
  await assert.rejects(lambda.listFunctions({ Marker: "mine" }), { name: "InvalidParameterValueException" });
});

test("tags are added, listed and removed on the function alone, 50 at most", async () => {
  await create("tagged");
  const Resource = `${ARN}tagged`;
  await lambda.tagResource({ Resource, Tags: { a: "1", b: "2" } });
  await assert.rejects(lambda.tagResource({ Resource, Tags: { c: "3", "AWS:x": "4" } }), { name: "InvalidParameterValueException", message: /reserved for AWS use: AWS:x/ });
  await lambda.untagResource({ Resource, TagKeys: ["a", "z"] });
  assert.deepEqual((await lambda.listTags({ Resource })).Tags, { b: "2" });
  await assert.rejects(lambda.tagResource({ Resource, Tags: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, "v"])) }), { message: "Number of tags exceeds resource tag limit." });
  await assert.rejects(lambda.tagResource({ Resource, Tags: {} }), { name: "InvalidParameterValueException", message: "An error occurred and the request cannot be processed." });
  await assert.rejects(lambda.listTags({ Resource: `${Resource}:$LATEST` }), { message: "Tags on function aliases and versions are not supported. Please specify a function ARN." });
  await assert.rejects(lambda.listTags({ Resource: `${ARN}nobody` }), { name: "ResourceNotFoundException" });
});

test("a deleted function is gone, for the engine too, and its name can be taken again", async () => {
  await create("gone");
  await assert.rejects(lambda.deleteFunction({ FunctionName: "gone", Qualifier: "$LATEST" }), { message: "$LATEST version cannot be deleted without deleting the function." });
  const { $metadata } = await lambda.deleteFunction({ FunctionName: "gone" });
  assert.equal($metadata.httpStatusCode, 204);
  assert.equal(await openFunctionVersions(room.ports).find(`${ARN}gone`), undefined);
  await create("gone");
});

test("the account's limits and usage are counted", async () => {
  const { AccountUsage: before } = await lambda.getAccountSettings({});
  await create("counted");
  const { AccountLimit, AccountUsage } = await lambda.getAccountSettings({});
  assert.deepEqual(AccountLimit, { TotalCodeSize: 80530636800, CodeSizeUnzipped: 262144000, CodeSizeZipped: 52428800, ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 1000 });
  assert.deepEqual(AccountUsage, { TotalCodeSize: before!.TotalCodeSize! + zip.byteLength, FunctionCount: before!.FunctionCount! + 1 });
  await lambda.deleteFunction({ FunctionName: "counted" });
  assert.deepEqual((await lambda.getAccountSettings({})).AccountUsage, before);
});

test("what tools read after creating answers for a function without such settings", async () => {
  await create("plain");
  assert.equal((await lambda.getFunctionCodeSigningConfig({ FunctionName: "plain" })).CodeSigningConfigArn, undefined);
  assert.equal((await lambda.getFunctionConcurrency({ FunctionName: "plain" })).ReservedConcurrentExecutions, undefined);
  assert.equal((await lambda.getRuntimeManagementConfig({ FunctionName: "plain" })).UpdateRuntimeOn, "Auto");
});

test("whether a function may call itself is Terminate until it is allowed", async () => {
  await create("looping");
  assert.equal((await lambda.getFunctionRecursionConfig({ FunctionName: "looping" })).RecursiveLoop, "Terminate");
  assert.equal((await lambda.putFunctionRecursionConfig({ FunctionName: "looping", RecursiveLoop: "Allow" })).RecursiveLoop, "Allow");
  assert.equal((await lambda.getFunctionRecursionConfig({ FunctionName: `${ARN}looping` })).RecursiveLoop, "Allow");
  assert.equal((await lambda.putFunctionRecursionConfig({ FunctionName: "looping", RecursiveLoop: "Terminate" })).RecursiveLoop, "Terminate");
  await assert.rejects(lambda.putFunctionRecursionConfig({ FunctionName: "looping", RecursiveLoop: "InvalidValue" as "Allow" }), { name: "ValidationException", message: /^1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: Member must satisfy enum value set: \[/ });
  await assert.rejects(lambda.getFunctionRecursionConfig({ FunctionName: "nobody" }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}nobody` });
  await assert.rejects(lambda.putFunctionRecursionConfig({ FunctionName: "nobody", RecursiveLoop: "Allow" }), { name: "ResourceNotFoundException" });
});

