// What a platform stands on, opened before the rest of the program is even read: the data folder and its lock, the stores, and the sandbox,
// whose probe is a chain of processes to wait for.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "./config.ts";
import { type Inspectors, openInspectors } from "./engine/inspect/inspectors.ts";
import { openSandbox } from "./engine/sandbox/open.ts";
import type { Sandbox } from "./engine/sandbox/sandbox.ts";
import { whyNotToListen } from "./gateway/listen-address.ts";
import type { Clock } from "./kernel/clock.ts";
import { Fault } from "./kernel/errors.ts";
import type { Ids } from "./kernel/ids.ts";
import type { Log } from "./kernel/log.ts";
import { openStores } from "./storage/open.ts";
import type { Stores } from "./storage/stores.ts";

export interface GroundOptions {
  config: Config;
  clock: Clock;
  ids: Ids;
  log: Log;
}

export interface Ground {
  dataDir: string;
  inspectors: Inspectors;
  stores: Stores;
  sandbox: Sandbox;
}

export async function openGround(options: GroundOptions): Promise<Ground> {
  const { config } = options;
  const refusal = whyNotToListen(config);
  if (refusal) throw new Fault(refusal); // before anything is opened
  const dataDir = config.ephemeral ? mkdtempSync(join(tmpdir(), "evoke-")) : resolve(config.data);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Fault(`The data folder ${dataDir} cannot be made (${(error as Error).message}). Choose another with --data.`, error);
  }
  try {
    return await openGroundIn(dataDir, options);
  } catch (error) {
    if (config.ephemeral) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

async function openGroundIn(dataDir: string, { config, clock, ids, log }: GroundOptions): Promise<Ground> {
  const inspectors = await openInspectors({ inspect: config.inspect, wait: config.inspectWait, network: config.network, clock, log }); // first, because its ports may be taken
  const stores = await openStores({ data: dataDir, ephemeral: config.ephemeral, database: config.database || undefined, clock, log });
  const sandbox = await openSandbox({ isolation: config.isolation, dataDir, clock, ids, log });
  if (sandbox.level > 1 || sandbox.missing.length > 0) log.warn(`isolation ${sandbox.description}${sandbox.missing.length > 0 ? `. Missing: ${sandbox.missing.join("; ")}` : ""}. What that means: evoke doctor`);
  if (config.network === "none" && sandbox.level > 2) {
    await sandbox.close();
    await stores.close();
    throw new Fault("--network none needs bubblewrap, and functions here are plain processes. Install bubblewrap (evoke doctor says what is missing), or leave --network shared.");
  }
  return { dataDir, inspectors, stores, sandbox };
}
