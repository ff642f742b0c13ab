// Layers with the real client: numbers, lists, filters, policies, and what a function may be given; texts as recorded from AWS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateFunctionCommandInput, Lambda, type PublishLayerVersionCommandInput, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { type MemoryCode, memoryCode } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { virtualClock } from "../../kernel/clock.ts";
import { LAMBDA } from "../../kernel/limits.ts";
import { type CodePackages } from "../../ports/code.ts";
import { LAYER_VERSIONS, type LayerVersion, layerVersionId } from "./layer.ts";
import { layerPolicy } from "./layer-lookup.ts";
import { lambda as service } from "./service.ts";
import { USAGE, type Usage, usageId } from "./usage.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:layer:";
const zip = await zipOf({ "python/one.py": "" });
const sizes = new Map<string, number>();
/** As the real one, with sizes that a test says. */
const code: MemoryCode = (() => {
  const memory = memoryCode();
  const sized = (read: CodePackages["add"]): CodePackages["add"] => async (bytes) => {
    const added = await read(bytes);
    return { ...added, unzippedBytes: sizes.get(added.id) ?? added.unzippedBytes };
  };
  return { ...memory, add: sized(memory.add), check: sized(memory.check) };
})();
const clock = virtualClock();
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code, clock });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const publish = (LayerName: string, more: Partial<PublishLayerVersionCommandInput> = {}) => lambda.publishLayerVersion({ LayerName, Content: { ZipFile: zip }, ...more });
const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
const create = async (FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}) => {
  const made = await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
  return made;
};
const refused = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name, error.message);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};
const used = async () => (await lambda.getAccountSettings({})).AccountUsage!.TotalCodeSize!;

