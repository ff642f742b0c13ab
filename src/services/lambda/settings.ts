// A function's settings: defaults, limits beyond the model's, and how an update changes them.
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
import type { CreateFunctionRequest, LoggingConfig, UpdateFunctionConfigurationRequest } from "@aws-sdk/client-lambda";
import { LAMBDA } from "../../kernel/limits.ts";
import { environmentTooLarge, logLevelNeedsJson, reservedKeys, runtimeAndHandlerMissing, tooLarge } from "./errors.ts";
import { checkRuntime } from "./runtimes.ts";
import { changedImage, checkNewImage, type ImageSettings } from "./image.ts";
import { changedSnapStart } from "./snap-start.ts";
import { changedVpc, type VpcSettings } from "./vpc.ts";
import { changedDurable, type DurableSettings, newDurable } from "./durable/config.ts";
import { assertManaged, MANAGED_MAX, MANAGED_MEMORY_MB, managedLogging, managedSettings, type ManagedSettings } from "./capacity-providers/managed.ts";
import { defaultFunction } from "./capacity-providers/capacity-provider-errors.ts";

export interface Settings {
  runtime: string;
  handler: string;
  role: string;
  description: string;
  timeoutSeconds: number;
  memoryMb: number;
  ephemeralStorageMb: number;
  architecture: "x86_64" | "arm64";
  /** Absent until the caller gives an Environment. */
  environment?: Record<string, string>;
  tracing: "Active" | "PassThrough";
  logging: Logging;
  /** SQS or SNS: where asynchronous events end that could not be processed. */
  deadLetterArn?: string;
  /** In the order they are laid over one another. */
  layers?: LayerOfFunction[];
  /** PER_TENANT; decided at creation. */
  tenantIsolation?: boolean;
  /** Of durable functions only. */
  durable?: DurableSettings;
  /** A container image, with what is to be different from its own configuration; decided at creation. `runtime` and `handler` are empty then. */
  image?: ImageSettings;
  /** PublishedVersions. */
  snapStart?: true;
  /** Present once a VpcConfig was given, with empty lists after it was taken away. */
  vpc?: VpcSettings;
  /** Of functions on capacity providers; decided at creation, which one can be changed. */
  managed?: ManagedSettings;
}

export interface LayerOfFunction {
  /** Of the layer's version. */
  arn: string;
  codeId: string;
  sizeBytes: number;
  unzippedBytes: number;
}

export interface Logging {
  format: "Text" | "JSON";
  group: string;
  /** Levels exist in JSON format only. */
  applicationLevel?: string;
  systemLevel?: string;
}

/** The model allows more, for functions on capacity providers (capacity-providers/managed.ts). */
const DEFAULT_MAX = { timeoutSeconds: 900, memoryMb: 10_240, ephemeralStorageMb: 10_240 };

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED_KEYS = new Set([
  "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_MAX_CONCURRENCY",
  "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
  "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
]);

export function newSettings(input: CreateFunctionRequest, name: string): Settings {
  const isImage = input.PackageType === "Image";
  if (isImage) checkNewImage(input);
  else if (!input.Runtime || !input.Handler) throw runtimeAndHandlerMissing();
  const durable = newDurable(input.DurableConfig);
  const managed = input.CapacityProviderConfig && managedSettings(input.CapacityProviderConfig);
  const fresh: Settings = {
    runtime: "", handler: "", role: "", description: "", timeoutSeconds: durable ? Math.min(DEFAULT_MAX.timeoutSeconds, durable.executionTimeoutSeconds) : 3, memoryMb: managed ? MANAGED_MEMORY_MB : 128, ephemeralStorageMb: 512,
    architecture: input.Architectures?.[0] ?? "x86_64",
    tracing: "PassThrough",
    logging: managed ? managedLogging(`/aws/lambda/${name}`) : { format: "Text", group: `/aws/lambda/${name}` },
    ...(input.TenancyConfig?.TenantIsolationMode === "PER_TENANT" ? { tenantIsolation: true } : {}),
    ...(durable ? { durable } : {}),
    ...(isImage ? { image: {} } : {}),
    ...(managed ? { managed } : {}),
  };
  return changedSettings(fresh, input);
}

/** What is not given stays as it was. */
export function changedSettings(before: Settings, given: Partial<CreateFunctionRequest> | UpdateFunctionConfigurationRequest): Settings {
  const after: Settings = {
    ...before,
    runtime: given.Runtime === undefined ? before.runtime : checkRuntime(given.Runtime),
    handler: given.Handler ?? before.handler,
    role: given.Role ?? before.role,
    description: given.Description ?? before.description,
    timeoutSeconds: given.Timeout ?? before.timeoutSeconds,
    memoryMb: given.MemorySize ?? before.memoryMb,
    ephemeralStorageMb: given.EphemeralStorage?.Size ?? before.ephemeralStorageMb,
    tracing: given.TracingConfig?.Mode ?? before.tracing,
    logging: changedLogging(before.logging, given.LoggingConfig),
  };
  if (given.CapacityProviderConfig && !before.managed) throw defaultFunction();
  if (given.CapacityProviderConfig) after.managed = managedSettings(given.CapacityProviderConfig);
  const max = after.managed ? MANAGED_MAX : DEFAULT_MAX;
  if (after.timeoutSeconds > max.timeoutSeconds) throw tooLarge("Timeout", max.timeoutSeconds);
  if (after.memoryMb > max.memoryMb) throw tooLarge("MemorySize", max.memoryMb);
  if (after.ephemeralStorageMb > max.ephemeralStorageMb) throw tooLarge("EphemeralStorage", max.ephemeralStorageMb);
  if (given.DeadLetterConfig?.TargetArn) after.deadLetterArn = given.DeadLetterConfig.TargetArn;
  else if (given.DeadLetterConfig) delete after.deadLetterArn;
  if (given.DurableConfig) after.durable = changedDurable(before.durable, given.DurableConfig)!;
  changedImage(after, given);
  changedSnapStart(after, given.SnapStart);
  if (given.VpcConfig) changedVpc(after, given.VpcConfig);
  assertManaged(after);
  if (given.Environment) after.environment = checkEnvironment(given.Environment.Variables ?? {});
  return after;
}

function checkEnvironment(variables: Record<string, string>): Record<string, string> {
  const reserved = Object.keys(variables).filter((key) => RESERVED_KEYS.has(key));
  if (reserved.length) throw reservedKeys(reserved);
  const measured = JSON.stringify(variables);
  if (Buffer.byteLength(measured) > LAMBDA.environmentBytesMax) throw environmentTooLarge(measured);
  return variables;
}

/** An update of LoggingConfig is partial, too: a new group alone leaves format and levels (spec, observed). */
function changedLogging(before: Logging, given: LoggingConfig | undefined): Logging {
  if (!given) return before;
  const format = given.LogFormat ?? before.format;
  const group = given.LogGroup || before.group;
  if (format === "Text") {
    if (given.ApplicationLogLevel || given.SystemLogLevel) throw logLevelNeedsJson();
    return { format, group };
  }
  return {
    format, group,
    applicationLevel: given.ApplicationLogLevel ?? before.applicationLevel ?? "INFO",
    systemLevel: given.SystemLogLevel ?? before.systemLevel ?? "INFO",
  };
}
