// Permissions boundaries, and who uses a policy for what, as the real SDK client sees them.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { iam } from "./service.ts";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const GHOST = "arn:aws:iam::000000000000:policy/ghost";
let room: OpenRoom;
let client: sdk.IAMClient;
let own: string;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
  own = (await client.send(new sdk.CreatePolicyCommand({ PolicyName: "Limit", PolicyDocument: ALLOW }))).Policy!.Arn!;
});
after(() => room.close());

const counts = async (PolicyArn: string) => {
  const { Policy } = await client.send(new sdk.GetPolicyCommand({ PolicyArn }));
  return [Policy!.AttachmentCount, Policy!.PermissionsBoundaryUsageCount];
};

it("a boundary is set, shown, counted, replaced and taken away, of users and roles", async () => {
  const { User } = await client.send(new sdk.CreateUserCommand({ UserName: "ann", PermissionsBoundary: own }));
  assert.deepEqual(User!.PermissionsBoundary, { PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: own });
  const { Role } = await client.send(new sdk.CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST, PermissionsBoundary: own, Description: "d" }));
  assert.deepEqual([Role!.PermissionsBoundary?.PermissionsBoundaryArn, Role!.Description], [own, undefined], "CreateRole does not repeat the description");
  assert.deepEqual(await counts(own), [0, 2]);
  assert.equal((await client.send(new sdk.ListRolesCommand({}))).Roles![0]!.PermissionsBoundary, undefined, "lists leave it out");

  await client.send(new sdk.PutUserPermissionsBoundaryCommand({ UserName: "ann", PermissionsBoundary: READ_ONLY }));
  assert.deepEqual([await counts(own), await counts(READ_ONLY)], [[0, 1], [0, 1]]);
  await assert.rejects(client.send(new sdk.DeletePolicyCommand({ PolicyArn: own })), refusal("DeleteConflictException", "Cannot delete a policy attached to entities."));
  await client.send(new sdk.DeleteRolePermissionsBoundaryCommand({ RoleName: "worker" }));
  assert.equal((await client.send(new sdk.GetRoleCommand({ RoleName: "worker" }))).Role!.PermissionsBoundary, undefined);
  await assert.rejects(client.send(new sdk.DeleteRolePermissionsBoundaryCommand({ RoleName: "worker" })), refusal("NoSuchEntityException", /boundary/));
  await client.send(new sdk.PutRolePermissionsBoundaryCommand({ RoleName: "worker", PermissionsBoundary: own }));
  await client.send(new sdk.DeleteRoleCommand({ RoleName: "worker" }));
  assert.deepEqual(await counts(own), [0, 0], "a deleted role lets go of its boundary");
  await client.send(new sdk.DeleteUserPermissionsBoundaryCommand({ UserName: "ann" }));
  await client.send(new sdk.DeleteUserCommand({ UserName: "ann" }));
});

it("a boundary that is no policy is refused, and nothing is half done", async () => {
  const notAPolicy = "arn:aws:iam::000000000000:not_a_policy/invalid";
  const create = (PermissionsBoundary: string) => client.send(new sdk.CreateRoleCommand({ RoleName: "half", AssumeRolePolicyDocument: TRUST, PermissionsBoundary }));
  await assert.rejects(create(notAPolicy), refusal("InvalidInputException", `ARN ${notAPolicy} is not valid.`));
  await assert.rejects(create(GHOST), refusal("NoSuchEntityException", `Scope ARN: ${GHOST} does not exist or is not attachable.`));
  await assert.rejects(client.send(new sdk.GetRoleCommand({ RoleName: "half" })), refusal("NoSuchEntityException", "The role with name half cannot be found."));
  await create(own);
  const put = (PermissionsBoundary: string, RoleName = "half") => client.send(new sdk.PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary }));
  await assert.rejects(put(notAPolicy), refusal("InvalidInputException", `ARN ${notAPolicy} is not valid.`));
  await assert.rejects(put(GHOST), refusal("NoSuchEntityException", `Scope ARN: ${GHOST} does not exist or is not attachable.`));
  await assert.rejects(put(own, "nobody"), refusal("NoSuchEntityException", "The role with name nobody cannot be found."));
  assert.equal((await client.send(new sdk.GetRoleCommand({ RoleName: "half" }))).Role!.PermissionsBoundary!.PermissionsBoundaryArn, own);
  assert.deepEqual(await counts(own), [0, 1]);
  await client.send(new sdk.DeleteRoleCommand({ RoleName: "half" }));
});