test("a layer version shows what it was published with, and numbers are never given twice", async () => {
  const before = await used();
  const { $metadata: { httpStatusCode }, ...first } = await publish("numbers", { Description: "d", LicenseInfo: "MIT", CompatibleRuntimes: ["python3.12", "nodejs12.x"], CompatibleArchitectures: ["x86_64"] });
  assert.equal(httpStatusCode, 201);
  assert.match(first.CreatedDate!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
  assert.deepEqual({ ...first, CreatedDate: "", Content: { ...first.Content, CodeSha256: "", Location: "" } }, {
    LayerArn: `${ARN}numbers`, LayerVersionArn: `${ARN}numbers:1`, Version: 1, Description: "d", LicenseInfo: "MIT", CreatedDate: "", CompatibleRuntimes: ["python3.12", "nodejs12.x"], CompatibleArchitectures: ["x86_64"],
    Content: { CodeSha256: "", CodeSize: zip.byteLength, Location: "" },
  });
  for (const read of [lambda.getLayerVersion({ LayerName: "numbers", VersionNumber: 1 }), lambda.getLayerVersion({ LayerName: `${ARN}numbers`, VersionNumber: 1 }), lambda.getLayerVersionByArn({ Arn: `${ARN}numbers:1` })]) {
    const { $metadata: { httpStatusCode: status }, ...shown } = await read;
    assert.deepEqual([status, shown], [200, first]);
  }
  const bare = await publish("numbers", { CompatibleRuntimes: [], CompatibleArchitectures: [] });
  assert.deepEqual([bare.Version, bare.Description, bare.CompatibleRuntimes, bare.CompatibleArchitectures], [2, "", [], []]);
  assert.equal(await used() - before, 2 * zip.byteLength);
  for (let twice = 0; twice < 2; twice++) for (const VersionNumber of [1, 2]) assert.equal((await lambda.deleteLayerVersion({ LayerName: "numbers", VersionNumber })).$metadata.httpStatusCode, 204);
  assert.equal(await used(), before);
  assert.deepEqual((await lambda.listLayerVersions({ LayerName: "numbers" })).LayerVersions, []);
  assert.equal((await publish("numbers")).Version, 3);
});

test("a layer version that is not there is not found, and deleted all the same", async () => {
  const there = refused("ResourceNotFoundException", "The resource you requested does not exist.");
  await publish("only");
  await assert.rejects(lambda.getLayerVersion({ LayerName: "none", VersionNumber: 1 }), there);
  for (const VersionNumber of [2, 99_999_999_999]) await assert.rejects(lambda.getLayerVersion({ LayerName: "only", VersionNumber }), there);
  for (const Arn of [`${ARN}only:2`, `${ARN}only:01`, "arn:aws-cn:lambda:eu-west-1:000000000000:layer:only:1"]) await assert.rejects(lambda.getLayerVersionByArn({ Arn }), there);
  for (const VersionNumber of [0, -1]) {
    const below = refused("InvalidParameterValueException", "Layer Version Cannot be less than 1");
    await assert.rejects(lambda.getLayerVersion({ LayerName: "only", VersionNumber }), below);
    await assert.rejects(lambda.deleteLayerVersion({ LayerName: "only", VersionNumber }), below);
  }
  await assert.rejects(lambda.getLayerVersionByArn({ Arn: `${ARN}only` }), refused("ValidationException", /^1 validation error detected: Value 'arn:aws:lambda:eu-west-1:000000000000:layer:only' at 'arn' failed to satisfy constraint: Member must satisfy regular expression pattern/));
  await lambda.deleteLayerVersion({ LayerName: "none", VersionNumber: 7 });
  assert.deepEqual((await lambda.listLayerVersions({ LayerName: "none" })).LayerVersions, []);
});

test("what is no layer is refused", async () => {
  await assert.rejects(publish("bad", { Content: { ZipFile: Buffer.from("no zip") } }), refused("InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again."));
  await assert.rejects(publish("bad", { Content: { S3Bucket: "bucket", S3Key: "k", S3ObjectStorageMode: "REFERENCE" } }), refused("InvalidParameterValueException", /^Evoke does not support the S3ObjectStorageMode REFERENCE/));
  await assert.rejects(publish("bad", { Content: {} }), refused("InvalidParameterValueException", "Please provide a source for layer code."));
  await assert.rejects(publish("bad", { CompatibleRuntimes: ["cobol", "nodejs20.x"] as never }), refused("ValidationException", /^1 validation error detected: Value '\[cobol, nodejs20.x\]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: \[/));
  await assert.rejects(lambda.listLayers({ CompatibleRuntime: "cobol" as never }), refused("ValidationException", /Value 'cobol' at 'compatibleRuntime' failed/));
  await assert.rejects(lambda.listLayers({ CompatibleArchitecture: "z80" as never }), refused("ValidationException", "1 validation error detected: Value 'z80' at 'compatibleArchitecture' failed to satisfy constraint: Member must satisfy enum value set: [x86_64, arm64]"));
  await assert.rejects(publish("arn:aws:lambda:us-east-1:000000000000:layer:far"), refused("ResourceNotFoundException", "Layers from 'us-east-1' are not reachable in this region ('eu-west-1')"));
  assert.deepEqual((await lambda.listLayerVersions({ LayerName: "bad" })).LayerVersions, []);
});

test("lists begin with the newest version, are filtered, and go on from page to page", async () => {
  for (const [runtime, architecture] of [["python3.12", "x86_64"], ["nodejs22.x", "arm64"], ["python3.12", "arm64"], [undefined, undefined]] as const)
    await publish("listed", { ...(runtime ? { CompatibleRuntimes: [runtime] } : {}), ...(architecture ? { CompatibleArchitectures: [architecture] } : {}) });
  await publish("listed-too", { CompatibleRuntimes: ["nodejs22.x"] });
  const versions = async (filter: object) => (await lambda.listLayerVersions({ LayerName: "listed", ...filter })).LayerVersions!.map(({ Version }) => Version);
  assert.deepEqual(await versions({}), [4, 3, 2, 1]);
  assert.deepEqual(await versions({ CompatibleRuntime: "python3.12" }), [3, 1]);
  assert.deepEqual(await versions({ CompatibleArchitecture: "arm64" }), [3, 2]);
  assert.deepEqual(await versions({ CompatibleRuntime: "python3.12", CompatibleArchitecture: "arm64" }), [3]);
  assert.deepEqual(await versions({ CompatibleRuntime: "ruby3.4" }), []);

  const pages: number[][] = [];
  for (let Marker: string | undefined; ;) {
    const page = await lambda.listLayerVersions({ LayerName: "listed", MaxItems: 1, Marker, CompatibleArchitecture: "arm64" });
    pages.push(page.LayerVersions!.map(({ Version }) => Version!));
    if (!(Marker = page.NextMarker)) break;
  }
  assert.deepEqual(pages, [[3], [2]]);

  const { Layers } = await lambda.listLayers({});
  const latest = Layers!.filter(({ LayerName }) => LayerName!.startsWith("listed")).map(({ LayerArn, LatestMatchingVersion }) => [LayerArn, LatestMatchingVersion!.Version]);
  assert.deepEqual(latest, [[`${ARN}listed`, 4], [`${ARN}listed-too`, 1]]);
  const first = await lambda.listLayers({ CompatibleRuntime: "nodejs22.x", MaxItems: 1 });
  const second = await lambda.listLayers({ CompatibleRuntime: "nodejs22.x", MaxItems: 1, Marker: first.NextMarker });
  assert.deepEqual([first, second].map((page) => page.Layers!.map(({ LayerName, LatestMatchingVersion }) => [LayerName, LatestMatchingVersion!.Version])), [[["listed", 2]], [["listed-too", 1]]]);
  assert.equal(second.NextMarker, undefined);
  await assert.rejects(lambda.listLayers({ Marker: "mine" }), refused("InvalidParameterValueException", "The Marker is not one that this operation returned."));
});

test("a function shows its layers in order, and keeps them when they are deleted; so does a published version", async () => {
  const [one, two] = [(await publish("kept-one")).LayerVersionArn!, (await publish("kept-two")).LayerVersionArn!];
  const made = await create("layered", { Layers: [two, one] });
  const both = [{ Arn: two, CodeSize: zip.byteLength }, { Arn: one, CodeSize: zip.byteLength }];
  assert.deepEqual(made.Layers, both);
  await lambda.publishVersion({ FunctionName: "layered" });
  await lambda.deleteLayerVersion({ LayerName: "kept-one", VersionNumber: 1 });
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "layered" })).Layers, both);
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "layered", Layers: [one] }), refused("InvalidParameterValueException", `Layer version ${one} does not exist.`));
  await lambda.updateFunctionConfiguration({ FunctionName: "layered", Layers: [two] });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "layered" });
  await lambda.updateFunctionConfiguration({ FunctionName: "layered", Description: "layers stay" });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "layered" });
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "layered" })).Layers, [both[0]]);
  await lambda.updateFunctionConfiguration({ FunctionName: "layered", Layers: [] });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "layered" });
  assert.equal((await lambda.getFunctionConfiguration({ FunctionName: "layered" })).Layers, undefined);
  assert.deepEqual((await lambda.getFunctionConfiguration({ FunctionName: "layered", Qualifier: "1" })).Layers, both);
});

