// The account's alias, summary and details, service-linked roles, and what cannot be made, as the real SDK client sees them.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import type { Call } from "../../kernel/call.ts";
import { iam } from "./service.ts";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
let room: OpenRoom;
let client: sdk.IAMClient;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
});
after(() => room.close());

const ofAccount = (account: string): Call => ({
  account, region: "eu-west-1", requestId: "r", now: new Date(0), signal: new AbortController().signal, sourceIp: "", userAgent: "", host: "",
  principal: { arn: `arn:aws:iam::${account}:root`, accountId: account, userId: account, accessKeyId: account, verified: false },
});

it("an account has one alias, which no other account has", async () => {
  const list = async () => (await client.send(new sdk.ListAccountAliasesCommand({}))).AccountAliases;
  assert.deepEqual(await list(), []);
  await client.send(new sdk.CreateAccountAliasCommand({ AccountAlias: "first" }));
  await client.send(new sdk.CreateAccountAliasCommand({ AccountAlias: "second" }));
  assert.deepEqual(await list(), ["second"]);
  const other = iam.open(room.ports);
  await other.CreateAccountAlias!({ AccountAlias: "first" }, ofAccount("111122223333"));
  await assert.rejects(client.send(new sdk.CreateAccountAliasCommand({ AccountAlias: "first" })), refusal("EntityAlreadyExistsException", "The account alias first already exists."));
  await assert.rejects(client.send(new sdk.DeleteAccountAliasCommand({ AccountAlias: "first" })), refusal("NoSuchEntityException", /first/));
  await client.send(new sdk.DeleteAccountAliasCommand({ AccountAlias: "second" }));
  assert.deepEqual(await list(), []);
});

it("a service-linked role is named by its service, changed by nobody, and deleted by a task", async () => {
  const { Role } = await client.send(new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "lambda.application-autoscaling.amazonaws.com", Description: "d" }));
  const RoleName = "AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency";
  assert.equal(Role!.Arn, `arn:aws:iam::000000000000:role/aws-service-role/lambda.application-autoscaling.amazonaws.com/${RoleName}`);
  assert.deepEqual((await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies!.map((policy) => policy.PolicyName), ["AWSApplicationAutoscalingLambdaConcurrencyPolicy"]);
  await assert.rejects(client.send(new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "lambda.application-autoscaling.amazonaws.com" })),
    refusal("InvalidInputException", `Service role name ${RoleName} has been taken in this account, please try a different suffix.`));
  await assert.rejects(client.send(new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "batch.amazonaws.com", CustomSuffix: "x" })), refusal("InvalidInputException", "Custom suffix is not allowed for batch.amazonaws.com"));
  await assert.rejects(client.send(new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "nothing.amazonaws.com" })), refusal("InvalidInputException", /nothing.amazonaws.com/));
  assert.equal((await client.send(new sdk.CreateServiceLinkedRoleCommand({ AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "mine" }))).Role!.RoleName, "AWSServiceRoleForAutoScaling_mine");

  const guarded = refusal("UnmodifiableEntityException", `Cannot perform the operation on the protected role '${RoleName}' - this role is only modifiable by AWS`);
  for (const command of [
    new sdk.DeleteRoleCommand({ RoleName }), new sdk.PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: ALLOW }), new sdk.AttachRolePolicyCommand({ RoleName, PolicyArn: READ_ONLY }),
    new sdk.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: TRUST }), new sdk.PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: READ_ONLY }), new sdk.UpdateRoleCommand({ RoleName, MaxSessionDuration: 7200 }),
  ]) await assert.rejects(client.send(command as sdk.DeleteRoleCommand), guarded);
  await client.send(new sdk.UpdateRoleDescriptionCommand({ RoleName, Description: "new" }));

  const { DeletionTaskId } = await client.send(new sdk.DeleteServiceLinkedRoleCommand({ RoleName }));
  assert.match(DeletionTaskId!, new RegExp(`^task/aws-service-role/lambda\\.application-autoscaling\\.amazonaws\\.com/${RoleName}/[0-9a-f-]{36}$`));
  assert.equal((await client.send(new sdk.GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId }))).Status, "SUCCEEDED");
  await assert.rejects(client.send(new sdk.GetServiceLinkedRoleDeletionStatusCommand({ DeletionTaskId: "task/nothing" })), refusal("NoSuchEntityException", /task\/nothing/));
  await assert.rejects(client.send(new sdk.GetRoleCommand({ RoleName })), refusal("NoSuchEntityException", /cannot be found/));
  await client.send(new sdk.DeleteServiceLinkedRoleCommand({ RoleName: "AWSServiceRoleForAutoScaling_mine" }));
});

