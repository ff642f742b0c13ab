// Users, their keys, tags and passwords, as the real SDK client sees them.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { USERS } from "./entity.ts";
import { iam } from "./service.ts";

const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const STRONG = "Correct-horse-1";
let room: OpenRoom;
let client: sdk.IAMClient;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
});
after(() => room.close());

const createUser = (UserName: string, more: Partial<sdk.CreateUserCommandInput> = {}) => client.send(new sdk.CreateUserCommand({ UserName, ...more }));
const deleteUser = (UserName: string) => client.send(new sdk.DeleteUserCommand({ UserName }));
/** As somebody else would call: the room alone takes everybody for root. */
const callAs = (arn: string): Call => ({
  account: "000000000000", region: "eu-west-1", requestId: "r", now: new Date(0), signal: new AbortController().signal, sourceIp: "", userAgent: "", host: "",
  principal: { arn, accountId: "000000000000", userId: "AIDA", accessKeyId: "AKIA", verified: true },
});

describe("users", () => {
  it("are created, tagged, listed and deleted", async () => {
    const { User } = await createUser("ann", { Path: "/people/", Tags: [{ Key: "team", Value: "a" }] });
    assert.match(User!.UserId!, /^AIDA[A-Z2-7]{17}$/);
    assert.deepEqual(User!.Tags, [{ Key: "team", Value: "a" }]);
    assert.deepEqual((await client.send(new sdk.GetUserCommand({}))).User, { UserId: "000000000000", Arn: "arn:aws:iam::000000000000:root" });
    await assert.rejects(createUser("Ann"), refusal("EntityAlreadyExistsException", "User with name Ann already exists."));
    assert.equal((await client.send(new sdk.GetUserCommand({ UserName: "ann" }))).User!.Arn, "arn:aws:iam::000000000000:user/people/ann");
    await client.send(new sdk.TagUserCommand({ UserName: "ann", Tags: [{ Key: "TEAM", Value: "b" }, { Key: "stage", Value: "" }] }));
    await client.send(new sdk.UntagUserCommand({ UserName: "ann", TagKeys: ["Stage"] }));
    assert.deepEqual((await client.send(new sdk.ListUserTagsCommand({ UserName: "ann" }))).Tags, [{ Key: "TEAM", Value: "b" }]);
    await assert.rejects(client.send(new sdk.ListUserTagsCommand({ UserName: "ghost" })), refusal("NoSuchEntityException", "The user with name ghost cannot be found."));
    assert.deepEqual((await client.send(new sdk.ListUsersCommand({ PathPrefix: "/people" }))).Users!.map((user) => user.UserName), ["ann"]);
    assert.deepEqual((await client.send(new sdk.ListUsersCommand({ PathPrefix: "/machines/" }))).Users, []);
    await deleteUser("ann");
    await assert.rejects(deleteUser("ann"), refusal("NoSuchEntityException", "The user with name ann cannot be found."));
  });

  it("keep their keys, groups and id when they are renamed", async () => {
    const { User } = await createUser("old");
    await createUser("taken");
    await client.send(new sdk.CreateGroupCommand({ GroupName: "staff" }));
    await client.send(new sdk.AddUserToGroupCommand({ GroupName: "staff", UserName: "old" }));
    const { AccessKey } = await client.send(new sdk.CreateAccessKeyCommand({ UserName: "old" }));
    await assert.rejects(client.send(new sdk.UpdateUserCommand({ UserName: "old", NewUserName: "taken" })), refusal("EntityAlreadyExistsException", "User with name taken already exists."));
    await client.send(new sdk.UpdateUserCommand({ UserName: "old", NewUserName: "new", NewPath: "/renamed/" }));
    const renamed = (await client.send(new sdk.GetUserCommand({ UserName: "new" }))).User!;
    assert.deepEqual([renamed.Arn, renamed.UserId], ["arn:aws:iam::000000000000:user/renamed/new", User!.UserId]);
    await assert.rejects(client.send(new sdk.GetUserCommand({ UserName: "old" })), refusal("NoSuchEntityException", "The user with name old cannot be found."));
    assert.deepEqual((await client.send(new sdk.ListAccessKeysCommand({ UserName: "new" }))).AccessKeyMetadata!.map((key) => [key.AccessKeyId, key.UserName]), [[AccessKey!.AccessKeyId, "new"]]);
    assert.deepEqual((await client.send(new sdk.GetGroupCommand({ GroupName: "staff" }))).Users!.map((user) => user.UserName), ["new"]);
    await client.send(new sdk.UpdateUserCommand({ UserName: "new", NewUserName: "NEW" }));
    assert.deepEqual((await client.send(new sdk.GetGroupCommand({ GroupName: "staff" }))).Users!.map((user) => user.UserName), ["NEW"]);
    await client.send(new sdk.RemoveUserFromGroupCommand({ GroupName: "staff", UserName: "new" }));
    await client.send(new sdk.DeleteAccessKeyCommand({ UserName: "new", AccessKeyId: AccessKey!.AccessKeyId! }));
    for (const name of ["new", "taken"]) await deleteUser(name);
  });

  it("have inline and attached policies, and must lose everything before they go", async () => {
    await createUser("bob");
    const inline = { UserName: "bob", PolicyName: "p" };
    await client.send(new sdk.PutUserPolicyCommand({ ...inline, PolicyDocument: ALLOW }));
    assert.equal(decodeURIComponent((await client.send(new sdk.GetUserPolicyCommand(inline))).PolicyDocument!), ALLOW);
    assert.equal((await client.send(new sdk.GetUserPolicyCommand({ ...inline, UserName: "BOB" }))).UserName, "bob");
    for (const PolicyName of ["__proto__", "constructor"]) {
      await assert.rejects(client.send(new sdk.GetUserPolicyCommand({ ...inline, PolicyName })), refusal("NoSuchEntityException", `The user policy with name ${PolicyName} cannot be found.`));
      await client.send(new sdk.PutUserPolicyCommand({ UserName: "bob", PolicyName, PolicyDocument: ALLOW }));
      assert.equal(decodeURIComponent((await client.send(new sdk.GetUserPolicyCommand({ ...inline, PolicyName }))).PolicyDocument!), ALLOW);
      await client.send(new sdk.DeleteUserPolicyCommand({ UserName: "bob", PolicyName }));
    }
    assert.deepEqual((await client.send(new sdk.ListUserPoliciesCommand({ UserName: "bob" }))).PolicyNames, ["p"]);
    await assert.rejects(client.send(new sdk.PutUserPolicyCommand({ ...inline, PolicyDocument: "{}" })), refusal("MalformedPolicyDocumentException", "Syntax errors in policy."));
    const large = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: Array.from({ length: 90 }, (_, index) => `arn:aws:s3:::bucket-${index}/*`) }] });
    await assert.rejects(client.send(new sdk.PutUserPolicyCommand({ ...inline, PolicyDocument: large })), refusal("LimitExceededException", "Maximum policy size of 2048 bytes exceeded for user bob"));
    await client.send(new sdk.AttachUserPolicyCommand({ UserName: "bob", PolicyArn: READ_ONLY }));
    assert.deepEqual((await client.send(new sdk.ListAttachedUserPoliciesCommand({ UserName: "bob" }))).AttachedPolicies, [{ PolicyArn: READ_ONLY, PolicyName: "AmazonS3ReadOnlyAccess" }]);
    await client.send(new sdk.CreateGroupCommand({ GroupName: "team" }));
    await client.send(new sdk.AddUserToGroupCommand({ GroupName: "team", UserName: "bob" }));
    const { AccessKey } = await client.send(new sdk.CreateAccessKeyCommand({ UserName: "bob" }));
    await client.send(new sdk.CreateLoginProfileCommand({ UserName: "bob", Password: STRONG }));

    const steps: [message: string, undo: object][] = [
      ["Cannot delete entity, must detach all policies first.", new sdk.DetachUserPolicyCommand({ UserName: "bob", PolicyArn: READ_ONLY })],
      ["Cannot delete entity, must delete policies first.", new sdk.DeleteUserPolicyCommand(inline)],
      ["Cannot delete entity, must remove users from group first.", new sdk.RemoveUserFromGroupCommand({ GroupName: "team", UserName: "bob" })],
      ["Cannot delete entity, must delete access keys first.", new sdk.DeleteAccessKeyCommand({ UserName: "bob", AccessKeyId: AccessKey!.AccessKeyId! })],
      ["Cannot delete entity, must delete login profile first.", new sdk.DeleteLoginProfileCommand({ UserName: "bob" })],
    ];
    for (const [message, undo] of steps) {
      await assert.rejects(deleteUser("bob"), refusal("DeleteConflictException", message));
      await client.send(undo as sdk.DeleteLoginProfileCommand);
    }
    await deleteUser("bob");
    await assert.rejects(client.send(new sdk.GetUserPolicyCommand({ ...inline, UserName: "bob" })), refusal("NoSuchEntityException", "The user with name bob cannot be found."));
  });

  it("have nothing of what is not there: lists of it are empty", async () => {
    await createUser("plain");
    const UserName = "plain";
    assert.deepEqual((await client.send(new sdk.ListMFADevicesCommand({ UserName }))).MFADevices, []);
    assert.deepEqual((await client.send(new sdk.ListSSHPublicKeysCommand({ UserName }))).SSHPublicKeys, []);
    assert.deepEqual((await client.send(new sdk.ListSigningCertificatesCommand({ UserName }))).Certificates, []);
    assert.deepEqual((await client.send(new sdk.ListServiceSpecificCredentialsCommand({ UserName }))).ServiceSpecificCredentials, []);
    await assert.rejects(client.send(new sdk.ListMFADevicesCommand({ UserName: "ghost" })), refusal("NoSuchEntityException", "The user with name ghost cannot be found."));
    await deleteUser("plain");
  });
});