test("layers that a function cannot have are refused, and nothing is half done", async () => {
  const arns = await Promise.all(["a", "b", "c", "d", "e", "f"].map(async (name) => (await publish(`six-${name}`)).LayerVersionArn!));
  const second = (await publish("six-a")).LayerVersionArn!;
  await create("picky");
  const asks = (Layers: string[], message: string | RegExp, name = "InvalidParameterValueException") => assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "picky", Layers, Description: "half" }), refused(name, message));
  const twice = (one: string, other: string) => `Two different versions of the same layer are not allowed to be referenced in the same function. ${one} and ${other} are versions of the same layer.`;
  await asks(arns, "Cannot reference more than 5 layers.");
  await asks([arns[0]!, second], twice(arns[0]!, second));
  await asks([arns[0]!, arns[0]!], twice(arns[0]!, arns[0]!));
  await asks([`${ARN}doesnotexist:1`], `Layer version ${ARN}doesnotexist:1 does not exist.`);
  await asks([`${ARN}six-a:9`], `Layer version ${ARN}six-a:9 does not exist.`);
  await asks([`${ARN}six-a`], /^1 validation error detected: Value '\[arn:aws:lambda:eu-west-1:000000000000:layer:six-a\]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: \[/, "ValidationException");
  const elsewhere = "Layers are not in the same region as the function. Layers are expected to be in region eu-west-1.";
  await asks(["arn:aws:lambda:us-east-1:000000000000:layer:six-a:1"], elsewhere);
  await assert.rejects(create("nowhere", { Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:six-a:1"] }), refused("InvalidParameterValueException", elsewhere));
  await assert.rejects(lambda.getFunction({ FunctionName: "nowhere" }), { name: "ResourceNotFoundException" });
  await asks(["arn:aws:lambda:eu-west-1:111122223333:layer:theirs:1"], /not authorized to perform: lambda:GetLayerVersion on resource: arn:aws:lambda:eu-west-1:111122223333:layer:theirs:1/, "AccessDeniedException");
  const { Layers, Description } = await lambda.getFunctionConfiguration({ FunctionName: "picky" });
  assert.deepEqual([Layers, Description], [undefined, ""]);
});

test("code and layers together unzip to 262144000 bytes at most", async () => {
  const zips = await Promise.all(["large layer", "small code", "large code"].map((text) => zipOf({ "a.txt": text })));
  for (const [index, bytes] of [200_000_000, 62_144_000, 62_144_001].entries()) sizes.set((await memoryCode().check(zips[index]!)).id, bytes);
  const layer = (await publish("large", { Content: { ZipFile: zips[0]! } })).LayerVersionArn!;
  const message = "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is 262144001 bytes.";
  await assert.rejects(create("full", { Layers: [layer], Code: { ZipFile: zips[2]! } }), refused("InvalidParameterValueException", message));
  await create("full", { Layers: [layer], Code: { ZipFile: zips[1]! } });
  for (const DryRun of [true, false]) await assert.rejects(lambda.updateFunctionCode({ FunctionName: "full", ZipFile: zips[2]!, DryRun }), refused("InvalidParameterValueException", message));
  await create("fuller", { Code: { ZipFile: zips[2]! } });
  await assert.rejects(lambda.updateFunctionConfiguration({ FunctionName: "fuller", Layers: [layer] }), refused("InvalidParameterValueException", message));
});

test("a layer or function that is more than the account's code storage holds is refused, and nothing of it stays", async () => {
  const usage = room.ports.stores.documents<Usage>(USAGE);
  const id = usageId({ account: "000000000000", region: "eu-west-1" });
  await publish("counted");
  const before = (await usage.get(id))!;
  await usage.put(id, { ...before, codeBytes: LAMBDA.codeStorageBytes - zip.byteLength + 1 });
  const full = refused("CodeStorageExceededException", "Code storage limit exceeded.");
  await assert.rejects(publish("over"), full);
  await assert.rejects(create("over"), full);
  assert.deepEqual((await lambda.listLayerVersions({ LayerName: "over" })).LayerVersions, []);
  await assert.rejects(lambda.getFunction({ FunctionName: "over" }), { name: "ResourceNotFoundException" });
  await usage.put(id, { ...before, codeBytes: LAMBDA.codeStorageBytes - zip.byteLength });
  assert.equal((await publish("over")).Version, 1);
  await usage.put(id, { ...before, codeBytes: before.codeBytes + zip.byteLength });
});

test("a layer's code is kept as long as a layer version or a function needs it", async () => {
  const content = await zipOf({ "python/rare.py": "rare" });
  const { LayerVersionArn, Content } = await publish("rare", { Content: { ZipFile: content } });
  const { id } = await memoryCode().check(content);
  assert.match(Content!.Location!, new RegExp(id));
  const keeps = async (kept: boolean) => {
    await clock.advance(25 * 60_000);
    assert.equal(code.kept.has(id), kept);
  };
  await create("rarely", { Layers: [LayerVersionArn!] });
  await lambda.deleteLayerVersion({ LayerName: "rare", VersionNumber: 1 });
  await keeps(true);
  await lambda.updateFunctionConfiguration({ FunctionName: "rarely", Layers: [] });
  await waitUntilFunctionUpdatedV2(waiting(), { FunctionName: "rarely" });
  await keeps(false);
  await publish("rare", { Content: { ZipFile: content } });
  await lambda.deleteFunction({ FunctionName: "rarely" });
  await keeps(true);
});

test("code that was refused for its size with layers does not stay", async () => {
  const zips = await Promise.all(["heavy layer", "heavy code"].map((text) => zipOf({ "a.txt": text })));
  const ids = await Promise.all(zips.map(async (bytes) => (await memoryCode().check(bytes)).id));
  for (const id of ids) sizes.set(id, 200_000_000);
  const layer = (await publish("heavy", { Content: { ZipFile: zips[0]! } })).LayerVersionArn!;
  await assert.rejects(create("heavy", { Layers: [layer], Code: { ZipFile: zips[1]! } }), { name: "InvalidParameterValueException" });
  await clock.advance(25 * 60_000);
  assert.deepEqual(ids.map((id) => code.kept.has(id)), [true, false]);
});

test("a filter that nothing passes is answered page by page", async () => {
  await publish("crowd");
  const documents = room.ports.stores.documents<LayerVersion>(LAYER_VERSIONS);
  const [[, first]] = await documents.list({ prefix: "000000000000/eu-west-1/crowd/", limit: 1 }) as [[string, LayerVersion]];
  for (let number = 2; number <= 1001; number++) await documents.put(layerVersionId("000000000000/eu-west-1/crowd", number), { ...first, number });
  const page = await lambda.listLayerVersions({ LayerName: "crowd", CompatibleRuntime: "ruby3.4" });
  assert.deepEqual([page.LayerVersions, typeof page.NextMarker], [[], "string"]);
  const last = await lambda.listLayerVersions({ LayerName: "crowd", CompatibleRuntime: "ruby3.4", Marker: page.NextMarker });
  assert.deepEqual([last.LayerVersions, last.NextMarker], [[], undefined]);
  assert.equal((await lambda.listLayerVersions({ LayerName: "crowd", MaxItems: 50 })).LayerVersions!.length, 50);
});

test("layers published at once have numbers of their own", async () => {
  const numbers = await Promise.all(Array.from({ length: 5 }, async () => (await publish("at-once")).Version));
  assert.deepEqual(numbers.sort(), [1, 2, 3, 4, 5]);
});

test("a layer version's policy is made of statements, and has a revision of its own", async () => {
  await publish("shared");
  const on = { LayerName: "shared", VersionNumber: 1 };
  const add = (StatementId: string, more: object = {}) => lambda.addLayerVersionPermission({ ...on, StatementId, Action: "lambda:GetLayerVersion", Principal: "*", ...more });
  const noPolicy = refused("ResourceNotFoundException", "No policy is associated with the given resource.");
  await assert.rejects(lambda.getLayerVersionPolicy(on), noPolicy);
  await assert.rejects(lambda.removeLayerVersionPermission({ ...on, StatementId: "s1" }), noPolicy);

  const first = await add("s1");
  const statement = { Sid: "s1", Effect: "Allow", Principal: "*", Action: "lambda:GetLayerVersion", Resource: `${ARN}shared:1` };
  assert.deepEqual([first.$metadata.httpStatusCode, JSON.parse(first.Statement!)], [201, statement]);
  const { Policy, RevisionId } = await lambda.getLayerVersionPolicy(on);
  assert.deepEqual([JSON.parse(Policy!), RevisionId], [{ Version: "2012-10-17", Id: "default", Statement: [statement] }, first.RevisionId]);
  assert.equal(await layerPolicy(room.ports)(`${ARN}shared:1`), Policy);
  assert.equal(await layerPolicy(room.ports)(`${ARN}shared:2`), undefined);

  await assert.rejects(add("s1"), refused("ResourceConflictException", "The statement id (s1) provided already exists. Please provide a new statement id, or remove the existing statement."));
  await assert.rejects(add("s2", { Action: "*" }), refused("ValidationException", "1 validation error detected: Value '*' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion"));
  const stale = refused("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id");
  await assert.rejects(add("s2", { RevisionId: "wrong" }), stale);
  await assert.rejects(lambda.removeLayerVersionPermission({ ...on, StatementId: "s1", RevisionId: "wrong" }), stale);
  await assert.rejects(lambda.removeLayerVersionPermission({ ...on, StatementId: "doesnotexist" }), refused("ResourceNotFoundException", "Statement doesnotexist is not found in resource policy."));

  const second = await add("s2", { Principal: "arn:aws:iam::111122223333:root", RevisionId: first.RevisionId });
  assert.deepEqual(JSON.parse(second.Statement!).Principal, { AWS: "arn:aws:iam::111122223333:root" });
  const third = await add("s3", { OrganizationId: "o-1234567890" });
  assert.deepEqual(JSON.parse(third.Statement!).Condition, { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } });
  assert.equal(new Set([first.RevisionId, second.RevisionId, third.RevisionId]).size, 3);
  for (const StatementId of ["s1", "s2", "s3"]) assert.equal((await lambda.removeLayerVersionPermission({ ...on, StatementId })).$metadata.httpStatusCode, 204);
  await assert.rejects(lambda.getLayerVersionPolicy(on), noPolicy);

  for (const [LayerName, VersionNumber] of [["shared-not", 1], ["shared", 2]] as const) {
    const missing = refused("ResourceNotFoundException", `Layer version ${ARN}${LayerName}:${VersionNumber} does not exist.`);
    await assert.rejects(lambda.addLayerVersionPermission({ LayerName, VersionNumber, StatementId: "s", Action: "lambda:GetLayerVersion", Principal: "*" }), missing);
    await assert.rejects(lambda.getLayerVersionPolicy({ LayerName, VersionNumber }), missing);
    await assert.rejects(lambda.removeLayerVersionPermission({ LayerName, VersionNumber, StatementId: "s" }), missing);
  }
});
