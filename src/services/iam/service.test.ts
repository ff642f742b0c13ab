// The room as a user sees it: the real SDK client, the wire layer and real stores.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as sdk from "@aws-sdk/client-iam";
import { refusal } from "../../../test/support/refusal.ts";
import { openRoom, type OpenRoom } from "../../../test/support/room.ts";
import { iam } from "./service.ts";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const ALLOW = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["s3:Get*"], Resource: "*" }] });
const BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
let room: OpenRoom;
let client: sdk.IAMClient;

before(async () => {
  room = await openRoom(iam);
  client = new sdk.IAMClient(room.clientConfig);
});
after(() => room.close());

const createRole = (RoleName: string, more: Partial<sdk.CreateRoleCommandInput> = {}) => client.send(new sdk.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST, ...more }));
const createPolicy = async (PolicyName: string) => (await client.send(new sdk.CreatePolicyCommand({ PolicyName, PolicyDocument: ALLOW }))).Policy!;

describe("roles", () => {
  it("are created, read, changed and deleted", async () => {
    const { Role } = await createRole("First", { Path: "/team/", Description: "d", Tags: [{ Key: "a", Value: "1" }] });
    assert.equal(Role!.Arn, "arn:aws:iam::000000000000:role/team/First");
    assert.match(Role!.RoleId!, /^AROA[A-Z2-7]{17}$/);
    assert.equal(decodeURIComponent(Role!.AssumeRolePolicyDocument!), TRUST);
    assert.ok(!Role!.AssumeRolePolicyDocument!.includes("{"));
    await assert.rejects(createRole("first"), refusal("EntityAlreadyExistsException", "Role with name first already exists."));
    await client.send(new sdk.UpdateRoleCommand({ RoleName: "First", MaxSessionDuration: 7200 }));
    await client.send(new sdk.TagRoleCommand({ RoleName: "First", Tags: [{ Key: "b", Value: "2" }] }));
    await client.send(new sdk.UntagRoleCommand({ RoleName: "First", TagKeys: ["a"] }));
    const read = (await client.send(new sdk.GetRoleCommand({ RoleName: "First" }))).Role!;
    assert.deepEqual([read.MaxSessionDuration, read.Description, read.Tags, read.Path], [7200, "d", [{ Key: "b", Value: "2" }], "/team/"]);
    assert.deepEqual((await client.send(new sdk.ListRoleTagsCommand({ RoleName: "First" }))).Tags, [{ Key: "b", Value: "2" }]);
    assert.deepEqual((await client.send(new sdk.ListInstanceProfilesForRoleCommand({ RoleName: "First" }))).InstanceProfiles ?? [], []);
    await client.send(new sdk.DeleteRoleCommand({ RoleName: "First" }));
    await assert.rejects(client.send(new sdk.GetRoleCommand({ RoleName: "First" })), refusal("NoSuchEntityException", "The role with name First cannot be found."));
  });

  it("are listed by path, in pages", async () => {
    for (const name of ["p1", "p2", "p3"]) await createRole(name, { Path: "/pages/" });
    const names: string[] = [];
    for await (const page of sdk.paginateListRoles({ client, pageSize: 2 }, { PathPrefix: "/pages/" })) names.push(...page.Roles!.map((role) => role.RoleName!));
    assert.deepEqual(names, ["p1", "p2", "p3"]);
    await assert.rejects(client.send(new sdk.ListRolesCommand({ Marker: "?" })), refusal("ValidationError", /Marker/));
  });

  it("refuse trust policies that are none", async () => {
    const trust = (statement: object) => createRole("bad", { AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) });
    await assert.rejects(createRole("bad", { AssumeRolePolicyDocument: "no json" }), refusal("MalformedPolicyDocumentException", "This policy contains invalid Json"));
    await assert.rejects(trust({ Effect: "Allow", Principal: "*", Action: "s3:Get*" }), refusal("MalformedPolicyDocumentException", "AssumeRole policy may only specify STS AssumeRole actions."));
    await assert.rejects(trust({ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole", Resource: "*" }), refusal("MalformedPolicyDocumentException", "Has prohibited field Resource"));
    await assert.rejects(trust({ Effect: "Allow", Action: "sts:AssumeRole" }), refusal("MalformedPolicyDocumentException", "Missing required field Principal"));
    await assert.rejects(createRole("bad", { Tags: [{ Key: "a", Value: "1" }, { Key: "A", Value: "2" }] }), refusal("InvalidInputException", /Duplicate tag keys found/));
  });

  it("hold inline policies, and must lose them before they go", async () => {
    await createRole("inline");
    const role = { RoleName: "inline", PolicyName: "p" };
    await client.send(new sdk.PutRolePolicyCommand({ ...role, PolicyDocument: ALLOW }));
    assert.equal(decodeURIComponent((await client.send(new sdk.GetRolePolicyCommand(role))).PolicyDocument!), ALLOW);
    assert.deepEqual((await client.send(new sdk.ListRolePoliciesCommand({ RoleName: "inline" }))).PolicyNames, ["p"]);
    await assert.rejects(client.send(new sdk.DeleteRoleCommand({ RoleName: "inline" })), refusal("DeleteConflictException", "Cannot delete entity, must delete policies first."));
    await client.send(new sdk.DeleteRolePolicyCommand(role));
    await assert.rejects(client.send(new sdk.DeleteRolePolicyCommand(role)), refusal("NoSuchEntityException", "The role policy with name p cannot be found."));
    const large = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: Array.from({ length: 400 }, (_, index) => `arn:aws:s3:::bucket-${index}/*`) }] });
    await assert.rejects(client.send(new sdk.PutRolePolicyCommand({ ...role, PolicyDocument: large })), refusal("LimitExceededException", "Maximum policy size of 10240 bytes exceeded for role inline"));
  });
});

