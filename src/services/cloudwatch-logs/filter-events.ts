// FilterLogEvents: the events of many streams, merged in order of time, that match a pattern.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
import { createHash } from "node:crypto";
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Call } from "../../kernel/call.ts";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { decodeEvent, eventBytes } from "./append.ts";
import { badNextToken, badPattern, namesAndPrefix, noSuchGroup, notSupported } from "./errors.ts";
import { BadPattern } from "./filter-pattern/bad-pattern.ts";
import { type FilterPattern, parseFilterPattern } from "./filter-pattern/filter-pattern.ts";
import { PAGE_BYTES_MAX, PAGE_EVENTS_MAX } from "./get-events.ts";
import { expiredBeforeMs, type Group, GROUPS, groupId, type GroupKey, keyOfEither, type Stream, STREAMS, streamId } from "./group.ts";
import { type MergedEvent, type MergePlace, mergeStreams } from "./merge.ts";
import { allStreams } from "./streams.ts";

/** A page ends after this many events looked at, so that a rare pattern does not hold a request for long. */
const SCAN_MAX = 50_000;
/** Other requests get their turn after this many. */
const BREATHE = 500;

type FilterInput = Parameters<Api<typeof Sdk>["FilterLogEvents"]>[0];

export function filterOperations(stores: Stores): Pick<Api<typeof Sdk>, "FilterLogEvents" | "TestMetricFilter"> {
  return {
    async FilterLogEvents(input, call) {
      if (input.unmask) throw notSupported("unmask");
      if (input.logStreamNames?.length && input.logStreamNamePrefix !== undefined) throw namesAndPrefix();
      const pattern = compile(input.filterPattern ?? "");
      const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
      const backward = token ? token.backward : input.startFromHead === false; // "the direction of the nextToken is used"
      const key = keyOfEither(input, call);
      const group = await stores.documents<Group>(GROUPS).get(groupId(key));
      if (!group) throw noSuchGroup();
      const merged = mergeStreams(stores.logs, key, await chosenStreams(stores, key, input), {
        fromMs: Math.max(input.startTime ?? 0, expiredBeforeMs(group, call.now.getTime())),
        untilMs: input.endTime === undefined ? Number.MAX_SAFE_INTEGER : input.endTime + 1, // "later than this time are not returned"
        backward,
        beyond: token?.beyond,
      });
      const { events, next } = await collect(merged, pattern, input.limit ?? PAGE_EVENTS_MAX, call);
      return { events, searchedLogStreams: [], ...(next && { nextToken: encodePageToken(JSON.stringify({ ...next, backward })) }) };
    },

    async TestMetricFilter(input) {
      const pattern = compile(input.filterPattern);
      return {
        matches: input.logEventMessages.flatMap((message, index) => {
          const extractedValues = pattern.extract(message);
          return extractedValues ? [{ eventNumber: index + 1, eventMessage: message, extractedValues }] : [];
        }),
      };
    },
  };
}

/** Turns a bad pattern into the service's error. */
export function compile(text: string): FilterPattern {
  try {
    return parseFilterPattern(text);
  } catch (error) {
    if (error instanceof BadPattern) throw badPattern(error.message);
    throw error;
  }
}

async function chosenStreams(stores: Stores, key: GroupKey, input: FilterInput): Promise<Stream[]> {
  if (!input.logStreamNames?.length) {
    const all: Stream[] = [];
    for await (const stream of allStreams(stores, key, input.logStreamNamePrefix)) all.push(stream);
    return all;
  }
  const found = await Promise.all([...new Set(input.logStreamNames)].map((name) => stores.documents<Stream>(STREAMS).get(streamId(key, name))));
  return found.filter((stream) => stream !== undefined);
}

/** `next` is the last event looked at, when there may be more after it. */
async function collect(merged: AsyncIterable<MergedEvent>, pattern: FilterPattern, limit: number, call: Call) {
  const events: Sdk.FilteredLogEvent[] = [];
  let bytes = 0;
  let scanned = 0;
  let last: MergePlace | undefined;
  for await (const { stream, record } of merged) {
    if (events.length === limit || scanned === SCAN_MAX || bytes > PAGE_BYTES_MAX) return { events, next: last };
    if (++scanned % BREATHE === 0) {
      await new Promise((resolve) => setImmediate(resolve));
      call.signal.throwIfAborted();
    }
    last = { stream, atMs: record.atMs, seq: record.seq };
    const { message, ingestionTime } = decodeEvent(record.body);
    if (!pattern.matches(message)) continue;
    bytes += eventBytes(message);
    events.push({ logStreamName: stream, timestamp: record.atMs, message, ingestionTime, eventId: eventId(last) });
  }
  return { events, next: undefined };
}

/** 56 digits, as AWS's are; the same event always has the same one. */
function eventId({ stream, atMs, seq }: MergePlace): string {
  const hash = createHash("sha256").update(stream).digest().readBigUInt64BE();
  return `3${String(atMs).padStart(15, "0")}${String(hash).padStart(20, "0")}${String(seq).padStart(20, "0")}`;
}

function parseToken(token: string): { beyond: MergePlace; backward: boolean } {
  const text = decodePageToken(token);
  if (text === undefined) throw badNextToken();
  try {
    const { stream, atMs, seq, backward } = JSON.parse(text) as Partial<MergePlace & { backward: boolean }>;
    if (typeof stream === "string" && Number.isSafeInteger(atMs) && Number.isSafeInteger(seq) && typeof backward === "boolean") return { beyond: { stream, atMs: atMs!, seq: seq! }, backward };
  } catch {
    // not one of ours: the same answer as for any other strange token
  }
  throw badNextToken();
}
