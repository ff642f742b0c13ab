// Published versions, as the real client sees them, and what becomes of their code.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type CreateFunctionCommandInput, Lambda, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { memoryCode, scriptedFunctions } from "../../../test/support/ports.ts";
import { type OpenRoom, openRoom } from "../../../test/support/room.ts";
import { zipOf } from "../../../test/support/zip.ts";
import { openFunctionVersions } from "./function-versions.ts";
import { lambda as service } from "./service.ts";

const ARN = "arn:aws:lambda:eu-west-1:000000000000:function:";
const zip = await zipOf({ "index.mjs": "export const handler = async () => 1;" });
const otherZip = await zipOf({ "index.mjs": "export const handler = async () => 22;" });

const functions = scriptedFunctions();
functions.answer = async ({ payload, version }) => ({ failed: false, payload, executedVersion: version.version });
let room: OpenRoom;
let lambda: Lambda;
before(async () => {
  room = await openRoom(service, { code: memoryCode(), functions });
  lambda = new Lambda(room.clientConfig);
});
after(() => room.close());

const waiting = () => ({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 });
const updated = (FunctionName: string) => waitUntilFunctionUpdatedV2(waiting(), { FunctionName });
const create = async (FunctionName: string, more: Partial<CreateFunctionCommandInput> = {}) => {
  const made = await lambda.createFunction({ FunctionName, Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, ...more });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName });
  return made;
};
const describe = async (FunctionName: string, Description: string) => {
  await lambda.updateFunctionConfiguration({ FunctionName, Description });
  await updated(FunctionName);
};

test("publishing makes an immutable, numbered picture that is Active at once", async () => {
  await create("pictured", { Description: "latest", Timeout: 7 });
  const { RevisionId: before } = await lambda.getFunctionConfiguration({ FunctionName: "pictured" });
  const { $metadata, ...first } = await lambda.publishVersion({ FunctionName: "pictured", Description: "the first" });
  assert.equal($metadata.httpStatusCode, 201);
  assert.deepEqual([first.Version, first.FunctionArn, first.State, first.LastUpdateStatus, first.Description, first.Timeout], ["1", `${ARN}pictured:1`, "Active", "Successful", "the first", 7]);
  assert.notEqual((await lambda.getFunctionConfiguration({ FunctionName: "pictured" })).RevisionId, before);
  await lambda.updateFunctionConfiguration({ FunctionName: "pictured", Timeout: 9 });
  await updated("pictured");
  await lambda.updateFunctionCode({ FunctionName: "pictured", ZipFile: otherZip });
  await updated("pictured");
  const { $metadata: _metadata, ...again } = await lambda.getFunctionConfiguration({ FunctionName: "pictured", Qualifier: "1" });
  assert.deepEqual(again, first);
  const { Configuration, Code } = await lambda.getFunction({ FunctionName: "pictured:1" });
  assert.equal(Configuration!.CodeSha256, first.CodeSha256);
  assert.notEqual(Code!.Location, (await lambda.getFunction({ FunctionName: "pictured" })).Code!.Location);
  const live = await openFunctionVersions(room.ports).find(`${ARN}pictured:1`);
  assert.deepEqual([live!.version, live!.timeoutSeconds, live!.arn], ["1", 7, `${ARN}pictured`]);
});

test("with nothing changed the same version is answered again, whatever description is given; a changed description counts", async () => {
  await create("same");
  assert.equal((await lambda.publishVersion({ FunctionName: "same", Description: "one" })).Version, "1");
  const { RevisionId } = await lambda.getFunctionConfiguration({ FunctionName: "same" });
  const repeated = await lambda.publishVersion({ FunctionName: "same", Description: "two" });
  assert.deepEqual([repeated.Version, repeated.Description], ["1", "one"]);
  assert.equal((await lambda.getFunctionConfiguration({ FunctionName: "same" })).RevisionId, RevisionId);
  await describe("same", "now another");
  assert.deepEqual([(await lambda.publishVersion({ FunctionName: "same" })).Version, (await lambda.publishVersion({ FunctionName: "same" })).Version], ["2", "2"]);
});

test("publishers at the same time get the same version", async () => {
  await create("crowded");
  const versions = await Promise.all(Array.from({ length: 8 }, () => lambda.publishVersion({ FunctionName: "crowded" })));
  assert.deepEqual(new Set(versions.map(({ Version }) => Version)), new Set(["1"]));
});

