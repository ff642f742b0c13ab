// PutMetricData: observations as single values, as values with counts, or already summed up. Stored when it answers.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import type { Call } from "../../kernel/call.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { badValue, countsDoNotFit, duplicateDimension, exclusive, noValue, notSupported, reservedNamespace, tooNew, tooOld } from "./errors.ts";
import { type Metric, metricKey, sorted, type Where } from "./metric.ts";
import { type Addition, addPoints } from "./points.ts";
import { addTo, emptySum, setOf, type StatisticSet } from "./statistic-set.ts";

export const PAST_MS_MAX = 14 * 86_400_000;
export const FUTURE_MS_MAX = 2 * 3_600_000;
/** "Values must be in the range of -2^360 to 2^360." */
export const VALUE_MAX = 2 ** 360;

export function putOperations(stores: Stores): Pick<Api<typeof Sdk>, "PutMetricData"> {
  return {
    async PutMetricData(input, call) {
      if (input.EntityMetricData?.length) throw notSupported("EntityMetricData");
      if (input.StrictEntityValidation !== undefined) throw notSupported("StrictEntityValidation");
      if (input.Namespace.startsWith("AWS/")) throw reservedNamespace(input.Namespace);
      const additions = (input.MetricData ?? []).map((datum, at) => additionOf(datum, `MetricData.member.${at + 1}`, input.Namespace, call));
      const nowMs = call.now.getTime();
      await stores.transaction((tx) => addPoints(tx, additions, nowMs));
      return {};
    },
  };
}

function additionOf(datum: MetricDatum, parameter: string, namespace: string, call: Call): Addition {
  const nowMs = call.now.getTime();
  const atMs = datum.Timestamp?.getTime() ?? nowMs;
  if (atMs < nowMs - PAST_MS_MAX) throw tooOld(`${parameter}.Timestamp`);
  if (atMs > nowMs + FUTURE_MS_MAX) throw tooNew(`${parameter}.Timestamp`);
  if (datum.StorageResolution !== undefined && datum.StorageResolution !== 1 && datum.StorageResolution !== 60) throw badValue(datum.StorageResolution, `${parameter}.StorageResolution`);
  const metric = metricOf(call, namespace, datum.MetricName!, (datum.Dimensions ?? []).map(({ Name, Value }) => [Name!, Value!]));
  return { where: call, metric, unit: datum.Unit ?? "None", atMs, set: setFrom(datum, parameter), ...(datum.StorageResolution === 1 ? { highResolution: true } : {}) };
}

/** Throws when a dimension is given twice. */
export function metricOf(where: Where, namespace: string, name: string, given: [string, string][]): Omit<Metric, "lastMs"> {
  const dimensions = sorted(given);
  const twice = dimensions.find(([dimension], at) => dimensions[at - 1]?.[0] === dimension);
  if (twice) throw duplicateDimension(twice[0]);
  return { namespace, name, dimensions, key: metricKey(where, namespace, name, dimensions) };
}

function setFrom(datum: MetricDatum, parameter: string): StatisticSet {
  const given = [datum.Value !== undefined && `${parameter}.Value`, datum.Values !== undefined && `${parameter}.Values`, datum.StatisticValues !== undefined && `${parameter}.StatisticValues`].filter((name) => name !== false);
  if (given.length === 0) throw noValue(parameter);
  if (given.length > 1) throw exclusive(given);
  if (datum.StatisticValues) {
    const { SampleCount = 0, Sum = 0, Minimum = 0, Maximum = 0 } = datum.StatisticValues;
    for (const [name, value] of Object.entries({ SampleCount, Sum, Minimum, Maximum })) checkValue(value, `${parameter}.StatisticValues.${name}`);
    if (SampleCount <= 0) throw badValue(SampleCount, `${parameter}.StatisticValues.SampleCount`);
    return { n: SampleCount, sum: Sum, min: Minimum, max: Maximum, ...(Minimum === Maximum ? { spread: [[Minimum, SampleCount]] as [number, number][] } : {}) };
  }
  const values = datum.Values ?? [datum.Value!];
  const counts = datum.Values ? datum.Counts : undefined;
  if (values.length === 0) throw noValue(parameter);
  if (counts && counts.length !== values.length) throw countsDoNotFit(parameter);
  const sum = emptySum();
  values.forEach((value, at) => {
    const count = counts?.[at] ?? 1;
    if (!(count > 0) || count > VALUE_MAX) throw badValue(count, `${parameter}.Counts.member.${at + 1}`);
    addTo(sum, checkValue(value, datum.Values ? `${parameter}.Values.member.${at + 1}` : `${parameter}.Value`), count);
  });
  return setOf(sum);
}

function checkValue(value: number, parameter: string): number {
  if (!Number.isFinite(value) || Math.abs(value) > VALUE_MAX) throw badValue(value, parameter);
  return value;
}
