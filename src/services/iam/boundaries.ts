// Permissions boundaries: a managed policy that bounds what the other policies of a user or a role allow.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
import type * as Sdk from "@aws-sdk/client-iam";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { changing } from "./change.ts";
import { changeEntity, checkModifiable, type HolderKind, ROLE, USER } from "./entities.ts";
import type { Role, User } from "./entity.ts";
import { badBoundary, noSuchBoundary, noSuchBoundaryPolicy } from "./errors.ts";
import { countUse, policyArnOf } from "./managed.ts";

type BoundaryApi = Pick<Api<typeof Sdk>, "PutRolePermissionsBoundary" | "PutUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" | "DeleteUserPermissionsBoundary">;

/** Counts a boundary that a new user or role is made with. */
export async function useBoundary(tx: Tx, call: Call, policyArn: string): Promise<void> {
  if (!policyArnOf(policyArn)) throw badBoundary(policyArn);
  if (!(await countUse(tx, call, policyArn, "boundaries", 1))) throw noSuchBoundaryPolicy(policyArn);
}

export async function releaseBoundary(tx: Tx, call: Call, policyArn: string | undefined): Promise<void> {
  if (policyArn !== undefined) await countUse(tx, call, policyArn, "boundaries", -1);
}

export function boundaryOperations(stores: Stores): BoundaryApi {
  const put = <T extends User | Role>(kind: HolderKind<T>, name: string, policyArn: string, call: Call): Promise<{}> =>
    changing(stores, call.account, async (tx) => {
      let before: string | undefined;
      await changeEntity(tx, kind, call.account, name, (entity) => {
        checkModifiable(entity);
        before = entity.boundary;
        return { ...entity, boundary: policyArn };
      });
      await releaseBoundary(tx, call, before);
      await useBoundary(tx, call, policyArn);
      return {};
    });

  const remove = <T extends User | Role>(kind: HolderKind<T>, name: string, call: Call): Promise<{}> =>
    changing(stores, call.account, async (tx) => {
      let before: string | undefined;
      await changeEntity(tx, kind, call.account, name, (entity) => {
        checkModifiable(entity);
        if (entity.boundary === undefined) throw noSuchBoundary(kind.word, name);
        const { boundary, ...rest } = entity;
        before = boundary;
        return rest as unknown as T;
      });
      await releaseBoundary(tx, call, before);
      return {};
    });

  return {
    PutRolePermissionsBoundary: (input, call) => put(ROLE, input.RoleName, input.PermissionsBoundary, call),
    PutUserPermissionsBoundary: (input, call) => put(USER, input.UserName, input.PermissionsBoundary, call),
    DeleteRolePermissionsBoundary: (input, call) => remove(ROLE, input.RoleName, call),
    DeleteUserPermissionsBoundary: (input, call) => remove(USER, input.UserName, call),
  };
}
