// AWS/Lambda metrics of capacity providers and of the environments on them.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-monitoring.html
import type { FunctionVersion } from "../../ports/functions.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { type Fleet, vcpusOf } from "./fleet.ts";

export interface ProviderMetrics {
  /** An environment has taken one more event and has now so many in hand. */
  taken(version: FunctionVersion, inHand: number): void;
  /** What stands on each provider; told now and then. */
  allocated(fleets: Fleet[]): void;
}

type Add = (value: number) => void;

const NAMESPACE = "AWS/Lambda";
const KNOWN_MAX = 1000;

export function openProviderMetrics(metrics: Metrics): ProviderMetrics {
  const known = new Map<string, Add>();
  const series = ({ account, region, managed }: FunctionVersion, name: string, unit: "Count" | "Bytes", dimensions: Record<string, string>): Add => {
    const provider = managed!.capacityProviderArn.slice(managed!.capacityProviderArn.lastIndexOf(":") + 1);
    const key = [account, region, provider, name, ...Object.values(dimensions)].join(" ");
    let add = known.get(key);
    if (!add) {
      if (known.size >= KNOWN_MAX) known.clear();
      known.set(key, (add = metrics.series({ account, region, namespace: NAMESPACE, name, unit, dimensions: [{ CapacityProviderName: provider, ...dimensions }] })));
    }
    return add;
  };
  return {
    taken(version, inHand) {
      const dimensions = { FunctionName: version.name, Resource: `${version.name}:${version.version}` };
      series(version, "ExecutionEnvironmentConcurrency", "Count", dimensions)(inHand);
      series(version, "ExecutionEnvironmentConcurrencyLimit", "Count", dimensions)(version.managed!.concurrencyPerEnvironmentMax);
    },
    allocated(fleets) {
      const providers = new Map<string, { version: FunctionVersion; vcpus: number; memoryMb: number }>();
      for (const { version, ready, starting } of fleets) {
        const { capacityProviderArn } = version.managed!;
        const sum = providers.get(capacityProviderArn) ?? { version, vcpus: 0, memoryMb: 0 };
        const count = ready.size + starting.size;
        providers.set(capacityProviderArn, { version, vcpus: sum.vcpus + count * vcpusOf(version), memoryMb: sum.memoryMb + count * version.memoryMb });
      }
      for (const { version, vcpus, memoryMb } of providers.values()) {
        series(version, "vCPUAllocated", "Count", {})(vcpus);
        series(version, "vCPUAvailable", "Count", {})(Math.max(0, version.managed!.providerVcpusMax - vcpus));
        series(version, "MemoryAllocated", "Bytes", {})(memoryMb * 1024 * 1024);
      }
    },
  };
}
