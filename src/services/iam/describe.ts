// How IAM shows what it keeps. Which member is in which answer: LocalStack's validated snapshots (tests/aws/services/iam, 2026-02).
import type * as Sdk from "@aws-sdk/client-iam";
import type { Group, InstanceProfile, Policy, Role, User } from "./entity.ts";
import { encodeDocument } from "./policy-document.ts";

export const tagList = (tags: Record<string, string>): { Key: string; Value: string }[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const someTags = (tags: Record<string, string>) => Object.keys(tags).length > 0 && { Tags: tagList(tags) };

export const describeBoundary = (boundary: string | undefined) =>
  boundary !== undefined && { PermissionsBoundary: { PermissionsBoundaryType: "Policy" as Sdk.PermissionsBoundaryAttachmentType, PermissionsBoundaryArn: boundary } };

/** CreateRole leaves out the description and how long sessions may be; ListRoles leaves out tags and boundary; an instance profile shows the least. */
export function describeRole(role: Role, view: "create" | "updated" | "get" | "list" | "inside"): Sdk.Role {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdMs),
    AssumeRolePolicyDocument: encodeDocument(role.trustPolicy),
    ...(view !== "create" && view !== "inside" && role.description !== undefined && { Description: role.description }),
    ...((view === "get" || view === "list") && { MaxSessionDuration: role.maxSessionSeconds }),
    ...((view === "get" || view === "create") && { ...someTags(role.tags), ...describeBoundary(role.boundary) }),
  };
}

export function describePolicy(policy: Policy, view: "create" | "get" | "list"): Sdk.Policy {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: policy.attachments,
    PermissionsBoundaryUsageCount: policy.boundaries,
    IsAttachable: true,
    ...(view === "get" && policy.description !== undefined && { Description: policy.description }),
    CreateDate: new Date(policy.createdMs),
    UpdateDate: new Date(policy.updatedMs),
    ...(view === "get" ? { Tags: tagList(policy.tags) } : view === "create" && someTags(policy.tags)),
  };
}

export function describeUser(user: User, view: "get" | "list"): Sdk.User {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdMs),
    ...(view === "get" && { ...someTags(user.tags), ...describeBoundary(user.boundary) }),
  };
}

export const describeGroup = (group: Group): Sdk.Group => ({
  Path: group.path, GroupName: group.name, GroupId: group.id, Arn: group.arn, CreateDate: new Date(group.createdMs),
});

export function describeInstanceProfile(profile: InstanceProfile, role: Role | undefined, view: "create" | "get" | "list"): Sdk.InstanceProfile {
  return {
    Path: profile.path,
    InstanceProfileName: profile.name,
    InstanceProfileId: profile.id,
    Arn: profile.arn,
    CreateDate: new Date(profile.createdMs),
    Roles: role ? [describeRole(role, "inside")] : [],
    ...(view === "get" ? { Tags: tagList(profile.tags) } : view === "create" && someTags(profile.tags)),
  };
}
