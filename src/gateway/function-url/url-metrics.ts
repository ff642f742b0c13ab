// Metrics of function URLs. https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
import type { Clock } from "../../kernel/clock.ts";
import type { FunctionUrl } from "../../ports/function-urls.ts";
import type { Metrics } from "../../ports/metrics.ts";

/** Begins to count a request; the answer ends it, with the status. */
export type UrlMetrics = (url: FunctionUrl) => (status: number) => void;

type Add = (value: number) => void;

interface Handles {
  requests: Add;
  errors4xx: Add;
  errors5xx: Add;
  latency: Add;
}

const KNOWN_MAX = 1000;

export function openUrlMetrics(metrics: Metrics, clock: Clock): UrlMetrics {
  const known = new Map<string, Handles>();
  const handlesOf = (url: FunctionUrl): Handles => {
    const found = known.get(url.urlId);
    if (found) return found;
    if (known.size >= KNOWN_MAX) known.clear();
    const made = makeHandles(metrics, url);
    known.set(url.urlId, made);
    return made;
  };
  return (url) => {
    const handles = handlesOf(url);
    const startedMs = clock.monotonicMs();
    return (status) => {
      handles.requests(1);
      handles.errors4xx(status >= 400 && status < 500 ? 1 : 0);
      handles.errors5xx(status >= 500 ? 1 : 0);
      handles.latency(clock.monotonicMs() - startedMs);
    };
  };
}

function makeHandles(metrics: Metrics, { account, region, functionArn }: FunctionUrl): Handles {
  const resource = functionArn.split(":").slice(6).join(":");
  const [FunctionName] = resource.split(":") as [string];
  const handle = (name: string, unit: string): Add =>
    metrics.series({ account, region, namespace: "AWS/Lambda", name, unit, dimensions: [{}, { FunctionName }, { FunctionName, Resource: resource }] });
  return { requests: handle("UrlRequestCount", "Count"), errors4xx: handle("Url4xxCount", "Count"), errors5xx: handle("Url5xxCount", "Count"), latency: handle("UrlRequestLatency", "Milliseconds") };
}
