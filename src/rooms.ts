// The rooms of services, each read and opened once: at its first use, or at start where something is stored that it may have work with.
// Why: docs/decisions/0021-rooms-at-first-use.md
import type { ResourcePolicies } from "./access/resource-policies.ts";
import type { LaterSources } from "./delivery/sources.ts";
import type { ServedService } from "./gateway/gateway.ts";
import { assert } from "./kernel/assert.ts";
import type { Target } from "./ports/targets.ts";
import type { Room, RoomPorts, Service } from "./services/service.ts";
import type { Stores } from "./storage/stores.ts";
import { openWireService } from "./wire/wire.ts";

export interface Rooms {
  /** As the gateway serves it; undefined when there is no such room. */
  served(name: string): Promise<ServedService | undefined>;
  isOpening(): boolean;
  /** Opens those that keep anything; with `all`, every one. Throws when one of them cannot be opened, and the others are open then. */
  openKeeping(all: boolean): Promise<void>;
  /** Until the signal, those that have come to keep something: what is logged and measured is stored without a room. What could not be opened is tried again; throws when it still cannot. */
  openForever(signal: AbortSignal): Promise<void>;
}

/** What others ask of a room: to deliver, to be polled, its policies and tags. It opens when they ask. */
export interface Around {
  ports: RoomPorts;
  resources: ResourcePolicies;
  targets: { add(target: Target): void };
  sources: LaterSources;
}

interface OpenRoom {
  service: Service<unknown>;
  operations: ServedService["operations"];
}

const LOOK_MS = 10 * 60_000;

export function openRooms(register: Room[], { ports, resources, targets, sources }: Around): Rooms {
  const opened = new Map<string, Promise<OpenRoom>>();
  const made = new Map<string, Promise<unknown>>();
  const served = new Map<string, Promise<ServedService>>();
  const open = (room: Room) => once(opened, room.name, async () => {
    const service = await room.load();
    assert(service.name === room.name, `the room ${service.name} is registered as ${room.name}`);
    return { service, operations: service.open(ports) as OpenRoom["operations"] };
  });
  /** A part of a room, made once, when it has opened. */
  const part = <T>(room: Room, name: string, make: (service: Service<unknown>) => T) => () => once(made, `${room.name} ${name}`, async () => make((await open(room)).service)) as Promise<T>;
  for (const room of register) {
    const policies = part(room, "policies", ({ resourcePolicy, resourceTags }) => ({ policyOf: resourcePolicy?.(ports), tagsOf: resourceTags?.(ports) }));
    resources.add({ name: room.name, ...(room.arnServices && { arnServices: room.arnServices }), resourcePolicy: () => async (arn) => (await policies()).policyOf?.(arn), resourceTags: () => async (arn, asked) => (await policies()).tagsOf?.(arn, asked) }, ports);
    if (room.target) targets.add(laterTarget(room.name, part(room, "target", (service) => service.target!(ports))));
    if (room.source) sources.add(room.name, part(room, "source", (service) => service.source!(ports)));
  }
  let looking = 0;
  let everyOne = false;
  let failure: unknown;
  const openKeeping = async (all: boolean) => {
    looking++;
    everyOne ||= all;
    failure = undefined;
    try {
      for (const room of register) {
        const opens = async () => { if (!opened.has(room.name) && (everyOne || (await keepsAnything(ports.stores, room)))) await open(room); };
        await opens().catch((error: unknown) => { failure ??= error; }); // what others keep does not wait for it
      }
    } finally {
      looking--;
    }
    if (failure !== undefined) throw failure;
  };
  return {
    isOpening: () => looking > 0,
    openKeeping,
    served(name) {
      const known = served.get(name);
      if (known) return known; // an async function would put a promise of its own around it, at every request
      const room = register.find((candidate) => candidate.name === name);
      return room ? once(served, name, async () => toServe(await open(room), ports)) : Promise.resolve(undefined);
    },
    async openForever(signal) {
      for (;;) {
        if (failure === undefined) await ports.clock.nextRound(LOOK_MS, signal);
        await openKeeping(false);
      }
    },
  };
}

async function toServe({ service, operations }: OpenRoom, ports: RoomPorts): Promise<ServedService> {
  const { actionPrefix, access = {}, exactArn, standing, address } = service;
  const wire = await openWireService(service.client);
  // TypeScript cannot refuse a method that is no operation of the service, so it is refused here.
  for (const name of [...Object.keys(operations), ...Object.keys(access)]) assert(wire.model.operations.has(name), `${wire.model.signingName} has no operation ${name}`);
  return {
    wire, operations, ...(address && { address: address(ports) }),
    access: { prefix: actionPrefix ?? service.name, rules: access, ...(exactArn && { exactArn: exactArn(ports) }), ...(standing && { standing: standing(ports) }) },
  };
}

/** What fails (too many open files …) is tried again by the next who asks. */
function once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  let promise = made.get(name);
  if (!promise) {
    promise = make();
    made.set(name, promise);
    promise.catch(() => made.delete(name));
  }
  return promise;
}

const laterTarget = (service: string, open: () => Promise<Target>): Target => ({
  service,
  exists: async (arn) => (await open()).exists(arn),
  deliver: async (arn, message, from) => (await open()).deliver(arn, message, from),
  async deliverAll(arn, messages, from) {
    const target = await open();
    assert(target.deliverAll, `${service} takes one message at a time`);
    await target.deliverAll(arn, messages, from);
  },
});

async function keepsAnything(stores: Stores, { keeps: { documents = [], queues = [] } }: Room): Promise<boolean> {
  for (const kind of documents) if ((await stores.documents(kind).list({ limit: 1 })).length > 0) return true;
  for (const prefix of queues) if ((await stores.queues.list({ prefix, limit: 1 })).length > 0) return true;
  return false;
}
