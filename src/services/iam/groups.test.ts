// Groups and membership, as the real SDK client sees them.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { iam } from "./service.ts";

const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }] });
const READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
let room: OpenRoom;
let client: sdk.IAMClient;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
});
after(() => room.close());

const createGroup = (GroupName: string, Path?: string) => client.send(new sdk.CreateGroupCommand({ GroupName, ...(Path && { Path }) }));
const members = async (GroupName: string) => (await client.send(new sdk.GetGroupCommand({ GroupName }))).Users!.map((user) => user.UserName);
const groupsOf = async (UserName: string) => (await client.send(new sdk.ListGroupsForUserCommand({ UserName }))).Groups!.map((group) => group.GroupName);

it("a group is created, listed by path, renamed and deleted", async () => {
  const { Group } = await createGroup("Staff", "/company/");
  assert.match(Group!.GroupId!, /^AGPA[A-Z2-7]{17}$/);
  assert.equal(Group!.Arn, "arn:aws:iam::000000000000:group/company/Staff");
  await createGroup("other");
  await assert.rejects(createGroup("staff"), refusal("EntityAlreadyExistsException", "Group with name staff already exists."));
  assert.deepEqual((await client.send(new sdk.ListGroupsCommand({ PathPrefix: "/company/" }))).Groups!.map((group) => group.GroupName), ["Staff"]);
  await assert.rejects(client.send(new sdk.UpdateGroupCommand({ GroupName: "Staff", NewGroupName: "other" })), refusal("EntityAlreadyExistsException", "Group with name other already exists."));
  await client.send(new sdk.UpdateGroupCommand({ GroupName: "Staff", NewGroupName: "Crew", NewPath: "/ship/" }));
  const renamed = (await client.send(new sdk.GetGroupCommand({ GroupName: "Crew" }))).Group!;
  assert.deepEqual([renamed.Arn, renamed.GroupId], ["arn:aws:iam::000000000000:group/ship/Crew", Group!.GroupId]);
  for (const GroupName of ["Crew", "other"]) await client.send(new sdk.DeleteGroupCommand({ GroupName }));
  await assert.rejects(client.send(new sdk.GetGroupCommand({ GroupName: "Crew" })), refusal("NoSuchEntityException", "The group with name Crew cannot be found."));
  await assert.rejects(client.send(new sdk.DeleteGroupCommand({ GroupName: "Crew" })), refusal("NoSuchEntityException", "The group with name Crew cannot be found."));
  await assert.rejects(client.send(new sdk.UpdateGroupCommand({ GroupName: "Crew" })), refusal("NoSuchEntityException", "The group with name Crew cannot be found."));
});

it("users join and leave groups, and a renamed group keeps its members", async () => {
  await createGroup("red");
  for (const UserName of ["a", "b", "c"]) await client.send(new sdk.CreateUserCommand({ UserName }));
  const join = (UserName: string, GroupName = "red") => client.send(new sdk.AddUserToGroupCommand({ GroupName, UserName }));
  const leave = (UserName: string, GroupName = "red") => client.send(new sdk.RemoveUserFromGroupCommand({ GroupName, UserName }));
  for (const name of ["c", "a", "a", "B"]) await join(name);
  assert.deepEqual(await members("red"), ["a", "b", "c"]);
  const pages: string[][] = [];
  for await (const page of sdk.paginateGetGroup({ client, pageSize: 2 }, { GroupName: "red" })) pages.push(page.Users!.map((user) => user.UserName!));
  assert.deepEqual(pages, [["a", "b"], ["c"]]);
  await client.send(new sdk.UpdateGroupCommand({ GroupName: "red", NewGroupName: "blue" }));
  assert.deepEqual(await groupsOf("a"), ["blue"]);
  await leave("a", "blue");
  await leave("a", "blue");
  assert.deepEqual([await members("blue"), await groupsOf("a")], [["b", "c"], []]);
  for (const [user, group, message] of [["ghost", "blue", "The user with name ghost cannot be found."], ["a", "ghosts", "The group with name ghosts cannot be found."], ["ghost", "ghosts", "The user with name ghost cannot be found."]] as const) {
    await assert.rejects(join(user, group), refusal("NoSuchEntityException", message));
    await assert.rejects(leave(user, group), refusal("NoSuchEntityException", message));
  }
  await assert.rejects(client.send(new sdk.ListGroupsForUserCommand({ UserName: "ghost" })), refusal("NoSuchEntityException", "The user with name ghost cannot be found."));
  for (let count = 0; count < 10; count++) {
    await createGroup(`many-${count}`);
    await join("a", `many-${count}`);
  }
  await assert.rejects(join("a", "blue"), refusal("LimitExceededException", "Cannot exceed quota for GroupsPerUser: 10"));
  assert.equal((await groupsOf("a")).length, 10);
});

