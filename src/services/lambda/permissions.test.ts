// Resource-based policies of functions, with the real client; texts and lifecycle as recorded from AWS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as sdk from "@aws-sdk/client-lambda";
import { memoryCode } from "../../../test/support/ports.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { functionPolicy } from "./operations/permissions.ts";
import { POLICIES } from "./policy.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:f";
let room: OpenRoom;
let client: sdk.LambdaClient;

before(async () => {
  room = await openRoom(service, { code: memoryCode() });
  client = new sdk.LambdaClient(room.clientConfig);
  await make("f");
  await client.send(new sdk.PublishVersionCommand({ FunctionName: "f" }));
  await client.send(new sdk.CreateAliasCommand({ FunctionName: "f", Name: "prod", FunctionVersion: "1" }));
});
after(() => room.close());

async function make(name: string): Promise<void> {
  await client.send(new sdk.CreateFunctionCommand({ FunctionName: name, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": "" }) } }));
  await sdk.waitUntilFunctionActiveV2({ client, maxWaitTime: 5, minDelay: 0.02, maxDelay: 0.05 } as never, { FunctionName: name });
}

const add = (more: Partial<sdk.AddPermissionCommandInput> = {}) => client.send(new sdk.AddPermissionCommand({ FunctionName: "f", StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", ...more }));
const remove = (StatementId: string, more: Partial<sdk.RemovePermissionCommandInput> = {}) => client.send(new sdk.RemovePermissionCommand({ FunctionName: "f", StatementId, ...more }));
const policy = async (Qualifier?: string) => JSON.parse((await client.send(new sdk.GetPolicyCommand({ FunctionName: "f", Qualifier }))).Policy!);
const refused = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name, error.message);
  if (typeof message === "string") assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

test("a permission becomes a statement with AWS's elements", async () => {
  const { Statement } = await add({ SourceArn: "arn:aws:s3:::photos", SourceAccount: "000000000000" });
  const statement = { Sid: "s3", Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "lambda:InvokeFunction", Resource: ARN, Condition: { StringEquals: { "AWS:SourceAccount": "000000000000" }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::photos" } } };
  assert.deepEqual(JSON.parse(Statement!), statement);
  assert.deepEqual(await policy(), { Version: "2012-10-17", Id: "default", Statement: [statement] });
  await remove("s3");

  const forms: [Partial<sdk.AddPermissionCommandInput>, unknown, unknown][] = [
    [{ Principal: "111122223333" }, { AWS: "arn:aws:iam::111122223333:root" }, undefined],
    [{ Principal: "*", PrincipalOrgID: "o-1234567890" }, "*", { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } }],
    [{ Principal: "arn:aws:iam::111122223333:role/x" }, { AWS: "arn:aws:iam::111122223333:role/x" }, undefined],
    [{ Principal: "alexa-appkit.amazon.com", EventSourceToken: "amzn1.ask.skill" }, { Service: "alexa-appkit.amazon.com" }, { StringEquals: { "lambda:EventSourceToken": "amzn1.ask.skill" } }],
    [{ Principal: "*", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }, "*", { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } }],
    [{ Principal: "*", InvokedViaFunctionUrl: true }, "*", { Bool: { "lambda:InvokedViaFunctionUrl": "true" } }],
  ];
  for (const [given, principal, condition] of forms) {
    const made = JSON.parse((await add({ StatementId: "one", ...given })).Statement!);
    assert.deepEqual([made.Principal, made.Condition], [principal, condition]);
    await remove("one");
  }
});

test("function, version and alias have policies of their own", async () => {
  await add({ StatementId: "on-function" });
  await add({ StatementId: "on-version", Qualifier: "1" });
  await add({ StatementId: "on-alias", FunctionName: `${ARN}:prod` });
  assert.deepEqual((await policy()).Statement.map((one: any) => [one.Sid, one.Resource]), [["on-function", ARN]]);
  assert.deepEqual((await policy("1")).Statement.map((one: any) => [one.Sid, one.Resource]), [["on-version", `${ARN}:1`]]);
  assert.deepEqual((await policy("prod")).Statement.map((one: any) => [one.Sid, one.Resource]), [["on-alias", `${ARN}:prod`]]);
  const read = functionPolicy(room.ports);
  assert.match((await read(`${ARN}:prod`))!, /on-alias/);
  assert.match((await read(ARN))!, /on-function/);
  assert.equal(await read(`${ARN}:other`), undefined);
  await remove("on-function");
  await remove("on-version", { Qualifier: "1" });
  await client.send(new sdk.DeleteAliasCommand({ FunctionName: "f", Name: "prod" }));
  assert.equal(await read(`${ARN}:prod`), undefined, "gone with the alias");
  await client.send(new sdk.CreateAliasCommand({ FunctionName: "f", Name: "prod", FunctionVersion: "1" }));
});

test("bad permissions are refused in AWS's words", async () => {
  await add();
  await assert.rejects(add(), refused("ResourceConflictException", "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement."));
  for (const Principal of ["invalid.nowhere.com", "12345", "arn:aws:s3:::bucket", "ann"]) await assert.rejects(add({ StatementId: "x", Principal }), refused("InvalidParameterValueException", "The provided principal was invalid. Please check the principal and try again."));
  await assert.rejects(add({ StatementId: "x", Principal: "*", FunctionUrlAuthType: "NONE" }), refused("InvalidParameterValueException", "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"));
  await assert.rejects(add({ StatementId: "x", FunctionName: "f:$LATEST" }), refused("InvalidParameterValueException", "We currently do not support adding policies for $LATEST."));
  await assert.rejects(add({ StatementId: "x", FunctionName: "doesnotexist" }), refused("ResourceNotFoundException", "Function not found: arn:aws:lambda:eu-west-1:000000000000:function:doesnotexist"));
  await assert.rejects(add({ StatementId: "x", Qualifier: "42" }), refused("ResourceNotFoundException", `Function not found: ${ARN}:42`));
  await assert.rejects(remove("non-existent"), refused("ResourceNotFoundException", "Statement non-existent is not found in resource policy."));
  await assert.rejects(remove("s3", { FunctionName: "doesnotexist" }), refused("ResourceNotFoundException", "No policy found for: arn:aws:lambda:eu-west-1:000000000000:function:doesnotexist"));
  await assert.rejects(remove("s3", { Qualifier: "1" }), refused("ResourceNotFoundException", "No policy is associated with the given resource."));
  await remove("s3");
  await assert.rejects(policy(), refused("ResourceNotFoundException", "The resource you requested does not exist."));
  await assert.rejects(remove("s3"), refused("ResourceNotFoundException", "No policy is associated with the given resource."));
});

test("the policy has the function's revision, and every change gives both another", async () => {
  const revision = async () => (await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: "f" }))).RevisionId!;
  const mismatch = refused("PreconditionFailedException", "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id");
  const first = await revision();
  await assert.rejects(add({ RevisionId: "wrong" }), mismatch);
  await add({ RevisionId: first });
  const second = (await client.send(new sdk.GetPolicyCommand({ FunctionName: "f" }))).RevisionId!;
  assert.notEqual(second, first);
  assert.equal(await revision(), second);
  await assert.rejects(remove("s3", { RevisionId: "wrong" }), mismatch);
  await remove("s3", { RevisionId: second });
  assert.notEqual(await revision(), second);
});

test("a policy may not grow beyond 20 KB", async () => {
  const SourceArn = `arn:aws:s3:::${"b".repeat(900)}`;
  let added = 0;
  const fill = async () => { for (; added < 40; added++) await add({ StatementId: `s${added}`, SourceArn }); };
  await assert.rejects(fill(), refused("PolicyLengthExceededException", /^The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.$/));
  assert.equal((await policy()).Statement.length, added);
  await client.send(new sdk.DeleteResourcePolicyCommand({ ResourceArn: ARN }));
});

test("a whole policy is put, read and deleted, over what was added by statement", async () => {
  await add();
  const document = (Statement: unknown) => JSON.stringify({ Version: "2012-10-17", Statement });
  const put = (Policy: string, RevisionId?: string) => client.send(new sdk.PutResourcePolicyCommand({ ResourceArn: ARN, Policy, RevisionId }));
  const statement = { Sid: "all", Effect: "Allow", Principal: { AWS: "111122223333" }, Action: ["lambda:InvokeFunction", "lambda:Get*"], Resource: ARN };
  const made = await put(document([statement]));
  assert.deepEqual(JSON.parse(made.Policy!).Statement, [statement]);
  const read = await client.send(new sdk.GetResourcePolicyCommand({ ResourceArn: ARN }));
  assert.deepEqual([read.Policy, read.RevisionId], [made.Policy, made.RevisionId]);
  assert.deepEqual((await policy()).Statement, [statement], "it is the same policy");
  await add({ StatementId: "more" });
  assert.equal((await policy()).Statement.length, 2);
  await assert.rejects(put(document([statement]), "11111111-2222-3333-4444-555555555555"), refused("PreconditionFailedException", /does not match/));
  for (const bad of ["{", "[]", "{}", document([]), document([{ ...statement, Effect: "Maybe" }]), document([{ ...statement, Principal: undefined }]), document([{ ...statement, Action: "s3:*" }]), document([{ ...statement, Resource: `${ARN}2` }]), document([statement, statement]), document([null]), document([{ ...statement, Condition: "x" }]), document([{ ...statement, Condition: { StringSounds: { a: "b" } } }])]) {
    await assert.rejects(put(bad), refused("InvalidParameterValueException", /^The resource policy is not valid: /), bad);
  }
  await assert.rejects(client.send(new sdk.DeleteResourcePolicyCommand({ ResourceArn: ARN, RevisionId: "11111111-2222-3333-4444-555555555555" })), refused("PreconditionFailedException", /does not match/));
  await client.send(new sdk.DeleteResourcePolicyCommand({ ResourceArn: ARN }));
  await assert.rejects(client.send(new sdk.GetResourcePolicyCommand({ ResourceArn: ARN })), refused("ResourceNotFoundException", "The resource you requested does not exist."));
  await assert.rejects(client.send(new sdk.DeleteResourcePolicyCommand({ ResourceArn: ARN })), refused("ResourceNotFoundException", "The resource you requested does not exist."));
});

test("policies go with their function", async () => {
  await make("g");
  await add({ FunctionName: "g" });
  await client.send(new sdk.DeleteFunctionCommand({ FunctionName: "g" }));
  assert.equal(await room.ports.stores.documents(POLICIES).count("000000000000/eu-west-1/g/"), 0);
});

test("a permission added while the function is being made does not stop it", async () => {
  await client.send(new sdk.CreateFunctionCommand({ FunctionName: "h", Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/any", Code: { ZipFile: await zipOf({ "index.js": "" }) } }));
  await add({ FunctionName: "h" });
  await sdk.waitUntilFunctionActiveV2({ client, maxWaitTime: 5, minDelay: 0.02, maxDelay: 0.05 } as never, { FunctionName: "h" });
});
