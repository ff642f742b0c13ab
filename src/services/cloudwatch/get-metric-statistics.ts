// GetMetricStatistics: one metric, some statistics, up to 1,440 points.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import type { RoomPorts } from "../service.ts";
import type { Api } from "../service.ts";
import { badPeriod, badStatistic, noStatistic, startNotBeforeEnd, tooManyPoints } from "./errors.ts";
import { alignedStart, type Period, readPeriods } from "./periods.ts";
import { metricOf } from "./put-metric-data.ts";
import { statistic } from "./statistic-set.ts";

const POINTS_MAX = 1440;

export const isPeriod = (period: number): boolean => [1, 5, 10, 20, 30].includes(period) || (period > 0 && period % 60 === 0);

export function statisticsOperations({ stores, metrics }: Pick<RoomPorts, "stores" | "metrics">): Pick<Api<typeof Sdk>, "GetMetricStatistics"> {
  return {
    async GetMetricStatistics(input, call) {
      const plain = input.Statistics ?? [];
      const extended = input.ExtendedStatistics ?? [];
      if (!plain.length && !extended.length) throw noStatistic();
      const wrong = extended.find((name) => !statistic(name) || plain.includes(name as never));
      if (wrong !== undefined) throw badStatistic(wrong);
      if (!isPeriod(input.Period)) throw badPeriod(input.Period);
      const startSeconds = alignedStart(input.StartTime.getTime(), input.Period, call.now.getTime());
      const endSeconds = Math.ceil(input.EndTime.getTime() / 1000);
      if (input.StartTime >= input.EndTime) throw startNotBeforeEnd();
      const asked = Math.ceil((endSeconds - startSeconds) / input.Period);
      if (asked > POINTS_MAX) throw tooManyPoints(asked, POINTS_MAX);
      const { key } = metricOf(call, input.Namespace, input.MetricName, (input.Dimensions ?? []).map(({ Name, Value }) => [Name!, Value!]));
      await metrics.flush();
      const periods = await readPeriods(stores, key, { startSeconds, endSeconds, periodSeconds: input.Period, unit: input.Unit });
      return { Label: input.MetricName, Datapoints: periods.map((period) => datapoint(period, plain, extended)) };
    },
  };
}

function datapoint({ startSeconds, unit, set }: Period, plain: string[], extended: string[]): Datapoint {
  const read = (names: string[]) => names.flatMap((name): [string, number][] => {
    const value = statistic(name)!(set);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    Timestamp: new Date(startSeconds * 1000), Unit: unit as Datapoint["Unit"], ...Object.fromEntries(read(plain)),
    ...(extended.length ? { ExtendedStatistics: Object.fromEntries(read(extended)) } : {}),
  };
}
