// IAM guarding itself: who may do what to users, roles and groups, through a whole Evoke that enforces policies.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openTestPlatform } from "../../../test/support/platform.ts";

const statement = (Effect: string, Action: string, Resource: string, more: object = {}) => ({ Effect, Action, Resource, ...more });
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });

it("a path, a tag and a boundary are guarded, though requests tell names alone", async () => {
  await using evoke = await openTestPlatform({ iam: "enforce" });
  const root = new sdk.IAMClient(evoke.clientConfig);
  await root.send(new sdk.CreateUserCommand({ UserName: "boss", Path: "/admins/" }));
  await root.send(new sdk.CreateUserCommand({ UserName: "carl", Tags: [{ Key: "team", Value: "b" }] }));
  await root.send(new sdk.CreateUserCommand({ UserName: "ann" }));
  const { AccessKey } = await root.send(new sdk.CreateAccessKeyCommand({ UserName: "ann" }));
  const ann = new sdk.IAMClient({ ...evoke.clientConfig, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  const get = (UserName: string) => ann.send(new sdk.GetUserCommand({ UserName }));
  const allow = (...statements: object[]) => root.send(new sdk.PutUserPolicyCommand({ UserName: "ann", PolicyName: "p", PolicyDocument: document(...statements) }));

  await assert.rejects(get("carl"), refusal("AccessDenied", "User: arn:aws:iam::000000000000:user/ann is not authorized to perform: iam:GetUser on resource: arn:aws:iam::000000000000:user/carl because no identity-based policy allows the iam:GetUser action"));
  await allow(statement("Allow", "iam:*", "*"), statement("Deny", "iam:*", "arn:aws:iam::000000000000:user/admins/*"));
  await get("carl");
  await assert.rejects(get("boss"), refusal("AccessDenied", /user\/admins\/boss/));
  await assert.rejects(ann.send(new sdk.DeleteUserCommand({ UserName: "boss" })), refusal("AccessDenied", /explicit deny/));
  await allow(statement("Allow", "iam:GetUser", "*", { Condition: { StringEquals: { "aws:ResourceTag/team": "b" } } }));
  await get("carl");
  await assert.rejects(get("ann"), refusal("AccessDenied", /iam:GetUser/));

  await root.send(new sdk.PutUserPermissionsBoundaryCommand({ UserName: "ann", PermissionsBoundary: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
  await assert.rejects(get("carl"), refusal("AccessDenied", /no permissions boundary allows/));
  await root.send(new sdk.DeleteUserPermissionsBoundaryCommand({ UserName: "ann" }));
  await root.send(new sdk.CreateGroupCommand({ GroupName: "readers" }));
  await root.send(new sdk.AttachGroupPolicyCommand({ GroupName: "readers", PolicyArn: "arn:aws:iam::aws:policy/IAMReadOnlyAccess" }));
  await root.send(new sdk.AddUserToGroupCommand({ GroupName: "readers", UserName: "ann" }));
  await get("boss");
  await root.send(new sdk.RemoveUserFromGroupCommand({ GroupName: "readers", UserName: "ann" }));
  await assert.rejects(get("boss"), refusal("AccessDenied", /iam:GetUser/));
  root.destroy();
  ann.destroy();
});

it("a user may change the own password where the account's password policy says so, and no one else's", async () => {
  await using evoke = await openTestPlatform({ iam: "enforce" });
  const root = new sdk.IAMClient(evoke.clientConfig);
  await root.send(new sdk.CreateUserCommand({ UserName: "ann" }));
  await root.send(new sdk.CreateLoginProfileCommand({ UserName: "ann", Password: "First-horse-1" }));
  const { AccessKey } = await root.send(new sdk.CreateAccessKeyCommand({ UserName: "ann" }));
  const ann = new sdk.IAMClient({ ...evoke.clientConfig, credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! } });
  const change = () => ann.send(new sdk.ChangePasswordCommand({ OldPassword: "First-horse-1", NewPassword: "Second-horse-2" }));
  await assert.rejects(change(), refusal("AccessDenied", /iam:ChangePassword/));
  await root.send(new sdk.UpdateAccountPasswordPolicyCommand({ AllowUsersToChangePassword: true }));
  await change();
  assert.equal((await ann.send(new sdk.GetAccountPasswordPolicyCommand({}))).PasswordPolicy!.AllowUsersToChangePassword, true);
  await assert.rejects(ann.send(new sdk.UpdateLoginProfileCommand({ UserName: "ann", Password: "Third-horse-3" })), refusal("AccessDenied", /iam:UpdateLoginProfile/));
  await root.send(new sdk.UpdateAccountPasswordPolicyCommand({}));
  await assert.rejects(ann.send(new sdk.GetAccountPasswordPolicyCommand({})), refusal("AccessDenied", /iam:GetAccountPasswordPolicy/));
  root.destroy();
  ann.destroy();
});
