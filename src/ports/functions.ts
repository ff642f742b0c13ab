// The only door into the engine, and the engine's view of a function. Types only.

/** One immutable picture of a function's code and configuration: all the engine needs to make an environment of it. */
export interface FunctionVersion {
  /** Unqualified: arn:aws:lambda:REGION:ACCOUNT:function:NAME */
  arn: string;
  account: string;
  region: string;
  name: string;
  /** "$LATEST" or a number. */
  version: string;
  /** Changes with every change of code or configuration; environments of another revision are drained. */
  revision: string;
  runtime: string;
  handler: string;
  role: string;
  architecture: "x86_64" | "arm64";
  timeoutSeconds: number;
  memoryMb: number;
  ephemeralStorageMb: number;
  /** The user's variables only; the engine adds AWS's own. */
  environment: Record<string, string>;
  /** Names the unpacked code (hex SHA-256 of the zip), as answered by CodePackages. */
  codeId: string;
  /** Code ids of its layers, in the order they are laid over one another under /opt. */
  layers?: string[];
  /** Present for container images (PackageType Image); codeId is then the image's digest. */
  image?: FunctionImage;
  /** Environments are initialised once per published version and restored: AWS_LAMBDA_INITIALIZATION_TYPE is snap-start. */
  snapStart?: boolean;
  /** Environments are never shared between tenants. */
  tenantIsolation?: boolean;
  /** Runs on a capacity provider (Lambda Managed Instances): several events at once in one environment. */
  managed?: ManagedInstances;
  /** The exact version of the runtime's interpreter that it is held to (22.23.3); absent: the newest on this machine. */
  pinnedRuntime?: string;
  /** Has a VpcConfig. It runs in this machine's network all the same. */
  inVpc?: true;
  /** An invocation starts a durable execution: of no interest to the engine, which sees each of its invocations as any other. */
  durable?: { executionTimeoutSeconds: number; retentionDays: number };
  logging: { format: "Text" | "JSON"; applicationLevel: string; systemLevel: string; group: string };
  tracing: "Active" | "PassThrough";
}

/** What a function version may take of the capacity provider it runs on. */
export interface ManagedInstances {
  capacityProviderArn: string;
  /** Events that one environment takes at once. */
  concurrencyPerEnvironmentMax: number;
  /** Environments kept initialised, and how many there may ever be. */
  environmentsMin: number;
  environmentsMax: number;
  /** An environment's share of CPU: memoryMb / 1024 / memoryGibPerVcpu vCPUs. */
  memoryGibPerVcpu: number;
  /** Of all environments of all functions on the provider together. */
  providerVcpusMax: number;
}

export interface FunctionImage {
  /** As the caller named it: REPOSITORY:TAG, REPOSITORY@DIGEST, or the folder of an OCI layout. */
  uri: string;
  entryPoint?: string[];
  command?: string[];
  workingDirectory?: string;
}

/** Implemented by the Lambda room, read by the engine. */
export interface FunctionVersions {
  /** The ARN may carry a qualifier. Undefined when there is no such function or version. */
  find(functionArn: string): Promise<FunctionVersion | undefined>;
  /** The sum of all functions' reserved concurrency; looked at now and then, so it may take seconds to tell. Absent is 0. */
  reservedConcurrency?(account: string, region: string): Promise<number>;
}

export interface Invocation {
  version: FunctionVersion;
  /** As the caller named it (qualified only if the caller did): context.invokedFunctionArn. */
  invokedArn: string;
  /** Valid JSON, not empty. */
  payload: Uint8Array;
  requestId: string;
  /** JSON text, already decoded from the header's base64. */
  clientContext?: string;
  /** X-Amzn-Trace-Id to hand on; the engine makes one when absent. */
  traceId?: string;
  /** Collect the last 4 KB of the log (LogType=Tail). */
  tail: boolean;
  /** The function's reserved concurrency, all its versions together; absent when it has none. */
  reservedConcurrency?: number;
  /** The function's recursion config; absent is Terminate. */
  recursiveLoop?: "Allow" | "Terminate";
  /** JSON text {"cognitoIdentityId","cognitoIdentityPoolId"}. */
  cognitoIdentity?: string;
  tenantId?: string;
  /** Nobody waits for the answer: that of a durable function comes as soon as its execution is stored. */
  asynchronous?: true;
}

export interface InvokeResult {
  /** The function's own failure (X-Amz-Function-Error), not the platform's. */
  failed: boolean;
  payload: Uint8Array;
  executedVersion: string;
  /** At most 4 KB; only when `tail` was asked. */
  logTail?: Uint8Array;
}

export interface StreamedResult {
  contentType: string;
  executedVersion: string;
  /** Ends when the function has ended its stream, or failed; then `completed` says which. */
  chunks: AsyncIterable<Uint8Array>;
  completed: Promise<{ errorCode?: string; errorDetails?: string; logTail?: Uint8Array }>;
}

export interface Functions {
  /** Waits for the answer. Throws Throttled when no environment may take it, RecursiveInvocation when it is in a loop, Fault when the platform fails. */
  invoke(invocation: Invocation): Promise<InvokeResult>;
  /** Resolves as soon as the function has begun its answer. A function that cannot stream answers in one chunk. */
  invokeStreaming(invocation: Invocation): Promise<StreamedResult>;
}

export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded";

