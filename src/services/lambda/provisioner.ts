// Tells the engine which versions to keep environments of: when a config or an alias changes, when the platform starts, and now and then.
import type { FunctionVersion } from "../../ports/functions.ts";
import type { RoomPorts } from "../service.ts";
import { FUNCTIONS, type LambdaFunction } from "./function.ts";
import { managedVersions } from "./capacity-providers/on-provider.ts";
import { findVersion } from "./lookup.ts";
import { provisionedConfigs, sharesOf } from "./provisioned.ts";

/** How soon a change made by another process on the same database is followed. */
const LOOK_MS = 30_000;

export interface Provisioner {
  /** Follows what the stores say of this function now. */
  refresh(functionId: string): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

export function openProvisioner({ stores, provisioning, clock }: Pick<RoomPorts, "stores" | "provisioning" | "clock">): Provisioner {
  /** By function, what the engine was told to keep: revision → version. */
  const told = new Map<string, Map<string, FunctionVersion>>();

  const follow = async (functionId: string): Promise<void> => {
    const configs = await provisionedConfigs(stores, functionId);
    const managed = await managedVersions(stores, functionId);
    if (!configs.length && !managed.length && !told.has(functionId)) return;
    const fn = await stores.documents<LambdaFunction>(FUNCTIONS).get(functionId);
    const wanted = new Map<string, { live: FunctionVersion; count: number }>();
    for (const [, config] of fn ? configs : []) {
      for (const { version: { live }, count } of await sharesOf(stores, fn!, config)) {
        if (live) wanted.set(live.revision, { live, count: count + (wanted.get(live.revision)?.count ?? 0) });
      }
    }
    for (const [id] of managed) {
      const live = (await findVersion(stores, functionId, id.slice(functionId.length + 1)))?.live;
      if (live?.managed) wanted.set(live.revision, { live, count: live.managed.environmentsMin });
    }
    for (const [revision, version] of told.get(functionId) ?? []) if (!wanted.has(revision)) provisioning.provision(version, 0);
    for (const { live, count } of wanted.values()) provisioning.provision(live, count);
    if (wanted.size) told.set(functionId, new Map([...wanted].map(([revision, { live }]) => [revision, live])));
    else told.delete(functionId);
  };

  /** One after another, so that what was read last is told last. */
  let last: Promise<void> = Promise.resolve();
  const refresh = (functionId: string): Promise<void> => {
    const mine = last.then(() => follow(functionId));
    last = mine.catch(() => undefined); // the failure is its own caller's
    return mine;
  };

  return {
    refresh,
    async run(signal) {
      while (!signal.aborted) {
        const functionIds = new Set(told.keys());
        for (const [id] of [...(await provisionedConfigs(stores)), ...(await managedVersions(stores))]) functionIds.add(id.slice(0, id.lastIndexOf("/")));
        for (const functionId of functionIds) await refresh(functionId);
        await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      }
    },
  };
}
