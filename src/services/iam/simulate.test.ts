// The policy simulator with the real client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { IAM, type EvaluationResult, paginateSimulateCustomPolicy } from "@aws-sdk/client-iam";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { iam as service } from "./service.ts";

let room: OpenRoom;
let iam: IAM;
before(async () => {
  room = await openRoom(service);
  iam = new IAM(room.clientConfig);
});
after(() => room.close());

const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action: string | string[], more: object = {}) => ({ Effect: "Allow", Action, Resource: "*", ...more });
const brief = (results: EvaluationResult[] | undefined) => results!.map(({ EvalActionName, EvalResourceName, EvalDecision, MatchedStatements }) => [EvalActionName, EvalResourceName, EvalDecision, MatchedStatements!.map(({ SourcePolicyId }) => SourcePolicyId).join()]);

test("policies given with the request are decided, with the statements that did it and where they stand", async () => {
  const { EvaluationResults } = await iam.simulateCustomPolicy({
    ActionNames: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    PolicyInputList: ['{\n  "Version": "2012-10-17",\n  "Statement": {\n    "Effect": "Allow",\n    "Action": "s3:*Object",\n    "Resource": "*"\n  }\n}', document({ Effect: "Deny", Action: "s3:Delete*", Resource: "*" }, allow("ec2:*"))],
  });
  assert.deepEqual(brief(EvaluationResults), [["s3:GetObject", "*", "allowed", "PolicyInputList.1"], ["s3:PutObject", "*", "allowed", "PolicyInputList.1"], ["s3:DeleteObject", "*", "explicitDeny", "PolicyInputList.2"]]);
  // As in API_SimulateCustomPolicy's sample response.
  assert.deepEqual(EvaluationResults![0]!.MatchedStatements, [{ SourcePolicyId: "PolicyInputList.1", SourcePolicyType: "IAM Policy", StartPosition: { Line: 3, Column: 16 }, EndPosition: { Line: 7, Column: 4 } }]);
  assert.deepEqual(EvaluationResults![0]!.MissingContextValues, []);
  assert.deepEqual(brief((await iam.simulateCustomPolicy({ ActionNames: ["sqs:SendMessage"], PolicyInputList: [document(allow("s3:*"))] })).EvaluationResults), [["sqs:SendMessage", "*", "implicitDeny", ""]]);
});

test("a statement of a list begins after the bracket or comma before it", async () => {
  const text = '{\n    "Version": "2012-10-17",\n    "Statement": [\n        {\n            "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"\n        },\n        { "Effect": "Allow", "Action": "s3:Put*", "Resource": "*" }\n    ]\n}';
  const { EvaluationResults } = await iam.simulateCustomPolicy({ ActionNames: ["s3:GetObject", "s3:PutObject"], PolicyInputList: [text] });
  const places = EvaluationResults!.map(({ MatchedStatements }) => [MatchedStatements![0]!.StartPosition, MatchedStatements![0]!.EndPosition]);
  assert.deepEqual(places, [[{ Line: 3, Column: 19 }, { Line: 6, Column: 10 }], [{ Line: 6, Column: 11 }, { Line: 7, Column: 68 }]]);
});

