// Log streams: create, delete, describe.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
import type * as Sdk from "@aws-sdk/client-cloudwatch-logs";
import { decodePageToken, encodePageToken } from "../../kernel/page.ts";
import type { Stores } from "../../storage/stores.ts";
import type { Api } from "../service.ts";
import { badNextToken, noSuchGroup, noSuchStream, prefixByTime, streamExists } from "./errors.ts";
import { firstOf } from "./first-of.ts";
import { checkStreamName, describeStream, type Group, GROUPS, groupId, type GroupKey, keyOf, keyOfEither, logOf, newStream, type Stream, STREAMS, streamId } from "./group.ts";

const PAGE_DEFAULT = 50;
const SCAN = 500;

type StreamApi = Pick<Api<typeof Sdk>, "CreateLogStream" | "DeleteLogStream" | "DescribeLogStreams">;

export function streamOperations(stores: Stores): StreamApi {
  return {
    async CreateLogStream(input, call) {
      const key = keyOf(input.logGroupName, call);
      checkStreamName(input.logStreamName);
      await stores.transaction(async (tx) => {
        if (!(await tx.documents<Group>(GROUPS).get(groupId(key)))) throw noSuchGroup();
        const created = await tx.documents<Stream>(STREAMS).create(streamId(key, input.logStreamName), newStream(input.logStreamName, call.now.getTime()));
        if (!created) throw streamExists();
      });
      return {};
    },

    async DeleteLogStream(input, call) {
      const key = keyOf(input.logGroupName, call);
      const id = streamId(key, input.logStreamName);
      await stores.transaction(async (tx) => {
        if (!(await tx.documents<Group>(GROUPS).get(groupId(key)))) throw noSuchGroup();
        const stream = await tx.documents<Stream>(STREAMS).get(id);
        if (!stream) throw noSuchStream();
        await tx.logs.delete(logOf(id));
        await tx.documents<Stream>(STREAMS).delete(id);
        await tx.documents<Group>(GROUPS).update(groupId(key), (group) => ({ ...group, storedBytes: Math.max(0, group.storedBytes - stream.storedBytes) }));
      });
      return {};
    },

    async DescribeLogStreams(input, call) {
      const key = keyOfEither(input, call);
      if (input.orderBy === "LastEventTime" && input.logStreamNamePrefix !== undefined) throw prefixByTime();
      if (!(await stores.documents<Group>(GROUPS).get(groupId(key)))) throw noSuchGroup();
      const after = input.nextToken === undefined ? undefined : decodePageToken(input.nextToken);
      if (input.nextToken !== undefined && after === undefined) throw badNextToken();
      const limit = input.limit ?? PAGE_DEFAULT;
      const byTime = input.orderBy === "LastEventTime";
      const order = orderOf(byTime, input.descending ?? false);
      const found = await firstOf(allStreams(stores, key, input.logStreamNamePrefix), limit + 1, order, after === undefined ? undefined : beyond(after, order));
      const page = found.slice(0, limit);
      return {
        logStreams: page.map((stream) => describeStream(key, stream)),
        ...(found.length > limit && { nextToken: encodePageToken(placeOf(page.at(-1)!)) }),
      };
    },
  };
}

/** Every stream of a group, in order of name. */
export async function* allStreams(stores: Stores, key: GroupKey, prefix = ""): AsyncGenerator<Stream> {
  let after: string | undefined;
  for (;;) {
    const page = await stores.documents<Stream>(STREAMS).list({ prefix: streamId(key, prefix), limit: SCAN, ...(after !== undefined && { after }) });
    for (const [, stream] of page) yield stream;
    if (page.length < SCAN) return;
    after = page.at(-1)![0];
  }
}

type Order = (a: Stream, b: Stream) => number;

/** Plain comparison is by UTF-16 units, which for the names AWS allows is byte order. */
const byName: Order = (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

function orderOf(byTime: boolean, descending: boolean): Order {
  const order: Order = byTime ? (a, b) => (a.lastEventMs ?? 0) - (b.lastEventMs ?? 0) || byName(a, b) : byName;
  return descending ? (a, b) => order(b, a) : order;
}

const placeOf = (stream: Stream): string => `${stream.lastEventMs ?? 0}:${stream.name}`;

function beyond(place: string, order: Order): (stream: Stream) => boolean {
  const [, lastEventMs, name] = /^(\d+):(.*)$/s.exec(place) ?? [];
  if (name === undefined) throw badNextToken();
  const last = { ...newStream(name, 0), lastEventMs: Number(lastEventMs) };
  return (stream) => order(stream, last) > 0;
}
