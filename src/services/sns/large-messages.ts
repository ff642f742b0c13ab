// Topics of messages above 256 KiB have a hundred subscriptions at most, of queues, functions and streams. No I/O.
// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html (MaximumMessageSize)
import type { Protocol } from "./subscription.ts";

const LARGE_BYTES = 262_144;
export const LARGE_SUBSCRIPTIONS_MAX = 100;

/** A topic's MaximumMessageSize. */
export const isLarge = (bytesMax: string | undefined): boolean => Number(bytesMax ?? 0) > LARGE_BYTES;
export const takesLarge = (protocol: Protocol): boolean => protocol === "sqs" || protocol === "lambda" || protocol === "firehose";
