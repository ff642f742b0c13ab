// Instance profiles, as the real SDK client sees them.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { iam } from "./service.ts";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] });
let room: OpenRoom;
let client: sdk.IAMClient;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
  for (const RoleName of ["worker", "second"]) await client.send(new sdk.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
});
after(() => room.close());

const name = { InstanceProfileName: "machines" };
const add = (RoleName: string, InstanceProfileName = "machines") => client.send(new sdk.AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
const remove = (RoleName: string, InstanceProfileName = "machines") => client.send(new sdk.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName, RoleName }));

it("an instance profile is created, holds one role, is tagged, found by path and role, and deleted", async () => {
  const { InstanceProfile } = await client.send(new sdk.CreateInstanceProfileCommand({ ...name, Path: "/fleet/", Tags: [{ Key: "a", Value: "1" }] }));
  assert.match(InstanceProfile!.InstanceProfileId!, /^AIPA[A-Z2-7]{17}$/);
  assert.deepEqual([InstanceProfile!.Arn, InstanceProfile!.Roles, InstanceProfile!.Tags], ["arn:aws:iam::000000000000:instance-profile/fleet/machines", [], [{ Key: "a", Value: "1" }]]);
  await assert.rejects(client.send(new sdk.CreateInstanceProfileCommand(name)), refusal("EntityAlreadyExistsException", "Instance Profile machines already exists."));

  await add("worker");
  await assert.rejects(add("second"), refusal("LimitExceededException", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
  await assert.rejects(add("ghost"), refusal("NoSuchEntityException", "The role with name ghost cannot be found."));
  await assert.rejects(add("worker", "ghosts"), refusal("NoSuchEntityException", "Instance Profile ghosts cannot be found."));
  await assert.rejects(remove("second"), refusal("NoSuchEntityException", "Role second in Instance Profile machines cannot be found."));
  const shown = (await client.send(new sdk.GetInstanceProfileCommand(name))).InstanceProfile!;
  assert.deepEqual(shown.Roles!.map((role) => [role.RoleName, role.MaxSessionDuration]), [["worker", undefined]]);
  assert.deepEqual((await client.send(new sdk.ListInstanceProfilesForRoleCommand({ RoleName: "worker" }))).InstanceProfiles!.map((profile) => profile.InstanceProfileName), ["machines"]);
  assert.deepEqual((await client.send(new sdk.ListInstanceProfilesForRoleCommand({ RoleName: "second" }))).InstanceProfiles, []);
  assert.deepEqual((await client.send(new sdk.ListInstanceProfilesCommand({ PathPrefix: "/fleet/" }))).InstanceProfiles!.map((profile) => profile.Roles![0]!.RoleName), ["worker"]);
  assert.deepEqual((await client.send(new sdk.ListInstanceProfilesCommand({ PathPrefix: "/none/" }))).InstanceProfiles, []);

  await client.send(new sdk.TagInstanceProfileCommand({ ...name, Tags: [{ Key: "b", Value: "2" }] }));
  await client.send(new sdk.UntagInstanceProfileCommand({ ...name, TagKeys: ["a"] }));
  assert.deepEqual((await client.send(new sdk.ListInstanceProfileTagsCommand(name))).Tags, [{ Key: "b", Value: "2" }]);
  await assert.rejects(client.send(new sdk.ListInstanceProfileTagsCommand({ InstanceProfileName: "ghosts" })), refusal("NoSuchEntityException", "Instance Profile ghosts cannot be found."));

  const conflict = refusal("DeleteConflictException", "Cannot delete entity, must remove roles from instance profile first.");
  await assert.rejects(client.send(new sdk.DeleteInstanceProfileCommand(name)), conflict);
  await assert.rejects(client.send(new sdk.DeleteRoleCommand({ RoleName: "worker" })), conflict);
  await remove("worker");
  await client.send(new sdk.DeleteInstanceProfileCommand(name));
  await client.send(new sdk.DeleteRoleCommand({ RoleName: "worker" }));
  await assert.rejects(client.send(new sdk.GetInstanceProfileCommand(name)), refusal("NoSuchEntityException", "Instance Profile machines cannot be found."));
});
