// The archive of a FIFO topic: what was published, kept to be replayed to its subscriptions.
// https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html
import type { Clock } from "../../kernel/clock.ts";
import type { Stores, Tx } from "../../storage/stores.ts";
import { archiveInUse, notAnAttribute } from "./errors.ts";
import { type Published, timestamp } from "./message.ts";
import { isReplaying, type Subscription, SUBSCRIPTIONS } from "./subscription.ts";
import { type Topic, topicId, TOPICS } from "./topic.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const PAGE = 1000;
/** Logs of archives that are gone, by name: they go after, and at the latest with the next sweep. */
const UNUSED_LOGS = "sns/unused-archive-log";

/** The value to keep; undefined for "{}", which ends archiving. The texts are those that other emulators keep; not recorded. */
export function checkedArchivePolicy(value: string, prefix: string): string | undefined {
  const bad = (what: string) => notAnAttribute(prefix, `ArchivePolicy: ${what}`);
  let policy: unknown;
  try {
    policy = JSON.parse(value);
  } catch {
    throw bad("Unable to parse JSON");
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) throw bad("JSON is missing required fields");
  if (Object.keys(policy).length === 0) return undefined;
  const { MessageRetentionPeriod: days } = policy as { MessageRetentionPeriod?: unknown };
  if (days === undefined) throw bad("JSON is missing required fields");
  if (!(typeof days === "string" || typeof days === "number") || !/^\d{1,3}$/.test(String(days)) || Number(days) < 1 || Number(days) > 365) throw bad("MessageRetentionPeriod value is invalid");
  return value;
}

export const archiveLog = (uuid: string): string => `sns/archive/${uuid}`;

/** The topic with an archive if its attributes say so; one that is there stays the same. `log`: the name that a new one gets. */
export function withArchive({ archive, ...topic }: Topic, log: string, nowMs: number): Topic {
  return topic.attributes["ArchivePolicy"] === undefined ? topic : { ...topic, archive: archive ?? { log, sinceMs: nowMs } };
}

/** What is older cannot be replayed. */
export function archiveBeginsMs({ archive, attributes }: Topic, nowMs: number): number {
  const { MessageRetentionPeriod: days } = JSON.parse(attributes["ArchivePolicy"]!) as { MessageRetentionPeriod: string | number };
  return Math.max(archive!.sinceMs, nowMs - Number(days) * DAY_MS);
}

export const describeArchive = (topic: Topic, nowMs: number): Record<string, string> => (topic.archive ? { BeginningArchiveTime: timestamp(archiveBeginsMs(topic, nowMs)) } : {});

/** In the transaction that publishes, once the topic's numbers are locked; the message with its place in the archive. */
export async function archived(tx: Tx, { arn, archive }: Topic, message: Published): Promise<Published> {
  if (!archive) return message;
  const now = await tx.documents<Topic>(TOPICS).get(topicId(arn)!);
  if (now?.archive?.log !== archive.log) return message; // ended meanwhile
  return { ...message, archiveSeq: await tx.logs.append(archive.log, [{ atMs: message.publishedMs, body: JSON.stringify(message) }]) };
}

/** In the transaction that takes the archive from its topic, which is locked. Throws InvalidState. */
export async function endArchive(tx: Tx, topic: Topic): Promise<void> {
  if (await isInUse(tx, topic)) throw archiveInUse();
  await tx.documents<object>(UNUSED_LOGS).create(topic.archive!.log, {});
}

/** During a replay what is published waits in the archive. */
async function isInUse(stores: Pick<Stores | Tx, "documents">, { arn }: Topic): Promise<boolean> {
  const all = await stores.documents<Subscription>(SUBSCRIPTIONS).list({ prefix: `${topicId(arn)!}/`, limit: PAGE });
  return all.some(([, subscription]) => isReplaying(subscription));
}

export async function deleteUnusedArchives(stores: Stores): Promise<void> {
  for (const [log] of await stores.documents(UNUSED_LOGS).list({ limit: PAGE })) {
    await stores.logs.delete(log);
    await stores.documents(UNUSED_LOGS).delete(log);
  }
}

/** Once an hour, what is older than its topic's retention goes. */
export async function sweepArchives({ stores, clock }: { stores: Stores; clock: Clock }, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deleteUnusedArchives(stores);
    for (let after: string | undefined; !signal.aborted;) {
      const page = await stores.documents<Topic>(TOPICS).list({ limit: PAGE, ...(after !== undefined && { after }) });
      for (const [, topic] of page) if (topic.archive && !(await isInUse(stores, topic))) await stores.logs.trim(topic.archive.log, archiveBeginsMs(topic, clock.now()));
      if (page.length < PAGE) break;
      after = page.at(-1)![0];
    }
    await clock.nextRound(HOUR_MS, signal).catch(() => undefined);
  }
}
