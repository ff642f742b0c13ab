// DurableConfig: makes a function durable, once and for all, when it is created.
// https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
import type { DurableConfig } from "@aws-sdk/client-lambda";
import { neverDurable, noTimeout } from "./errors.ts";

export interface DurableSettings {
  /** Of a whole execution, all its invocations and waits together. */
  executionTimeoutSeconds: number;
  /** How long an execution is kept when it has ended. */
  retentionDays: number;
}

/** The AWS CDK documents 14 as the service's default. */
const RETENTION_DAYS = 14;

export function newDurable(given: DurableConfig | undefined): DurableSettings | undefined {
  if (!given) return undefined;
  if (given.ExecutionTimeout === undefined) throw noTimeout();
  return { executionTimeoutSeconds: given.ExecutionTimeout, retentionDays: given.RetentionPeriodInDays ?? RETENTION_DAYS };
}

/** What is not given stays as it was. */
export function changedDurable(before: DurableSettings | undefined, given: DurableConfig | undefined): DurableSettings | undefined {
  if (!given || Object.keys(given).length === 0) return before;
  if (!before) throw neverDurable();
  return { executionTimeoutSeconds: given.ExecutionTimeout ?? before.executionTimeoutSeconds, retentionDays: given.RetentionPeriodInDays ?? before.retentionDays };
}

export const shownDurable = ({ executionTimeoutSeconds, retentionDays }: DurableSettings): DurableConfig => ({ ExecutionTimeout: executionTimeoutSeconds, RetentionPeriodInDays: retentionDays });
