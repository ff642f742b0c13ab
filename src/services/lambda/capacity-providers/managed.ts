// Functions on capacity providers (Lambda Managed Instances): how they may be configured, and what their environments take. No storage, clock or randomness.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-scaling.html
import type { CapacityProviderConfig } from "@aws-sdk/client-lambda";
import type { ManagedInstances } from "../../../ports/functions.ts";
import type { Logging, Settings } from "../settings.ts";
import { lessThanOneVcpu, managedExcludes, managedNeedsJson, runtimeNotManaged, tooConcurrent, tooSmall } from "./capacity-provider-errors.ts";

export interface ManagedSettings {
  capacityProviderArn: string;
  memoryGibPerVcpu: number;
  /** Absent is the runtime's default for as many vCPUs as there are. */
  concurrencyMax?: number;
}

/** What a published version may take of its provider; unlike its settings this changes. */
export interface Capacity {
  environmentsMin: number;
  environmentsMax: number;
  providerVcpusMax: number;
}

/** AWS keeps three, one for each Availability Zone; this is one machine. There is no maximum by default. */
export const ENVIRONMENTS_BY_DEFAULT = { environmentsMin: 1, environmentsMax: 15_000 };

/** Shown where none was given (observed). */
const GIB_PER_VCPU = 2;
export const MANAGED_MEMORY_MB = 2048;
export const MANAGED_MAX = { timeoutSeconds: 5400, memoryMb: 32_768, ephemeralStorageMb: 32_768 };
const CONCURRENCY_PER_VCPU_MAX = 64;
const CONCURRENCY_MAX = 1600;

/** Which runtimes there are (lambda-managed-instances-runtimes.html), and the events at once for each vCPU that the page of each names as its default. */
const RUNTIMES: { runtimes: RegExp; perVcpu: number }[] = [
  { runtimes: /^nodejs(22|24|26)\.x$/, perVcpu: 64 },
  { runtimes: /^java(21|25)$/, perVcpu: 32 },
  { runtimes: /^dotnet(8|10)$/, perVcpu: 32 },
  { runtimes: /^python3\.1[3-9]$/, perVcpu: 16 },
  { runtimes: /^provided\.al2023$/, perVcpu: 8 }, // the page about Rust
];
/** In an image nothing tells which runtime it is. */
const OF_IMAGES = 8;

/** Given whole: what is left out is the default again (observed). */
export function managedSettings({ LambdaManagedInstancesCapacityProviderConfig: given }: CapacityProviderConfig): ManagedSettings {
  return {
    capacityProviderArn: given!.CapacityProviderArn!,
    memoryGibPerVcpu: given!.ExecutionEnvironmentMemoryGiBPerVCpu ?? GIB_PER_VCPU,
    ...(given!.PerExecutionEnvironmentMaxConcurrency === undefined ? {} : { concurrencyMax: given!.PerExecutionEnvironmentMaxConcurrency }),
  };
}

/** Managed functions log JSON and nothing else. */
export const managedLogging = (group: string): Logging => ({ format: "JSON", group, applicationLevel: "INFO", systemLevel: "INFO" });

export const vcpusOf = ({ memoryMb, memoryGibPerVcpu }: { memoryMb: number; memoryGibPerVcpu: number }): number => memoryMb / 1024 / memoryGibPerVcpu;

/** Throws unless a function may be so. */
export function assertManaged(settings: Settings): void {
  const { managed, memoryMb, runtime } = settings;
  if (!managed) return;
  if (!settings.image && !RUNTIMES.some(({ runtimes }) => runtimes.test(runtime))) throw runtimeNotManaged(runtime);
  if (memoryMb < MANAGED_MEMORY_MB) throw tooSmall("MemorySize", MANAGED_MEMORY_MB);
  const vcpus = vcpusOf({ memoryMb, ...managed });
  if (vcpus < 1) throw lessThanOneVcpu(memoryMb, managed.memoryGibPerVcpu);
  const concurrencyMax = Math.min(CONCURRENCY_MAX, Math.floor(vcpus * CONCURRENCY_PER_VCPU_MAX));
  if ((managed.concurrencyMax ?? 1) > concurrencyMax) throw tooConcurrent(concurrencyMax);
  if (settings.logging.format !== "JSON") throw managedNeedsJson();
  if (settings.snapStart) throw managedExcludes("SnapStart");
  if (settings.tenantIsolation) throw managedExcludes("Tenant isolation");
  if (settings.vpc?.subnetIds.length) throw managedExcludes("VpcConfig"); // theirs is their provider's
}

function concurrencyOf(settings: Settings, managed: ManagedSettings): number {
  if (managed.concurrencyMax !== undefined) return managed.concurrencyMax;
  const perVcpu = RUNTIMES.find(({ runtimes }) => runtimes.test(settings.runtime))?.perVcpu ?? OF_IMAGES;
  return Math.min(CONCURRENCY_MAX, Math.floor(perVcpu * vcpusOf({ memoryMb: settings.memoryMb, ...managed })));
}

/** The engine's view; undefined for functions on no provider, and for `$LATEST`, which does not run. */
export function managedInstances(settings: Settings, capacity: Capacity | undefined): ManagedInstances | undefined {
  const { managed } = settings;
  if (!managed || !capacity) return undefined;
  const { capacityProviderArn, memoryGibPerVcpu } = managed;
  return { capacityProviderArn, concurrencyPerEnvironmentMax: concurrencyOf(settings, managed), memoryGibPerVcpu, ...capacity };
}

export const shownManaged = (settings: Settings, managed: ManagedSettings): CapacityProviderConfig => ({
  LambdaManagedInstancesCapacityProviderConfig: {
    CapacityProviderArn: managed.capacityProviderArn,
    PerExecutionEnvironmentMaxConcurrency: concurrencyOf(settings, managed),
    ExecutionEnvironmentMemoryGiBPerVCpu: managed.memoryGibPerVcpu,
  },
});
