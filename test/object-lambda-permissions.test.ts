// Who may do what through an Object Lambda access point: the caller at each of the four resources, and the function where it answers.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { after, before, test } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { Lambda, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { S3 } from "@aws-sdk/client-s3";
import { S3Control } from "@aws-sdk/client-s3-control";
import { packageFiles } from "./support/packages.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";
import { zipOf } from "./support/zip.ts";

const [ACCOUNT, OTHER] = ["000000000000", "111122223333"];
const REGION = "eu-west-1";
const POINT = `arn:aws:s3:${REGION}:${ACCOUNT}:accesspoint/plain`;
const OBJECT_LAMBDA = `arn:aws:s3-object-lambda:${REGION}:${ACCOUNT}:accesspoint/shout`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:shout`;
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });

/** Says what the original's address answered, or the name of the error that WriteGetObjectResponse gave. */
const CODE = `
const { S3Client, WriteGetObjectResponseCommand } = require("@aws-sdk/client-s3");
const s3 = new S3Client({ disableHostPrefix: true });
exports.handler = async ({ getObjectContext: { outputRoute: RequestRoute, outputToken: RequestToken, inputS3Url }, userIdentity }) => {
  const response = await fetch(inputS3Url);
  const Body = JSON.stringify({ status: response.status, text: await response.text(), userIdentity });
  try {
    await s3.send(new WriteGetObjectResponseCommand({ RequestRoute, RequestToken, Body }));
  } catch (error) {
    console.log(error.name, error.message);
  }
};
`;

let platform: TestPlatform;
let iam: IAM;
let root: S3;
let control: S3Control;
let lambda: Lambda;
const clients: { destroy(): void }[] = [];
const kept = <T extends { destroy(): void }>(client: T): T => { clients.push(client); return client; };
const requestHandler = { httpAgent: new Agent({ lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }) };
const configOf = (accessKeyId: string, secretAccessKey: string) => ({ ...platform.clientConfig, requestHandler, endpoint: `http://localhost:${new URL(platform.url).port}`, credentials: { accessKeyId, secretAccessKey } });

before(async () => {
  platform = await openTestPlatform({ iam: "enforce", credentials: `${ACCOUNT}:rootsecret,${OTHER}:othersecret` });
  const config = configOf(ACCOUNT, "rootsecret");
  [iam, root, control, lambda] = [kept(new IAM(config)), kept(new S3(config)), kept(new S3Control(config)), kept(new Lambda(config))];
  await iam.createRole({ RoleName: "writer", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await lambda.createFunction({ FunctionName: "shout", Runtime: "nodejs24.x", Handler: "index.handler", MemorySize: 512, Timeout: 20, Role: `arn:aws:iam::${ACCOUNT}:role/writer`, Code: { ZipFile: await zipOf({ "index.js": CODE, ...packageFiles(["@aws-sdk/client-s3"]) }) } });
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 } as never, { FunctionName: "shout" });
  await root.createBucket({ Bucket: "originals", CreateBucketConfiguration: { LocationConstraint: REGION } });
  await root.putObject({ Bucket: "originals", Key: "k", Body: "text" });
  await control.createAccessPoint({ AccountId: ACCOUNT, Name: "plain", Bucket: "originals" });
  await control.createAccessPointForObjectLambda({ AccountId: ACCOUNT, Name: "shout", Configuration: { SupportingAccessPoint: POINT, TransformationConfigurations: [{ Actions: ["GetObject"], ContentTransformation: { AwsLambda: { FunctionArn: FUNCTION } } }] } });
});
after(async () => {
  for (const client of clients) client.destroy();
  await platform?.close();
});

const policy = (UserName: string, ...statements: object[]) => iam.putUserPolicy({ UserName, PolicyName: "p", PolicyDocument: document(...statements) });
async function user(UserName: string): Promise<S3> {
  await iam.createUser({ UserName });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return kept(new S3(configOf(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!)));
}

