// S3 Control, by its real client: access points and Object Lambda access points made, shown, configured, listed and deleted.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { S3 } from "@aws-sdk/client-s3";
import { paginateListAccessPoints, paginateListAccessPointsForObjectLambda, S3Control } from "@aws-sdk/client-s3-control";
import { openTestPlatform, type TestPlatform } from "../../../../test/support/platform.ts";

const AccountId = "000000000000";
const FUNCTION = `arn:aws:lambda:eu-west-1:${AccountId}:function:upper`;

let platform: TestPlatform;
let control: S3Control;
let s3: S3;
let other: S3Control;

before(async () => {
  platform = await openTestPlatform();
  // The client puts the account's number before the host; not every machine's resolver knows names under localhost.
  const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
  const config = { ...platform.clientConfig, requestHandler, endpoint: `http://localhost:${new URL(platform.url).port}` };
  [control, s3] = [new S3Control(config), new S3(config)];
  other = new S3Control({ ...config, credentials: { accessKeyId: "111122223333", secretAccessKey: "x" } });
  for (const Bucket of ["photos", "papers"]) await s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
});
after(async () => {
  for (const client of [control, s3, other]) client?.destroy();
  await platform?.close();
});

const code = (name: string, status: number) => (error: any) => error.name === name && error.$metadata.httpStatusCode === status;
const configuration = (more: object = {}) => ({ SupportingAccessPoint: `arn:aws:s3:eu-west-1:${AccountId}:accesspoint/supporting`, TransformationConfigurations: [{ Actions: ["GetObject" as const], ContentTransformation: { AwsLambda: { FunctionArn: FUNCTION, FunctionPayload: '{"a":1}' } } }], ...more });

test("an access point is made with an alias, shown as it was made, and deleted", async () => {
  const made = await control.createAccessPoint({ AccountId, Name: "reports", Bucket: "photos", Tags: [{ Key: "team", Value: "a" }] });
  assert.equal(made.AccessPointArn, `arn:aws:s3:eu-west-1:${AccountId}:accesspoint/reports`);
  assert.match(made.Alias!, /^reports-[a-z0-9]{34}-s3alias$/);
  const shown = await control.getAccessPoint({ AccountId, Name: "reports" });
  assert.deepEqual([shown.Bucket, shown.NetworkOrigin, shown.Alias, shown.BucketAccountId], ["photos", "Internet", made.Alias, AccountId]);
  assert.deepEqual(shown.PublicAccessBlockConfiguration, { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true });
  assert.ok(Math.abs(Date.now() - shown.CreationDate!.getTime()) < 60_000);
  await assert.rejects(control.createAccessPoint({ AccountId, Name: "reports", Bucket: "papers" }), code("AccessPointAlreadyOwnedByYou", 409));
  await control.deleteAccessPoint({ AccountId, Name: "reports" });
  await assert.rejects(control.getAccessPoint({ AccountId, Name: "reports" }), code("NoSuchAccessPoint", 404));
  await assert.rejects(control.deleteAccessPoint({ AccountId, Name: "reports" }), code("NoSuchAccessPoint", 404));
  await assert.rejects(s3.headObject({ Bucket: made.Alias, Key: "k" }), (error: any) => error.$metadata.httpStatusCode === 400);
});