test("a publisher can say what it believes to publish", async () => {
  await create("believed");
  const { RevisionId, CodeSha256 } = await lambda.getFunctionConfiguration({ FunctionName: "believed" });
  await assert.rejects(lambda.publishVersion({ FunctionName: "believed", CodeSha256: "somenonexistentsha256" }), {
    name: "InvalidParameterValueException", message: `CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
  });
  await assert.rejects(lambda.publishVersion({ FunctionName: "believed", RevisionId: "wrong" }), {
    name: "PreconditionFailedException", message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  });
  assert.equal((await lambda.publishVersion({ FunctionName: "believed", CodeSha256, RevisionId })).Version, "1");
  await assert.rejects(lambda.publishVersion({ FunctionName: "nobody" }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}nobody` });
});

test("Publish publishes at creation and with new code; both are Active when the waiters say so", async () => {
  const made = await lambda.createFunction({ FunctionName: "along", Role: "arn:aws:iam::000000000000:role/r", Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: zip }, Publish: true });
  assert.deepEqual([made.Version, made.FunctionArn, made.State, made.StateReasonCode], ["1", `${ARN}along`, "Pending", "Creating"]);
  await waitUntilPublishedVersionActive(waiting(), { FunctionName: "along", Qualifier: "1" });
  await waitUntilFunctionActiveV2(waiting(), { FunctionName: "along" });
  const first = await lambda.getFunctionConfiguration({ FunctionName: "along", Qualifier: "1" });
  assert.deepEqual([first.State, first.LastUpdateStatus, first.FunctionArn], ["Active", "Successful", `${ARN}along:1`]);
  const second = await lambda.updateFunctionCode({ FunctionName: "along", ZipFile: otherZip, Publish: true });
  assert.deepEqual([second.Version, second.FunctionArn, second.State, second.LastUpdateStatus], ["2", `${ARN}along:2`, "Pending", undefined]);
  await waitUntilFunctionActiveV2(waiting(), { FunctionName: "along", Qualifier: "2" });
  await updated("along");
  const unchanged = await lambda.updateFunctionCode({ FunctionName: "along", ZipFile: otherZip, Publish: true });
  assert.equal(unchanged.Version, "2");
});

