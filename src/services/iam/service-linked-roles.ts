// Service-linked roles: made for a service, named by it, and changed by nobody else.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
import type * as Sdk from "@aws-sdk/client-iam";
import { partitionOf } from "../../kernel/arn.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { type Account, changeAccount } from "./account.ts";
import { changing } from "./change.ts";
import { forgetRoleUse } from "./credential-use.ts";
import { describeRole } from "./describe.ts";
import { createEntity, holdEntity, ROLE } from "./entities.ts";
import { ACCOUNTS, entityArn, entityId, newEntityId, type Role, wholeSecond } from "./entity.ts";
import { noServiceLinkedRole, noSuchDeletionTask, notServiceLinked, serviceRoleTaken, suffixNotAllowed } from "./errors.ts";
import { SERVICE_LINKED_ROLES, serviceLinkedName, WITH_SUFFIX } from "./service-linked-role-names.ts";

const SESSION_SECONDS = 3600;
const TASKS_KEPT = 100;

type LinkedApi = Pick<Api<typeof Sdk>, "CreateServiceLinkedRole" | "DeleteServiceLinkedRole" | "GetServiceLinkedRoleDeletionStatus">;

export function serviceLinkedRoleOperations(stores: Stores, ids: Ids): LinkedApi {
  return {
    async CreateServiceLinkedRole(input, call) {
      const service = input.AWSServiceName;
      const known = SERVICE_LINKED_ROLES.get(service);
      if (!known) throw noServiceLinkedRole(service);
      if (input.CustomSuffix !== undefined && !WITH_SUFFIX.has(service)) throw suffixNotAllowed(service);
      const name = serviceLinkedName(service, input.CustomSuffix)!;
      const path = `/aws-service-role/${service}/`;
      const role: Role = {
        name, id: newEntityId(ids, "AROA"), arn: entityArn(call, "role", path, name), path, createdMs: wholeSecond(call),
        trustPolicy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] }),
        ...(input.Description !== undefined && { description: input.Description }),
        maxSessionSeconds: SESSION_SECONDS, tags: {}, inlinePolicies: {}, instanceProfiles: [],
        attachedPolicies: [`arn:${partitionOf(call.region)}:iam::aws:policy/aws-service-role/${known[1]}`],
        linkedService: service,
      };
      await changing(stores, call.account, (tx) => createEntity(tx, ROLE, call.account, role, serviceRoleTaken));
      return { Role: describeRole(role, "create") };
    },

    /** Done at once: no service here holds on to its role. */
    async DeleteServiceLinkedRole(input, call) {
      const unique = ids.uuid();
      return changing(stores, call.account, async (tx) => {
        const role = await holdEntity(tx, ROLE, call.account, input.RoleName);
        if (role.linkedService === undefined) throw notServiceLinked(role.name);
        const task = `task${role.path}${role.name}/${unique}`;
        await ROLE.documents(tx).delete(entityId(call.account, role.name));
        await forgetRoleUse(tx, call.account, role.name);
        await changeAccount(tx, call.account, (account) => ({ ...account, deletionTasks: [...(account.deletionTasks ?? []), task].slice(-TASKS_KEPT) }));
        return { DeletionTaskId: task };
      });
    },

    async GetServiceLinkedRoleDeletionStatus(input, call) {
      const account = await stores.documents<Account>(ACCOUNTS).get(call.account);
      if (!account?.deletionTasks?.includes(input.DeletionTaskId)) throw noSuchDeletionTask(input.DeletionTaskId);
      return { Status: "SUCCEEDED" };
    },
  };
}
