// What one room sends to, for tests of it: real lanes and targets; recipients that keep what they get, or refuse; permissions that are denied when told to.
import { setTimeout as sleep } from "node:timers/promises";
import { openBackground } from "../../src/background.ts";
import { type Lanes, openLanes } from "../../src/delivery/lanes.ts";
import { openTargets } from "../../src/delivery/targets.ts";
import type { Clock, VirtualClock } from "../../src/kernel/clock.ts";
import { realIds } from "../../src/kernel/ids.ts";
import { silentLog } from "../../src/kernel/log.ts";
import type { Access, AccessQuestion } from "../../src/ports/access.ts";
import type { AsyncEvent } from "../../src/ports/events.ts";
import type { Sender, TargetMessage } from "../../src/ports/targets.ts";
import type { RoomPorts } from "../../src/services/service.ts";
import type { Stores } from "../../src/storage/stores.ts";

export interface Delivered {
  arn: string;
  message: TargetMessage;
  from: Sender;
  atMs: number;
}

/** What has happened, and what is to; rooms' own test parts show it as theirs. */
export interface Seen {
  /** What functions were to be invoked with, in order. */
  invoked: (AsyncEvent & { atMs: number })[];
  /** An error here is what the target of that ARN answers. */
  refusals: Map<string, Error>;
  /** When something was to be delivered, refused or not. */
  tries: { arn: string; atMs: number }[];
  /** Questions about permissions; those whose action is in `denied` are denied. */
  asked: AccessQuestion[];
  denied: Map<string, Error>;
  /** Sums by name. */
  metrics: Map<string, number>;
  warnings: string[];
}

export interface Recipients {
  seen: Seen;
  /** What has arrived, in order, but for what functions got. */
  delivered: Delivered[];
  ports: Pick<RoomPorts, "stores" | "clock" | "ids" | "log" | "targets" | "access" | "background" | "events" | "metrics"> & { lanes: Lanes };
  /** Lanes begin when the room has registered what it runs in them. */
  begin(): void;
  close(): Promise<void>;
}

/** `services`: those that deliver. */
export function openRecipients({ stores, clock }: { stores: Stores; clock: Clock }, services: string[]): Recipients {
  const seen: Seen = { invoked: [], refusals: new Map(), tries: [], asked: [], denied: new Map(), metrics: new Map(), warnings: [] };
  const { denied, refusals, metrics } = seen;
  const delivered: Delivered[] = [];
  const access: Access = {
    mode: "enforce",
    async decide(question) {
      seen.asked.push(question);
      const refusal = denied.get(question.action);
      return refusal ? { allowed: false, explicit: false, sentence: refusal.message, grant: "" } : { allowed: true };
    },
    async check(question) {
      seen.asked.push(question);
      if (denied.has(question.action)) throw denied.get(question.action);
    },
  };
  const accept = (arn: string): void => {
    seen.tries.push({ arn, atMs: clock.now() });
    if (refusals.has(arn)) throw refusals.get(arn);
  };
  const targets = openTargets(access);
  const deliverAll = async (arn: string, messages: TargetMessage[], from: Sender): Promise<void> => {
    accept(arn);
    delivered.push(...messages.map((message) => ({ arn, message, from, atMs: clock.now() })));
  };
  for (const service of services) targets.add({ service, exists: async () => true, deliver: (arn, message, from) => deliverAll(arn, [message], from), deliverAll });
  const ids = realIds();
  const background = openBackground({ clock, log: silentLog });
  const lanes = openLanes({ stores, clock, ids, log: silentLog, run: {} });
  return {
    seen, delivered,
    ports: {
      stores, clock, ids, lanes, targets, access, background: background.run,
      log: { ...silentLog, warn: (message, fields) => void seen.warnings.push(`${message} ${JSON.stringify(fields)}`) },
      events: { invoke: () => Promise.reject(new Error("nobody asks")), enqueue: async (event) => {
        accept(event.functionArn);
        seen.invoked.push({ ...event, atMs: clock.now() });
      } },
      metrics: { series: ({ name }) => (value) => void metrics.set(name, (metrics.get(name) ?? 0) + value), flush: async () => undefined },
    },
    begin: () => background.run("lanes", (signal) => lanes.work(signal)),
    close: background.close,
  };
}

/** Lets what is due now happen, until it holds; what threads and sockets do takes real time. Lanes write what has ended every 5 ms. */
export async function untilHolds(clock: VirtualClock, holds: () => boolean | Promise<boolean>, stepMs = 5): Promise<void> {
  for (let turn = 0; !(await holds()); turn++) {
    if (turn > 10_000) throw new Error("it never came to hold");
    await clock.advance(stepMs);
    await sleep(1);
  }
}
