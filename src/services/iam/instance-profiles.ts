// Instance profiles: what hands a role to a machine. Kept for the tools that make and look for them; no machine is started here.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { describeInstanceProfile } from "./describe.ts";
import { checkModifiable, createEntity, getEntity, holdEntity, INSTANCE_PROFILE, ROLE } from "./entities.ts";
import { entityArn, entityId, type InstanceProfile, newEntityId, wholeSecond } from "./entity.ts";
import { instanceProfileExists, mustRemoveRoles, noSuchRoleInProfile, overQuota } from "./errors.ts";
import { pageOf, pageOfDocuments } from "./page.ts";
import { readTags } from "./tags.ts";

type ProfileApi = Pick<Api<typeof Sdk>, "CreateInstanceProfile" | "GetInstanceProfile" | "ListInstanceProfiles" | "ListInstanceProfilesForRole" | "DeleteInstanceProfile" | "AddRoleToInstanceProfile" | "RemoveRoleFromInstanceProfile">;

export function instanceProfileOperations(stores: Stores, ids: Ids): ProfileApi {
  return {
    ...profileRoleOperations(stores),

    async CreateInstanceProfile(input, call) {
      const path = input.Path ?? "/";
      const profile: InstanceProfile = {
        name: input.InstanceProfileName, id: newEntityId(ids, "AIPA"), arn: entityArn(call, "instance-profile", path, input.InstanceProfileName), path,
        createdMs: wholeSecond(call), tags: readTags(input.Tags),
      };
      await changing(stores, call.account, (tx) => createEntity(tx, INSTANCE_PROFILE, call.account, profile, instanceProfileExists));
      return { InstanceProfile: describeInstanceProfile(profile, undefined, "create") };
    },

    async GetInstanceProfile(input, call) {
      const profile = await getEntity(stores, INSTANCE_PROFILE, call.account, input.InstanceProfileName);
      return { InstanceProfile: await showProfile(stores, call, profile, "get") };
    },

    async ListInstanceProfiles(input, call) {
      const { items, truncation } = await pageOfDocuments(INSTANCE_PROFILE.documents(stores), `${call.account}/`, input, (profile) => profile.path.startsWith(input.PathPrefix ?? "/"));
      return { InstanceProfiles: await Promise.all(items.map((profile) => showProfile(stores, call, profile, "list"))), ...truncation };
    },

    async ListInstanceProfilesForRole(input, call) {
      const role = await getEntity(stores, ROLE, call.account, input.RoleName);
      const { items, truncation } = pageOf([...role.instanceProfiles].sort(), input, (name) => name);
      return { InstanceProfiles: await profilesByName(stores, call, items), ...truncation };
    },

    async DeleteInstanceProfile(input, call) {
      await changing(stores, call.account, async (tx) => {
        const profile = await holdEntity(tx, INSTANCE_PROFILE, call.account, input.InstanceProfileName);
        if (profile.roleName !== undefined) throw mustRemoveRoles();
        await INSTANCE_PROFILE.documents(tx).delete(entityId(call.account, input.InstanceProfileName));
      });
      return {};
    },
  };
}

function profileRoleOperations(stores: Stores): Pick<ProfileApi, "AddRoleToInstanceProfile" | "RemoveRoleFromInstanceProfile"> {
  return {
    async AddRoleToInstanceProfile(input, call) {
      await changing(stores, call.account, async (tx) => {
        const profile = await holdEntity(tx, INSTANCE_PROFILE, call.account, input.InstanceProfileName);
        const role = await holdEntity(tx, ROLE, call.account, input.RoleName);
        checkModifiable(role);
        if (profile.roleName !== undefined) throw overQuota("InstanceSessionsPerInstanceProfile", 1);
        await INSTANCE_PROFILE.documents(tx).put(entityId(call.account, profile.name), { ...profile, roleName: role.name });
        await ROLE.documents(tx).put(entityId(call.account, role.name), { ...role, instanceProfiles: [...role.instanceProfiles, profile.name] });
      });
      return {};
    },

    async RemoveRoleFromInstanceProfile(input, call) {
      await changing(stores, call.account, async (tx) => {
        const profile = await holdEntity(tx, INSTANCE_PROFILE, call.account, input.InstanceProfileName);
        const role = await holdEntity(tx, ROLE, call.account, input.RoleName);
        if (profile.roleName !== role.name) throw noSuchRoleInProfile(role.name, profile.name);
        const { roleName: _, ...rest } = profile;
        await INSTANCE_PROFILE.documents(tx).put(entityId(call.account, profile.name), rest);
        await ROLE.documents(tx).put(entityId(call.account, role.name), { ...role, instanceProfiles: role.instanceProfiles.filter((name) => name !== profile.name) });
      });
      return {};
    },
  };
}

export async function profilesByName(stores: Stores, call: Call, names: string[]): Promise<Sdk.InstanceProfile[]> {
  const profiles = await Promise.all(names.map((name) => INSTANCE_PROFILE.documents(stores).get(entityId(call.account, name))));
  return Promise.all(profiles.filter((profile) => profile !== undefined).map((profile) => showProfile(stores, call, profile, "list")));
}

async function showProfile(stores: Stores, call: Call, profile: InstanceProfile, view: "get" | "list"): Promise<Sdk.InstanceProfile> {
  const role = profile.roleName === undefined ? undefined : await ROLE.documents(stores).get(entityId(call.account, profile.roleName));
  return describeInstanceProfile(profile, role, view);
}
