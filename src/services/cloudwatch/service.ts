// Amazon CloudWatch: metrics, put and read. Lambda's own come through sink.ts.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import { defineService } from "../service.ts";
import { access } from "./access.ts";
import { dataOperations } from "./get-metric-data.ts";
import { statisticsOperations } from "./get-metric-statistics.ts";
import { listOperations } from "./list-metrics.ts";
import { putOperations } from "./put-metric-data.ts";
import { sweepForever } from "./retention.ts";

export const cloudwatch = defineService<typeof Sdk>({
  name: "monitoring",
  client: "@aws-sdk/client-cloudwatch",
  actionPrefix: "cloudwatch",
  access,
  open({ stores, clock, ids, metrics, background }) {
    background("cloudwatch retention", (signal) => sweepForever({ stores, clock, ids }, signal));
    return {
      ...putOperations(stores),
      ...statisticsOperations({ stores, metrics }),
      ...dataOperations({ stores, metrics }),
      ...listOperations({ stores, metrics }),
    };
  },
});
