// How asynchronous invocations of one qualifier are tried again, and where their outcome goes. No storage or clock.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
import type { FunctionEventInvokeConfig } from "@aws-sdk/client-lambda";
import type { AsyncSettings } from "../../ports/function-directory.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME/QUALIFIER. */
export const EVENT_INVOKE = "lambda/event-invoke";

export interface EventInvokeConfig {
  /** Qualified, always. */
  functionArn: string;
  qualifier: string;
  retriesMax?: number;
  ageSecondsMax?: number;
  onSuccessArn?: string;
  onFailureArn?: string;
  lastModifiedMs: number;
}

export const asyncSettings = (config: EventInvokeConfig | undefined): AsyncSettings => ({
  retriesMax: config?.retriesMax ?? 2,
  ageSecondsMax: config?.ageSecondsMax ?? 21_600,
  ...(config?.onSuccessArn ? { onSuccessArn: config.onSuccessArn } : {}),
  ...(config?.onFailureArn ? { onFailureArn: config.onFailureArn } : {}),
});

export const eventInvokeConfig = (config: EventInvokeConfig): FunctionEventInvokeConfig => ({
  LastModified: new Date(config.lastModifiedMs),
  FunctionArn: config.functionArn,
  ...(config.retriesMax === undefined ? {} : { MaximumRetryAttempts: config.retriesMax }),
  ...(config.ageSecondsMax === undefined ? {} : { MaximumEventAgeInSeconds: config.ageSecondsMax }),
  DestinationConfig: {
    OnSuccess: config.onSuccessArn ? { Destination: config.onSuccessArn } : {},
    OnFailure: config.onFailureArn ? { Destination: config.onFailureArn } : {},
  },
});
