// What an access decision finds of a user or a role, after changes made through the real SDK client.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import type { IdentityPolicies } from "../../ports/identity-policies.ts";
import { openIdentityPolicies } from "./identity-policies.ts";
import { iam } from "./service.ts";

const ACCOUNT = "000000000000";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const allow = (action: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: "*" }] });
let room: OpenRoom;
let client: sdk.IAMClient;
let policies: IdentityPolicies;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
  policies = openIdentityPolicies({ stores: room.ports.stores });
});
after(() => room.close());

it("a user's own policies, those of its groups, and its boundary are found together", async () => {
  const { Arn: managed } = (await client.send(new sdk.CreatePolicyCommand({ PolicyName: "Managed", PolicyDocument: allow("sqs:*") }))).Policy!;
  const { Arn: boundary } = (await client.send(new sdk.CreatePolicyCommand({ PolicyName: "Boundary", PolicyDocument: allow("s3:*") }))).Policy!;
  const { User } = await client.send(new sdk.CreateUserCommand({ UserName: "ann", Path: "/people/", Tags: [{ Key: "team", Value: "a" }], PermissionsBoundary: boundary! }));
  await client.send(new sdk.CreateGroupCommand({ GroupName: "staff" }));
  await client.send(new sdk.AddUserToGroupCommand({ GroupName: "staff", UserName: "ann" }));
  await client.send(new sdk.PutUserPolicyCommand({ UserName: "ann", PolicyName: "own", PolicyDocument: allow("sns:*") }));
  await client.send(new sdk.PutGroupPolicyCommand({ GroupName: "staff", PolicyName: "shared", PolicyDocument: allow("logs:*") }));
  for (const PolicyArn of [managed!, READ_ONLY]) await client.send(new sdk.AttachGroupPolicyCommand({ GroupName: "staff", PolicyArn }));
  await client.send(new sdk.AttachUserPolicyCommand({ UserName: "ann", PolicyArn: managed! }));

  const found = (await policies.find(User!.Arn!))!;
  assert.deepEqual(found.identity.map(({ name, source }) => [name, source]), [["own", "user"], ["shared", "group"], ["Managed", "user-managed"], ["AmazonS3ReadOnlyAccess", "aws-managed"]]);
  assert.equal(found.identity[2]!.document, allow("sqs:*"));
  assert.deepEqual([found.boundary, found.tags, found.id, found.path], [allow("s3:*"), { team: "a" }, User!.UserId, "/people/"]);
  assert.equal(await policies.find("arn:aws:iam::000000000000:user/ann"), undefined, "another path is another ARN");
  assert.equal(await policies.find("arn:aws:iam::111122223333:user/people/ann"), undefined);
  assert.equal(await policies.find("arn:aws:iam::000000000000:root"), undefined);

  await client.send(new sdk.CreatePolicyVersionCommand({ PolicyArn: managed, PolicyDocument: allow("sqs:SendMessage"), SetAsDefault: true }));
  const later = (await policies.find(User!.Arn!))!;
  assert.equal(later.identity[2]!.document, allow("sqs:SendMessage"));
  assert.notEqual(later.revision, found.revision);
});

