// What becomes of capacity providers and of the versions on them, in the background: each change and its queue item are one transaction, so a crash in between is made good at the next start.
import type { StateReasonCode } from "@aws-sdk/client-lambda";
import type { FunctionVersion } from "../../../ports/functions.ts";
import type { Received, Stores, Tx } from "../../../storage/stores.ts";
import { type WorkerParts, workThrough } from "../../queue-worker.ts";
import type { RoomPorts } from "../../service.ts";
import { deleteAll, deleteVersion } from "../deleting.ts";
import { FUNCTIONS, type LambdaFunction, runnable, type Version } from "../function.ts";
import type { Provisioner } from "../provisioner.ts";
import type { UnusedCode } from "../unused-code.ts";
import { VERSIONS } from "../version.ts";
import { vcpusOf } from "./managed.ts";
import { MANAGED_VERSIONS, type ManagedVersion, onProvider } from "./on-provider.ts";
import { type CapacityProvider, idOfProviderArn, PROVIDERS } from "./provider.ts";
import { qualifiedId } from "../name.ts";
import { findVersion } from "../lookup.ts";

const QUEUE = "lambda/managed";
/** An init may last minutes, and is waited for. */
const AT_ONCE = 100;
/** Another look at what the engine has done, if it says nothing. */
const LOOK_MS = 1000;

export type Item =
  | { kind: "provider"; id: string; revisionId: string }
  | { kind: "activate" | "deactivate"; id: string; revisionId: string }
  | { kind: "delete"; functionId: string; revisionId: string; qualifier?: string };

export async function settleLater(tx: Tx, item: Item, nowMs: number): Promise<void> {
  await tx.queues.send(QUEUE, { id: item.revisionId, body: JSON.stringify(item), dueMs: nowMs });
}

export type SettlingPorts = WorkerParts & Pick<RoomPorts, "provisioning"> & { provisioner: Provisioner; unused: Pick<UnusedCode, "sweepLater"> };

export const settleManaged = (ports: SettlingPorts, signal: AbortSignal): Promise<void> => workThrough(ports, QUEUE, AT_ONCE, (item) => settle(ports, item, signal), signal);

async function settle(ports: SettlingPorts, received: Received, signal: AbortSignal): Promise<void> {
  const item = JSON.parse(received.body) as Item;
  switch (item.kind) {
    case "provider": return settleProvider(ports, received, item);
    case "activate": return activate(ports, received, item, signal);
    case "deactivate": return deactivate(ports, received, item);
    case "delete": return erase(ports, received, item);
  }
}

const finished = (tx: Tx, { id, receipt }: Received): Promise<boolean> => tx.queues.finish(QUEUE, id, receipt);

async function settleProvider({ stores, ids }: SettlingPorts, received: Received, { id, revisionId }: { id: string; revisionId: string }): Promise<void> {
  const next = ids.uuid();
  await stores.transaction(async (tx) => {
    if (!(await finished(tx, received))) return;
    const providers = tx.documents<CapacityProvider>(PROVIDERS);
    const after = await providers.update(id, (now) => (now.revisionId === revisionId && now.state === "Pending" ? { ...now, state: "Active", revisionId: next } : now));
    if (after?.state === "Deleting" && after.revisionId === revisionId) await providers.delete(id);
  });
}

const functionIdOf = ({ account, region, name }: Version): string => `${account}/${region}/${name}`;

/** A version runs from the moment an environment of it is initialised; until then, what ran before. */
async function activate(ports: SettlingPorts, received: Received, { id, revisionId }: { id: string; revisionId: string }, signal: AbortSignal): Promise<void> {
  const { stores, ids, clock, provisioning, provisioner, unused } = ports;
  const wanted = (version: Version | undefined): version is Version => version?.revisionId === revisionId && (version.state === "Pending" || version.lastUpdate === "InProgress");
  const version = await stores.documents<Version>(VERSIONS).get(id);
  const candidate = wanted(version) ? runnable(version, revisionId) : undefined;
  const isWanted = async () => wanted(await stores.documents<Version>(VERSIONS).get(id));
  const failure = candidate && ((await overCapacity(stores, candidate)) ?? (await firstEnvironment(ports, candidate, isWanted, signal)));
  if (signal.aborted) return; // an environment that ends because Evoke does says nothing about the function
  const next = ids.uuid();
  let runs = false;
  await stores.transaction(async (tx) => {
    runs = false; // it may begin again
    if (!(await finished(tx, received))) return;
    const after = await tx.documents<Version>(VERSIONS).update(id, (now) => (wanted(now) ? (failure ? failed(now, failure, next) : active(now, candidate!, next)) : now));
    runs = after?.revisionId === next && !failure;
    if (!after || !runs) return;
    await tx.documents<ManagedVersion>(MANAGED_VERSIONS).update(qualifiedId(functionIdOf(after), after.version), ({ applied: _before, ...rest }) => ({ ...rest, ...(rest.requested ? { applied: rest.requested } : {}) }));
    await unused.sweepLater(tx, clock.now()); // what the version ran before
  });
  if (candidate && !runs) provisioning.provision(candidate, 0);
  if (candidate) await provisioner.refresh(functionIdOf(version!));
}