it("an account has as many groups as AWS allows, and no more", async () => {
  const { Groups: before } = await client.send(new sdk.ListGroupsCommand({ MaxItems: 1000 }));
  await Promise.all(Array.from({ length: 300 - before!.length }, (_, index) => createGroup(`quota-${index}`)));
  await assert.rejects(createGroup("one-more"), refusal("LimitExceededException", "Cannot exceed quota for GroupsPerAccount: 300"));
  assert.equal((await client.send(new sdk.ListGroupsCommand({ MaxItems: 1000 }))).Groups!.length, 300);
  await client.send(new sdk.DeleteGroupCommand({ GroupName: "quota-0" }));
});

it("a group has inline and attached policies, and must lose them and its users before it goes", async () => {
  await createGroup("full");
  const inline = { GroupName: "full", PolicyName: "p" };
  await assert.rejects(client.send(new sdk.GetGroupPolicyCommand(inline)), refusal("NoSuchEntityException", "The group policy with name p cannot be found."));
  await client.send(new sdk.PutGroupPolicyCommand({ ...inline, PolicyDocument: ALLOW }));
  assert.equal(decodeURIComponent((await client.send(new sdk.GetGroupPolicyCommand(inline))).PolicyDocument!), ALLOW);
  assert.deepEqual((await client.send(new sdk.ListGroupPoliciesCommand({ GroupName: "full" }))).PolicyNames, ["p"]);
  await client.send(new sdk.AttachGroupPolicyCommand({ GroupName: "full", PolicyArn: READ_ONLY }));
  assert.deepEqual((await client.send(new sdk.ListAttachedGroupPoliciesCommand({ GroupName: "full" }))).AttachedPolicies, [{ PolicyArn: READ_ONLY, PolicyName: "AmazonS3ReadOnlyAccess" }]);
  await client.send(new sdk.CreateUserCommand({ UserName: "member" }));
  await client.send(new sdk.AddUserToGroupCommand({ GroupName: "full", UserName: "member" }));
  const steps: [string, object][] = [
    ["Cannot delete entity, must remove users from group first.", new sdk.RemoveUserFromGroupCommand({ GroupName: "full", UserName: "member" })],
    ["Cannot delete entity, must detach all policies first.", new sdk.DetachGroupPolicyCommand({ GroupName: "full", PolicyArn: READ_ONLY })],
    ["Cannot delete entity, must delete policies first.", new sdk.DeleteGroupPolicyCommand(inline)],
  ];
  for (const [message, undo] of steps) {
    await assert.rejects(client.send(new sdk.DeleteGroupCommand({ GroupName: "full" })), refusal("DeleteConflictException", message));
    await client.send(undo as sdk.DeleteGroupPolicyCommand);
  }
  await assert.rejects(client.send(new sdk.DetachGroupPolicyCommand({ GroupName: "full", PolicyArn: READ_ONLY })), refusal("NoSuchEntityException", `Policy ${READ_ONLY} was not found.`));
  await client.send(new sdk.DeleteGroupCommand({ GroupName: "full" }));
});
