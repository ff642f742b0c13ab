// PutLogEvents: which events of a batch are taken, and why not.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { appendEvents, encode, eventBytes, type NewEvent } from "./append.ts";
import { batchTooLarge, eventTooLarge, longSpan, noSuchGroup, noSuchStream, outOfOrder } from "./errors.ts";
import { expiredBeforeMs, type Group, GROUPS, groupId, keyOf, sequenceToken, type Stream, STREAMS, streamId } from "./group.ts";

export const BATCH_BYTES_MAX = 1_048_576;
/** 256 KB until 2025, 1 MB since. */
export const EVENT_BYTES_MAX = 1_048_576;
const OLD_MS = 14 * 86_400_000;
const NEW_MS = 2 * 3_600_000;
const SPAN_MS_MAX = 86_400_000;

export function putOperations(stores: Stores): Pick<Api<typeof Sdk>, "PutLogEvents"> {
  return {
    async PutLogEvents(input, call) {
      const key = keyOf(input.logGroupName, call);
      const nowMs = call.now.getTime();
      const events = input.logEvents.map((event) => ({ timestamp: event.timestamp!, message: event.message! }));
      checkBatch(events);
      const group = await stores.documents<Group>(GROUPS).get(groupId(key));
      if (!group) throw noSuchGroup();
      const { accepted, rejected } = sort(events, nowMs, expiredBeforeMs(group, nowMs));
      if (accepted.length && accepted.at(-1)!.timestamp - accepted[0]!.timestamp > SPAN_MS_MAX) throw longSpan();
      const encoded = accepted.map((event) => encode(event, nowMs));
      const stream = encoded.length
        ? await stores.transaction((tx) => appendEvents(tx, key, input.logStreamName, encoded, nowMs))
        : await stores.documents<Stream>(STREAMS).get(streamId(key, input.logStreamName));
      if (!stream) throw noSuchStream();
      return {
        nextSequenceToken: sequenceToken(stream.lastSeq),
        ...(rejected && { rejectedLogEventsInfo: rejected }),
        // AWS's own way to say that events were kept and the entity was not.
        ...(input.entity && { rejectedEntityInfo: { errorType: "UnsupportedLogGroupType" as const } }),
      };
    },
  };
}

function checkBatch(events: NewEvent[]): void {
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    const size = eventBytes(event.message);
    if (size > EVENT_BYTES_MAX) throw eventTooLarge(size, EVENT_BYTES_MAX);
    bytes += size;
    if (index > 0 && event.timestamp < events[index - 1]!.timestamp) throw outOfOrder();
  }
  if (bytes > BATCH_BYTES_MAX) throw batchTooLarge(bytes, BATCH_BYTES_MAX);
}

/** The batch is in order of time, so what is refused lies at its ends. End indexes are exclusive, the start index inclusive. */
function sort(events: NewEvent[], nowMs: number, expiredMs: number) {
  const oldEnd = events.findLastIndex((event) => event.timestamp < nowMs - OLD_MS) + 1;
  const expiredEnd = events.findLastIndex((event) => event.timestamp < expiredMs) + 1;
  const newStart = events.findIndex((event) => event.timestamp > nowMs + NEW_MS);
  const accepted = events.slice(Math.max(oldEnd, expiredEnd), newStart < 0 ? events.length : newStart);
  const rejected = {
    ...(oldEnd > 0 && { tooOldLogEventEndIndex: oldEnd }),
    ...(expiredEnd > oldEnd && { expiredLogEventEndIndex: expiredEnd }),
    ...(newStart >= 0 && { tooNewLogEventStartIndex: newStart }),
  };
  return { accepted, rejected: Object.keys(rejected).length ? rejected : undefined };
}
