// The Lambda room alone with a durable function whose code is a script of the test: it speaks the protocol that AWS's SDK speaks.
import { type CreateFunctionCommandInput, type Event, Lambda, type Operation, type OperationUpdate, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { openBackground } from "../../src/background.ts";
import { type VirtualClock, virtualClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Access } from "../../src/ports/access.ts";
import type { ServiceEvent } from "../../src/ports/default-bus.ts";
import type { InvokeResult } from "../../src/ports/functions.ts";
import type { Lanes } from "../../src/ports/lanes.ts";
import type { TargetMessage } from "../../src/ports/targets.ts";
import { openDirectory } from "../../src/services/lambda/directory.ts";
import { lambda as service } from "../../src/services/lambda/service.ts";
import { openStores } from "../../src/storage/open.ts";
import { memoryCode, scriptedFunctions } from "./ports.ts";
import { openRoom } from "./room.ts";
import { zipOf } from "./zip.ts";

export interface DurableEvent {
  DurableExecutionArn: string;
  CheckpointToken: string;
  InitialExecutionState: { Operations: (Operation & { ExecutionDetails?: { InputPayload: string } })[]; NextMarker: string };
  UpdatedOperationIds: string[];
}

export interface Invoked {
  event: DurableEvent;
  /** By id: as the function was given them, and as checkpoints have answered. */
  operations: Map<string, Operation>;
  /** Each with the token that the one before has answered. */
  checkpoint(updates: OperationUpdate[], clientToken?: string): Promise<void>;
  token: string | undefined;
}

export type Script = (invoked: Invoked) => Promise<unknown>;

export const PENDING = { Status: "PENDING" };
export const succeeded = (result: unknown) => ({ Status: "SUCCEEDED", Result: JSON.stringify(result) });

export async function openDurableRoom(access?: Access) {
  const clock: VirtualClock = virtualClock();
  const ids = realIds();
  const stores = await openStores({ ephemeral: true, clock, log: silentLog });
  const functions = scriptedFunctions();
  const delivered: { arn: string; message: TargetMessage }[] = [];
  const targets = { serves: () => true, exists: async () => true, deliver: async (arn: string, message: TargetMessage) => { delivered.push({ arn, message }); }, deliverAll: async () => undefined };
  const events: ServiceEvent[] = [];
  const defaultBus = { sends: async (event: ServiceEvent) => { events.push(event); return []; }, emit: async () => 0 };
  const lanes: Lanes = { register: () => undefined, send: async () => undefined, bound: () => undefined, transaction: (work) => stores.transaction((tx) => work(tx, async () => undefined)) };
  // Other work of the room would wake up thousands of times in a year.
  const background = openBackground({ clock, log: silentLog });
  const run = (name: string, work: (signal: AbortSignal) => Promise<void>) => { if (/^durable|transitions/.test(name)) background.run(name, work); };
  const room = await openRoom(service, { background: run, ...(access ? { access } : {}), clock, ids, stores, code: memoryCode(), functions, directory: openDirectory({ stores, ids }), targets, defaultBus, lanes });
  const lambda = new Lambda(room.clientConfig);
  const scripts = new Map<string, Script>();

  functions.answer = async ({ version, payload }): Promise<InvokeResult> => {
    const event = JSON.parse(Buffer.from(payload).toString()) as DurableEvent;
    const invoked: Invoked = {
      event,
      token: event.CheckpointToken,
      operations: new Map(event.InitialExecutionState?.Operations.map((operation) => [operation.Id!, operation])),
      async checkpoint(Updates, ClientToken) {
        const answer = await lambda.checkpointDurableExecution({ DurableExecutionArn: event.DurableExecutionArn, CheckpointToken: invoked.token!, Updates, ...(ClientToken ? { ClientToken } : {}) });
        invoked.token = answer.CheckpointToken;
        for (const operation of answer.NewExecutionState!.Operations!) invoked.operations.set(operation.Id!, operation);
      },
    };
    try {
      return { failed: false, payload: Buffer.from(JSON.stringify((await scripts.get(version.name)!(invoked)) ?? null)), executedVersion: version.version };
    } catch (error) {
      return { failed: true, payload: Buffer.from(JSON.stringify({ errorMessage: (error as Error).message, errorType: (error as Error).name })), executedVersion: version.version };
    }
  };

  return {
    lambda, clock, functions, delivered, scripts, stores,
    /** What the default event bus was told. */
    events,
    /** A durable function of that name; answers its version 1. */
    async create(FunctionName: string, script: Script, more: Partial<CreateFunctionCommandInput> = {}): Promise<string> {
      scripts.set(FunctionName, script);
      await lambda.createFunction({ FunctionName, Runtime: "nodejs24.x", Handler: "index.handler", Role: "arn:aws:iam::000000000000:role/r", Code: { ZipFile: await zipOf({ "index.js": FunctionName }) }, Publish: true, DurableConfig: { ExecutionTimeout: 31_622_400 }, ...more });
      await waitUntilFunctionActiveV2({ client: lambda, minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 5 } as never, { FunctionName });
      return `${FunctionName}:1`;
    },
    async start(FunctionName: string, event: unknown = {}, DurableExecutionName?: string): Promise<string> {
      const { DurableExecutionArn } = await lambda.invoke({ FunctionName, InvocationType: "Event", Payload: JSON.stringify(event), ...(DurableExecutionName ? { DurableExecutionName } : {}) });
      await clock.advance(0);
      return DurableExecutionArn!;
    },
    async history(DurableExecutionArn: string): Promise<Event[]> {
      return (await lambda.getDurableExecutionHistory({ DurableExecutionArn, MaxItems: 1000 })).Events!;
    },
    async close(): Promise<void> {
      await background.close();
      await room.close();
      await stores.close();
    },
  };
}

export type DurableRoom = Awaited<ReturnType<typeof openDurableRoom>>;