/** Its capacity may have been changed meanwhile. */
function active({ failure: _before, ...version }: Version, candidate: FunctionVersion, revisionId: string): Version {
  return { ...version, state: "Active", lastUpdate: "Successful", revisionId, live: { ...candidate, managed: { ...candidate.managed!, ...version.capacity } } };
}

const failed = (version: Version, failure: NonNullable<Version["failure"]>, revisionId: string): Version =>
  ({ ...version, failure, revisionId, ...(version.state === "Pending" ? { state: "Failed" } : { lastUpdate: "Failed" }) });

/** The least that all versions on the provider keep must fit into it. */
async function overCapacity(stores: Stores, candidate: FunctionVersion): Promise<Version["failure"]> {
  const { capacityProviderArn, environmentsMin, providerVcpusMax } = candidate.managed!;
  let vcpus = environmentsMin * vcpusOf({ ...candidate, ...candidate.managed! });
  for (const { functionId, qualifier } of await onProvider(stores, idOfProviderArn(capacityProviderArn)!)) {
    const live = qualifier === "$LATEST" ? undefined : (await findVersion(stores, functionId, qualifier))?.live;
    const isItself = live?.arn === candidate.arn && live.version === candidate.version;
    if (live?.managed && !isItself) vcpus += live.managed.environmentsMin * vcpusOf({ ...live, ...live.managed });
  }
  if (vcpus <= providerVcpusMax) return undefined;
  return { code: "CapacityProviderScalingLimitExceeded" as StateReasonCode, reason: `The capacity provider's MaxVCpuCount is ${providerVcpusMax}, and the least that its function versions keep would be ${vcpus} vCPUs.` };
}

/** Resolves when there is one or nobody wants one anymore, or with why there is none. */
async function firstEnvironment({ provisioning, clock }: SettlingPorts, candidate: FunctionVersion, isWanted: () => Promise<boolean>, signal: AbortSignal): Promise<Version["failure"]> {
  for (;;) {
    provisioning.provision(candidate, 1); // the others follow when it runs (provisioner.ts)
    const { ready, failure } = provisioning.state(candidate);
    if (ready > 0 || signal.aborted) return undefined;
    // The reason's words are ours.
    if (failure !== undefined) return { code: "FunctionError.RuntimeInitError", reason: `No environment of the function could be initialised (${failure}). Its log has more.` };
    const looked = new AbortController();
    const either = AbortSignal.any([signal, looked.signal]);
    await Promise.race([provisioning.changed(either), clock.sleep(LOOK_MS, either)]).catch(() => undefined);
    looked.abort();
    if (!(await isWanted())) return undefined;
  }
}

/** Nothing was let in any more; now nothing is kept any more either. */
async function deactivate({ stores, ids, provisioner }: SettlingPorts, received: Received, { id }: { id: string }): Promise<void> {
  const version = await stores.documents<Version>(VERSIONS).get(id);
  if (version) await provisioner.refresh(functionIdOf(version));
  const next = ids.uuid();
  await stores.transaction(async (tx) => {
    if (!(await finished(tx, received))) return;
    const after = await tx.documents<Version>(VERSIONS).update(id, (now) => (now.state === "Deactivating" ? { ...now, state: "Deactivated", revisionId: next } : now));
    if (after?.revisionId !== next) return;
    await tx.documents<ManagedVersion>(MANAGED_VERSIONS).update(qualifiedId(functionIdOf(after), after.version), (now) => ({ ...now, ...(now.requested ? { applied: now.requested } : {}) }));
  });
}

/** The end of DeleteFunction. */
async function erase({ stores, clock, provisioner, unused }: SettlingPorts, received: Received, { functionId, qualifier, revisionId }: { functionId: string; qualifier?: string; revisionId: string }): Promise<void> {
  await provisioner.refresh(functionId);
  await stores.transaction(async (tx) => {
    if (!(await finished(tx, received))) return;
    const fn = await tx.documents<LambdaFunction>(FUNCTIONS).update(functionId, (same) => same);
    if (!fn) return;
    const going = qualifier === undefined ? fn : await findVersion(tx, functionId, qualifier);
    if (going?.state !== "Deleting" || going.revisionId !== revisionId) return;
    await (qualifier === undefined ? deleteAll(tx, fn) : deleteVersion(tx, fn, going));
    await unused.sweepLater(tx, clock.now());
  });
}