it("a role is found by its ARN and by its sessions', with whom it trusts", async () => {
  const { Role } = await client.send(new sdk.CreateRoleCommand({ RoleName: "Worker", Path: "/jobs/", AssumeRolePolicyDocument: TRUST }));
  await client.send(new sdk.AttachRolePolicyCommand({ RoleName: "Worker", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
  for (const arn of [Role!.Arn!, "arn:aws:sts::000000000000:assumed-role/Worker/session"]) {
    const found = (await policies.find(arn))!;
    assert.deepEqual([found.identity.map((policy) => policy.name), found.boundary, found.id], [["AWSLambdaBasicExecutionRole"], undefined, Role!.RoleId]);
  }
  assert.equal(await policies.trustPolicy(Role!.Arn!), TRUST);
  assert.equal(await policies.trustPolicy("arn:aws:iam::000000000000:role/ghost"), undefined);
  assert.equal(await policies.find("arn:aws:sts::000000000000:assumed-role/ghost/session"), undefined);
});

it("every change raises the account's epoch, and reading or failing does not", async () => {
  const UserName = "eve", GroupName = "g", RoleName = "r", PolicyName = "p", InstanceProfileName = "i";
  const PolicyArn = `arn:aws:iam::${ACCOUNT}:policy/p`;
  const Tags = [{ Key: "a", Value: "1" }];
  const changes: object[] = [
    new sdk.CreateUserCommand({ UserName }), new sdk.CreateGroupCommand({ GroupName }), new sdk.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }), new sdk.CreatePolicyCommand({ PolicyName, PolicyDocument: allow("s3:*") }),
    new sdk.AddUserToGroupCommand({ GroupName, UserName }), new sdk.TagUserCommand({ UserName, Tags }), new sdk.TagRoleCommand({ RoleName, Tags }), new sdk.TagPolicyCommand({ PolicyArn, Tags }),
    new sdk.PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: allow("s3:*") }), new sdk.PutGroupPolicyCommand({ GroupName, PolicyName, PolicyDocument: allow("s3:*") }), new sdk.PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: allow("s3:*") }),
    new sdk.AttachUserPolicyCommand({ UserName, PolicyArn }), new sdk.AttachGroupPolicyCommand({ GroupName, PolicyArn }), new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn }),
    new sdk.PutUserPermissionsBoundaryCommand({ UserName, PermissionsBoundary: PolicyArn }), new sdk.PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: PolicyArn }),
    new sdk.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow("s3:*") }), new sdk.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v2" }), new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId: "v1" }),
    new sdk.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST }), new sdk.UpdateRoleCommand({ RoleName, Description: "d" }), new sdk.UpdateUserCommand({ UserName, NewPath: "/x/" }), new sdk.UpdateGroupCommand({ GroupName, NewPath: "/x/" }),
    new sdk.CreateAccessKeyCommand({ UserName }), new sdk.CreateInstanceProfileCommand({ InstanceProfileName }), new sdk.AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }), new sdk.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }),
    new sdk.DeleteUserPermissionsBoundaryCommand({ UserName }), new sdk.DeleteRolePermissionsBoundaryCommand({ RoleName }), new sdk.DetachUserPolicyCommand({ UserName, PolicyArn }), new sdk.DetachGroupPolicyCommand({ GroupName, PolicyArn }), new sdk.DetachRolePolicyCommand({ RoleName, PolicyArn }),
    new sdk.DeleteUserPolicyCommand({ UserName, PolicyName }), new sdk.DeleteGroupPolicyCommand({ GroupName, PolicyName }), new sdk.DeleteRolePolicyCommand({ RoleName, PolicyName }), new sdk.RemoveUserFromGroupCommand({ GroupName, UserName }),
    new sdk.DeletePolicyCommand({ PolicyArn }), new sdk.DeleteRoleCommand({ RoleName }), new sdk.DeleteGroupCommand({ GroupName }), new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "kafka.amazonaws.com" }), new sdk.DeleteServiceLinkedRoleCommand({ RoleName: "AWSServiceRoleForKafka" }),
  ];
  for (const command of changes) {
    const before = await policies.epoch(ACCOUNT);
    await client.send(command as sdk.CreateUserCommand);
    assert.equal(await policies.epoch(ACCOUNT), before + 1, command.constructor.name);
  }
  const before = await policies.epoch(ACCOUNT);
  await client.send(new sdk.GetUserCommand({ UserName }));
  await assert.rejects(client.send(new sdk.CreateUserCommand({ UserName })));
  await assert.rejects(client.send(new sdk.AttachUserPolicyCommand({ UserName, PolicyArn })));
  assert.equal(await policies.epoch(ACCOUNT), before);
  assert.equal(await policies.epoch("111122223333"), 0);
});
