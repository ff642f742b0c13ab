// Pipes' own numbers. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html
import type { Metrics } from "../../ports/metrics.ts";
import type { PipeKey } from "./pipe.ts";

const UNITS = {
  Invocations: "None", EventCount: "None", EventSize: "Bytes", Duration: "Milliseconds",
  ExecutionFailed: "None", ExecutionTimeout: "None", ExecutionPartiallyFailed: "None", ExecutionThrottled: "None",
  EnrichmentStageDuration: "Milliseconds", EnrichmentStageFailed: "None",
  TargetStageDuration: "Milliseconds", TargetStageFailed: "None", TargetStagePartiallyFailed: "None", TargetStageSkipped: "None",
} as const;
export type PipeMetric = keyof typeof UNITS;

export type CountPipe = (metric: PipeMetric, pipe: PipeKey, value: number) => void;

/** Handles are kept for as many pipes and metrics; then they are asked for anew. */
const KEPT_MAX = 5000;

export function openPipeMetrics({ metrics }: { metrics: Metrics }): CountPipe {
  const kept = new Map<string, (value: number) => void>();
  return (name, { account, region, name: pipe }, value) => {
    const key = `${name} ${account} ${region} ${pipe}`;
    let series = kept.get(key);
    if (!series) {
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, (series = metrics.series({ account, region, namespace: "AWS/EventBridge/Pipes", name, unit: UNITS[name], dimensions: [{ PipeName: pipe }] })));
    }
    series(value);
  };
}
