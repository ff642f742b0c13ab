// Archives: what went over a bus, kept to be replayed. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
import type * as Sdk from "@aws-sdk/client-eventbridge";
import type { Call } from "../../kernel/call.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import type { Api, RoomPorts } from "../service.ts";
import { type Archive, archiveArn, archiveId, ARCHIVES, ARCHIVE_SIZES, ARCHIVES_MAX, type ArchiveSize } from "./archive.ts";
import { deleteUnusedLog, UNUSED_LOGS } from "./archiving.ts";
import { busArn, type BusKey } from "./bus.ts";
import { ownBus } from "./bus-lookup.ts";
import { archiveExists, archiveNotFound, notABus, nothingToUpdate, notSupported, oneFilterOnly, tooMany } from "./errors.ts";
import { pageOf } from "./page.ts";
import { rulesChanged } from "./rule.ts";
import { compiled } from "./rules.ts";

type ArchiveApi = Pick<Api<typeof Sdk>, "CreateArchive" | "DescribeArchive" | "ListArchives" | "UpdateArchive" | "DeleteArchive">;
/** There is nothing to prepare, and nothing that fails later. */
const STATE = "ENABLED";

export function archiveOperations({ stores, clock, ids }: Pick<RoomPorts, "stores" | "clock" | "ids">): ArchiveApi {
  const archives = stores.documents<Archive>(ARCHIVES);
  const find = async (name: string, { account, region }: Call): Promise<Archive> => {
    const archive = await archives.get(archiveId({ account, region, name }));
    if (!archive) throw archiveNotFound(name);
    return archive;
  };
  return {
    async CreateArchive(input, call) {
      const { account, region } = call;
      const { ArchiveName: name, EventSourceArn, EventPattern, Description: description, RetentionDays: retentionDays = 0 } = input;
      if (input.KmsKeyIdentifier) throw notSupported("KmsKeyIdentifier of archives");
      const bus = await sourceBus(stores, EventSourceArn, call);
      if (EventPattern) compiled(EventPattern);
      const archive: Archive = { account, region, name, bus, retentionDays, createdMs: clock.now(), log: `events/archive/${ids.uuid()}`, ...(description !== undefined && { description }), ...(EventPattern && { pattern: EventPattern }) };
      await stores.transaction((tx) => create(tx, archive, ids.uuid()));
      return { ArchiveArn: archiveArn(archive), State: STATE, CreationTime: new Date(archive.createdMs) };
    },

    async DescribeArchive({ ArchiveName }, call) {
      const archive = await find(ArchiveName, call);
      return { ArchiveArn: archiveArn(archive), ...(await describe(stores, archive)), ...(archive.description !== undefined && { Description: archive.description }), ...(archive.pattern !== undefined && { EventPattern: archive.pattern }) };
    },

    async ListArchives({ NamePrefix, EventSourceArn, State, NextToken, Limit }, call) {
      if ([NamePrefix, EventSourceArn, State].filter((filter) => filter !== undefined).length > 1) throw oneFilterOnly("ListArchives");
      const bus = EventSourceArn === undefined ? undefined : await sourceBus(stores, EventSourceArn, call);
      const { found, ...next } = await pageOf(archives, `${call.account}/${call.region}/${NamePrefix ?? ""}`, { NextToken, Limit }, (archive) => (bus === undefined || archive.bus.name === bus.name) && (State ?? STATE) === STATE);
      return { Archives: await Promise.all(found.map((archive) => describe(stores, archive))), ...next };
    },

    async UpdateArchive({ ArchiveName, EventPattern, Description, RetentionDays, KmsKeyIdentifier }, call) {
      if (KmsKeyIdentifier) throw notSupported("KmsKeyIdentifier of archives");
      // Asked before whether the archive is there (recorded).
      if (EventPattern === undefined && Description === undefined && RetentionDays === undefined) throw nothingToUpdate();
      if (EventPattern) compiled(EventPattern);
      const { account, region } = call;
      const archive = await stores.transaction(async (tx) => {
        const changed = await tx.documents<Archive>(ARCHIVES).update(archiveId({ account, region, name: ArchiveName }), (before) => ({
          ...before, ...(EventPattern && { pattern: EventPattern }), ...(Description !== undefined && { description: Description }), ...(RetentionDays !== undefined && { retentionDays: RetentionDays }),
        }));
        if (!changed) throw archiveNotFound(ArchiveName);
        await rulesChanged(tx, changed.bus, ids.uuid());
        return changed;
      });
      return { ArchiveArn: archiveArn(archive), State: STATE, CreationTime: new Date(archive.createdMs) };
    },

    async DeleteArchive({ ArchiveName }, call) {
      const archive = await find(ArchiveName, call);
      await stores.transaction(async (tx) => {
        if (!(await tx.documents(ARCHIVES).delete(archiveId(archive)))) throw archiveNotFound(ArchiveName);
        await tx.documents(ARCHIVE_SIZES).delete(archiveId(archive));
        await tx.documents<object>(UNUSED_LOGS).create(archive.log, {});
        await rulesChanged(tx, archive.bus, ids.uuid());
      });
      await deleteUnusedLog(stores, archive.log);
      return {};
    },
  };
}

async function sourceBus(stores: Stores, arn: string, call: Call): Promise<BusKey> {
  if (!arn.startsWith("arn:")) throw notABus("EventSourceArn", arn);
  const { account, region, name } = await ownBus(stores, arn, call);
  return { account, region, name };
}

async function create(tx: Tx, archive: Archive, revision: string): Promise<void> {
  const archives = tx.documents<Archive>(ARCHIVES);
  if (await archives.get(archiveId(archive))) throw archiveExists(archive.name);
  if ((await archives.count(`${archive.account}/${archive.region}/`)) >= ARCHIVES_MAX) throw tooMany();
  await archives.create(archiveId(archive), archive);
  await rulesChanged(tx, archive.bus, revision);
}

async function describe(stores: Stores, archive: Archive) {
  const { events, bytes } = (await stores.documents<ArchiveSize>(ARCHIVE_SIZES).get(archiveId(archive))) ?? { events: 0, bytes: 0 };
  return { ArchiveName: archive.name, EventSourceArn: busArn(archive.bus), State: STATE, RetentionDays: archive.retentionDays, SizeBytes: bytes, EventCount: events, CreationTime: new Date(archive.createdMs) } as const;
}
