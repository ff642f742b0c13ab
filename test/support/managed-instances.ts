// Functions on a capacity provider, as the engine sees them.
import type { FunctionVersion, InvokeResult, ManagedInstances } from "../../src/ports/functions.ts";

export interface ManagedOrder extends Partial<FunctionVersion>, Partial<Omit<ManagedInstances, "capacityProviderArn">> {
  concurrency?: number;
  provider?: string;
}

export function managed(name: string, { concurrency = 8, provider = "provider", environmentsMin = 0, environmentsMax = 4, providerVcpusMax = 400, memoryGibPerVcpu = 2, concurrencyPerEnvironmentMax = concurrency, ...more }: ManagedOrder): Partial<FunctionVersion> {
  return {
    version: "1", memoryMb: 2048, timeoutSeconds: 10, logging: { format: "JSON", applicationLevel: "INFO", systemLevel: "INFO", group: `/aws/lambda/${name}` },
    managed: { capacityProviderArn: `arn:aws:lambda:eu-west-1:000000000000:capacity-provider:${provider}`, concurrencyPerEnvironmentMax, environmentsMin, environmentsMax, memoryGibPerVcpu, providerVcpusMax },
    ...more,
  };
}

/** JavaScript: resolves when as many events as named have come to it in the same environment, whatever threads or processes they run in. */
export const BARRIER = `
async function barrier(count) {
  fs.appendFileSync("/tmp/barrier", ".");
  while (fs.statSync("/tmp/barrier").size < count) await sleep(2);
}
`;

export const payloadOf = ({ payload }: InvokeResult): { errorType: string; errorMessage: string } => JSON.parse(Buffer.from(payload).toString());
