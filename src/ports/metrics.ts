// Where numbers go: CloudWatch metrics. Never slows an invoke: an observation is added in memory, and written in batches.

export interface MetricSeries {
  account: string;
  region: string;
  /** "AWS/Lambda" */
  namespace: string;
  name: string;
  /** Milliseconds, Count, … https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html */
  unit: string;
  /** The sets of dimensions under which each observation counts; {} is the metric without any. */
  dimensions: Record<string, string>[];
}

export interface Metrics {
  /** A handle to keep and call: adds one observation, now. */
  series(of: MetricSeries): (value: number) => void;
  /** Resolves when everything added so far is stored. */
  flush(): Promise<void>;
}
