// Scheduler's own numbers, by schedule group and for all of them. https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
import type { Metrics } from "../../ports/metrics.ts";
import type { ScheduleKey } from "./schedule.ts";

export type SchedulerMetric =
  | "InvocationAttemptCount" | "TargetErrorCount" | "TargetErrorThrottledCount" | "InvocationDroppedCount"
  | "InvocationsSentToDeadLetterCount" | "InvocationsFailedToBeSentToDeadLetterCount" | `InvocationsFailedToBeSentToDeadLetterCount_${string}`;

export type CountInvocations = (metric: SchedulerMetric, of: Pick<ScheduleKey, "account" | "region" | "group">) => void;

/** Handles are kept for as many groups and metrics; then they are asked for anew. */
const KEPT_MAX = 5000;

export function openSchedulerMetrics({ metrics }: { metrics: Metrics }): CountInvocations {
  const kept = new Map<string, (value: number) => void>();
  return (name, { account, region, group }) => {
    const key = `${name} ${account} ${region} ${group}`;
    let series = kept.get(key);
    if (!series) {
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, (series = metrics.series({ account, region, namespace: "AWS/Scheduler", name, unit: "Count", dimensions: [{}, { ScheduleGroup: group }] })));
    }
    series(1);
  };
}
