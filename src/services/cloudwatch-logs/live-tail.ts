// StartLiveTail: what arrives in some groups, once a second, for up to three hours.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Call } from "../../kernel/call.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Ids } from "../../kernel/ids.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { decodeEvent } from "./append.ts";
import { noSuchGroup, tailNamesAndPrefixes, tailNeedsArns, tailStreamsOfOneGroup, tailTimedOut, tooManyTails } from "./errors.ts";
import { compile } from "./filter-events.ts";
import type { FilterPattern } from "./filter-pattern/filter-pattern.ts";
import { type Group, groupArn, GROUPS, groupId, type GroupKey, keyOfIdentifier, logOf, type Stream, streamId } from "./group.ts";
import { readStream } from "./reading.ts";
import { allStreams } from "./streams.ts";

const SESSION_MS_MAX = 3 * 3_600_000;
const UPDATE_MS = 1000;
/** "can include as many as 500 log events"; of more, a sample. */
const UPDATE_EVENTS_MAX = 500;
/** Read at most so much of one stream in a second; what is older is left out of the sample. */
const READ_MAX = 2000;
/** What one update may weigh before the rest is left out of the sample. */
const UPDATE_BYTES_MAX = 8 * 1024 ** 2;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html: Live Tail concurrent sessions. */
const SESSIONS_MAX = 15;

type TailInput = Parameters<Api<typeof Sdk>["StartLiveTail"]>[0];

interface Tail {
  stores: Stores;
  keys: GroupKey[];
  input: TailInput;
  pattern: FilterPattern;
  /** The last event seen, by stream id. */
  seen: Map<string, number>;
}

export function tailOperations({ stores, clock, ids }: { stores: Stores; clock: Clock; ids: Ids }): Pick<Api<typeof Sdk>, "StartLiveTail"> {
  const sessions = new Map<string, number>();

  return {
    async StartLiveTail(input, call) {
      const keys = input.logGroupIdentifiers.map((identifier) => {
        if (!identifier.startsWith("arn:") || identifier.endsWith("*")) throw tailNeedsArns(identifier);
        return keyOfIdentifier(identifier, call);
      });
      const byName = Boolean(input.logStreamNames?.length);
      const byPrefix = Boolean(input.logStreamNamePrefixes?.length);
      if (byName && byPrefix) throw tailNamesAndPrefixes();
      if ((byName || byPrefix) && keys.length !== 1) throw tailStreamsOfOneGroup();
      const tail: Tail = { stores, keys, input, pattern: compile(input.logEventFilterPattern ?? ""), seen: new Map() };
      for (const key of keys) if (!(await stores.documents<Group>(GROUPS).get(groupId(key)))) throw noSuchGroup();
      if ((sessions.get(call.account) ?? 0) >= SESSIONS_MAX) throw tooManyTails(SESSIONS_MAX);
      await lookAround(tail, (stream, id) => { tail.seen.set(id, stream.lastSeq); });
      return { responseStream: counted(sessions, call.account, session(tail, ids.uuid(), call, clock)) };
    },
  };
}

/** A session counts from its first read, so that one nobody reads costs nothing. */
async function* counted<T>(sessions: Map<string, number>, account: string, events: AsyncIterable<T>): AsyncGenerator<T> {
  sessions.set(account, (sessions.get(account) ?? 0) + 1);
  try {
    yield* events;
  } finally {
    sessions.set(account, sessions.get(account)! - 1);
  }
}

async function* session(tail: Tail, sessionId: string, call: Call, clock: Clock): AsyncGenerator<Sdk.StartLiveTailResponseStream> {
  const { logStreamNames, logStreamNamePrefixes, logEventFilterPattern } = tail.input;
  yield {
    sessionStart: {
      requestId: call.requestId,
      sessionId,
      logGroupIdentifiers: tail.keys.map(groupArn),
      logStreamNames: logStreamNames ?? [],
      logStreamNamePrefixes: logStreamNamePrefixes ?? [],
      ...(logEventFilterPattern !== undefined && { logEventFilterPattern }),
    },
  };
  const endMs = clock.monotonicMs() + SESSION_MS_MAX;
  while (clock.monotonicMs() < endMs) {
    try {
      await clock.sleep(UPDATE_MS, call.signal);
    } catch {
      return; // the client has gone
    }
    yield { sessionUpdate: await update(tail) };
  }
  throw tailTimedOut();
}

async function update(tail: Tail): Promise<Sdk.LiveTailSessionUpdate> {
  const found: Sdk.LiveTailSessionLogEvent[] = [];
  let skipped = false;
  let bytes = 0;
  await lookAround(tail, async (stream, id, key) => {
    const seen = tail.seen.get(id) ?? 0;
    tail.seen.set(id, stream.lastSeq);
    if (stream.lastSeq === seen) return;
    const from = stream.lastSeq < seen ? 0 : Math.max(seen, stream.lastSeq - READ_MAX); // smaller: deleted and made anew
    skipped ||= from > seen;
    const arrivals = readStream(tail.stores.logs, logOf(id), true, { fromMs: 0, untilMs: Number.MAX_SAFE_INTEGER, backward: false, beyond: { atMs: 0, seq: from } });
    for await (const record of arrivals) {
      if (record.seq > stream.lastSeq) break;
      bytes += record.body.length;
      skipped ||= bytes > UPDATE_BYTES_MAX;
      if (bytes > UPDATE_BYTES_MAX) break;
      const { message, ingestionTime } = decodeEvent(record.body);
      if (!tail.pattern.matches(message)) continue;
      found.push({ logStreamName: stream.name, logGroupIdentifier: groupArn(key), message, timestamp: record.atMs, ingestionTime });
    }
  });
  found.sort((a, b) => a.timestamp! - b.timestamp!);
  const sampled = skipped || found.length > UPDATE_EVENTS_MAX;
  const step = Math.max(1, found.length / UPDATE_EVENTS_MAX);
  const results = step === 1 ? found : Array.from({ length: UPDATE_EVENTS_MAX }, (_, index) => found[Math.floor(index * step)]!);
  return { sessionMetadata: { sampled }, sessionResults: results };
}

/** Goes over the streams the session asked for. */
async function lookAround(tail: Tail, visit: (stream: Stream, id: string, key: GroupKey) => Promise<void> | void): Promise<void> {
  const { logStreamNames, logStreamNamePrefixes } = tail.input;
  const wanted = (name: string) =>
    (!logStreamNames?.length || logStreamNames.includes(name)) && (!logStreamNamePrefixes?.length || logStreamNamePrefixes.some((prefix) => name.startsWith(prefix)));
  for (const key of tail.keys) {
    for await (const stream of allStreams(tail.stores, key)) if (wanted(stream.name)) await visit(stream, streamId(key, stream.name), key);
  }
}
