// SNS's own numbers, by topic. https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html
import type { Metrics } from "../../ports/metrics.ts";
import type { Topic } from "./topic.ts";

const UNITS = {
  NumberOfMessagesPublished: "Count", PublishSize: "Bytes", NumberOfNotificationsDelivered: "Count", NumberOfNotificationsFailed: "Count",
  NumberOfNotificationsFilteredOut: "Count", "NumberOfNotificationsFilteredOut-MessageAttributes": "Count", "NumberOfNotificationsFilteredOut-MessageBody": "Count",
  "NumberOfNotificationsFilteredOut-NoMessageAttributes": "Count", "NumberOfNotificationsFilteredOut-InvalidAttributes": "Count", "NumberOfNotificationsFilteredOut-InvalidMessageBody": "Count",
  NumberOfNotificationsRedrivenToDlq: "Count", NumberOfNotificationsFailedToRedriveToDlq: "Count",
} as const;
export type TopicMetric = keyof typeof UNITS;

export type CountTopic = (metric: TopicMetric, topic: Pick<Topic, "arn" | "account" | "region" | "name">, value: number) => void;

/** Handles are kept for as many topics and metrics; then they are asked for anew. */
const KEPT_MAX = 5000;

export function openTopicMetrics(ports: { metrics: Metrics }): CountTopic {
  const kept = new Map<string, (value: number) => void>();
  return (metric, { arn, account, region, name }, value) => {
    const key = `${metric} ${arn}`;
    let series = kept.get(key);
    if (!series) {
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, (series = ports.metrics.series({ account, region, namespace: "AWS/SNS", name: metric, unit: UNITS[metric], dimensions: [{ TopicName: name }] })));
    }
    series(value);
  };
}
