// Lambda's own numbers about events on their way. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
import { parseArn } from "../kernel/arn.ts";
import type { Metrics } from "../ports/metrics.ts";

const UNITS = {
  AsyncEventsReceived: "Count", AsyncEventAge: "Milliseconds", AsyncEventsDropped: "Count",
  DeadLetterErrors: "Count", DestinationDeliveryFailures: "Count",
  IteratorAge: "Milliseconds",
} as const;
export type AsyncMetric = keyof typeof UNITS;

/** Adds one observation; `functionArn` qualified as the event was. */
export type CountAsync = (metric: AsyncMetric, functionArn: string, value: number) => void;

/** Handles are kept for as many functions and qualifiers; then they are asked for anew. */
const KEPT_MAX = 5000;

/** Under three sets of dimensions: none, the function, and the function with the resource that was called. */
export function openAsyncMetrics(metrics: Metrics): CountAsync {
  const kept = new Map<string, (value: number) => void>();
  return (metric, functionArn, value) => {
    const key = `${metric} ${functionArn}`;
    let series = kept.get(key);
    if (!series) {
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, (series = open(metrics, metric, functionArn)));
    }
    series(value);
  };
}

function open(metrics: Metrics, name: AsyncMetric, functionArn: string): (value: number) => void {
  const { account, region, resource } = parseArn(functionArn)!;
  const [, functionName = "", qualifier] = resource.split(":");
  const called = qualifier === undefined ? functionName : `${functionName}:${qualifier}`;
  const dimensions = [{}, { FunctionName: functionName }, { FunctionName: functionName, Resource: called }] as Record<string, string>[];
  return metrics.series({ account, region, namespace: "AWS/Lambda", name, unit: UNITS[name], dimensions });
}