test("resources are decided one by one, and context that is missing is named", async () => {
  const PolicyInputList = [document(allow("s3:GetObject", { Resource: "arn:aws:s3:::a/${aws:username}/*", Condition: { Bool: { "aws:SecureTransport": "true" } } }))];
  const ask = async (ContextEntries: object[]) => (await iam.simulateCustomPolicy({ ActionNames: ["s3:GetObject"], ResourceArns: ["arn:aws:s3:::a/ann/x", "arn:aws:s3:::b/x"], PolicyInputList, ContextEntries } as never)).EvaluationResults!;
  const missing = await ask([]);
  assert.deepEqual(missing.map(({ EvalDecision }) => EvalDecision), ["implicitDeny", "implicitDeny"]);
  assert.deepEqual(missing[0]!.MissingContextValues!.sort(), ["aws:SecureTransport", "aws:username"]);
  const given = await ask([{ ContextKeyName: "aws:username", ContextKeyValues: ["ann"], ContextKeyType: "string" }, { ContextKeyName: "aws:securetransport", ContextKeyValues: ["true"], ContextKeyType: "boolean" }]);
  assert.deepEqual(brief(given), [["s3:GetObject", "arn:aws:s3:::a/ann/x", "allowed", "PolicyInputList.1"], ["s3:GetObject", "arn:aws:s3:::b/x", "implicitDeny", ""]]);
  assert.deepEqual(given.map(({ ResourceSpecificResults }) => ResourceSpecificResults!.map(({ EvalResourceName, EvalResourceDecision }) => [EvalResourceName, EvalResourceDecision])), [[["arn:aws:s3:::a/ann/x", "allowed"]], [["arn:aws:s3:::b/x", "implicitDeny"]]]);
});

test("a user is simulated with its groups and its boundary, a role and a group with theirs", async () => {
  await iam.createUser({ UserName: "ann" });
  await iam.putUserPolicy({ UserName: "ann", PolicyName: "own", PolicyDocument: document(allow("s3:Get*")) });
  await iam.createGroup({ GroupName: "devs" });
  await iam.putGroupPolicy({ GroupName: "devs", PolicyName: "shared", PolicyDocument: document(allow("lambda:*")) });
  await iam.addUserToGroup({ GroupName: "devs", UserName: "ann" });
  await iam.attachGroupPolicy({ GroupName: "devs", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" });
  const PolicySourceArn = "arn:aws:iam::000000000000:user/ann";
  const ActionNames = ["s3:GetObject", "lambda:InvokeFunction", "logs:PutLogEvents", "sqs:SendMessage"];
  assert.deepEqual(brief((await iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames })).EvaluationResults).map(([, , ...rest]) => rest), [["allowed", "own"], ["allowed", "shared"], ["allowed", "AWSLambdaBasicExecutionRole"], ["implicitDeny", ""]]);
  const more = await iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: ["sqs:SendMessage"], PolicyInputList: [document(allow("sqs:*"))] });
  assert.deepEqual(brief(more.EvaluationResults), [["sqs:SendMessage", "*", "allowed", "PolicyInputList.1"]]);

  const { Policy } = await iam.createPolicy({ PolicyName: "edge", PolicyDocument: document(allow("s3:*")) });
  await iam.putUserPermissionsBoundary({ UserName: "ann", PermissionsBoundary: Policy!.Arn! });
  const bounded = (await iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: ["s3:GetObject", "lambda:InvokeFunction"] })).EvaluationResults!;
  assert.deepEqual(bounded.map(({ EvalDecision, PermissionsBoundaryDecisionDetail }) => [EvalDecision, PermissionsBoundaryDecisionDetail]), [["allowed", { AllowedByPermissionsBoundary: true }], ["implicitDeny", { AllowedByPermissionsBoundary: false }]]);
  const another = await iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: ["lambda:InvokeFunction"], PermissionsBoundaryPolicyInputList: [document(allow("lambda:*"))] });
  assert.deepEqual(brief(another.EvaluationResults)[0]!.slice(2), ["allowed", "shared"]);

  assert.deepEqual(brief((await iam.simulatePrincipalPolicy({ PolicySourceArn: "arn:aws:iam::000000000000:group/devs", ActionNames: ["lambda:GetFunction", "s3:GetObject"] })).EvaluationResults).map(([, , ...rest]) => rest), [["allowed", "shared"], ["implicitDeny", ""]]);
  await assert.rejects(iam.simulatePrincipalPolicy({ PolicySourceArn: "arn:aws:iam::000000000000:user/nobody", ActionNames }), { name: "NoSuchEntityException" });
});

