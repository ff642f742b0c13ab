// Layers from publishing to /opt, with real functions: modules, programs, order, versions that keep theirs, other accounts' layers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { type CreateFunctionCommandInput, Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { PYTHON } from "./support/engine.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

let platform: TestPlatform;
let owner: Lambda;
let stranger: Lambda;
before(async () => {
  platform = await openTestPlatform();
  const as = (account: string) => new Lambda({ ...platform.clientConfig, credentials: { accessKeyId: account, secretAccessKey: "x" } });
  [owner, stranger] = [as("111111111111"), as("222222222222")];
});
after(async () => {
  owner?.destroy();
  stranger?.destroy();
  await platform?.close();
});

const waiting = (client: Lambda) => ({ client, minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 10 });
const publish = async (LayerName: string, files: Record<string, string>) => (await owner.publishLayerVersion({ LayerName, Content: { ZipFile: await zipOf(files) } })).LayerVersionArn!;
const create = async (FunctionName: string, files: Record<string, string>, more: Partial<CreateFunctionCommandInput> = {}, client = owner) => {
  await client.createFunction({ FunctionName, Role: "arn:aws:iam::111111111111:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Timeout: 10, Code: { ZipFile: await zipOf(files) }, ...more });
  await waitUntilFunctionActiveV2(waiting(client), { FunctionName });
};
const layers = async (FunctionName: string, Layers: string[]) => {
  await owner.updateFunctionConfiguration({ FunctionName, Layers });
  await waitUntilFunctionUpdatedV2(waiting(owner), { FunctionName });
};
const run = async (FunctionName: string, Qualifier?: string, client = owner) => {
  const { Payload, FunctionError } = await client.invoke({ FunctionName, Qualifier });
  const text = Payload!.transformToString();
  assert.equal(FunctionError, undefined, text);
  return JSON.parse(text);
};

test("a Node.js function finds modules and programs of its layers, later ones over earlier ones, and follows a change of their order", async () => {
  const one = await publish("one", { "nodejs/node_modules/first/index.js": "module.exports = 'first'", "nodejs/node_modules/same/index.js": "module.exports = 'same of one'", "bin/tool": "#!/bin/sh\necho tool of one" });
  const two = await publish("two", { "nodejs/node24/node_modules/second/index.js": "module.exports = 'second'", "nodejs/node_modules/same/index.js": "module.exports = 'same of two'", "bin/tool": "#!/bin/sh\necho tool of two" });
  await create("node", { "index.js": "exports.handler = async () => [require('first'), require('second'), require('same'), require('node:child_process').execFileSync('tool').toString().trim()];" }, { Layers: [one, two] });
  assert.deepEqual(await run("node"), ["first", "second", "same of two", "tool of two"]);
  await owner.publishVersion({ FunctionName: "node" });
  await layers("node", [two, one]);
  assert.deepEqual(await run("node"), ["first", "second", "same of one", "tool of one"]);

  await layers("node", []);
  for (const [name, VersionNumber] of [["one", 1], ["two", 1]] as const) await owner.deleteLayerVersion({ LayerName: name, VersionNumber });
  assert.deepEqual(await run("node", "1"), ["first", "second", "same of two", "tool of two"]);
  const { FunctionError, Payload } = await owner.invoke({ FunctionName: "node" });
  assert.equal(FunctionError, "Unhandled");
  assert.match(Payload!.transformToString(), /Cannot find module 'first'/);
});

test("a Python function imports what its layers bring", { skip: PYTHON ? false : "no python3 under /usr" }, async () => {
  const { LayerVersionArn, Content } = await owner.publishLayerVersion({ LayerName: "py", CompatibleRuntimes: ["python3.11"], Content: { ZipFile: await zipOf({ "python/brought.py": "WORD = 'brought'" }) } });
  await create("py", { "index.py": "import brought\ndef handler(event, context): return brought.WORD" }, { Runtime: "python3.11", Layers: [LayerVersionArn!] });
  assert.equal(await run("py"), "brought");
  const download = await fetch(Content!.Location!);
  assert.equal(download.status, 200);
  assert.equal((await download.arrayBuffer()).byteLength, Content!.CodeSize);
});

test("another account uses a layer when the layer's policy lets it, and only that version", async () => {
  const arn = await publish("lent", { "nodejs/node_modules/lent/index.js": "module.exports = 'lent'" });
  const next = await publish("lent", { "nodejs/node_modules/lent/index.js": "module.exports = 'not lent'" });
  const handler = { "index.js": "exports.handler = async () => require('lent');" };
  const denied = { name: "AccessDeniedException", message: new RegExp(`not authorized to perform: lambda:GetLayerVersion on resource: ${arn.slice(0, -2)}:[12] because no resource-based policy allows the lambda:GetLayerVersion action$`) };
  await assert.rejects(create("borrower", handler, { Layers: [arn] }, stranger), denied);
  await assert.rejects(stranger.getLayerVersionByArn({ Arn: arn }), denied);
  await owner.addLayerVersionPermission({ LayerName: "lent", VersionNumber: 1, StatementId: "lend", Action: "lambda:GetLayerVersion", Principal: "222222222222" });
  assert.equal((await stranger.getLayerVersionByArn({ Arn: arn })).LayerVersionArn, arn);
  assert.equal((await stranger.getLayerVersion({ LayerName: arn.slice(0, -2), VersionNumber: 1 })).Version, 1);
  await create("borrower", handler, { Layers: [arn] }, stranger);
  assert.equal(await run("borrower", undefined, stranger), "lent");
  await assert.rejects(stranger.updateFunctionConfiguration({ FunctionName: "borrower", Layers: [next] }), denied);
  const lent = { LayerName: arn.slice(0, -2), VersionNumber: 1 };
  const ZipFile = await zipOf(handler);
  const meddling = [
    () => stranger.publishLayerVersion({ ...lent, Content: { ZipFile } }), () => stranger.deleteLayerVersion(lent), () => stranger.listLayerVersions(lent), () => stranger.getLayerVersionPolicy(lent),
    () => stranger.addLayerVersionPermission({ ...lent, StatementId: "mine", Action: "lambda:GetLayerVersion", Principal: "*" }), () => stranger.removeLayerVersionPermission({ ...lent, StatementId: "lend" }),
  ];
  for (const meddle of meddling) await assert.rejects(meddle(), { name: "AccessDeniedException" });
  await owner.removeLayerVersionPermission({ LayerName: "lent", VersionNumber: 1, StatementId: "lend" });
  assert.equal(await run("borrower", undefined, stranger), "lent");
  await assert.rejects(stranger.getLayerVersionByArn({ Arn: arn }), denied);
});

test("where policies are enforced, a function is given only layers that its owner may read", async () => {
  await using enforced = await openTestPlatform({ iam: "enforce", credentials: "000000000000:rootsecret" });
  const root = { ...enforced.clientConfig, credentials: { accessKeyId: "000000000000", secretAccessKey: "rootsecret" } };
  const [iam, all] = [new IAM(root), new Lambda(root)];
  const Role = "arn:aws:iam::000000000000:role/r";
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) });
  await iam.createUser({ UserName: "ann" });
  const may = (...Action: string[]) => iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] }) });
  await may("lambda:CreateFunction", "iam:PassRole");
  const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
  const ann = new Lambda({ ...root, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  const ZipFile = await zipOf({ "index.js": "" });
  const { LayerVersionArn } = await all.publishLayerVersion({ LayerName: "mine", Content: { ZipFile } });
  const give = () => ann.createFunction({ FunctionName: "given", Role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile }, Layers: [LayerVersionArn!] });
  await assert.rejects(give(), { name: "AccessDeniedException", message: `User: arn:aws:iam::000000000000:user/ann is not authorized to perform: lambda:GetLayerVersion on resource: ${LayerVersionArn} because no identity-based policy allows the lambda:GetLayerVersion action` });
  await may("lambda:CreateFunction", "iam:PassRole", "lambda:GetLayerVersion");
  assert.equal((await give()).Layers![0]!.Arn, LayerVersionArn);
  for (const client of [iam, all, ann]) client.destroy();
});
