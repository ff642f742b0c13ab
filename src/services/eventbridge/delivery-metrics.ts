// EventBridge's own numbers, by rule. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
import type { Metrics } from "../../ports/metrics.ts";
import { type BusKey, busArn, DEFAULT } from "./bus.ts";
import type { RuleKey } from "./rule.ts";

const UNITS = {
  MatchedEvents: "Count", TriggeredRules: "Count", Invocations: "Count", InvocationAttempts: "Count", RetryInvocationAttempts: "Count", SuccessfulInvocationAttempts: "Count", FailedInvocations: "Count",
  InvocationsSentToDlq: "Count", InvocationsFailedToBeSentToDlq: "Count", DeadLetterInvocations: "Count", IngestionToInvocationSuccessLatency: "Milliseconds",
  PutEventsEntriesCount: "Count", PutEventsFailedEntriesCount: "Count", PutEventsRequestSize: "Bytes",
  PutPartnerEventsEntriesCount: "Count", PutPartnerEventsFailedEntriesCount: "Count", PutPartnerEventsRequestSize: "Bytes",
} as const;
export type EventMetric = keyof typeof UNITS;

/** With the name of the rule, and of the bus when that is a custom one ("Metrics that specify only the RuleName dimension refer to the default event bus"); of no rule: for the whole account. */
export type CountEvents = (metric: EventMetric, of: { bus: Pick<BusKey, "account" | "region">; rule?: RuleKey }, value: number) => void;

/** Handles are kept for as many rules and metrics; then they are asked for anew. */
const KEPT_MAX = 5000;

export function openEventMetrics({ metrics }: { metrics: Metrics }): CountEvents {
  const kept = new Map<string, (value: number) => void>();
  return (metric, { bus: { account, region }, rule }, value) => {
    const key = `${metric} ${account} ${region} ${rule ? `${busArn(rule.bus)} ${rule.name}` : ""}`;
    let series = kept.get(key);
    if (!series) {
      if (kept.size >= KEPT_MAX) kept.clear();
      const dimensions = rule ? { ...(rule.bus.name !== DEFAULT && { EventBusName: rule.bus.name }), RuleName: rule.name } : {};
      kept.set(key, (series = metrics.series({ account, region, namespace: "AWS/Events", name: metric, unit: UNITS[metric], dimensions: [dimensions] })));
    }
    series(value);
  };
}
