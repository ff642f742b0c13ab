// What an archive is, and where it and its events are kept. No I/O but archivesOf.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { type BusKey } from "./bus.ts";

/** Documents of this kind have the id ACCOUNT/REGION/NAME. */
export const ARCHIVES = "events/archive";
/** By archive: how many events it holds, and how many bytes. Apart from it, so that each event does not change what is kept of the rules. */
export const ARCHIVE_SIZES = "events/archive-size";
export interface ArchiveSize { events: number; bytes: number }

export interface Archive {
  account: string;
  region: string;
  name: string;
  bus: BusKey;
  description?: string;
  /** JSON text; absent: every event. */
  pattern?: string;
  /** 0: for ever. */
  retentionDays: number;
  createdMs: number;
  /** The log its events are in: of its own even when an archive of the same name was there before. */
  log: string;
}

type ArchiveKey = Pick<Archive, "account" | "region" | "name">;

export const archiveId = ({ account, region, name }: ArchiveKey): string => `${account}/${region}/${name}`;
export const archiveArn = ({ account, region, name }: ArchiveKey): string => formatArn("events", region, account, `archive/${name}`);

/** Undefined when the text is not the ARN of an archive. */
export function archiveKeyOf(arn: string): ArchiveKey | undefined {
  const { service, region, account, resource = "" } = parseArn(arn) ?? {};
  return service === "events" && region && account && resource.startsWith("archive/") ? { account, region, name: resource.slice("archive/".length) } : undefined;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
export const ARCHIVES_MAX = 100;

export async function archivesOf(stores: Pick<Stores | Tx, "documents">, bus: BusKey): Promise<Archive[]> {
  const page = await stores.documents<Archive>(ARCHIVES).list({ prefix: `${bus.account}/${bus.region}/`, limit: ARCHIVES_MAX });
  return page.map(([, archive]) => archive).filter(({ bus: { name } }) => name === bus.name);
}
