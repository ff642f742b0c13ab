// The numbers of an event source mapping that has EventCount among its metrics.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics
import type { EventSourceMapping } from "../ports/event-source-mappings.ts";
import type { Metrics } from "../ports/metrics.ts";

export type EventCount =
  | "PolledEventCount" | "FilteredOutEventCount" | "InvokedEventCount" | "FailedInvokeEventCount" | "DroppedEventCount"
  | "OnFailureDestinationDeliveredEventCount" | "DeletedEventCount";

/** Adds to a count; does nothing for a mapping without EventCount. */
export type CountEvents = (name: EventCount, events: number) => void;

export function openEventCounts(metrics: Metrics, { uuid, account, region, countsEvents }: Pick<EventSourceMapping, "uuid" | "account" | "region" | "countsEvents">): CountEvents {
  if (!countsEvents) return () => undefined;
  const series = new Map<EventCount, (value: number) => void>();
  return (name, events) => {
    if (events === 0) return;
    let add = series.get(name);
    if (!add) series.set(name, (add = metrics.series({ account, region, namespace: "AWS/Lambda", name, unit: "Count", dimensions: [{ EventSourceMappingUUID: uuid }] })));
    add(events);
  };
}