it("the summary counts, and the details show everybody with their policies, in pages", async () => {
  const { Arn } = (await client.send(new sdk.CreatePolicyCommand({ PolicyName: "Own", PolicyDocument: ALLOW }))).Policy!;
  await client.send(new sdk.CreatePolicyVersionCommand({ PolicyArn: Arn, PolicyDocument: ALLOW, SetAsDefault: true }));
  await client.send(new sdk.CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: TRUST, Tags: [{ Key: "a", Value: "1" }] }));
  await client.send(new sdk.PutRolePolicyCommand({ RoleName: "worker", PolicyName: "inline", PolicyDocument: ALLOW }));
  await client.send(new sdk.AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: Arn }));
  await client.send(new sdk.CreateInstanceProfileCommand({ InstanceProfileName: "machines" }));
  await client.send(new sdk.AddRoleToInstanceProfileCommand({ InstanceProfileName: "machines", RoleName: "worker" }));
  await client.send(new sdk.CreateGroupCommand({ GroupName: "staff" }));
  await client.send(new sdk.AttachGroupPolicyCommand({ GroupName: "staff", PolicyArn: READ_ONLY }));
  for (const UserName of ["ann", "bob"]) {
    await client.send(new sdk.CreateUserCommand({ UserName }));
    await client.send(new sdk.AddUserToGroupCommand({ GroupName: "staff", UserName }));
  }

  const summary = (await client.send(new sdk.GetAccountSummaryCommand({}))).SummaryMap!;
  assert.deepEqual([summary.Users, summary.Groups, summary.Roles, summary.InstanceProfiles, summary.Policies, summary.PolicyVersionsInUse], [2, 1, 1, 1, 1, 2]);
  assert.equal(Object.keys(summary).length, 34);
  assert.deepEqual([summary.RolesQuota, summary.UserPolicySizeQuota], [1000, 2048]);

  const all = await client.send(new sdk.GetAccountAuthorizationDetailsCommand({ MaxItems: 1000 }));
  assert.deepEqual(all.UserDetailList!.map((user) => [user.UserName, user.GroupList]), [["ann", ["staff"]], ["bob", ["staff"]]]);
  assert.deepEqual(all.GroupDetailList!.map((group) => group.AttachedManagedPolicies), [[{ PolicyArn: READ_ONLY, PolicyName: "AmazonS3ReadOnlyAccess" }]]);
  const role = all.RoleDetailList![0]!;
  assert.deepEqual([role.RolePolicyList!.map((policy) => [policy.PolicyName, decodeURIComponent(policy.PolicyDocument!)]), role.Tags, role.InstanceProfileList![0]!.InstanceProfileName], [[["inline", ALLOW]], [{ Key: "a", Value: "1" }], "machines"]);
  assert.deepEqual(all.Policies!.map((policy) => [policy.PolicyName, policy.AttachmentCount, policy.PolicyVersionList!.map((version) => [version.VersionId, version.IsDefaultVersion])]),
    [["Own", 1, [["v2", true], ["v1", false]]], ["AmazonS3ReadOnlyAccess", 1, [["v3", true]]]]);

  const seen: number[] = [];
  for await (const page of sdk.paginateGetAccountAuthorizationDetails({ client, pageSize: 2 }, {})) seen.push(page.UserDetailList!.length + page.GroupDetailList!.length + page.RoleDetailList!.length + page.Policies!.length);
  assert.deepEqual(seen, [2, 2, 2]);
  const only = await client.send(new sdk.GetAccountAuthorizationDetailsCommand({ Filter: ["Role", "AWSManagedPolicy"], MaxItems: 1000 }));
  assert.deepEqual([only.UserDetailList, only.GroupDetailList, only.RoleDetailList!.length], [[], [], 1]);
  assert.ok(only.Policies!.length > 80);
});

it("providers, virtual devices and certificates cannot be made: their lists are empty, and making one says so", async () => {
  assert.deepEqual((await client.send(new sdk.ListVirtualMFADevicesCommand({}))).VirtualMFADevices, []);
  assert.deepEqual((await client.send(new sdk.ListServerCertificatesCommand({}))).ServerCertificateMetadataList, []);
  assert.deepEqual((await client.send(new sdk.ListOpenIDConnectProvidersCommand({}))).OpenIDConnectProviderList, []);
  assert.deepEqual((await client.send(new sdk.ListSAMLProvidersCommand({}))).SAMLProviderList, []);
  await assert.rejects(client.send(new sdk.CreateOpenIDConnectProviderCommand({ Url: "https://example.com" })), /CreateOpenIDConnectProvider/);
  await assert.rejects(client.send(new sdk.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: "d" })), /CreateVirtualMFADevice/);
});