test("versions are listed in order, $LATEST first, page by page", async () => {
  await create("paged");
  for (let number = 1; number <= 11; number++) {
    await describe("paged", `change ${number}`);
    assert.equal((await lambda.publishVersion({ FunctionName: "paged" })).Version, String(number));
  }
  const seen: string[] = [];
  for (let Marker: string | undefined; ;) {
    const page = await lambda.listVersionsByFunction({ FunctionName: "paged", MaxItems: 5, Marker });
    assert.ok(page.Versions!.length <= 5 && page.Versions!.every(({ State }) => State === undefined));
    seen.push(...page.Versions!.map(({ Version, FunctionArn }) => (assert.equal(FunctionArn, `${ARN}paged:${Version}`), Version!)));
    Marker = page.NextMarker;
    if (!Marker) break;
  }
  assert.deepEqual(seen, ["$LATEST", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
  const one = await lambda.listVersionsByFunction({ FunctionName: "paged", MaxItems: 1 });
  assert.deepEqual(one.Versions!.map(({ Version }) => Version), ["$LATEST"]);
  const next = await lambda.listVersionsByFunction({ FunctionName: "paged", MaxItems: 1, Marker: one.NextMarker });
  assert.deepEqual(next.Versions!.map(({ Version }) => Version), ["1"]);
  await assert.rejects(lambda.listVersionsByFunction({ FunctionName: "nobody" }), { message: `Function not found: ${ARN}nobody` });
});

test("all functions are listed with all their versions when asked, page by page", async () => {
  await create("all-a");
  await create("all-a-b");
  await lambda.publishVersion({ FunctionName: "all-a" });
  await describe("all-a", "second");
  await lambda.publishVersion({ FunctionName: "all-a" });
  await lambda.publishVersion({ FunctionName: "all-a-b" });
  for (const MaxItems of [1, 2, 3, 50]) {
    const seen: string[] = [];
    for (let Marker: string | undefined; ;) {
      const page = await lambda.listFunctions({ FunctionVersion: "ALL", MaxItems, Marker });
      assert.ok(page.Functions!.length <= MaxItems);
      seen.push(...page.Functions!.map(({ FunctionArn }) => FunctionArn!.slice(ARN.length)));
      Marker = page.NextMarker;
      if (!Marker) break;
    }
    assert.deepEqual(seen.filter((name) => name.startsWith("all-")), ["all-a:$LATEST", "all-a:1", "all-a:2", "all-a-b:$LATEST", "all-a-b:1"]);
    assert.equal(new Set(seen).size, seen.length);
  }
});

test("an invocation of a version runs that version, and says so", async () => {
  await create("invoked");
  await lambda.publishVersion({ FunctionName: "invoked" });
  const answer = await lambda.invoke({ FunctionName: "invoked", Qualifier: "1" });
  assert.equal(answer.ExecutedVersion, "1");
  assert.equal(functions.seen.at(-1)!.invokedArn, `${ARN}invoked:1`);
  for (const Qualifier of ["2", "01", "$LATEST.PUBLISHED", "99999999999999999999"])
    await assert.rejects(lambda.invoke({ FunctionName: "invoked", Qualifier }), { name: "ResourceNotFoundException", message: `Function not found: ${ARN}invoked:${Qualifier}` });
});

test("a version is deleted alone, again without complaint, and its number is never given out again", async () => {
  await create("deleted");
  await lambda.publishVersion({ FunctionName: "deleted" });
  await describe("deleted", "two");
  await lambda.publishVersion({ FunctionName: "deleted" });
  await lambda.createAlias({ FunctionName: "deleted", Name: "live", FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } } });
  for (const Qualifier of ["1", "2"]) await assert.rejects(lambda.deleteFunction({ FunctionName: "deleted", Qualifier }), { name: "ResourceConflictException", message: "Unable to delete version because the following aliases reference it: [live]" });
  await lambda.updateAlias({ FunctionName: "deleted", Name: "live", RoutingConfig: {} });
  assert.equal((await lambda.deleteFunction({ FunctionName: "deleted", Qualifier: "2" })).$metadata.httpStatusCode, 204);
  assert.equal((await lambda.deleteFunction({ FunctionName: "deleted:2" })).$metadata.httpStatusCode, 204);
  assert.equal(await openFunctionVersions(room.ports).find(`${ARN}deleted:2`), undefined);
  assert.equal((await lambda.publishVersion({ FunctionName: "deleted" })).Version, "3");
  await assert.rejects(lambda.deleteFunction({ FunctionName: "deleted", Qualifier: "live" }), { name: "InvalidParameterValueException", message: "Deletion of aliases is not currently supported." });
  await assert.rejects(lambda.deleteFunction({ FunctionName: "nobody", Qualifier: "1233" }), { message: `Function not found: ${ARN}nobody` });
});

test("each version counts towards the account's code, and deleting the function gives everything back", async () => {
  const used = async () => (await lambda.getAccountSettings({})).AccountUsage!;
  const before = await used();
  await create("weighed");
  await lambda.publishVersion({ FunctionName: "weighed" });
  await describe("weighed", "again");
  await lambda.publishVersion({ FunctionName: "weighed" });
  await lambda.createAlias({ FunctionName: "weighed", Name: "live", FunctionVersion: "1" });
  assert.deepEqual(await used(), { TotalCodeSize: before.TotalCodeSize! + 3 * zip.byteLength, FunctionCount: before.FunctionCount! + 1 });
  await lambda.deleteFunction({ FunctionName: "weighed", Qualifier: "2" });
  assert.equal((await used()).TotalCodeSize, before.TotalCodeSize! + 2 * zip.byteLength);
  await lambda.deleteFunction({ FunctionName: "weighed" });
  assert.deepEqual(await used(), before);
  await create("weighed");
  assert.deepEqual((await lambda.listVersionsByFunction({ FunctionName: "weighed" })).Versions!.map(({ Version }) => Version), ["$LATEST"]);
  assert.deepEqual((await lambda.listAliases({ FunctionName: "weighed" })).Aliases, []);
  assert.equal((await lambda.publishVersion({ FunctionName: "weighed" })).Version, "1");
});
