// Amazon EventBridge Scheduler: schedules, once or again and again, and the groups they are in.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-scheduler";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { registerDeliveries } from "./delivery.ts";
import { runSchedules } from "./firing.ts";
import { findGroup, groupByArn, groupsOf } from "./group.ts";
import { runGroupRemovals } from "./group-removal.ts";
import { groupOperations } from "./groups.ts";
import { listOperations } from "./listing.ts";
import { scheduleOperations } from "./schedules.ts";
import { tagOperations } from "./tags.ts";

export const scheduler = defineService<typeof Sdk>({
  name: "scheduler",
  client: "@aws-sdk/client-scheduler",
  access,

  resourceTags: ({ stores }) => async (arn) => {
    const key = groupByArn(arn);
    return key && (await findGroup(groupsOf(stores), key))?.tags;
  },

  open(ports) {
    registerDeliveries(ports);
    ports.background("scheduler: schedules that fall due", (signal) => runSchedules(ports, signal));
    ports.background("scheduler: groups that are deleted", (signal) => runGroupRemovals(ports, signal));
    return { ...scheduleOperations(ports), ...listOperations(ports), ...groupOperations(ports), ...tagOperations(ports) };
  },
});
