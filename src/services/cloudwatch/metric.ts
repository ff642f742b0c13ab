// What a metric is, and the documents it is kept in. No storage, no clock.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
import { createHash } from "node:crypto";
import type { StatisticSet } from "./statistic-set.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAMESPACE/NAME/KEY, the texts percent-encoded. */
export const METRICS = "cloudwatch/metric";
/** Documents of this kind have the id KEY/PERIOD/START/UNIT: seconds since 1970, in 11 digits, so that they are in order of time. */
export const POINTS = "cloudwatch/point";

export interface Metric {
  namespace: string;
  name: string;
  /** Sorted by name. */
  dimensions: [name: string, value: string][];
  /** Names its points: everything that makes it this metric, hashed. */
  key: string;
  /** When something was last put, within KNOWN_AGAIN_MS. */
  lastMs: number;
}

export interface Where {
  account: string;
  region: string;
}

export type Point = StatisticSet;

/** Points are kept at these lengths, each so long: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html */
export const KEPT = [
  { periodSeconds: 1, forMs: 3 * 3_600_000 },
  { periodSeconds: 60, forMs: 15 * 86_400_000 },
  { periodSeconds: 300, forMs: 63 * 86_400_000 },
  { periodSeconds: 3600, forMs: 455 * 86_400_000 },
] as const;
export const KNOWN_AGAIN_MS = 10 * 60_000;
/** ListMetrics shows what had data within two weeks. */
export const LISTED_MS = 14 * 86_400_000;

const part = (text: string): string => encodeURIComponent(text.toWellFormed()); // half a surrogate pair would throw

export function metricKey({ account, region }: Where, namespace: string, name: string, dimensions: [string, string][]): string {
  return createHash("sha256").update(JSON.stringify([account, region, namespace, name, sorted(dimensions)])).digest("base64url").slice(0, 24);
}

export const sorted = (dimensions: [string, string][]): [string, string][] => [...dimensions].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

export const metricsPrefix = ({ account, region }: Where, namespace?: string, name?: string): string =>
  `${account}/${region}/${namespace === undefined ? "" : `${part(namespace)}/${name === undefined ? "" : `${part(name)}/`}`}`;

export const metricId = (where: Where, metric: Omit<Metric, "lastMs">): string => metricsPrefix(where, metric.namespace, metric.name) + metric.key;

export const startOf = (atMs: number, periodSeconds: number): number => Math.floor(atMs / 1000 / periodSeconds) * periodSeconds;
const padded = (seconds: number): string => String(Math.max(0, seconds)).padStart(11, "0");

export const pointId = (key: string, periodSeconds: number, startSeconds: number, unit: string): string => `${pointsPrefix(key, periodSeconds)}${padded(startSeconds)}/${part(unit)}`;
export const pointsPrefix = (key: string, periodSeconds: number): string => `${key}/${periodSeconds}/`;
/** What to list after, to begin with the points of this second. */
export const beforePoint = (key: string, periodSeconds: number, startSeconds: number): string => `${pointsPrefix(key, periodSeconds)}${padded(startSeconds)}`;

export function pointOf(id: string): { startSeconds: number; unit: string } {
  const [, , start, unit] = id.split("/") as [string, string, string, string];
  return { startSeconds: Number(start), unit: decodeURIComponent(unit) };
}