test("what is no access point is not made", async () => {
  for (const Name of ["Capital", "-begins", "ends-", "under_score", "my-s3alias", "a".repeat(51)]) await assert.rejects(control.createAccessPoint({ AccountId, Name, Bucket: "photos" }), code("InvalidRequest", 400), Name);
  await assert.rejects(control.createAccessPoint({ AccountId, Name: "ok-name", Bucket: "nowhere" }), code("NoSuchBucket", 404));
  await assert.rejects(control.createAccessPoint({ AccountId, Name: "ok-name", Bucket: "photos", BucketAccountId: "111122223333" }), code("AccessDenied", 403));
  await assert.rejects(control.createAccessPoint({ AccountId: "111122223333", Name: "ok-name", Bucket: "photos" }), code("AccessDenied", 403));
  await assert.rejects(other.createAccessPoint({ AccountId: "111122223333", Name: "ok-name", Bucket: "photos" }), code("AccessDenied", 403));
  await s3.createBucket({ Bucket: "elsewhere", CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } });
  await assert.rejects(control.createAccessPoint({ AccountId, Name: "ok-name", Bucket: "elsewhere" }), code("InvalidRequest", 400));
  await assert.rejects(control.createAccessPoint({ AccountId, Name: "ok-name", Bucket: "photos", Scope: { Prefixes: ["a/"] } }), code("NotImplemented", 501));
  assert.deepEqual((await control.listAccessPoints({ AccountId })).AccessPointList ?? [], []);
});

test("access points are listed page by page, of one bucket or all", async () => {
  for (const [Name, Bucket] of [["list-a", "photos"], ["list-b", "papers"], ["list-c", "photos"]] as const) await control.createAccessPoint({ AccountId, Name, Bucket });
  const names: string[] = [];
  for await (const page of paginateListAccessPoints({ client: control, pageSize: 2 }, { AccountId })) names.push(...page.AccessPointList!.map(({ Name }) => Name!));
  assert.deepEqual(names, ["list-a", "list-b", "list-c"]);
  assert.deepEqual((await control.listAccessPoints({ AccountId, Bucket: "photos" })).AccessPointList!.map(({ Name }) => Name), ["list-a", "list-c"]);
  assert.deepEqual((await other.listAccessPoints({ AccountId: "111122223333" })).AccessPointList ?? [], []);
  await assert.rejects(control.listAccessPoints({ AccountId, NextToken: "nonsense" }), (error: any) => error.$metadata.httpStatusCode === 400);
  for (const Name of names) await control.deleteAccessPoint({ AccountId, Name });
});

test("a bucket stays as long as it has access points", async () => {
  await s3.createBucket({ Bucket: "attached", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  await control.createAccessPoint({ AccountId, Name: "holder", Bucket: "attached" });
  await assert.rejects(s3.deleteBucket({ Bucket: "attached" }), code("BucketHasAccessPointsAttached", 400));
  await control.deleteAccessPoint({ AccountId, Name: "holder" });
  await s3.deleteBucket({ Bucket: "attached" });
});

test("an access point's policy names the access point and its objects, and opens it to nobody in particular only where that is not blocked", async () => {
  const { AccessPointArn: arn } = await control.createAccessPoint({ AccountId, Name: "policed", Bucket: "photos" });
  const policy = (Principal: unknown, Resource: unknown, Action = "s3:GetObject") => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal, Action, Resource }] });
  await assert.rejects(control.getAccessPointPolicy({ AccountId, Name: "policed" }), code("NoSuchAccessPointPolicy", 404));
  assert.deepEqual((await control.getAccessPointPolicyStatus({ AccountId, Name: "policed" })).PolicyStatus, { IsPublic: false });
  const mine = policy({ AWS: AccountId }, `${arn}/object/*`);
  await control.putAccessPointPolicy({ AccountId, Name: "policed", Policy: mine });
  assert.equal((await control.getAccessPointPolicy({ AccountId, Name: "policed" })).Policy, mine);
  await control.putAccessPointPolicy({ AccountId, Name: "policed", Policy: policy({ AWS: AccountId }, arn, "s3:ListBucket") });
  for (const wrong of ["{", policy({ AWS: AccountId }, "arn:aws:s3:::photos/*"), policy({ AWS: AccountId }, `${arn}x/object/*`), policy({ AWS: AccountId }, arn), policy({ AWS: "nobody" }, `${arn}/object/*`)]) {
    await assert.rejects(control.putAccessPointPolicy({ AccountId, Name: "policed", Policy: wrong }), code("MalformedPolicy", 400), wrong);
  }
  await assert.rejects(control.putAccessPointPolicy({ AccountId, Name: "policed", Policy: policy("*", `${arn}/object/*`) }), code("AccessDenied", 403));
  await control.deleteAccessPointPolicy({ AccountId, Name: "policed" });
  await assert.rejects(control.getAccessPointPolicy({ AccountId, Name: "policed" }), code("NoSuchAccessPointPolicy", 404));

  const open = { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false, RestrictPublicBuckets: false };
  const { AccessPointArn: openArn } = await control.createAccessPoint({ AccountId, Name: "open", Bucket: "photos", PublicAccessBlockConfiguration: open });
  await control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: { BlockPublicPolicy: true } });
  await assert.rejects(control.putAccessPointPolicy({ AccountId, Name: "open", Policy: policy("*", `${openArn}/object/*`) }), code("AccessDenied", 403));
  await control.deletePublicAccessBlock({ AccountId });
  await control.putAccessPointPolicy({ AccountId, Name: "open", Policy: policy("*", `${openArn}/object/*`) });
  assert.deepEqual((await control.getAccessPointPolicyStatus({ AccountId, Name: "open" })).PolicyStatus, { IsPublic: true });
  for (const Name of ["open", "policed"]) await control.deleteAccessPoint({ AccountId, Name });
});

