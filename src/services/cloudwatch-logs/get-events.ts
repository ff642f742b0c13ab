// GetLogEvents: one stream, page by page, forth and back.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { LogRecord, Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { decodeEvent, eventBytes } from "./append.ts";
import { badNextToken, noSuchGroup, noSuchStream, notSupported } from "./errors.ts";
import { expiredBeforeMs, type Group, GROUPS, groupId, keyOfEither, logOf, type Stream, STREAMS, streamId } from "./group.ts";
import { type Place, readStream } from "./reading.ts";

/** "up to 1 MB of log events or up to 10,000 log events" */
export const PAGE_BYTES_MAX = 1_048_576;
export const PAGE_EVENTS_MAX = 10_000;

interface Token extends Place {
  forward: boolean;
}

export function getOperations(stores: Stores): Pick<Api<typeof Sdk>, "GetLogEvents"> {
  return {
    async GetLogEvents(input, call) {
      if (input.unmask) throw notSupported("unmask");
      const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
      const key = keyOfEither(input, call);
      const [group, stream] = await Promise.all([
        stores.documents<Group>(GROUPS).get(groupId(key)),
        stores.documents<Stream>(STREAMS).get(streamId(key, input.logStreamName)),
      ]);
      if (!group) throw noSuchGroup();
      if (!stream) throw noSuchStream();
      const forward = token?.forward ?? input.startFromHead ?? false;
      const records = readStream(stores.logs, logOf(streamId(key, input.logStreamName)), stream.ordered, {
        fromMs: Math.max(input.startTime ?? 0, expiredBeforeMs(group, call.now.getTime())),
        untilMs: input.endTime ?? Number.MAX_SAFE_INTEGER, // "equal to or later than this time are not included"
        backward: !forward,
        beyond: token,
      });
      const page = await takePage(records, input.limit ?? PAGE_EVENTS_MAX);
      if (!forward) page.reverse();
      return {
        events: page.map((record) => ({ timestamp: record.atMs, ...decodeEvent(record.body) })),
        ...tokens(page, token, input.nextToken),
      };
    },
  };
}

async function takePage(records: AsyncIterable<LogRecord>, limit: number): Promise<LogRecord[]> {
  const page: LogRecord[] = [];
  let bytes = 0;
  for await (const record of records) {
    bytes += eventBytes(record.body);
    if (page.length && bytes > PAGE_BYTES_MAX) break; // one event always fits, or paging would stand still
    page.push(record);
    if (page.length === limit) break;
  }
  return page;
}

/** Never null; at the end of the stream the token that was sent comes back. */
function tokens(page: LogRecord[], token: Token | undefined, sent: string | undefined) {
  if (page.length) {
    const last = page.at(-1)!;
    return { nextForwardToken: formatToken(true, last.atMs, last.seq), nextBackwardToken: formatToken(false, page[0]!.atMs, page[0]!.seq) };
  }
  if (!token) return { nextForwardToken: formatToken(true, 0, 0), nextBackwardToken: formatToken(false, 0, 0) };
  if (token.forward) return { nextForwardToken: sent!, nextBackwardToken: formatToken(false, token.atMs, token.seq + 1) };
  return { nextForwardToken: formatToken(true, token.atMs, Math.max(token.seq - 1, 0)), nextBackwardToken: sent! };
}

/** f/ and 56 digits and /s, as AWS writes them; ours hold the time and the number of an event. */
const formatToken = (forward: boolean, atMs: number, seq: number): string => `${forward ? "f" : "b"}/${String(atMs).padStart(16, "0")}${String(seq).padStart(40, "0")}/s`;

function parseToken(text: string): Token {
  const [, direction, atMs, seq] = /^([fb])\/(\d{16})0{24}(\d{16})\/s$/.exec(text) ?? [];
  if (direction === undefined) throw badNextToken();
  return { forward: direction === "f", atMs: Number(atMs), seq: Number(seq) };
}
