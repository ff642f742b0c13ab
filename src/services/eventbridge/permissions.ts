// PutPermission and RemovePermission: who may put events on a bus. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import type { Api, RoomPorts } from "../service.ts";
import { changeBus, type EventBus } from "./bus.ts";
import { ownBus } from "./bus-lookup.ts";
import { checkedPolicy, withoutPermission, withPermission } from "./bus-policy.ts";
import { permissionWithout } from "./errors.ts";

type PermissionApi = Pick<Api<typeof Sdk>, "PutPermission" | "RemovePermission">;

export function permissionOperations({ stores, clock }: Pick<RoomPorts, "stores" | "clock">): PermissionApi {
  const change = async (name: string | undefined, call: Call, to: (bus: EventBus) => string | undefined) => {
    await stores.transaction(async (tx) => {
      await changeBus(tx, await ownBus(tx, name, call), (bus) => {
        const { policy: _, ...rest } = bus;
        const policy = to(bus);
        return { ...rest, ...(policy !== undefined && { policy }), modifiedMs: clock.now() };
      });
    });
    return {};
  };
  return {
    PutPermission: ({ EventBusName, Policy, StatementId, Action, Principal, Condition }, call) => change(EventBusName, call, (bus) => {
      if (Policy !== undefined) return checkedPolicy(Policy);
      if (StatementId === undefined) throw permissionWithout("StatementId");
      if (Action === undefined) throw permissionWithout("Action");
      if (Principal === undefined) throw permissionWithout("Principal");
      return withPermission(bus, bus.policy, { statementId: StatementId, action: Action, principal: Principal, ...(Condition && { condition: { Type: Condition.Type!, Key: Condition.Key!, Value: Condition.Value! } }) });
    }),

    RemovePermission: ({ EventBusName, StatementId, RemoveAllPermissions }, call) => change(EventBusName, call, ({ policy }) => {
      if (RemoveAllPermissions) return undefined;
      if (StatementId === undefined) throw permissionWithout("StatementId");
      return withoutPermission(policy, StatementId);
    }),
  };
}
