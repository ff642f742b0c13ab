// What a log group and a log stream are, and where they are kept. No I/O here.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
import type { LogGroup, LogStream } from "@aws-sdk/client-cloudwatch-logs";
import { formatArn, parseArn } from "../../kernel/arn.ts";
import type { Call } from "../../kernel/call.ts";
import { nameAndIdentifier, nameTooLong, neitherNameNorIdentifier, noSuchGroup } from "./errors.ts";

export const GROUPS = "logs/group";
export const STREAMS = "logs/stream";

export interface Group {
  name: string;
  createdMs: number;
  retentionDays?: number;
  tags: Record<string, string>;
  /** Messages in UTF-8 and 26 bytes for each event, as PutLogEvents counts them. */
  storedBytes: number;
}

export interface Stream {
  name: string;
  createdMs: number;
  firstEventMs?: number;
  lastEventMs?: number;
  lastIngestionMs?: number;
  /** The number of the newest event in the log. */
  lastSeq: number;
  /** Whether every event was at least as young as the one before: then order of arrival is order of time. */
  ordered: boolean;
  storedBytes: number;
}

/** Where one group lives. `account/region/name` is its document's id; names hold no colon, so `id:` begins exactly its streams. */
export interface GroupKey {
  account: string;
  region: string;
  name: string;
}

const NAME_LENGTH_MAX = 512;
const DAY_MS = 86_400_000;

export const groupId = (key: GroupKey): string => `${key.account}/${key.region}/${key.name}`;
export const streamId = (key: GroupKey, stream: string): string => `${groupId(key)}:${stream}`;
/** The name of a stream's log in the log store. */
export const logOf = (idOfStream: string): string => `logs/${idOfStream}`;

export const newGroup = (name: string, nowMs: number, tags: Record<string, string> = {}): Group => ({ name, createdMs: nowMs, tags, storedBytes: 0 });
export const newStream = (name: string, nowMs: number): Stream => ({ name, createdMs: nowMs, lastSeq: 0, ordered: true, storedBytes: 0 });

export function keyOf(name: string, call: Call): GroupKey {
  if (name.length > NAME_LENGTH_MAX) throw nameTooLong();
  return { account: call.account, region: call.region, name };
}

export function checkStreamName(name: string): void {
  if (name.length > NAME_LENGTH_MAX) throw nameTooLong();
}

/** An identifier is a name or an ARN, the ARN with or without `:*` at its end. */
export function keyOfIdentifier(identifier: string, call: Call): GroupKey {
  const arn = parseArn(identifier);
  if (!arn) return keyOf(identifier, call);
  const name = /^log-group:([^:]+)(:\*)?$/.exec(arn.resource)?.[1];
  if (arn.service !== "logs" || arn.region !== call.region || arn.account !== call.account || name === undefined) throw noSuchGroup();
  return keyOf(name, call);
}

export function keyOfEither(input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }, call: Call): GroupKey {
  if (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined) throw nameAndIdentifier();
  const identifier = input.logGroupName ?? input.logGroupIdentifier;
  if (identifier === undefined) throw neitherNameNorIdentifier();
  return keyOfIdentifier(identifier, call);
}

export const groupArn = (key: GroupKey): string => formatArn("logs", key.region, key.account, `log-group:${key.name}`);

export function describeGroup(key: GroupKey, group: Group): LogGroup {
  return {
    logGroupName: group.name,
    creationTime: group.createdMs,
    ...(group.retentionDays !== undefined && { retentionInDays: group.retentionDays }),
    metricFilterCount: 0,
    arn: `${groupArn(key)}:*`,
    logGroupArn: groupArn(key),
    logGroupClass: "STANDARD",
    deletionProtectionEnabled: false,
    storedBytes: group.storedBytes,
  };
}

/** storedBytes is 0 for every stream since 2019: see LogStream in the API reference. */
export function describeStream(key: GroupKey, stream: Stream): LogStream {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdMs,
    ...(stream.firstEventMs !== undefined && { firstEventTimestamp: stream.firstEventMs }),
    ...(stream.lastEventMs !== undefined && { lastEventTimestamp: stream.lastEventMs }),
    ...(stream.lastIngestionMs !== undefined && { lastIngestionTime: stream.lastIngestionMs, uploadSequenceToken: sequenceToken(stream.lastSeq) }),
    arn: `${groupArn(key)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

/** Accepted and ignored by PutLogEvents, but still handed out: 56 digits. */
export const sequenceToken = (seq: number): string => `49${String(seq).padStart(54, "0")}`;

/** Events older than this are gone, whether or not they have been swept yet. */
export const expiredBeforeMs = (group: Group, nowMs: number): number => (group.retentionDays === undefined ? 0 : nowMs - group.retentionDays * DAY_MS);