test("a resource's policy counts for the caller it names", async () => {
  const ResourcePolicy = document({ Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:user/bob" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::a/*" });
  const ask = async (CallerArn: string) => (await iam.simulateCustomPolicy({ ActionNames: ["s3:GetObject"], ResourceArns: ["arn:aws:s3:::a/x"], PolicyInputList: [document(allow("sqs:*"))], ResourcePolicy, CallerArn })).EvaluationResults![0]!.EvalDecision;
  assert.equal(await ask("arn:aws:iam::111122223333:user/bob"), "allowed");
  assert.equal(await ask("arn:aws:iam::111122223333:user/eve"), "implicitDeny");
  await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["s3:GetObject"], PolicyInputList: [document(allow("s3:*"))], ResourcePolicy }), { name: "InvalidInputException" });

  for (const arn of ["arn:aws:iam::111122223333:role/bob", "arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:iam::111122223333:root", "bob"]) {
    await assert.rejects(ask(arn), { name: "InvalidInputException", message: "Invalid caller - Caller must be an IAM user in this context." }, arn);
  }
  for (const bad of ["{", document(allow("s3:*")), document({ Effect: "Allow", Principal: { Nobody: "*" }, Action: "s3:*", Resource: "*" })]) {
    await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["s3:GetObject"], PolicyInputList: [document(allow("s3:*"))], ResourcePolicy: bad, CallerArn: "arn:aws:iam::111122223333:user/bob" }), { name: "MalformedPolicyDocumentException" }, bad);
  }
  await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["GetObject"], PolicyInputList: [document(allow("s3:*"))] }), { name: "InvalidInputException", message: /service identifier/ });
});

test("context keys are read out of policies, as they are written there", async () => {
  const texts = [document(allow("s3:*", { Resource: "arn:aws:s3:::${aws:username}/*", Condition: { StringLike: { "s3:Prefix": "${aws:PrincipalTag/Team}/*" } } })), document(allow("s3:*", { Condition: { Bool: { "aws:SecureTransport": "true" }, StringEquals: { "S3:prefix": "x" } } }))];
  const { ContextKeyNames } = await iam.getContextKeysForCustomPolicy({ PolicyInputList: texts });
  assert.deepEqual(ContextKeyNames!.map((key) => key.toLowerCase()).sort(), ["aws:principaltag/team", "aws:securetransport", "aws:username", "s3:prefix"]);
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: document({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }) });
  await iam.putRolePolicy({ RoleName: "r", PolicyName: "p", PolicyDocument: document(allow("s3:*", { Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1" } } })) });
  assert.deepEqual((await iam.getContextKeysForPrincipalPolicy({ PolicySourceArn: "arn:aws:iam::000000000000:role/r" })).ContextKeyNames, ["aws:RequestedRegion"]);
});

test("long answers come in pages, and bad policies are refused", async () => {
  const pages = paginateSimulateCustomPolicy({ client: iam, pageSize: 2 }, { ActionNames: ["a:A", "a:B", "a:C", "a:D", "a:E"], PolicyInputList: [document(allow("a:*"))] });
  const sizes: number[] = [];
  for await (const page of pages) sizes.push(page.EvaluationResults!.length);
  assert.deepEqual(sizes, [2, 2, 1]);
  await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["a:A"], PolicyInputList: ["{"] }), { name: "MalformedPolicyDocumentException" });
  await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["a:A"], PolicyInputList: [document(allow("a:*"))], ResourceHandlingOption: "EC2-VPC-InstanceStore" }), { message: /ResourceHandlingOption/ });
  const limits = [{ ServiceControlPolicyInputList: [document(allow("b:*"))] }];
  await assert.rejects(iam.simulateCustomPolicy({ ActionNames: ["a:A"], PolicyInputList: [document(allow("a:*"))], OrderedOrganizationPolicyInputList: limits }), { message: /OrderedOrganizationPolicyInputList/ });
  await assert.rejects(iam.simulatePrincipalPolicy({ ActionNames: ["a:A"], PolicySourceArn: "arn:aws:iam::000000000000:user/ann", PolicyExclusionList: [{ PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }] }), { message: /PolicyExclusionList/ });
});