describe("access keys", () => {
  it("are two at most, and can be put out of use", async () => {
    await createUser("ann");
    const keys = [];
    for (let count = 0; count < 2; count++) keys.push((await client.send(new sdk.CreateAccessKeyCommand({ UserName: "ann" }))).AccessKey!);
    assert.match(keys[0]!.AccessKeyId!, /^AKIA[A-Z2-7]{16}$/);
    assert.equal(keys[0]!.SecretAccessKey!.length, 40);
    await assert.rejects(client.send(new sdk.CreateAccessKeyCommand({ UserName: "ann" })), refusal("LimitExceededException", "Cannot exceed quota for AccessKeysPerUser: 2"));
    await assert.rejects(client.send(new sdk.CreateAccessKeyCommand({})), refusal("ValidationError", "Must specify userName when calling with non-User credentials"));
    await client.send(new sdk.UpdateAccessKeyCommand({ UserName: "ann", AccessKeyId: keys[1]!.AccessKeyId!, Status: "Inactive" }));
    const { AccessKeyMetadata } = await client.send(new sdk.ListAccessKeysCommand({ UserName: "ann" }));
    assert.deepEqual(AccessKeyMetadata!.map((key) => key.Status).sort(), ["Active", "Inactive"]);
    for (const key of keys) await client.send(new sdk.DeleteAccessKeyCommand({ UserName: "ann", AccessKeyId: key.AccessKeyId! }));
    const gone = { UserName: "ann", AccessKeyId: "AKIAIOSFODNN7EXAMPLE" };
    await assert.rejects(client.send(new sdk.DeleteAccessKeyCommand(gone)), refusal("NoSuchEntityException", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."));
    await assert.rejects(client.send(new sdk.UpdateAccessKeyCommand({ ...gone, Status: "Active" })), refusal("NoSuchEntityException", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."));
    await deleteUser("ann");
  });
});

describe("passwords", () => {
  it("are kept as a hash, read back never, changed and deleted", async () => {
    await createUser("ann");
    const create = (Password: string, UserName = "ann") => client.send(new sdk.CreateLoginProfileCommand({ UserName, Password, PasswordResetRequired: true }));
    await assert.rejects(create(STRONG, "ghost"), refusal("NoSuchEntityException", "The user with name ghost cannot be found."));
    await assert.rejects(create("tooweak"), refusal("PasswordPolicyViolationException", /password policy/));
    const { LoginProfile } = await create(STRONG);
    assert.deepEqual([LoginProfile!.UserName, LoginProfile!.PasswordResetRequired], ["ann", true]);
    await assert.rejects(create(STRONG), refusal("EntityAlreadyExistsException", "Login Profile for user ann already exists."));
    assert.ok(!JSON.stringify(await room.ports.stores.documents(USERS).get("000000000000/ann")).includes(STRONG));
    await client.send(new sdk.UpdateLoginProfileCommand({ UserName: "ann", PasswordResetRequired: false }));
    assert.equal((await client.send(new sdk.GetLoginProfileCommand({ UserName: "ann" }))).LoginProfile!.PasswordResetRequired, false);
    await client.send(new sdk.DeleteLoginProfileCommand({ UserName: "ann" }));
    for (const command of [new sdk.GetLoginProfileCommand({ UserName: "ann" }), new sdk.DeleteLoginProfileCommand({ UserName: "ann" }), new sdk.UpdateLoginProfileCommand({ UserName: "ann" })])
      await assert.rejects(client.send(command as sdk.GetLoginProfileCommand), refusal("NoSuchEntityException", "Login Profile for User ann cannot be found."));
    await deleteUser("ann");
  });

  it("obey the account's policy", async () => {
    await assert.rejects(client.send(new sdk.GetAccountPasswordPolicyCommand({})), refusal("NoSuchEntityException", "The Password Policy with domain name 000000000000 cannot be found."));
    await assert.rejects(client.send(new sdk.DeleteAccountPasswordPolicyCommand({})), refusal("NoSuchEntityException", "The account policy with name PasswordPolicy cannot be found."));
    await client.send(new sdk.UpdateAccountPasswordPolicyCommand({}));
    assert.deepEqual((await client.send(new sdk.GetAccountPasswordPolicyCommand({}))).PasswordPolicy, {
      MinimumPasswordLength: 6, RequireSymbols: false, RequireNumbers: false, RequireUppercaseCharacters: false, RequireLowercaseCharacters: false, AllowUsersToChangePassword: false, ExpirePasswords: false,
    });
    await client.send(new sdk.UpdateAccountPasswordPolicyCommand({ MinimumPasswordLength: 10, RequireNumbers: true, PasswordReusePrevention: 2, HardExpiry: false }));
    await createUser("ann");
    const weak = refusal("PasswordPolicyViolationException", "Password does not conform to the account password policy.");
    for (const Password of ["short1", "longbutnonumber"]) await assert.rejects(client.send(new sdk.CreateLoginProfileCommand({ UserName: "ann", Password })), weak);
    await client.send(new sdk.CreateLoginProfileCommand({ UserName: "ann", Password: "password-1" }));
    const update = (Password: string) => client.send(new sdk.UpdateLoginProfileCommand({ UserName: "ann", Password }));
    await update("password-2");
    for (const used of ["password-1", "password-2"]) await assert.rejects(update(used), refusal("PasswordPolicyViolationException", /used before/));
    await update("password-3");
    await update("password-1");
    await client.send(new sdk.DeleteLoginProfileCommand({ UserName: "ann" }));
    await client.send(new sdk.DeleteAccountPasswordPolicyCommand({}));
    await deleteUser("ann");
  });

  it("do not expire, so a policy that says they do is refused and changes nothing", async () => {
    const update = (policy: sdk.UpdateAccountPasswordPolicyCommandInput) => client.send(new sdk.UpdateAccountPasswordPolicyCommand(policy));
    await update({ MinimumPasswordLength: 9 });
    for (const [name, value] of [["MaxPasswordAge", 60], ["HardExpiry", true]] as const)
      await assert.rejects(update({ MinimumPasswordLength: 10, [name]: value }), refusal("ValidationError", `Evoke does not support the parameter ${name} yet.`));
    const { PasswordPolicy } = await client.send(new sdk.GetAccountPasswordPolicyCommand({}));
    assert.deepEqual([PasswordPolicy!.MinimumPasswordLength, PasswordPolicy!.ExpirePasswords], [9, false]);
    await client.send(new sdk.DeleteAccountPasswordPolicyCommand({}));
  });

  it("are changed by their own users only, who must know the old one", async () => {
    await createUser("ann");
    await client.send(new sdk.CreateLoginProfileCommand({ UserName: "ann", Password: STRONG, PasswordResetRequired: true }));
    await assert.rejects(client.send(new sdk.ChangePasswordCommand({ OldPassword: STRONG, NewPassword: "Another-horse-2" })), refusal("InvalidUserTypeException", /Only IAM Users/));
    const change = (OldPassword: string, NewPassword: string) => iam.open(room.ports).ChangePassword!({ OldPassword, NewPassword }, callAs("arn:aws:iam::000000000000:user/ann"));
    await assert.rejects(change("Wrong-horse-1", "Another-horse-2"), refusal("AccessDenied", /old password/));
    await change(STRONG, "Another-horse-2");
    await assert.rejects(change(STRONG, "Third-horse-3"), refusal("AccessDenied", /old password/));
    assert.equal((await client.send(new sdk.GetLoginProfileCommand({ UserName: "ann" }))).LoginProfile!.PasswordResetRequired, false);
    await client.send(new sdk.DeleteLoginProfileCommand({ UserName: "ann" }));
    await deleteUser("ann");
  });
});