const read = async (client: S3) => JSON.parse(await (await client.getObject({ Bucket: OBJECT_LAMBDA, Key: "k" })).Body!.transformToString());
const failure = (name: string, status: number, text = "") => (error: any) => error.name === name && error.$metadata.httpStatusCode === status && error.message.includes(text);
const calledVia = { Condition: { "ForAnyValue:StringEquals": { "aws:CalledVia": ["s3-object-lambda.amazonaws.com"] } } };

test("a caller needs the object lambda access point, the function, the access point and the bucket; the function its own permission to answer", async () => {
  const ann = await user("ann");
  await assert.rejects(read(ann), failure("AccessDenied", 403, `s3-object-lambda:GetObject on resource: ${OBJECT_LAMBDA}`));
  const atPoint = allow("s3-object-lambda:Get*", OBJECT_LAMBDA);
  await policy("ann", atPoint);
  await assert.rejects(read(ann), failure("LambdaPermissionError", 403, FUNCTION));
  // As AWS's guide has it: the version is named.
  const atFunction = allow("lambda:InvokeFunction", `${FUNCTION}:$LATEST`, calledVia);
  await policy("ann", atPoint, atFunction);
  await assert.rejects(read(ann), failure("LambdaResponseNotReceived", 500));
  await iam.putRolePolicy({ RoleName: "writer", PolicyName: "p", PolicyDocument: document(allow("s3-object-lambda:WriteGetObjectResponse", OBJECT_LAMBDA)) });
  assert.equal((await read(ann)).status, 403);
  await policy("ann", atPoint, atFunction, allow("s3:Get*", `${POINT}/*`, calledVia));
  assert.equal((await read(ann)).status, 403, "the bucket has not delegated yet");
  await root.putBucketPolicy({ Bucket: "originals", Policy: document(allow("*", ["arn:aws:s3:::originals", "arn:aws:s3:::originals/*"], { Principal: { AWS: "*" }, Condition: { StringEquals: { "s3:DataAccessPointAccount": ACCOUNT } } })) });
  const answered = await read(ann);
  assert.deepEqual([answered.status, answered.text], [200, "text"]);
  assert.deepEqual([answered.userIdentity.type, answered.userIdentity.userName], ["IAMUser", "ann"]);
  // What is permitted by way of the function only is not permitted past it.
  await assert.rejects(ann.getObject({ Bucket: POINT, Key: "k" }), failure("AccessDenied", 403));
  await assert.rejects(ann.headObject({ Bucket: OBJECT_LAMBDA, Key: "missing-permission-or-not" }), (error: any) => error.$metadata.httpStatusCode === 404);
});

test("what no function answers needs the permission at the object lambda access point as well", async () => {
  const bob = await user("bob");
  await policy("bob", allow("s3:*", "*"));
  await assert.rejects(bob.putObject({ Bucket: OBJECT_LAMBDA, Key: "b", Body: "x" }), failure("AccessDenied", 403, "s3-object-lambda:PutObject"));
  await policy("bob", allow(["s3:*", "s3-object-lambda:PutObject"], "*"));
  await bob.putObject({ Bucket: OBJECT_LAMBDA, Key: "b", Body: "x" });
});

test("another account comes through where the object lambda access point's policy names it", async () => {
  const stranger = kept(new S3(configOf(OTHER, "othersecret")));
  await assert.rejects(read(stranger), failure("AccessDenied", 403));
  await control.putAccessPointPolicyForObjectLambda({ AccountId: ACCOUNT, Name: "shout", Policy: document(allow("s3-object-lambda:GetObject", OBJECT_LAMBDA, { Principal: { AWS: OTHER } })) });
  await assert.rejects(read(stranger), failure("LambdaPermissionError", 403));
});

test("nobody but the account whose caller waits can answer", async () => {
  const stranger = kept(new S3({ ...configOf(OTHER, "othersecret"), disableHostPrefix: true }));
  await assert.rejects(stranger.writeGetObjectResponse({ RequestRoute: "io-evoke-001", RequestToken: "a".repeat(64), Body: "x" }), failure("ValidationError", 400));
});