test("the public access block of an account is over those of its buckets", async () => {
  await assert.rejects(control.getPublicAccessBlock({ AccountId }), code("NoSuchPublicAccessBlockConfiguration", 404));
  await control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration: { BlockPublicPolicy: true } });
  assert.deepEqual((await control.getPublicAccessBlock({ AccountId })).PublicAccessBlockConfiguration, { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: true, RestrictPublicBuckets: false });
  await s3.deletePublicAccessBlock({ Bucket: "papers" });
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::papers/*" }] });
  await assert.rejects(s3.putBucketPolicy({ Bucket: "papers", Policy }), code("AccessDenied", 403));
  await control.deletePublicAccessBlock({ AccountId });
  await s3.putBucketPolicy({ Bucket: "papers", Policy });
  await assert.rejects(other.getPublicAccessBlock({ AccountId }), code("AccessDenied", 403));
});

test("access points are tagged", async () => {
  const { AccessPointArn: ResourceArn } = await control.createAccessPoint({ AccountId, Name: "tagged", Bucket: "photos", Tags: [{ Key: "a", Value: "1" }] });
  await control.tagResource({ AccountId, ResourceArn, Tags: [{ Key: "b", Value: "2" }] });
  assert.deepEqual((await control.listTagsForResource({ AccountId, ResourceArn })).Tags, [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }]);
  await control.untagResource({ AccountId, ResourceArn, TagKeys: ["a"] });
  assert.deepEqual((await control.listTagsForResource({ AccountId, ResourceArn })).Tags, [{ Key: "b", Value: "2" }]);
  await assert.rejects(control.tagResource({ AccountId, ResourceArn, Tags: [{ Key: "aws:x", Value: "1" }] }), code("InvalidTag", 400));
  await assert.rejects(control.listTagsForResource({ AccountId, ResourceArn: `${ResourceArn}-gone` }), code("NoSuchResource", 404));
  await control.deleteAccessPoint({ AccountId, Name: "tagged" });
});

test("an Object Lambda access point is made over an access point, configured, listed and deleted", async () => {
  await control.createAccessPoint({ AccountId, Name: "supporting", Bucket: "photos" });
  const made = await control.createAccessPointForObjectLambda({ AccountId, Name: "shouting", Configuration: configuration({ AllowedFeatures: ["GetObject-Range"] }) });
  assert.equal(made.ObjectLambdaAccessPointArn, `arn:aws:s3-object-lambda:eu-west-1:${AccountId}:accesspoint/shouting`);
  assert.match(made.Alias!.Value!, /^shouting-.+--ol-s3$/);
  assert.equal((await control.getAccessPointForObjectLambda({ AccountId, Name: "shouting" })).Alias!.Status, "READY");
  const { Configuration } = await control.getAccessPointConfigurationForObjectLambda({ AccountId, Name: "shouting" });
  assert.deepEqual(Configuration, { ...configuration(), AllowedFeatures: ["GetObject-Range"], CloudWatchMetricsEnabled: false });
  await control.putAccessPointConfigurationForObjectLambda({ AccountId, Name: "shouting", Configuration: configuration() });
  assert.deepEqual((await control.getAccessPointConfigurationForObjectLambda({ AccountId, Name: "shouting" })).Configuration!.AllowedFeatures ?? [], []);
  await control.createAccessPointForObjectLambda({ AccountId, Name: "whispering", Configuration: configuration() });
  const names: string[] = [];
  for await (const page of paginateListAccessPointsForObjectLambda({ client: control, pageSize: 1 }, { AccountId })) names.push(...page.ObjectLambdaAccessPointList!.map(({ Name }) => Name!));
  assert.deepEqual(names, ["shouting", "whispering"]);
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: AccountId }, Action: "s3-object-lambda:GetObject", Resource: made.ObjectLambdaAccessPointArn }] });
  await control.putAccessPointPolicyForObjectLambda({ AccountId, Name: "shouting", Policy });
  assert.equal((await control.getAccessPointPolicyForObjectLambda({ AccountId, Name: "shouting" })).Policy, Policy);
  assert.equal((await control.getAccessPointPolicyStatusForObjectLambda({ AccountId, Name: "shouting" })).PolicyStatus!.IsPublic, false);
  await control.deleteAccessPointPolicyForObjectLambda({ AccountId, Name: "shouting" });
  await assert.rejects(control.getAccessPointPolicyForObjectLambda({ AccountId, Name: "shouting" }), code("NoSuchAccessPointPolicy", 404));
  for (const Name of names) await control.deleteAccessPointForObjectLambda({ AccountId, Name });
  await assert.rejects(control.getAccessPointForObjectLambda({ AccountId, Name: "shouting" }), code("NoSuchAccessPoint", 404));
});

test("a configuration of Object Lambda that cannot work is refused", async () => {
  const transformation = configuration().TransformationConfigurations[0]!;
  const wrong: [object, string, number][] = [
    [{ SupportingAccessPoint: `arn:aws:s3:eu-west-1:${AccountId}:accesspoint/missing` }, "NoSuchAccessPoint", 404],
    [{ SupportingAccessPoint: "arn:aws:s3:eu-west-1:111122223333:accesspoint/supporting" }, "InvalidRequest", 400],
    [{ AllowedFeatures: ["GetObject-Everything"] }, "InvalidArgument", 400],
    [{ TransformationConfigurations: [{ ...transformation, Actions: ["PutObject"] }] }, "InvalidArgument", 400],
    [{ TransformationConfigurations: [transformation, transformation] }, "InvalidRequest", 400],
    [{ TransformationConfigurations: [{ ...transformation, ContentTransformation: { AwsLambda: { FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:far" } } }] }, "InvalidRequest", 400],
    [{ CloudWatchMetricsEnabled: true }, "NotImplemented", 501],
  ];
  for (const [more, name, status] of wrong) await assert.rejects(control.createAccessPointForObjectLambda({ AccountId, Name: "broken", Configuration: configuration(more) as never }), code(name, status), JSON.stringify(more));
});

test("what S3 Control has beyond access points and jobs says so by name", async () => {
  await assert.rejects(control.listAccessGrants({ AccountId }), (error: any) => error.name === "NotImplemented" && /ListAccessGrants/.test(error.message));
  await assert.rejects(control.getAccessPoint({ AccountId, Name: "ab" }), (error: any) => error.$metadata.httpStatusCode === 400 && /Name|name/.test(error.message));
});
