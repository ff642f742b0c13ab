// Every limit that more than one part needs, with AWS's number and page; a limit only one file needs stands in that file.

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LAMBDA = {
  concurrentExecutions: 1000,
  unreservedConcurrencyMin: 100,
  codeStorageBytes: 80_530_636_800,
  zipBytesMax: 52_428_800,
  unzippedBytesMax: 262_144_000,
  syncPayloadBytesMax: 6_291_456,
  /** In the messages of AWS: "… too large for the Event invocation type (limit 1048576 bytes)". */
  asyncPayloadBytesMax: 1_048_576,
  /** AWS allows 100 bytes more on the way out (aws-lambda-runtime-interface-emulator, observed). */
  responseBytesMax: 6_291_556,
  streamedResponseBytesMax: 209_715_200,
  logTailBytesMax: 4096,
  environmentBytesMax: 4096,
  initMsMax: 10_000,
  /** Where nobody waits for the init (provisioned concurrency, SnapStart): this, or the function's timeout if that is longer. */
  longInitMsMax: 130_000,
  /** But no longer, though on a capacity provider a timeout may be (lambda-managed-instances-execution-environment.html). */
  timeoutInitMsMax: 900_000,
  fileDescriptorsMax: 1024,
  processesMax: 1024,
  clientContextBytesMax: 3583,
  /** https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-quotas.html */
  capacityProviders: 1000,
  versionsPerCapacityProvider: 100,
  /** Memory that buys one vCPU. */
  memoryMbPerCpu: 1769,
} as const;

/** Bodies above this are refused before they are read, whatever the service (a service may allow less). */
export const REQUEST_BYTES_MAX = 5 * 1024 ** 3 + 1024 ** 2;
