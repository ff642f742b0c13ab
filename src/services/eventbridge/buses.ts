// Event buses. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { busArn, BUSES, busId, type BusKey, changeBus, DEFAULT, type EventBus, nameInId } from "./bus.ts";
import { ownBus, ownBusKey } from "./bus-lookup.ts";
import { badBusName, busExists, busHasTargets, cannotDeleteDefault, eventSourceIsDeleted, eventSourceNotFound, notSupported, notTheNameOfItsSource, reservedBusName, tooMany } from "./errors.ts";
import { pageOf } from "./page.ts";
import { activated, findSource, forgetBus, PARTNER_SOURCES, type PartnerSource, sourceId, stateOf } from "./partner-source.ts";
import { REVISIONS, type Rule, RULES, rulesChanged } from "./rule.ts";
import { tagsOf } from "./tags.ts";

type BusApi = Pick<Api<typeof Sdk>, "CreateEventBus" | "DescribeEventBus" | "ListEventBuses" | "UpdateEventBus" | "DeleteEventBus">;

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const BUSES_MAX = 100;
const DELETE_BATCH = 500;

export function busOperations({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">): BusApi {
  const buses = stores.documents<EventBus>(BUSES);
  return {
    async CreateEventBus({ Name: name, EventSourceName: sourceName, Description: description, Tags, ...rest }, { account, region }) {
      refuseUnserved(rest);
      const key: BusKey = { account, region, name };
      if (name === DEFAULT) throw busExists(name);
      checkName(name, sourceName);
      const nowMs = clock.now();
      const bus: EventBus = { ...key, tags: tagsOf(Tags), createdMs: nowMs, modifiedMs: nowMs, ...(description !== undefined && { description }) };
      await stores.transaction(async (tx) => {
        if ((await tx.documents<EventBus>(BUSES).count(`${account}/${region}/`)) >= BUSES_MAX) throw tooMany();
        if (!(await tx.documents<EventBus>(BUSES).create(busId(key), bus))) throw busExists(name);
        if (sourceName !== undefined) await accept(tx, key, nowMs);
        await rulesChanged(tx, key, ids.uuid()); // archives of a bus that had the name before are its archives
      });
      return { EventBusArn: busArn(key), ...(description !== undefined && { Description: description }) };
    },

    async DescribeEventBus({ Name }, call) {
      return describe(await ownBus(stores, Name, call));
    },

    async ListEventBuses({ NamePrefix = "", NextToken, Limit }, { account, region }) {
      // The default one is there without a document; here it gets one, so that it has its place among the others.
      const id = busId({ account, region, name: DEFAULT });
      if (!(await buses.get(id))) await buses.create(id, { account, region, name: DEFAULT, tags: {} });
      const { found, ...next } = await pageOf(buses, `${account}/${region}/${nameInId(NamePrefix)}`, { NextToken, Limit });
      return { EventBuses: found.map(describe), ...next };
    },

    async UpdateEventBus({ Name, Description: description, ...rest }, call) {
      refuseUnserved(rest);
      const key = await ownBus(stores, Name, call);
      const bus = (await stores.transaction((tx) => changeBus(tx, key, (before) => ({ ...before, ...(description !== undefined && { description }), modifiedMs: clock.now() }))))!;
      return { Arn: busArn(bus), Name: bus.name, ...(bus.description !== undefined && { Description: bus.description }) };
    },

    /** Deleting what is not there is no error (recorded). */
    async DeleteEventBus({ Name }, call) {
      const key = ownBusKey(Name, call);
      if (key.name === DEFAULT) throw cannotDeleteDefault();
      while (!(await stores.transaction((tx) => deleteSome(tx, key, clock.now()))));
      return {};
    },
  };
}

function checkName(name: string, sourceName: string | undefined): void {
  if (sourceName !== undefined && sourceName !== name) throw notTheNameOfItsSource();
  if (sourceName !== undefined) return;
  if (name.startsWith("aws.")) throw reservedBusName();
  if (!/^[._A-Za-z0-9-]{1,256}$/.test(name)) throw badBusName(name);
}

/** The bus of a partner's source, which is active from now on. */
async function accept(tx: Tx, bus: BusKey, nowMs: number): Promise<void> {
  const source = await findSource(tx, bus);
  const state = source?.account === bus.account ? stateOf(source, nowMs) : undefined;
  if (!source || !state) throw eventSourceNotFound(bus.name);
  if (state === "DELETED") throw eventSourceIsDeleted(bus.name);
  await tx.documents<PartnerSource>(PARTNER_SOURCES).put(sourceId(source), { ...activated(source), hasBus: true });
}

function refuseUnserved({ KmsKeyIdentifier, DeadLetterConfig, LogConfig }: { KmsKeyIdentifier?: string | undefined; DeadLetterConfig?: { Arn?: string | undefined } | undefined; LogConfig?: { Level?: string | undefined } | undefined }): void {
  if (KmsKeyIdentifier) throw notSupported("KmsKeyIdentifier of event buses");
  // It is for events that cannot be encrypted; targets have dead-letter queues of their own.
  if (DeadLetterConfig?.Arn !== undefined) throw notSupported("DeadLetterConfig of event buses");
  if (LogConfig?.Level !== undefined && LogConfig.Level !== "OFF") throw notSupported("LogConfig of event buses");
}

const describe = (bus: EventBus) => ({
  Name: bus.name, Arn: busArn(bus),
  ...(bus.description !== undefined && { Description: bus.description }),
  ...(bus.policy !== undefined && { Policy: bus.policy }),
  ...(bus.createdMs !== undefined && { CreationTime: new Date(bus.createdMs) }),
  ...(bus.modifiedMs !== undefined && { LastModifiedTime: new Date(bus.modifiedMs) }),
});

/** Rules first and the bus with the last of them, so that a crash in between leaves a bus that can be deleted again. */
async function deleteSome(tx: Tx, key: BusKey, nowMs: number): Promise<boolean> {
  const rules = tx.documents<Rule>(RULES);
  const page = await rules.list({ prefix: `${busId(key)}/`, limit: DELETE_BATCH });
  if (page.some(([, { targets }]) => targets.length > 0)) throw busHasTargets();
  for (const [id] of page) await rules.delete(id);
  if (page.length === DELETE_BATCH) return false;
  await tx.documents<EventBus>(BUSES).delete(busId(key));
  await tx.documents(REVISIONS).delete(busId(key));
  await forgetBus(tx, key, nowMs);
  return true;
}
