// Amazon CloudWatch Logs: groups of streams of events, searched, followed and kept for a while.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { filterOperations } from "./filter-events.ts";
import { getOperations } from "./get-events.ts";
import { groupOperations } from "./groups.ts";
import { tailOperations } from "./live-tail.ts";
import { putOperations } from "./put-events.ts";
import { sweepForever } from "./retention.ts";
import { streamOperations } from "./streams.ts";
import { tagOperations } from "./tags.ts";
import { groupTarget } from "./target.ts";

export const cloudwatchLogs = defineService<typeof Sdk>({
  name: "logs",
  client: "@aws-sdk/client-cloudwatch-logs",
  access,

  target: groupTarget,

  open({ stores, clock, ids, background }) {
    background("cloudwatch-logs retention", (signal) => sweepForever({ stores, clock, ids }, signal));
    return {
      ...groupOperations(stores),
      ...streamOperations(stores),
      ...putOperations(stores),
      ...getOperations(stores),
      ...filterOperations(stores),
      ...tailOperations({ stores, clock, ids }),
      ...tagOperations(stores),
    };
  },
});
