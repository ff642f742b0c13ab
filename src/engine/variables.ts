// The environment variables a function sees beside its own.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
import type { FunctionVersion } from "../ports/functions.ts";
import type { Credentials } from "../ports/identity.ts";
import { CREDENTIALS_PATH } from "./runtime-api/credentials.ts";
import type { InitializationType } from "./environment.ts";

export interface VariablesInput {
  version: FunctionVersion;
  credentials: Credentials;
  initializationType: InitializationType;
  logStream: string;
  /** Under SnapStart credentials are asked for at the Runtime API, with this token; keys in variables would be in the snapshot. */
  credentialsToken?: string | undefined;
  /** host:port of the environment's Runtime API. */
  runtimeApi: string;
  /** This platform's own URL: the function's SDK clients reach it unchanged. */
  endpointUrl: string;
}

export function functionVariables({ version, credentials, initializationType, logStream, credentialsToken, runtimeApi, endpointUrl }: VariablesInput): Record<string, string> {
  const user = version.environment;
  const image = version.image !== undefined; // brings its own LANG, PATH and folders
  return {
    ...(image ? X_RAY : runtimeVariables(version.runtime)),
    ...(version.logging.format === "JSON" ? { AWS_LAMBDA_LOG_LEVEL: version.logging.applicationLevel } : {}),
    AWS_LAMBDA_LOG_FORMAT: version.logging.format,
    // SDKs take their service endpoints from this variable; one the user has set in any form wins.
    // https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    ...(Object.keys(user).some((key) => key.startsWith("AWS_ENDPOINT_URL")) ? {} : { AWS_ENDPOINT_URL: endpointUrl }),
    ...user,
    // Reserved: the Lambda room refuses them in a function's configuration, and here they win.
    ...(image ? {} : { _HANDLER: version.handler }),
    AWS_DEFAULT_REGION: version.region,
    AWS_REGION: version.region,
    ...(version.runtime.startsWith("provided") ? {} : { AWS_EXECUTION_ENV: `AWS_Lambda_${image ? "Image" : version.runtime}` }),
    AWS_LAMBDA_FUNCTION_NAME: version.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(version.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: version.version,
    AWS_LAMBDA_INITIALIZATION_TYPE: initializationType,
    ...(version.managed ? { AWS_LAMBDA_MAX_CONCURRENCY: String(version.managed.concurrencyPerEnvironmentMax) } : {}),
    AWS_LAMBDA_LOG_GROUP_NAME: version.logging.group,
    ...(initializationType === "snap-start" ? {} : { AWS_LAMBDA_LOG_STREAM_NAME: logStream }),
    ...(credentialsToken === undefined
      ? { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey, AWS_SESSION_TOKEN: credentials.sessionToken }
      : { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${runtimeApi}/${CREDENTIALS_PATH}`, AWS_CONTAINER_AUTHORIZATION_TOKEN: credentialsToken }),
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    ...(image ? {} : { LAMBDA_TASK_ROOT: "/var/task", LAMBDA_RUNTIME_DIR: "/var/runtime" }),
  };
}

const X_RAY = {
  AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
  AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1:2000",
  _AWS_XRAY_DAEMON_ADDRESS: "169.254.100.1",
  _AWS_XRAY_DAEMON_PORT: "2000",
};

/** What depends on the runtime alone: a pre-warmed process has these before it has a function. A user's own values win. */
export function runtimeVariables(runtime: string): Record<string, string> {
  const major = /^nodejs(\d+)\.x$/.exec(runtime)?.[1];
  const ruby = /^ruby(.+)$/.exec(runtime)?.[1];
  return {
    LANG: "en_US.UTF-8",
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    LD_LIBRARY_PATH: "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    TZ: ":UTC",
    ...X_RAY,
    ...(major ? { NODE_PATH: `/opt/nodejs/node${major}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task` } : {}),
    ...(runtime.startsWith("python") ? { PYTHONPATH: "/var/runtime" } : {}),
    ...(ruby ? { GEM_PATH: `/var/task/vendor/bundle/ruby/${ruby}.0:/opt/ruby/gems/${ruby}.0`, RUBYLIB: "/var/task:/var/runtime/lib:/opt/ruby/lib" } : {}),
  };
}

/** Variables an interpreter or the C library reads once, at start: a function that sets one cannot take a pre-warmed process. */
const READ_AT_START = /^(NODE_(?!ENV$)|PYTHON|RUBY|LD_|UV_|MALLOC_|GLIBC_|OPENSSL_|SSL_|LC_|AWS_LAMBDA_EXEC_WRAPPER$|LANG$|TZ$|PATH$)/;

export const needsFreshProcess = (environment: Record<string, string>): boolean => Object.keys(environment).some((key) => READ_AT_START.test(key));
