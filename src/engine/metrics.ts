// AWS/Lambda metrics of invocations and concurrency, with their dimensions; told when REPORT is written, never while a caller waits.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
import type { FunctionVersion, Invocation } from "../ports/functions.ts";
import type { Metrics } from "../ports/metrics.ts";
import type { AccountShare, FunctionShare } from "./concurrency.ts";
import type { Environment } from "./environment.ts";
import type { Report } from "./platform-records.ts";
import type { Provisioned } from "./provisioned.ts";

export interface EngineMetrics {
  /** What an environment is to call with each REPORT; made once for it, because most reports of one are about the same qualifier. */
  reporter(env: Pick<Environment, "version" | "initializationType">, use: { share: FunctionShare; provisioned: Provisioned | undefined }): (report: Report) => void;
  throttled(invocation: Pick<Invocation, "version" | "invokedArn">): void;
  /** An invocation refused because it is in a loop. */
  dropped(invocation: Pick<Invocation, "version" | "invokedArn">): void;
}

type Unit = "Count" | "Milliseconds" | "None";
type Add = (value: number) => void;

/** Handles are made once for each function, qualifier and executed version. */
interface Handles {
  invocations: Add;
  errors: Add;
  duration: Add;
  concurrent: Add;
  /** Of the name that was invoked: "Lambda emits this metric for all functions, versions, and aliases" (monitoring-concurrency.html). */
  concurrentByName: Add;
  /** What extensions took after the runtime. */
  extensions(ms: number): void;
  throttles(): void;
  dropped(): void;
  provisioned(): ProvisionedHandles;
}

interface ProvisionedHandles {
  invocations: Add;
  spillover: Add;
  concurrent: Add;
  utilization: Add;
}

interface AccountHandles {
  concurrent: Add;
  unreserved: Add;
  claimed: Add;
}

/** More functions than this are looked up again; it bounds memory. */
const KNOWN_MAX = 5000;
const NAMESPACE = "AWS/Lambda";

export function openMetrics(metrics: Metrics): EngineMetrics {
  const known = new Map<string, Handles>();
  const accounts = new Map<string, AccountHandles>();
  const recall = <T>(map: Map<string, T>, key: string, make: () => T): T => {
    let found = map.get(key);
    if (found === undefined) {
      if (map.size >= KNOWN_MAX) map.clear();
      map.set(key, (found = make()));
    }
    return found;
  };
  const handlesOf = (version: FunctionVersion, invokedArn: string) => recall(known, `${invokedArn} ${version.version}`, () => makeHandles(metrics, version, invokedArn));
  const accountOf = ({ account, region }: FunctionVersion) => recall(accounts, `${account}/${region}`, () => makeAccountHandles(metrics, account, region));

  return {
    reporter({ version, initializationType }, use) {
      let invokedArn = version.arn;
      let handles = handlesOf(version, invokedArn);
      const account = accountOf(version);
      const { share } = use;
      let named = share.named.get(invokedArn);
      return (report) => {
        if (report.invokedArn !== invokedArn) {
          handles = handlesOf(version, (invokedArn = report.invokedArn));
          named = share.named.get(invokedArn);
        }
        handles.invocations(1);
        handles.errors(report.status === "success" ? 0 : 1);
        handles.duration(report.durationMs);
        if (report.extensionsMs !== undefined) handles.extensions(report.extensionsMs);
        if (share.inHandPeak > 0) {
          handles.concurrent(share.inHandPeak);
          share.inHandPeak = 0;
        }
        if (named !== undefined && named.inHandPeak > 0) {
          handles.concurrentByName(named.inHandPeak);
          named.inHandPeak = 0;
        }
        if (use.provisioned) tellProvisioned(handles.provisioned(), use.provisioned, initializationType === "provisioned-concurrency");
        tellAccount(account, share.account);
      };
    },
    throttled: ({ version, invokedArn }) => handlesOf(version, invokedArn).throttles(),
    dropped: ({ version, invokedArn }) => handlesOf(version, invokedArn).dropped(),
  };
}

function tellProvisioned(handles: ProvisionedHandles, provisioned: Provisioned, isProvisioned: boolean): void {
  (isProvisioned ? handles.invocations : handles.spillover)(1);
  if (provisioned.usePeak === 0) return;
  handles.concurrent(provisioned.usePeak);
  handles.utilization(provisioned.usePeak / Math.max(1, provisioned.wanted));
  provisioned.usePeak = 0;
}

/** Once for the many invocations that end together: the peak begins anew with the next one that comes. */
function tellAccount(handles: AccountHandles, account: AccountShare): void {
  if (account.inHandPeak === 0) return;
  handles.concurrent(account.inHandPeak);
  handles.unreserved(account.unreservedPeak);
  handles.claimed(Math.max(account.claimedPeak, account.claimed) + account.reserved); // what provisioning claims has no peak
  account.inHandPeak = 0;
  account.unreservedPeak = 0;
  account.claimedPeak = 0;
}

function makeHandles(metrics: Metrics, version: FunctionVersion, invokedArn: string): Handles {
  const { account, region, arn, name } = version;
  const qualifier = invokedArn.slice(arn.length + 1);
  const byFunction = { FunctionName: name };
  const byResource = { FunctionName: name, Resource: qualifier === "" ? name : `${name}:${qualifier}` };
  const isAlias = qualifier !== "" && qualifier !== version.version;
  const ofFunction = [byFunction, byResource, ...(isAlias ? [{ ...byResource, ExecutedVersion: version.version }] : [])];
  const adder = (metric: string, unit: Unit, dimensions: Record<string, string>[]): Add => metrics.series({ account, region, namespace: NAMESPACE, name: metric, unit, dimensions });
  const all = [{}, ...ofFunction];
  let extensions: Add | undefined;
  let throttles: Add | undefined;
  let dropped: Add | undefined;
  let provisioned: ProvisionedHandles | undefined;
  return {
    invocations: adder("Invocations", "Count", all),
    errors: adder("Errors", "Count", all),
    duration: adder("Duration", "Milliseconds", all),
    concurrent: adder("ConcurrentExecutions", "Count", [byFunction]),
    concurrentByName: adder("ConcurrentExecutions", "Count", [byResource]),
    extensions(ms) { (extensions ??= adder("PostRuntimeExtensionsDuration", "Milliseconds", all))(ms); },
    throttles() { (throttles ??= adder("Throttles", "Count", all))(1); },
    dropped() { (dropped ??= adder("RecursiveInvocationsDropped", "Count", all))(1); },
    provisioned: () => (provisioned ??= {
      invocations: adder("ProvisionedConcurrencyInvocations", "Count", ofFunction),
      spillover: adder("ProvisionedConcurrencySpilloverInvocations", "Count", ofFunction),
      concurrent: adder("ProvisionedConcurrentExecutions", "Count", ofFunction),
      utilization: adder("ProvisionedConcurrencyUtilization", "None", ofFunction),
    }),
  };
}

function makeAccountHandles(metrics: Metrics, account: string, region: string): AccountHandles {
  const adder = (name: string) => metrics.series({ account, region, namespace: NAMESPACE, name, unit: "Count", dimensions: [{}] });
  return { concurrent: adder("ConcurrentExecutions"), unreserved: adder("UnreservedConcurrentExecutions"), claimed: adder("ClaimedAccountConcurrency") };
}
