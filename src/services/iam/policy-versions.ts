// The versions of managed policies: at most five, one of them in force.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { type Policy, type PolicyVersion, wholeSecond } from "./entity.ts";
import { defaultVersion, noSuchPolicy, noSuchPolicyVersion, tooManyVersions } from "./errors.ts";
import { findAwsManaged, findOwn, parsePolicyArn } from "./managed.ts";
import { pageOf } from "./page.ts";
import { changePolicy, checkManagedDocument } from "./policies.ts";
import { encodeDocument } from "./policy-document.ts";

const VERSIONS_MAX = 5;

type VersionApi = Pick<Api<typeof Sdk>, "CreatePolicyVersion" | "GetPolicyVersion" | "ListPolicyVersions" | "SetDefaultPolicyVersion" | "DeletePolicyVersion">;

export function policyVersionOperations(stores: Stores): VersionApi {
  return {
    async CreatePolicyVersion(input, call) {
      parsePolicyArn(input.PolicyArn);
      checkManagedDocument(input.PolicyDocument);
      const nowMs = wholeSecond(call);
      const policy = await changePolicy(stores, call, input.PolicyArn, (before) => {
        if (before.versions.length >= VERSIONS_MAX) throw tooManyVersions();
        const version: PolicyVersion = { id: `v${before.nextVersion}`, document: input.PolicyDocument, createdMs: nowMs };
        return {
          ...before, updatedMs: nowMs, nextVersion: before.nextVersion + 1, versions: [version, ...before.versions],
          ...(input.SetAsDefault && { defaultVersion: version.id }),
        };
      });
      return { PolicyVersion: describeVersion(policy.versions[0]!, policy.defaultVersion) };
    },

    async GetPolicyVersion(input, call) {
      const { versions, inForce } = await versionsOf(stores, call, input.PolicyArn, () => noSuchPolicyVersion(input.PolicyArn, input.VersionId));
      const version = versions.find((candidate) => candidate.id === input.VersionId);
      if (!version) throw noSuchPolicyVersion(input.PolicyArn, input.VersionId);
      return { PolicyVersion: { ...describeVersion(version, inForce), Document: encodeDocument(version.document) } };
    },

    async ListPolicyVersions(input, call) {
      const { versions, inForce } = await versionsOf(stores, call, input.PolicyArn, () => noSuchPolicy(input.PolicyArn));
      const { items, truncation } = pageOf(versions, input, (version) => String(1e9 - Number(version.id.slice(1)))); // newest first
      return { Versions: items.map((version) => describeVersion(version, inForce)), ...truncation };
    },

    async SetDefaultPolicyVersion(input, call) {
      await changeVersions(stores, call, input.PolicyArn, input.VersionId, (policy) => ({ ...policy, defaultVersion: input.VersionId, updatedMs: wholeSecond(call) }));
      return {};
    },

    async DeletePolicyVersion(input, call) {
      await changeVersions(stores, call, input.PolicyArn, input.VersionId, (policy) => {
        if (policy.defaultVersion === input.VersionId) throw defaultVersion();
        return { ...policy, versions: policy.versions.filter((version) => version.id !== input.VersionId) };
      });
      return {};
    },
  };
}

async function changeVersions(stores: Stores, call: Call, arn: string, versionId: string, change: (policy: Policy) => Policy): Promise<void> {
  if (!findAwsManaged(arn) && !(await findOwn(stores, call, arn))) throw noSuchPolicyVersion(arn, versionId);
  await changePolicy(stores, call, arn, (policy) => {
    if (!policy.versions.some((version) => version.id === versionId)) throw noSuchPolicyVersion(arn, versionId);
    return change(policy);
  });
}

export async function versionsOf(stores: Stores, call: Call, arn: string, missing: () => Error): Promise<{ versions: PolicyVersion[]; inForce: string }> {
  const own = await findOwn(stores, call, arn);
  if (own) return { versions: own.versions, inForce: own.defaultVersion };
  const managed = findAwsManaged(arn);
  if (!managed) throw missing();
  return { versions: [{ id: managed.version, document: JSON.stringify(managed.document), createdMs: Date.parse(managed.updatedAt) }], inForce: managed.version };
}

export const describeVersion = (version: PolicyVersion, inForce: string): Sdk.PolicyVersion => ({
  VersionId: version.id, IsDefaultVersion: version.id === inForce, CreateDate: new Date(version.createdMs),
});
