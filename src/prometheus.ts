// GET /_evoke/metrics: the platform's numbers since its start, for Prometheus.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
import { performance } from "node:perf_hooks";
import type { Engine } from "./engine/engine.ts";
import type { Clock } from "./kernel/clock.ts";
import type { MetricTotal } from "./services/cloudwatch/sink.ts";
import type { WireRequest, WireResponse } from "./wire/http.ts";

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

interface Family {
  type: "counter" | "gauge" | "summary";
  help: string;
  /** By name and labels as they are written: Prometheus refuses a page that has one twice. */
  samples: Map<string, number>;
}

export function prometheusPage(about: { totals(): MetricTotal[]; engine: Engine; startedMs: number; clock: Clock }) {
  return async (_request: WireRequest): Promise<WireResponse> => {
    const families = new Map([...platformFamilies(about), ...serviceFamilies(about.totals())]);
    return { status: 200, headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" }, body: exposition(families) };
  };
}

function platformFamilies({ engine, startedMs, clock }: { engine: Engine; startedMs: number; clock: Clock }): [string, Family][] {
  const gauge = (name: string, help: string, value: number): [string, Family] => [name, { type: "gauge", help, samples: new Map([[name, value]]) }];
  const { environments, busy, idle, starting, queued, spares } = engine.stats();
  const states = { busy, idle, starting };
  return [
    ["evoke_environments", { type: "gauge", help: "Execution environments by state.", samples: new Map(Object.entries(states).map(([state, value]) => [written({ name: "evoke_environments", labels: { state } }), value])) }],
    gauge("evoke_environments_all", "Execution environments that take room.", environments),
    gauge("evoke_spare_processes", "Pre-warmed processes.", spares),
    gauge("evoke_queued_invocations", "Invocations that wait for an environment.", queued),
    gauge("evoke_uptime_seconds", "Since this process began.", Math.floor((clock.monotonicMs() - startedMs) / 1000)),
    gauge("evoke_resident_memory_bytes", "Memory of this process, functions not included.", process.memoryUsage.rss()),
    gauge("evoke_event_loop_utilization", "The part of the time this process was busy, since its start.", performance.eventLoopUtilization().utilization),
  ];
}

/** Series with exactly one dimension: those with more, or none, count the same events again. A function invoked by several names is counted apart for each, and all of that is the function's. */
function serviceFamilies(totals: MetricTotal[]): [string, Family][] {
  const families = new Map<string, Family>();
  for (const { namespace, name, unit, dimensions, account, region, total } of totals) {
    const [dimension, ...others] = Object.entries(dimensions);
    if (!dimension || others.length || total.n === 0) continue;
    const labels = { account, region, [snake(dimension[0])]: dimension[1] };
    const base = `evoke_${snake(namespace.replace(/^AWS\//, ""))}_${snake(name)}`;
    const help = `${namespace} ${name}, as CloudWatch has it.`;
    if (LEVELS.test(name)) add(families, base, "gauge", help, [{ name: base, labels, value: total.last }]);
    else if (unit === "Count") add(families, `${base}_total`, "counter", help, [{ name: `${base}_total`, labels, value: total.sum }]);
    else {
      const seconds = unit === "Milliseconds";
      const family = seconds ? `${base}_seconds` : base;
      add(families, family, "summary", help, [{ name: `${family}_sum`, labels, value: seconds ? total.sum / 1000 : total.sum }, { name: `${family}_count`, labels, value: total.n }]);
    }
  }
  return [...families];
}

/** Counts that go up and down. */
const LEVELS = /Concurren(t|cy)|Executions$|Utilization$/;

function add(families: Map<string, Family>, name: string, type: Family["type"], help: string, samples: Sample[]): void {
  const family = families.get(name) ?? { type, help, samples: new Map<string, number>() };
  families.set(name, family);
  for (const sample of samples) {
    const before = family.samples.get(written(sample));
    family.samples.set(written(sample), before === undefined ? sample.value : type === "gauge" ? Math.max(before, sample.value) : before + sample.value);
  }
}

/** AsyncEventAge → async_event_age; Url4xxCount → url4xx_count */
const snake = (text: string): string => text.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_").toLowerCase();
const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const written = ({ name, labels }: Omit<Sample, "value">): string => `${name}{${Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`).join(",")}}`;

const exposition = (families: Map<string, Family>): string => [...families].map(([name, { type, help, samples }]) =>
  `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${[...samples].map(([series, value]) => `${series} ${value}\n`).join("")}`).join("");
