// ListMetrics: what had data within the last two weeks.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Api, RoomPorts } from "../service.ts";
import { badToken, notSupported } from "./errors.ts";
import { LISTED_MS, type Metric, METRICS, metricsPrefix } from "./metric.ts";

const PAGE = 500;
const SCAN = 1000;
const RECENT_MS = 3 * 3_600_000;

export function listOperations({ stores, metrics }: Pick<RoomPorts, "stores" | "metrics">): Pick<Api<typeof Sdk>, "ListMetrics"> {
  return {
    async ListMetrics(input, call) {
      if (input.OwningAccount) throw notSupported("OwningAccount");
      const prefix = input.Namespace === undefined ? metricsPrefix(call) : metricsPrefix(call, input.Namespace, input.MetricName);
      const sinceMs = call.now.getTime() - (input.RecentlyActive === "PT3H" ? RECENT_MS : LISTED_MS);
      const wanted = (metric: Metric) =>
        metric.lastMs > sinceMs && (input.MetricName === undefined || metric.name === input.MetricName)
        && (input.Dimensions ?? []).every(({ Name, Value }) => metric.dimensions.some(([name, value]) => name === Name && (Value === undefined || Value === value)));
      await metrics.flush();
      const found: [string, Metric][] = [];
      let after = input.NextToken === undefined ? undefined : decodePageToken(input.NextToken);
      if (input.NextToken !== undefined && !after?.startsWith(prefix)) throw badToken();
      for (;;) {
        const page = await stores.documents<Metric>(METRICS).list({ prefix, limit: SCAN, ...(after === undefined ? {} : { after }) });
        found.push(...page.filter(([, metric]) => wanted(metric)));
        if (found.length > PAGE || page.length < SCAN) break;
        after = page.at(-1)![0];
      }
      const shown = found.slice(0, PAGE);
      return {
        Metrics: shown.map(([, { namespace, name, dimensions }]) => ({ Namespace: namespace, MetricName: name, Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })) })),
        ...(found.length > PAGE ? { NextToken: encodePageToken(shown.at(-1)![0]) } : {}),
      };
    },
  };
}