it("a policy tells who has it, for what, in pages", async () => {
  for (const name of ["u1", "u2"]) await client.send(new sdk.CreateUserCommand({ UserName: name, Path: "/people/" }));
  await client.send(new sdk.CreateGroupCommand({ GroupName: "g1" }));
  await client.send(new sdk.CreateRoleCommand({ RoleName: "r1", AssumeRolePolicyDocument: TRUST, PermissionsBoundary: own }));
  await client.send(new sdk.AttachUserPolicyCommand({ UserName: "u1", PolicyArn: own }));
  await client.send(new sdk.AttachUserPolicyCommand({ UserName: "u2", PolicyArn: own }));
  await client.send(new sdk.AttachGroupPolicyCommand({ GroupName: "g1", PolicyArn: own }));
  const who = async (more: Partial<sdk.ListEntitiesForPolicyCommandInput>) => {
    const found: (string | undefined)[] = [];
    for await (const page of sdk.paginateListEntitiesForPolicy({ client, pageSize: 1 }, { PolicyArn: own, ...more }))
      found.push(...page.PolicyGroups!.map((group) => group.GroupName), ...page.PolicyRoles!.map((role) => role.RoleName), ...page.PolicyUsers!.map((user) => user.UserName));
    return found;
  };
  assert.deepEqual(await who({}), ["g1", "r1", "u1", "u2"]);
  assert.deepEqual(await who({ EntityFilter: "User" }), ["u1", "u2"]);
  assert.deepEqual(await who({ PathPrefix: "/people/" }), ["u1", "u2"]);
  assert.deepEqual(await who({ PolicyUsageFilter: "PermissionsBoundary" }), ["r1"]);
  assert.deepEqual(await who({ PolicyUsageFilter: "PermissionsPolicy" }), ["g1", "u1", "u2"]);
  await assert.rejects(client.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn: GHOST })), refusal("NoSuchEntityException", `Policy ${GHOST} was not found.`));

  const listed = async (more: sdk.ListPoliciesCommandInput) => (await client.send(new sdk.ListPoliciesCommand({ MaxItems: 1000, ...more }))).Policies!.map((policy) => policy.PolicyName);
  assert.deepEqual(await listed({ PolicyUsageFilter: "PermissionsBoundary" }), ["Limit"]);
  assert.deepEqual(await listed({ OnlyAttached: true }), ["Limit"]);
});

it("a policy is tagged, and AWS's own cannot be changed or given away by name only", async () => {
  await client.send(new sdk.TagPolicyCommand({ PolicyArn: own, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] }));
  await client.send(new sdk.UntagPolicyCommand({ PolicyArn: own, TagKeys: ["a"] }));
  assert.deepEqual((await client.send(new sdk.ListPolicyTagsCommand({ PolicyArn: own }))).Tags, [{ Key: "b", Value: "2" }]);
  await assert.rejects(client.send(new sdk.TagPolicyCommand({ PolicyArn: READ_ONLY, Tags: [{ Key: "a", Value: "1" }] })), refusal("AccessDenied", /managed by AWS/));
  await assert.rejects(client.send(new sdk.DeletePolicyCommand({ PolicyArn: READ_ONLY })), refusal("AccessDenied", /managed by AWS/));
  const linked = "arn:aws:iam::aws:policy/aws-service-role/AWSLambdaReplicator";
  await assert.rejects(client.send(new sdk.AttachUserPolicyCommand({ UserName: "u1", PolicyArn: linked })), refusal("PolicyNotAttachableException", "Cannot attach a Service Role Policy to a Customer Role."));
});