describe("managed policies", () => {
  it("are attached and detached, AWS's own too", async () => {
    await createRole("holder");
    const own = await createPolicy("Own");
    assert.match(own.PolicyId!, /^ANPA[A-Z2-7]{17}$/);
    for (const PolicyArn of [own.Arn!, BASIC, BASIC]) await client.send(new sdk.AttachRolePolicyCommand({ RoleName: "holder", PolicyArn }));
    assert.deepEqual((await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName: "holder" }))).AttachedPolicies,
      [{ PolicyArn: own.Arn, PolicyName: "Own" }, { PolicyArn: BASIC, PolicyName: "AWSLambdaBasicExecutionRole" }]);
    assert.equal((await client.send(new sdk.GetPolicyCommand({ PolicyArn: own.Arn! }))).Policy!.AttachmentCount, 1);
    assert.equal((await client.send(new sdk.GetPolicyCommand({ PolicyArn: BASIC }))).Policy!.AttachmentCount, 1);
    assert.equal((await client.send(new sdk.ListEntitiesForPolicyCommand({ PolicyArn: own.Arn! }))).PolicyRoles![0]!.RoleName, "holder");
    await assert.rejects(client.send(new sdk.DeleteRoleCommand({ RoleName: "holder" })), refusal("DeleteConflictException", "Cannot delete entity, must detach all policies first."));
    await assert.rejects(client.send(new sdk.DeletePolicyCommand({ PolicyArn: own.Arn! })), refusal("DeleteConflictException", "Cannot delete a policy attached to entities."));
    for (const PolicyArn of [own.Arn!, BASIC]) await client.send(new sdk.DetachRolePolicyCommand({ RoleName: "holder", PolicyArn }));
    await assert.rejects(client.send(new sdk.DetachRolePolicyCommand({ RoleName: "holder", PolicyArn: BASIC })), refusal("NoSuchEntityException", `Policy ${BASIC} was not found.`));
    const ghost = "arn:aws:iam::000000000000:policy/ghost";
    await assert.rejects(client.send(new sdk.AttachRolePolicyCommand({ RoleName: "holder", PolicyArn: ghost })), refusal("NoSuchEntityException", `Policy ${ghost} does not exist or is not attachable.`));
    assert.equal((await client.send(new sdk.ListAttachedRolePoliciesCommand({ RoleName: "holder" }))).AttachedPolicies!.length, 0);
    await assert.rejects(client.send(new sdk.AttachRolePolicyCommand({ RoleName: "holder", PolicyArn: "longpolicynamebutnoarn" })), refusal("ValidationError", "ARN longpolicynamebutnoarn is not valid."));
    await client.send(new sdk.DeletePolicyCommand({ PolicyArn: own.Arn! }));
    await client.send(new sdk.DeleteRoleCommand({ RoleName: "holder" }));
  });

  it("have up to five versions, one in force", async () => {
    const { Arn: PolicyArn } = await createPolicy("Versions");
    const create = (SetAsDefault = false) => client.send(new sdk.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: ALLOW, SetAsDefault }));
    assert.equal((await create(true)).PolicyVersion!.VersionId, "v2");
    for (let count = 0; count < 3; count++) await create();
    await assert.rejects(create(), refusal("LimitExceededException", /can have up to 5 versions/));
    assert.deepEqual((await client.send(new sdk.ListPolicyVersionsCommand({ PolicyArn }))).Versions!.map((version) => version.VersionId), ["v5", "v4", "v3", "v2", "v1"]);
    await assert.rejects(client.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" })), refusal("DeleteConflictException", "Cannot delete the default version of a policy."));
    await client.send(new sdk.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: "v1" }));
    await client.send(new sdk.DeletePolicyVersionCommand({ PolicyArn, VersionId: "v2" }));
    assert.equal((await create()).PolicyVersion!.VersionId, "v6");
    assert.equal(decodeURIComponent((await client.send(new sdk.GetPolicyVersionCommand({ PolicyArn, VersionId: "v1" }))).PolicyVersion!.Document!), ALLOW);
    await assert.rejects(client.send(new sdk.GetPolicyVersionCommand({ PolicyArn, VersionId: "v9" })), refusal("NoSuchEntityException", `Policy ${PolicyArn} version v9 does not exist or is not attachable.`));
  });

  it("are listed, AWS's own and the account's", async () => {
    const arns = async (Scope: sdk.PolicyScopeType) => {
      const found: string[] = [];
      for await (const page of sdk.paginateListPolicies({ client, pageSize: 5 }, { Scope })) found.push(...page.Policies!.map((policy) => policy.Arn!));
      return found;
    };
    assert.ok((await arns("AWS")).includes(BASIC));
    assert.deepEqual(await arns("Local"), ["arn:aws:iam::000000000000:policy/Versions"]);
    const { PolicyVersion } = await client.send(new sdk.GetPolicyVersionCommand({ PolicyArn: BASIC, VersionId: "v1" }));
    assert.deepEqual(JSON.parse(decodeURIComponent(PolicyVersion!.Document!)).Statement[0].Action, ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]);
  });
});
